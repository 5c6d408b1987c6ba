# SPDX-License-Identifier: MIT
#
# What all resources share (CORE-51x, CORE-52x, CORE-54x). A resource's instance
# variables are its attribute store: cloning, printing, subclasses in cookbooks
# and the engine read them, so their names and order are part of the interface.

require 'chef/exceptions'
require 'chef/mixin/params_validate'
require 'chef/mixin/from_file'
require 'chef/mixin/convert_to_class_name'
require 'chef/mixin/deprecation'
require 'chef/dsl/platform_introspection'
require 'chef/dsl/data_query'
require 'chef/dsl/commands'
require 'chef/dsl/declare_resource'
require 'chef/dsl/registry_helper'
require 'chef/dsl/reboot_pending'
require 'chef/resource/conditional'
require 'chef/resource/notification'
require 'chef/resource_platform_map'
require 'chef/resource/class_words'
require 'chef/resource/printing'

class Chef
  class Resource
    include Chef::DSL::Commands
    include Chef::DSL::DeclareResource
    include Chef::DSL::DataQuery
    include Chef::Mixin::ParamsValidate
    include Chef::DSL::PlatformIntrospection
    include Chef::DSL::RegistryHelper
    include Chef::DSL::RebootPending
    include Chef::Mixin::ConvertToClassName
    include Chef::Mixin::Deprecation
    include Printing
    extend Chef::Mixin::ConvertToClassName
    extend ClassWords

    # Not copied from a prior resource of the same text (CORE-550).
    NOT_CLONED = %i[@source_line @action @not_if @only_if
                    @declared_type].freeze

    COMMON_DEFAULTS = { retries: 0, retry_delay: 2, ignore_failure: false,
                        sensitive: false,
                        guard_interpreter: :default }.freeze

    attr_accessor :params, :provider, :allowed_actions, :run_context,
                  :cookbook_name, :recipe_name, :enclosing_provider,
                  :retries, :retry_delay
    attr_reader :elapsed_time, :resource_name, :updated
    attr_writer :source_line, :sensitive, :resource_name, :declared_type

    def initialize(name, run_context = nil)
      @name = name
      @run_context = run_context
      @params = {}
      @provider = nil
      @allowed_actions = [:nothing]
      @action = :nothing
      @updated = false
      @updated_by_last_action = false
      @supports = {}
      @ignore_failure = false
      @retries = 0
      @retry_delay = 2
      @not_if = []
      @only_if = []
      @source_line = nil
      @guard_interpreter = :default
      @elapsed_time = 0
      @sensitive = false
    end

    # --- attributes every resource has --------------------------------------

    def name(name = nil)
      return @name if name.nil?
      unless name.is_a?(String)
        raise ArgumentError, 'name must be a string!'
      end

      @name = name
    end

    def action(arg = nil)
      return @action if arg.nil?

      list = arg.is_a?(Array) ? arg : [arg]
      list = list.map { |a| a.is_a?(String) ? a.to_sym : a }
      list.each { |word| need_action(word) }
      @action = list
    end

    def action=(arg)
      action(arg)
    end

    def provider(arg = nil)
      return @provider if arg.nil?

      @provider = arg.is_a?(Class) ? arg : provider_class_named(arg)
    end

    def provider=(arg)
      provider(arg)
    end

    def supports(args = {})
      return @supports if args.nil? || (args.respond_to?(:any?) && !args.any?)

      @supports = args
    end

    def supports=(args)
      supports(args)
    end

    def noop(arg = nil)
      @noop = arg unless arg.nil? || !need_boolean(:noop, arg)
      @noop
    end

    def ignore_failure(arg = nil)
      return @ignore_failure if arg.nil?

      unless [:quiet, 'quiet'].include?(arg)
        need_boolean(:ignore_failure, arg)
      end
      @ignore_failure = arg
    end
    alias epic_fail ignore_failure

    def ignore_failure=(arg)
      ignore_failure(arg)
    end

    def sensitive(arg = nil)
      return @sensitive if arg.nil?

      need_boolean(:sensitive, arg)
      @sensitive = arg
    end

    def retries(arg = nil)
      set_or_return(:retries, arg, kind_of: Integer)
    end

    def retries=(arg)
      retries(arg)
    end

    def retry_delay(arg = nil)
      set_or_return(:retry_delay, arg, kind_of: Integer)
    end

    def retry_delay=(arg)
      retry_delay(arg)
    end

    def guard_interpreter(arg = nil)
      return @guard_interpreter if arg.nil?

      set_or_return(:guard_interpreter, arg, kind_of: Symbol)
    end

    def umask(arg = nil)
      set_or_return(:umask, arg, kind_of: [String, Integer])
    end

    # --- guards (CORE-520) ---------------------------------------------------

    def only_if(command = nil, opts = {}, &block)
      if command || block
        @only_if << Conditional.only_if(self, command, opts, &block)
      end
      @only_if
    end

    def not_if(command = nil, opts = {}, &block)
      if command || block
        @not_if << Conditional.not_if(self, command, opts, &block)
      end
      @not_if
    end

    # The first guard that stops the action, or nil.
    def guard_against(action)
      return ConditionalActionNotNothing.new(action) if action == :nothing

      @only_if.each { |guard| return guard unless guard.continue? }
      @not_if.each { |guard| return guard unless guard.continue? }
      nil
    end

    def should_skip?(action)
      guard = guard_against(action)
      return false unless guard

      events.resource_skipped(self, action, guard)
      Chef::Log.debug do
        "Skipping #{self} due to #{guard.short_description}"
      end
      true
    end

    # --- notifications (CORE-61x) -------------------------------------------

    def notifies(action, resource_spec, timing = :delayed)
      specs = resource_spec.is_a?(Array) ? resource_spec : [resource_spec]
      specs.each do |spec|
        run_context.resource_collection.validate_lookup_spec!(spec)
        add_notification(Notification.new(spec, action, self), timing)
      end
      true
    end

    def subscribes(action, resources, timing = :delayed)
      [resources].flatten.each do |notifier|
        each_notifier(notifier) do |one|
          add_notification(Notification.new(self, action, one), timing)
        end
      end
      true
    end

    def notifies_immediately(action, resource_spec)
      notifies(action, resource_spec, :immediately)
    end

    def notifies_delayed(action, resource_spec)
      notifies(action, resource_spec, :delayed)
    end

    def notifies_before(action, resource_spec)
      notifies(action, resource_spec, :before)
    end

    def immediate_notifications
      run_context.immediate_notifications(self)
    end

    def delayed_notifications
      run_context.delayed_notifications(self)
    end

    def before_notifications
      run_context.before_notifications(self)
    end

    # As if somebody had notified it: at the end of the run. 12 and later.
    def delayed_action(*actions)
      actions.flatten.each do |action|
        need_action(action.to_sym)
        run_context.request_delayed(
          Notification.new(self, action.to_sym, self)
        )
      end
    end

    def resolve_notification_references
      run_context.resolve_notifications_of(self)
    end

    # --- state ---------------------------------------------------------------

    def node
      @run_context && @run_context.node
    end

    def events
      @run_context.events
    end

    def updated?
      @updated
    end

    def updated=(flag)
      Chef::Log.warn("Chef::Resource#updated=(true|false) is deprecated. " \
                     'Use #updated_by_last_action(true|false) instead.')
      Chef::Log.warn("Called from: #{caller_locations(1, 1)[0]}")
      updated_by_last_action(flag)
      @updated = flag
    end

    def updated_by_last_action(flag)
      @updated ||= flag
      @updated_by_last_action = flag
    end

    def updated_by_last_action?
      @updated_by_last_action
    end

    def is(*args)
      args.size == 1 ? args.first : args
    end

    def resources(*args)
      run_context.resource_collection.find(*args)
    end

    def lookup_provider_constant(name, _action = :nothing)
      provider_class_named(name)
    end

    # "/path/recipes/default.rb:3:in `from_file'", or nil.
    def source_line
      line = @source_line
      return line if line.nil? || line.is_a?(String)

      @source_line = line.to_s
    end

    def source_line_file
      source_line && source_line[/\A(.*?):\d+/, 1]
    end

    def source_line_number
      source_line && source_line[/\A.*?:(\d+)/, 1]
    end

    # The word of the recipe, where a resource has several. 12 and later.
    def declared_type
      @declared_type || resource_name.to_s.tr('-', '_').to_sym
    end

    # Where it was declared, for people (CORE-163).
    def defined_at
      if cookbook_name && recipe_name && source_line
        "#{cookbook_name}::#{recipe_name} line #{source_line_number}"
      elsif source_line
        "#{source_line_file} line #{source_line_number}"
      else
        'dynamically defined'
      end
    end

    def cookbook_version
      return nil unless cookbook_name

      run_context.cookbook_collection[cookbook_name]
    end

    # --- running -------------------------------------------------------------

    def run_action(action, notification_type = nil, notifying_resource = nil)
      RightLink::Native.run_action(self, action, notification_type,
                                   notifying_resource)
    end

    # A fresh provider object for one action (CORE-603).
    def provider_for_action(action)
      provider = provider_class_for(action).new(self, run_context)
      provider.action = action
      provider
    end

    def provider_class_for(action)
      chosen = provider
      return chosen if chosen
      return self.class.action_class if self.class.own_actions?

      Chef::Platform.find_provider_for_resource(self, action)
    end

    # The same error, telling which resource it came from (CORE-185).
    def customize_exception(error)
      wrapped = error.exception(custom_exception_message(error))
      wrapped.set_backtrace(error.backtrace)
      wrapped
    end

    def custom_exception_message(error)
      "#{self} (#{defined_at}) had an error: #{error.class.name}: " \
        "#{error.message}"
    end

    # Copies everything but the action and guards from an earlier resource of
    # the same text (CORE-550).
    def load_prior_resource(prior = nil)
      prior ||= run_context.resource_collection.prior(to_s)
      return self unless prior

      Chef::Log.warn("Cloning resource attributes for #{self} from prior " \
                     'resource (CHEF-3694)')
      Chef::Log.warn("Previous #{prior}: #{prior.source_line}")
      Chef::Log.warn("Current  #{self}: #{source_line}")
      prior.instance_variables.each do |ivar|
        next if NOT_CLONED.include?(ivar)

        instance_variable_set(ivar, prior.instance_variable_get(ivar))
      end
      self
    end

    # Was it given a value? 12 and later; what all resources have counts when it
    # is not as it starts.
    def property_is_set?(name)
      value = instance_variable_get("@#{name}")
      !value.nil? && value != COMMON_DEFAULTS[name.to_sym]
    end

    # Called when the declaring block is done; subclasses use it.
    def after_created
      nil
    end

    # Is it run as soon as it is declared? 16 and later, before that a word of
    # few resources.
    def compile_time(arg = nil)
      return @compile_time if arg.nil?

      need_boolean(:compile_time, arg)
      @compile_time = arg
    end

    def compile_time=(arg)
      compile_time(arg)
    end

    def run_at_compile_time
      Array(action).each { |word| run_action(word) }
      action(:nothing)
    end

    ruby2_keywords def method_missing(word, *args, &block)
      if enclosing_provider && enclosing_provider.respond_to?(word, true)
        enclosing_provider.__send__(word, *args, &block)
      else
        raise unknown_word(word, args)
      end
    end

    def respond_to_missing?(word, include_private = false)
      return true if super

      provider = @enclosing_provider
      include_private && !provider.nil? && provider.respond_to?(word, true)
    end

    private

    def need_action(word)
      return if @allowed_actions.include?(word)
      return if @allowed_actions.include?(word.to_s)

      raise Chef::Exceptions::ValidationFailed,
            'Option action must be equal to one of: ' \
            "#{@allowed_actions.join(', ')}!  You passed #{word.inspect}."
    end

    def need_boolean(option, arg)
      return true if arg == true || arg == false

      raise Chef::Exceptions::ValidationFailed,
            "Option #{option} must be a kind of [TrueClass, FalseClass]!  " \
            "You passed #{arg.inspect}."
    end

    def add_notification(notification, timing)
      case timing.to_s
      when 'delayed'
        run_context.notifies_delayed(notification)
      when 'immediate', 'immediately'
        run_context.notifies_immediately(notification)
      when 'before'
        run_context.notifies_before(notification)
      else
        raise ArgumentError, "invalid timing: #{timing} for notifies" \
                             "(#{notification.action}, " \
                             "#{notification.resource.inspect}, #{timing}) " \
                             "resource #{self} Valid timings are: " \
                             ':delayed, :immediate, :immediately, :before'
      end
    end

    # A subscription may name what is not declared yet (CORE-616, CORE-617).
    def each_notifier(notifier)
      case notifier
      when Hash
        notifier.each do |type, names|
          Array(names).each { |name| yield NotifierText.new("#{type}[#{name}]") }
        end
      when String
        match = ResourceCollection::SPEC.match(notifier)
        known = run_context.resource_collection.prior(notifier)
        if match && match[2].include?(',') && !known
          match[2].split(',').each do |name|
            yield NotifierText.new("#{match[1]}[#{name}]")
          end
        end
        yield NotifierText.new(notifier)
      else
        yield notifier
      end
    end

    def provider_class_named(name)
      base = self.class.provider_base
      constant = convert_to_class_name(name.to_s)
      found = constant.split('::').inject(base) do |scope, part|
        break nil unless scope.const_defined?(part, false)

        scope.const_get(part, false)
      end
      return found if found.is_a?(Class)

      raise ArgumentError, "No provider found to match '#{name}'"
    end

    def unknown_word(word, args)
      known = public_methods(true) - ::Object.instance_methods
      text = "undefined method `#{word}' for #{self.class}" +
             RightLink::Suggest.phrase(word, known)
      NoMethodError.new(text, word, args)
    end
  end
end

require 'chef/resource/known_types'
