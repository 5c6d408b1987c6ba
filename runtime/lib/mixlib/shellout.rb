# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require "mixlib/shellout/exceptions"

module Mixlib
  # A command run to its end with its output kept (CORE-814). The child is
  # started, timed and killed natively; this class holds the options, the
  # result and the texts of failures.
  class ShellOut
    DEFAULT_READ_TIMEOUT = 600
    VERSION = "1.6.0"

    attr_accessor :user, :group, :domain, :password, :cwd, :umask, :environment,
                  :input, :valid_exit_codes, :logger, :log_level, :log_tag,
                  :live_stdout, :live_stderr, :sensitive, :login
    attr_writer :timeout
    attr_reader :command, :status, :stdout, :stderr, :execution_time, :process_status_pipe

    def initialize(*command_args)
      @stdout = @stderr = ""
      @environment = {}
      @valid_exit_codes = [0]
      @log_level = :debug
      @login = false
      options = command_args.last.is_a?(Hash) ? command_args.pop : {}
      @command = command_args.size == 1 ? command_args.first : command_args
      parse_options(options)
    end

    def live_stream
      @live_stdout == @live_stderr ? @live_stdout : nil
    end

    def live_stream=(stream)
      @live_stdout = @live_stderr = stream
    end

    def timeout
      @timeout || DEFAULT_READ_TIMEOUT
    end

    # nil where the child keeps the caller's.
    def uid
      return nil unless user

      numeric(user) { |name| require("etc"); Etc.getpwnam(name).uid }
    end

    def gid
      if group
        numeric(group) { |name| require("etc"); Etc.getgrnam(name).gid }
      elsif user
        require "etc"
        user_entry = user.is_a?(Integer) ? Etc.getpwuid(user) : Etc.getpwnam(user)
        user_entry.gid if login
      end
    end

    # Returns self; raises Errno::ENOENT, EACCES for a command that cannot be
    # started and CommandTimeout for one that says nothing for too long.
    def run_command
      @logger&.public_send(@log_level, [@log_tag, "sh(#{display})"].compact.join(" "))
      finish(*start)
      self
    end

    def exitstatus
      @status&.exitstatus
    end

    def error?
      !Array(valid_exit_codes).include?(exitstatus)
    end

    def error!
      return unless error?

      expected = Array(valid_exit_codes).join(", ")
      got = exitstatus || (@status&.signaled? ? "signal #{@status.termsig}" : "no status")
      invalid!("Expected process to exit with [#{expected}], but received '#{got}'")
    end

    def invalid!(msg = nil)
      msg ||= "Command produced unexpected results"
      raise ShellCommandFailed, "#{msg}\n#{format_for_exception}"
    end

    def format_for_exception
      return "Command execution failed. STDOUT/STDERR suppressed for sensitive resource" if sensitive

      +"---- Begin output of #{display} ----\n" \
        "STDOUT: #{@stdout.strip}\n" \
        "STDERR: #{@stderr.strip}\n" \
        "---- End output of #{display} ----\n" \
        "Ran #{display} returned #{exitstatus}"
    end

    def inspect
      "<#{self.class.name}##{object_id}: command: '#{display}' status: #{@status.inspect} " \
        "stdout: '#{@stdout.strip}' stderr: '#{@stderr.strip}' " \
        "environment: #{environment.inspect} timeout: #{timeout} user: #{user} group: #{group} " \
        "working_dir: #{cwd}>"
    end

    private

    OPTIONS = {
      "cwd" => :cwd=, "domain" => :domain=, "password" => :password=,
      "user" => :user=, "group" => :group=, "umask" => :umask_option=,
      "timeout" => :timeout=, "returns" => :returns_option=,
      "live_stream" => :live_stream=, "live_stdout" => :live_stdout=,
      "live_stderr" => :live_stderr=, "input" => :input=, "logger" => :logger=,
      "log_level" => :log_level=, "log_tag" => :log_tag=,
      "environment" => :environment_option=, "env" => :environment_option=,
      "login" => :login=, "sensitive" => :sensitive=, "elevated" => nil,
      "cgroup" => nil, "log_location" => nil
    }.freeze
    private_constant :OPTIONS

    def parse_options(options)
      options.each do |name, value|
        setter = OPTIONS.fetch(name.to_s) do
          raise InvalidCommandOption, "option '#{name.inspect}' is not a valid option for #{self.class.name}"
        end
        send(setter, value) if setter
      end
      validate_options
    end

    def validate_options
      return unless login && !user

      raise InvalidCommandOption, "cannot set login without specifying a user"
    end

    def umask_option=(value)
      @umask = value.is_a?(String) ? value.oct : value
      @umask &= 0o7777 if @umask
    end

    def returns_option=(value)
      @valid_exit_codes = Array(value)
    end

    # nil means: leave the environment as it is, LC_ALL too.
    def environment_option=(value)
      @environment = value.nil? ? nil : value.to_h { |k, v| [k.to_s, v&.to_s] }
    end

    def numeric(value)
      return value if value.is_a?(Integer)

      value.to_s.match?(/\A\d+\z/) ? value.to_i : yield(value.to_s)
    end

    def display
      @command.is_a?(Array) ? @command.join(" ") : @command.to_s
    end

    # C locale unless the caller names one; LC_ALL => nil keeps the parent's.
    def child_environment
      return {} if @environment.nil?

      env = @environment.dup
      if env.key?("LC_ALL")
        env.delete("LC_ALL") if env["LC_ALL"].nil?
      else
        env["LC_ALL"] = "C"
      end
      env
    end

    def native_options
      opts = { env: child_environment, timeout: timeout }
      opts[:user] = uid if user
      opts[:group] = gid if group || user
      opts[:cwd] = cwd if cwd
      opts[:umask] = @umask if @umask
      opts[:input] = input if input
      opts.compact
    end

    def start
      options = native_options
      native(@command.is_a?(Array) ? @command.map(&:to_s) : @command.to_s, options)
    rescue ArgumentError => e
      refused(e.message)
    end

    # As when the child itself finds the fault: text on stderr, exit 1.
    def refused(text)
      native(["/bin/sh", "-c", 'printf "%s\n" "$1" >&2; exit 1', "sh", text], env: {}, timeout: 60)
    end

    def native(command, options)
      RightLink::Native.shell_out(command, options) do |stream, chunk|
        target = stream == :stderr ? @live_stderr : @live_stdout
        target << chunk if target
      end
    end

    def finish(out, err, code, signal, timed_out, elapsed, pid)
      @stdout = out
      @stderr = err
      @execution_time = elapsed
      @status = result_status(code, signal, pid)
      return unless timed_out

      raise CommandTimeout, "Command timed out after #{timeout}s:\n#{format_for_exception}"
    end

    def result_status(code, signal, pid)
      last = $?
      return last if last && (pid.nil? || last.pid == pid)

      Status.new(code, signal, pid)
    end

    # Stands in for Process::Status where the host did not set one.
    Status = Struct.new(:exitstatus, :termsig, :pid) do
      def success?
        exitstatus.zero? if exitstatus
      end

      def exited?
        !exitstatus.nil?
      end

      def signaled?
        !termsig.nil?
      end

      def to_i
        exitstatus ? exitstatus << 8 : termsig.to_i
      end
    end
    private_constant :Status
  end
end
