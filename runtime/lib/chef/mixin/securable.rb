# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require "chef/config"
require "chef/exceptions"

class Chef
  module Mixin
    # owner, group and mode of a resource (CORE-818).
    module Securable
      MODES = 0..0o7777

      def owner(arg = nil)
        set_or_return(:owner, arg, regex: Config[:user_valid_regex])
      end
      alias_method :user, :owner

      def group(arg = nil)
        set_or_return(:group, arg, regex: Config[:group_valid_regex])
      end

      # Text is octal: "644", "0644", "0o644".
      def mode(arg = nil)
        set_or_return(
          :mode, arg,
          callbacks: {
            "not in valid numeric range" => lambda do |m|
              number = m.is_a?(String) ? Integer(m =~ /^0/ ? m : "0#{m}") : m
              MODES.cover?(number)
            end
          }
        )
      end

      # Access lists of another system: accepted and not used here.
      def inherits(arg = nil)
        set_or_return(:inherits, arg, kind_of: [TrueClass, FalseClass])
      end

      def rights(*) end

      def deny_rights(*) end
    end
  end
end
