# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require "chef/log"
require "mixlib/shellout"

class Chef
  module Mixin
    # shell_out and shell_out! (CORE-813).
    module ShellOut
      DEPRECATED_OPTIONS = { command_log_level: :log_level, command_log_prepend: :log_tag }.freeze

      extend self

      def shell_out(*command_args)
        options = command_args.last.is_a?(Hash) ? command_args.pop.dup : {}
        DEPRECATED_OPTIONS.each do |old, new|
          next unless options.key?(old)

          Log.warn("#{old} is deprecated, use #{new}")
          options[new] = options.delete(old)
        end
        default_env = options.delete(:default_env)
        if default_env == false && !options.key?(:environment) && !options.key?(:env)
          options[:environment] = nil
        end
        options[:live_stream] = $stdout if !options.key?(:live_stream) && Log.debug? && $stdout.tty?
        Mixlib::ShellOut.new(*command_args, options).run_command
      end

      def shell_out!(*command_args)
        shell_out(*command_args).tap(&:error!)
      end

      # With the locale of the caller.
      def shell_out_with_systems_locale(*command_args)
        options = command_args.last.is_a?(Hash) ? command_args.pop.dup : {}
        key = options.key?(:env) ? :env : :environment
        options[key] = { "LC_ALL" => nil }.merge(options[key] || {})
        shell_out(*command_args, options)
      end

      def shell_out_with_systems_locale!(*command_args)
        shell_out_with_systems_locale(*command_args).tap(&:error!)
      end

      def shell_out_compact(*args)
        shell_out(*clean_array(args))
      end

      def shell_out_compact!(*args)
        shell_out!(*clean_array(args))
      end

      def clean_array(*args)
        args.flatten.compact.map { |a| a.is_a?(Hash) ? a : a.to_s }
      end
    end
  end
end
