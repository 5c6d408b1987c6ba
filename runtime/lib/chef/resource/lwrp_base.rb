# SPDX-License-Identifier: MIT
#
# Base of the resources in resources/*.rb of a cookbook (CORE-70x).

require 'chef/resource'

class Chef
  class Resource
    class LWRPBase < Resource
      NULL_ARG = Object.new

      class << self
        attr_accessor :run_context

        # Reads a file of a cookbook into a new class, Chef::Resource::MyApp
        # for my-app/resources/default.rb.
        def build_from_file(cookbook_name, filename, run_context)
          word = filename_to_qualified_string(cookbook_name, filename)
          klass = Class.new(self)
          klass.resource_name = word
          klass.run_context = run_context
          klass.extend(Chef::Mixin::FromFile)
          klass.class_from_file(filename)
          name = convert_to_class_name(word)
          replace_constant(Chef::Resource, name, klass, "#{word} Resource",
                           filename)
          Chef::DSL::Words.define(word.tr('-', '_'))
          klass
        end

        # A class of that name may be there already (CORE-702).
        def replace_constant(scope, name, klass, what, filename)
          if scope.const_defined?(name, false)
            Chef::Log.info("#{what} already initialized -- overriding! " \
                           "(#{filename})")
            scope.__send__(:remove_const, name)
          end
          scope.const_set(name, klass)
          Chef::Resource.forget_words
          Chef::Log.debug { "Loaded contents of #{filename} into #{klass}" }
        end

        def resource_name(arg = NULL_ARG)
          return @resource_name if arg.equal?(NULL_ARG)

          self.resource_name = arg
          provides(arg)
          @resource_name
        end

        # For what custom resources add to these classes.
        def custom_name
          @resource_name && @resource_name.to_sym
        end

        def resource_name=(name)
          @resource_name = name
        end

        # attribute :name, kind_of: …, default: … (CORE-703, CORE-706).
        def attribute(name, validation = {})
          rules = validation.dup
          ivar_reader = name.to_sym
          define_method(ivar_reader) do |arg = nil, &block|
            arg = block if arg.nil? && block && rules[:kind_of] == Proc
            set_or_return(ivar_reader, arg, rules)
          end
          define_method(:"#{name}=") { |arg| __send__(ivar_reader, arg) }
        end

        def default_action(action = NULL_ARG)
          unless action.equal?(NULL_ARG)
            @actions ||= []
            words = Array(action).map(&:to_sym)
            @default_action = words.size == 1 ? words.first : words
            @actions |= words
          end
          return @default_action if @default_action

          superclass.default_action if superclass.respond_to?(:default_action)
        end

        def actions(*names)
          words = names.flatten.map(&:to_sym)
          @actions = (@actions || []) | words unless words.empty?
          inherited = superclass.respond_to?(:actions) ? superclass.actions : []
          inherited | (@actions || [])
        end
        alias actions= actions

        def valid_actions(*names)
          Chef::Log.warn("`valid_actions' is deprecated, please use " \
                         "actions `instead'!")
          actions(*names)
        end

        def lazy(&block)
          Chef::DelayedEvaluator.new(&block)
        end

        # Attribute defaults may read the node (CORE-703).
        def node
          run_context ? run_context.node : nil
        end
      end

      def initialize(name, run_context = nil)
        super
        own = self.class.resource_name
        if own.nil?
          raise Chef::Exceptions::InvalidResourceSpecification,
                "You must specify `resource_name \"...\"' in #{self.class} " \
                'before a resource of it can be declared'
        end
        @resource_name = own.to_sym
        default = self.class.default_action
        @action = default.is_a?(Array) ? default.dup : default
        @allowed_actions = [:nothing] | self.class.actions
      end
    end
  end
end
