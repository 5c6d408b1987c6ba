# SPDX-License-Identifier: MIT
#
# One run from lock to final event (CORE-001, CORE-194).

require 'chef/config'
require 'chef/log'
require 'chef/handler'
require 'chef/run_lock'
require 'chef/run_status'
require 'chef/event_dispatch/dispatcher'
require 'chef/formatters'
require 'chef/mixin/path_sanity'
require 'rightlink/end_run'
require 'rightlink/run_guard'

class Chef
  class Client
    include Chef::Mixin::PathSanity

    # Automatic attributes, each collected when it is first read. Plugins count
    # once someone named Ohai (a setting of its plugin path, for example).
    module LazyOhai
      def self.ohai_fetch(key)
        plugins? ? Ohai.source.ohai_fetch(key) : RightLink::Native.ohai(key.to_s)
      end

      def self.ohai_keys
        plugins? ? Ohai.source.ohai_keys : RightLink::Native.ohai_keys
      end

      def self.plugins?
        !Object.autoload?(:Ohai)
      end
    end

    # Hooks of handler libraries (CORE-193).
    class << self
      def when_run_starts(&block)
        run_start_notifications << block
      end

      def when_run_completes_successfully(&block)
        run_completed_successfully_notifications << block
      end

      def when_run_fails(&block)
        run_failed_notifications << block
      end

      def run_start_notifications
        @run_start_notifications ||= []
      end

      def run_completed_successfully_notifications
        @run_completed_successfully_notifications ||= []
      end

      def run_failed_notifications
        @run_failed_notifications ||= []
      end

      def clear_notifications
        @run_start_notifications = nil
        @run_completed_successfully_notifications = nil
        @run_failed_notifications = nil
      end
    end

    when_run_starts { |status| Chef::Handler.run_start_handlers(status) }
    when_run_completes_successfully do |status|
      Chef::Handler.run_report_handlers(status)
    end
    when_run_fails { |status| Chef::Handler.run_exception_handlers(status) }

    attr_reader :node, :run_status, :events, :json_attribs, :run_context,
                :override_runlist

    # Options: override_runlist (items), event_handlers (more subscribers);
    # injected (cookbooks that are loaded besides those of the run list) and
    # load_items (called with compiler and run context instead of loading the
    # recipes of the expanded list).
    def initialize(json_attribs = nil, options = {})
      @json_attribs = json_attribs || {}
      @override_runlist = options[:override_runlist] || []
      @compile_options = options.slice(:injected, :load_items)
      @events = EventDispatch::Dispatcher.new
      subscribers = formatters + Array(Chef::Config[:event_handlers]) +
                    Array(options[:event_handlers])
      subscribers.each { |subscriber| @events.register(subscriber) }
    end

    # True, or the error of the run.
    def run
      lock = RunLock.new(Chef::Config[:lockfile])
      lock.acquire
      lock.save_pid
      begin
        @guard = RightLink::RunGuard.new
        @guard.watch(method(:finish_failed)) { run_locked }
      ensure
        lock.release
      end
    end

    def node_name
      name = Chef::Config[:node_name] || ohai_name
      raise Chef::Exceptions::CannotDetermineNodeName if name.to_s.empty?

      Chef::Config[:node_name] = name
    end

    # The engine is silent about its start and end: it also runs the resources
    # inside of others.
    def converge(run_context)
      events.converge_start(run_context)
      Chef::Log.debug { "Converging node #{node_name}" }
      Chef::Runner.new(run_context).converge
    ensure
      events.converge_complete
    end

    # Of a good run, for those who want to know (CORE-1120).
    def exit_status
      return 0 unless Chef::Config[:exit_status].to_s == 'enabled'

      @reboot_status || 0
    end

    private

    def run_locked
      Chef.run_events = events
      events.run_start(Chef::VERSION)
      Chef::Log.info("*** Chef #{Chef::VERSION} ***")
      Chef::Log.info("Chef-client pid: #{Process.pid}")
      enforce_path_sanity
      run_through
      true
    rescue RightLink::EndRun => e
      @guard.still_here!
      finish_early(e)
    rescue Exception => e # a cookbook may raise anything, exit too
      @guard.still_here!
      finish_failed(e)
    end

    def run_through
      build_node
      start_run
      run_context = setup_run_context
      @guard.still_here!
      converge(run_context)
      @guard.still_here!
      finish_completed
    end

    def finish_completed
      run_status.stop_clock
      Chef::Log.info('Chef Run complete in ' \
                     "#{run_status.elapsed_time} seconds")
      notify(self.class.run_completed_successfully_notifications)
      events.run_completed(node)
      @reboot_status = run_context&.order_reboot
    end

    def finish_early(ending)
      Chef::Log.info("#{ending.message}: what follows is left out")
      finish_completed
      true
    end

    def finish_failed(error)
      Chef::Log.debug { "Re-raising exception: #{error.class} - #{error}" }
      if run_status
        run_status.stop_clock
        run_status.exception = error
        notify(self.class.run_failed_notifications)
      end
      Chef::Application.debug_stacktrace(error)
      events.run_failed(error)
      raise error
    end

    def build_node
      RightLink::Ageing.start_run(Chef::Config[:ruby_ageing])
      events.ohai_completed(nil)
      events.node_load_start(node_name, Chef::Config)
      Chef::Log.debug { "Building node object for #{node_name}" }
      @node = Chef::Node.build(node_name)
      fill_node
      expand_run_list
      events.node_load_completed(node, @expansion.recipes.map(&:to_s),
                                 Chef::Config)
    end

    def fill_node
      node.consume_external_attrs(LazyOhai, json_attribs)
      node.reset_defaults_and_overrides
      return if override_runlist.empty?

      original = node.run_list.to_s
      node.override_runlist(*override_runlist)
      Chef::Log.warn('Run List override has been provided.')
      Chef::Log.warn("Original Run List: [#{original}]")
      Chef::Log.warn("Overridden Run List: [#{node.run_list}]")
    rescue Exception => e # JSON may hold any run list
      events.node_load_failed(node_name, e, Chef::Config)
      raise
    end

    def expand_run_list
      @expansion = node.expand!('disk')
      Chef::Log.info("Run List is [#{node.run_list}]")
      Chef::Log.info("Run List expands to [#{@expansion.recipes.join(', ')}]")
    rescue Exception => e # a role file may raise anything
      events.run_list_expand_failed(node, e)
      raise
    end

    def start_run
      @run_status = RunStatus.new(node, events)
      run_status.run_id = RightLink::RunGuard.run_id
      run_status.start_clock
      Chef::Log.info("Starting Chef Run for #{node.name}")
      events.run_started(run_status)
      notify(self.class.run_start_notifications)
    end

    def setup_run_context
      loader = Chef::CookbookLoader.new(Chef::Config[:cookbook_path])
      loader.load_cookbooks
      collection = Chef::CookbookCollection.new(loader)
      context = Chef::RunContext.new(node, collection, events)
      @run_context = context
      Chef.run_context = context
      context.load(@expansion, @compile_options)
      run_status.run_context = context
      need_cookbooks(collection)
      context
    end

    def need_cookbooks(collection)
      return unless collection.empty? && @compile_options[:load_items].nil?

      raise Chef::Exceptions::CookbookNotFound,
            'None of the cookbook paths set in Chef::Config[:cookbook_path], ' \
            "#{Array(Chef::Config[:cookbook_path]).inspect}, contain any " \
            'cookbooks'
    end

    def notify(hooks)
      hooks.each { |hook| hook.call(run_status) }
    end

    def ohai_name
      %w[fqdn machinename hostname].each do |key|
        value = RightLink::Native.ohai(key)
        return value unless value.to_s.empty?
      end
      nil
    end

    # CORE-160: what is configured, else by whether a person looks on.
    def formatters
      chosen = Array(Chef::Config[:formatters])
      chosen = [[default_formatter, nil]] if chosen.empty?
      chosen.map { |name, path| formatter(name, path) }
    end

    def formatter(name, path)
      out = path ? ::File.open(path, 'a') : $stdout
      Formatters.new(name, out, $stderr)
    end

    def default_formatter
      person = $stdout.tty? && !Chef::Config[:force_logger]
      person || Chef::Config[:force_formatter] ? :doc : :null
    end
  end
end
