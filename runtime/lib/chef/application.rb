# SPDX-License-Identifier: MIT
#
# What a program around runs needs: settings, log, signals, child per run, exit
# codes (CORE-11x).

require 'chef/config'
require 'chef/log'
require 'chef/exceptions'

class Chef
  class Application
    attr_accessor :config, :chef_client_json

    class << self
      # CORE-112: says why and ends.
      def fatal!(message, code = -1)
        Chef::Log.fatal(message)
        Process.exit(code)
      end

      def exit!(message, code = -1)
        Chef::Log.debug(message)
        Process.exit(code)
      end

      # CORE-121.
      def debug_stacktrace(error)
        path = stacktrace_path
        text = stacktrace_text(error)
        require 'fileutils'
        FileUtils.mkdir_p(::File.dirname(path))
        ::File.open(path, 'w', 0o640) { |file| file.write(text) }
        ::File.chmod(0o640, path)
        Chef::Log.fatal("Stacktrace dumped to #{path}")
        Chef::Log.debug { text }
      rescue SystemCallError => e
        Chef::Log.error("Stack trace could not be written: #{e.message}")
      end

      private

      def stacktrace_path
        Chef::Config[:stacktrace_path] ||
          ::File.join(Chef::Config[:file_cache_path], 'chef-stacktrace.out')
      end

      def stacktrace_text(error)
        lines = ["Generated at #{Time.now}",
                 "#{error.class}: #{error.message}"]
        lines.concat(error.backtrace || [])
        RightLink::Native.mask(lines.join("\n") + "\n")
      end
    end

    def initialize
      @config = {}
      @chef_client_json = nil
    end

    def run
      reconfigure
      setup_application
      run_application
    end

    def reconfigure
      configure_chef
      configure_logging
      configure_proxy_environment_variables
    end

    # --- log ------------------------------------------------------------------

    def configure_logging
      location = Chef::Config[:log_location]
      begin
        Chef::Log.init(location)
      rescue SystemCallError => e
        Chef::Log.init($stderr)
        fatal!("Cannot open the log file '#{location}': #{e.message}", 2)
      end
      add_terminal_log(location)
      Chef::Log.level = resolved_log_level
    rescue ArgumentError => e
      Chef::Log.init($stdout)
      fatal!("Bad log level: #{e.message}", 2)
    end

    def resolved_log_level
      level = Chef::Config[:log_level]
      level = level.to_sym if level.is_a?(String)
      return level unless level.nil? || level == :auto

      formatter_for_a_person? ? :warn : :info
    end

    def formatter_for_a_person?
      Chef::Config[:force_formatter] ||
        ($stdout.tty? && !Chef::Config[:force_logger])
    end

    # CORE-161: a person who asked for the log sees it beside the file.
    def add_terminal_log(location)
      return unless Chef::Config[:force_logger] && $stdout.tty?
      return if Chef::Config[:daemonize] || location.is_a?(IO)

      Chef::Log.loggers << Chef::Log::Device.for($stdout)
    end

    # CORE-127.
    def configure_proxy_environment_variables
      %w[http https ftp].each { |scheme| proxy_to_environment(scheme) }
      list = Chef::Config[:no_proxy]
      set_both('no_proxy', list) if list
    end

    # --- settings -------------------------------------------------------------

    def configure_chef
      parse_options
      load_config_file
      Chef::Config.merge!(@config)
    end

    def load_config_file
      file = @config.fetch(:config_file, default_config_file)
      return if file.nil?

      Chef::Config[:config_file] = file
      require 'chef/config_fetcher'
      fetcher = ConfigFetcher.new(file)
      if fetcher.config_missing?
        Chef::Log.warn('*****************************************')
        Chef::Log.warn("Did not find config file: #{file}, using command " \
                       'line options.')
        Chef::Log.warn('*****************************************')
      else
        apply_config(fetcher.read_config, file)
      end
    end

    def apply_config(content, file)
      Chef::Config.from_string(content, file)
    rescue Exception => e # CORE-150
      Chef::Log.init($stderr) unless Chef::Log.loggers.any?
      Chef::Log.fatal("Configuration error #{e.class}: #{e.message}")
      (e.backtrace || []).grep(/#{Regexp.escape(file)}/).each do |line|
        Chef::Log.fatal("  #{line}")
      end
      fatal!("Aborting due to error in '#{file}'", 2)
    end

    # --- runs -----------------------------------------------------------------

    def run_chef_client
      Chef::Config[:client_fork] ? fork_chef_client : run_here
    end

    # The exit status of a good run.
    def run_here
      client = new_client
      client.run
      client.exit_status
    end

    def new_client
      require 'chef/client'
      Chef::Client.new(@chef_client_json,
                       override_runlist: @config[:override_runlist])
    end

    def fatal!(message, code)
      self.class.fatal!(message, code)
    end

    private

    def proxy_to_environment(scheme)
      url = Chef::Config[:"#{scheme}_proxy"]
      return unless url

      user = Chef::Config[:"#{scheme}_proxy_user"]
      pass = Chef::Config[:"#{scheme}_proxy_pass"]
      url = "#{scheme}://#{url}" unless url.include?('://')
      if user
        login = [user, pass].compact.map { |part| escape(part.to_s) }.join(':')
        url = url.sub('://', "://#{login}@")
      end
      set_both("#{scheme}_proxy", url)
    end

    def escape(text)
      text.gsub(/[^A-Za-z0-9_.~-]/) { |c| c.bytes.map { |b| format('%%%02X', b) }.join }
    end

    def set_both(name, value)
      ENV[name] = value unless ENV[name]
      ENV[name.upcase] = value unless ENV[name.upcase]
    end

    # The run happens in a child (CORE-110). The pipe tells whether the run
    # came to its end: a recipe can replace or end the process with status 0.
    def fork_chef_client
      Chef::Log.info('Forking chef instance to converge...')
      $stdout.flush
      $stderr.flush
      reader, writer = IO.pipe
      @child = fork do
        reader.close
        run_in_child(writer)
      end
      writer.close
      Chef::Log.debug { "Fork successful. Waiting for new chef pid: #{@child}" }
      status = Process.waitpid2(@child)[1]
      @child = nil
      judge(status, reader.read(1))
    ensure
      reader.close if reader && !reader.closed?
    end

    def run_in_child(writer)
      trap_in_child
      Process.setproctitle("chef-solo worker: ppid=#{Process.ppid};" \
                           "start=#{Time.now.strftime('%H:%M:%S')};")
      status = run_here
      writer.write(status.chr)
      writer.close
      $stdout.flush
    rescue SystemExit => e
      child_failed(e, 'exit was called')
    rescue Exception => e # CORE-110
      child_failed(e, e.message)
    end

    def child_failed(error, text)
      Chef::Log.error(RightLink::Native.mask(text.to_s))
      Chef::Log.debug { "#{error.class}: #{error}\n#{Array(error.backtrace).join("\n")}" }
      $stdout.flush
      $stderr.flush
      Process.exit(1)
    end

    def trap_in_child
      trap('QUIT', 'DEFAULT')
      trap('HUP', 'IGNORE')
      %w[INT TERM].each do |name|
        trap(name) { raise SignalException, "SIG#{name}" }
      end
    end

    def judge(status, token)
      if status.success? && token
        Chef::Log.debug { "Forked instance now converged" }
        return token.ord
      end
      text =
        if status.success?
          'Chef run process exited before the run was complete (a cookbook ' \
          'ended or replaced the process)'
        elsif status.signaled?
          name = Signal.signame(status.termsig)
          "Chef run process terminated by signal #{status.termsig} (#{name})"
        else
          'Chef run process exited unsuccessfully (exit code ' \
          "#{status.exitstatus})"
        end
      raise Chef::Exceptions::ChildConvergeError, text
    end
  end
end
