# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require "chef/exceptions"

class Chef
  module DSL
    # CORE-506: known for Debian's family by its marker file.
    module RebootPending
      MARKER = "/var/run/reboot-required"

      def reboot_pending?
        unless platform_family?("debian") || platform?("ubuntu")
          raise Exceptions::UnsupportedPlatform, node[:platform]
        end

        File.exist?(MARKER)
      end
    end
  end
end
