# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require "chef/config"
require "chef/log"

class Chef
  module Mixin
    # Appends the system directories that PATH lacks (CORE-126).
    module PathSanity
      SYSTEM = %w[/usr/local/sbin /usr/local/bin /usr/sbin /usr/bin /sbin /bin].freeze

      def enforce_path_sanity(env = ENV)
        return unless Config[:enforce_path_sanity]

        entries = env["PATH"].to_s.split(":")
        missing = (ruby_directories + SYSTEM).uniq - entries
        return if missing.empty?

        env["PATH"] = (entries + missing).join(":")
      end
      alias_method :enforce_default_paths, :enforce_path_sanity

      private

      # Where Ruby and the programs of its gems are, without loading RubyGems.
      def ruby_directories
        ["/usr/bin", "/usr/local/bin"].select { |d| File.exist?("#{d}/ruby") }
      end
    end
  end
end
