# SPDX-License-Identifier: MIT
#
# Base of all providers (CORE-604, RES-core-1): load the current state, check
# requirements, run action_X, see what changed.

require 'chef/mixin/why_run'
require 'chef/mixin/convert_to_class_name'
require 'chef/mixin/from_file'
require 'chef/dsl/recipe'

class Chef
  class Provider
    include Chef::DSL::Recipe
    include Chef::Mixin::WhyRun
    extend Chef::Mixin::ConvertToClassName

    attr_accessor :new_resource, :current_resource, :run_context, :action,
                  :cookbook_name, :recipe_name

    # 12 and later: a provider says which words it serves.
    def self.provides(word, options = {}, &test)
      Chef::Platform.provider_words[word.to_sym].unshift(
        [self, options, test]
      )
    end

    # 12 and later: any provider may write its actions as blocks, and they are
    # inline (CORE-1125).
    def self.action(name, &block)
      use_inline_resources
      action(name, &block)
    end

    # The block of an action as a method; one with a parameter gets the
    # provider.
    def self.define_body(name, block)
      return define_method(name, &block) if block.arity.zero?

      define_method(name) { instance_exec(self, &block) }
    end

    def self.use_inline_resources
      require 'chef/provider/inline_resources'
      extend InlineResources::ClassMethods
      include InlineResources
    end

    def initialize(new_resource, run_context)
      @new_resource = new_resource
      @run_context = run_context
      @action = nil
      @current_resource = nil
      @converge_actions = nil
      @requirements = nil
      if new_resource
        @cookbook_name = new_resource.cookbook_name
        @recipe_name = new_resource.recipe_name
      end
    end

    def whyrun_mode?
      Chef::Config[:why_run]
    end

    def whyrun_supported?
      false
    end

    def node
      run_context && run_context.node
    end

    def params
      new_resource ? new_resource.params : {}
    end

    # The resources of the collection; in providers, those of the run.
    def resource_collection
      run_context && run_context.resource_collection
    end

    def load_current_resource
      raise Chef::Exceptions::Override,
            'You must override load_current_resource in ' + to_s
    end

    def define_resource_requirements; end

    def cleanup_after_converge; end

    def action_nothing
      Chef::Log.debug { "Doing nothing for #{@new_resource}" }
      true
    end

    def events
      run_context.events
    end

    def run_action(action = nil, _notification_type = nil, _notifier = nil)
      @action = action unless action.nil?
      load_state
      define_resource_requirements
      process_resource_requirements
      perform(:"action_#{@action}")
      set_updated_status
      cleanup_after_converge
    end

    def process_resource_requirements
      requirements.run(:all_actions) unless @action.to_s == 'nothing'
      requirements.run(@action)
    end

    def resource_updated?
      !converge_actions.empty? || @new_resource.updated_by_last_action?
    end

    def set_updated_status
      if resource_updated?
        events.resource_updated(@new_resource, @action)
        @new_resource.updated_by_last_action(true)
      else
        events.resource_up_to_date(@new_resource, @action)
      end
    end

    def requirements
      @requirements ||= ResourceRequirements.new(@new_resource, run_context)
    end

    def converge_by(descriptions, &block)
      converge_actions.add_converge_action(descriptions, &block)
    end

    def converge_actions
      @converge_actions ||=
        ConvergeActions.new(@new_resource, run_context, @action)
    end

    def describe_self_for_error
      "#{self.class} \"#{new_resource && new_resource.name}\""
    end

    def to_s
      if new_resource
        "#{self.class}(#{new_resource})"
      else
        self.class.to_s
      end
    end

    # The same inner block in a context of its own (CORE-713).
    def recipe_eval(&block)
      require 'chef/provider/inline_resources'
      converge_by('evaluate block and run any associated actions') do
        InlineResources.evaluate(self, &block)
      end
    end
    protected :recipe_eval

    private

    def load_state
      if whyrun_mode? && !whyrun_supported?
        events.resource_current_state_load_bypassed(@new_resource, @action,
                                                    @current_resource)
      else
        load_current_resource
        events.resource_current_state_loaded(@new_resource, @action,
                                             @current_resource)
      end
    end

    def perform(method)
      if whyrun_mode? && !whyrun_supported? ||
         requirements.action_blocked?(@action)
        events.resource_bypassed(@new_resource, @action, self)
      else
        __send__(method)
      end
    end

    autoload :Deploy, 'chef/provider/deploy'

    RightLink::Native.define_provider_classes
  end
end
