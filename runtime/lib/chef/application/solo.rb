# SPDX-License-Identifier: MIT
#
# The chef-solo command line (CORE section 1).

require 'chef'
require 'chef/application'
require 'chef/application/options'

class Chef
  class Application
    class Solo < Application
      BANNER = 'Usage: rightlink solo (options)'
      NUMBERS = %i[interval splay run_lock_timeout].freeze

      def default_config_file
        '/etc/chef/solo.rb'
      end

      def parse_options(argv = ARGV)
        parser = Options.new(RightLink::Native::SOLO_OPTIONS)
        @config = coerce(parser.parse(argv))
        show(parser)
      rescue Options::Wrong => e
        warn "chef-solo: #{e.message} (--help lists the options)"
        Process.exit(1)
      end

      def reconfigure
        super
        Chef::Config[:solo] = true
        return unless Chef::Config[:daemonize]

        Chef::Config[:interval] ||= 1800
      end

      def setup_application
        read_json_attributes
        fetch_recipe_url
        if Chef::Config[:user] || Chef::Config[:group]
          require 'chef/daemon'
          Chef::Daemon.change_privilege
        end
        Dir.chdir('/')
      end

      def run_application
        daemonize
        trap_signals
        loop do
          begin
            splay
            status = run_chef_client
            $stdout.flush
            Process.exit(status) unless Chef::Config[:interval]

            rest_until_next
          rescue SystemExit
            raise
          rescue Exception => e # a run ends with anything
            run_failed(e)
          end
        end
      end

      private

      def coerce(values)
        NUMBERS.each do |key|
          values[key] = number(key, values[key]) if values.key?(key)
        end
        if values[:log_level].is_a?(String)
          values[:log_level] = values[:log_level].to_sym
        end
        if values[:override_runlist].is_a?(String)
          values[:override_runlist] = run_list_items(values[:override_runlist])
        end
        named = values.delete(:formatters)
        if named
          values[:formatters] = named.map { |name| [formatter_name(name), nil] }
        end
        absolute(values)
      end

      def number(key, text)
        Integer(text.to_s, 10)
      rescue ArgumentError
        raise Options::Wrong, "--#{key.to_s.tr('_', '-')} needs a number, " \
                              "not '#{text}'"
      end

      def run_list_items(text)
        text.split(',').map do |item|
          Chef::RunList::RunListItem.new(item.strip)
        end
      end

      def formatter_name(name)
        name == 'minimal' ? :min : name.to_sym
      end

      # Paths of the command line are those of its directory (CORE-104), also
      # when it is read again elsewhere (CORE-113).
      def absolute(values)
        @start_directory ||= Dir.pwd
        %i[config_file json_attribs log_location].each do |key|
          value = values[key]
          next unless value.is_a?(String) && !value.match?(%r{\Ahttps?://})
          next if key == :log_location && value == 'STDOUT'

          values[key] = ::File.expand_path(value, @start_directory)
        end
        values[:log_location] = $stdout if values[:log_location] == 'STDOUT'
        values
      end

      def show(parser)
        if @config.delete(:version)
          puts "Chef: #{Chef::VERSION}"
          Process.exit(0)
        end
        return unless @config.delete(:help)

        puts BANNER
        puts parser.help
        Process.exit(0)
      end

      def read_json_attributes
        location = Chef::Config[:json_attribs]
        return unless location

        require 'chef/config_fetcher'
        data = ConfigFetcher.new(location).fetch_json
        @chef_client_json = data.is_a?(Hash) ? data : {}
      end

      def fetch_recipe_url
        return unless Chef::Config[:recipe_url]

        require 'chef/application/recipe_url'
        RecipeUrl.new(Chef::Config[:recipe_url]).unpack
      end

      def daemonize
        return unless Chef::Config[:daemonize]

        require 'chef/daemon'
        Chef::Daemon.daemonize('chef-client')
      end

      # CORE-113.
      def trap_signals
        trap('INT') { stop_child { Process.exit!(2) } }
        trap('TERM') { stop_child { die_of('TERM') } }
        trap('QUIT') do
          text = "SIGQUIT received, call stack:\n  #{caller.join("\n  ")}"
          Thread.new { Chef::Log.info(text) }
        end
        trap('HUP') { Thread.new { reconfigure } }
      end

      # The run in the child ends with its handlers; a second signal does not
      # wait for them.
      def stop_child
        %w[INT TERM].each { |name| trap(name, 'DEFAULT') }
        $stderr.puts 'FATAL: interrupted, stopping'
        begin
          if @child
            Process.kill('TERM', @child)
            Process.wait(@child)
          end
        rescue SystemCallError
          nil # it has just ended
        end
        $stdout.flush
        yield
      end

      # As if the signal had not been caught (CORE-113).
      def die_of(signal)
        trap(signal, 'SYSTEM_DEFAULT')
        Process.kill(signal, Process.pid)
        Kernel.sleep(1)
        Process.exit!(1)
      end

      def splay
        seconds = Chef::Config[:splay]
        return unless seconds

        pause = rand(seconds)
        Chef::Log.debug { "Splay sleep #{pause} seconds" }
        Kernel.sleep(pause)
      end

      def rest_until_next
        Chef::Log.debug { "Sleeping for #{Chef::Config[:interval]} seconds" }
        Kernel.sleep(Chef::Config[:interval])
      end

      def run_failed(error)
        text = RightLink::Native.mask("#{error.class}: #{error.message}")
        unless Chef::Config[:interval]
          Chef::Log.debug { Array(error.backtrace).join("\n") }
          Chef::Application.fatal!(text, 1)
        end
        Chef::Log.error(text)
        Chef::Log.fatal("Sleeping for #{Chef::Config[:interval]} seconds " \
                        'before trying again')
        Kernel.sleep(Chef::Config[:interval])
      end
    end
  end
end
