# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require "chef/log"
require "chef/exceptions"
require "mixlib/shellout"

class Chef
  module Mixin
    # The commands of the first Chef releases, on top of ShellOut (CORE-815).
    module Command
      extend self

      # Runs :command with :cwd, :user, :group, :environment, :timeout,
      # :returns, :creates, :ignore_failure. Returns the Process::Status.
      def run_command(args = {})
        if args.key?(:creates) && File.exist?(args[:creates])
          Log.debug("Skipping #{args[:command]} - creates #{args[:creates]} exists.")
          return false
        end
        status, stdout, stderr = output_of_command(args[:command], args)
        args[:output] = command_output(stdout, stderr) if args.key?(:output)
        handle_command_failures(status, command_output(stdout, stderr), args)
        status
      end

      def run_command_and_return_stdout_stderr(args = {})
        status, stdout, stderr = output_of_command(args[:command], args)
        handle_command_failures(status, command_output(stdout, stderr), args)
        [status, stdout, stderr]
      end

      def output_of_command(command, args = {})
        Log.debug("Executing #{command}")
        options = { cwd: args[:cwd] || "/tmp", timeout: args[:timeout] }
        %i[user group umask].each { |key| options[key] = args[key] if args[key] }
        options[:environment] = args[:environment] if args.key?(:environment)
        shell = Mixlib::ShellOut.new(command, options.compact)
        shell.run_command
        [shell.status, shell.stdout.chomp, shell.stderr.chomp]
      rescue Mixlib::ShellOut::CommandTimeout => e
        raise Exceptions::Exec, "#{command} exceeded timeout #{args[:timeout]}: #{e.message}"
      rescue Errno::ENOENT => e
        raise Exceptions::Exec, e.message
      end

      def run_command_with_systems_locale(args = {})
        args[:environment] = { "LC_ALL" => ENV["LC_ALL"] }.merge(args[:environment] || {})
        run_command(args)
      end

      # Yields pid, stdin, stdout, stderr; returns the Process::Status.
      def popen4(command, args = {})
        require "open3"
        env = args[:environment]&.to_h { |k, v| [k.to_s, v&.to_s] } || {}
        options = args[:cwd] ? { chdir: args[:cwd] } : {}
        Open3.popen3(env, command, options) do |stdin, stdout, stderr, thread|
          yield thread.pid, stdin, stdout, stderr
          stdin.close unless stdin.closed?
          thread.value
        end
      end

      def handle_command_failures(status, command_output, opts = {})
        return if opts[:ignore_failure]

        expected = Array(opts[:returns] || 0)
        return if expected.include?(status.exitstatus)

        output = +"#{opts[:command]} returned #{status.exitstatus}, expected #{expected.join(' or ')}"
        output << "\n#{command_output}" unless Log.debug?
        raise Exceptions::Exec, output
      end

      private

      def command_output(stdout, stderr)
        out = +""
        out << "STDOUT: #{stdout}" unless stdout.to_s.empty?
        out << "\n" unless out.empty? || stderr.to_s.empty?
        out << "STDERR: #{stderr}" unless stderr.to_s.empty?
        out
      end
    end
  end
end
