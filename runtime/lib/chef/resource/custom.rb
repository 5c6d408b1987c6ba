# SPDX-License-Identifier: MIT
#
# Resources of Chef 12 and later: properties and actions in one class
# (CORE-1101 … CORE-1103, CORE-1110). Loaded when a cookbook first uses one of
# these words.

require 'chef/property'
require 'chef/provider/custom_action'

class Chef
  class Exceptions
    class CurrentValueDoesNotExist < RuntimeError
    end
  end

  class Resource
    PropertyType = Struct.new(:options)

    # The class side.
    module CustomWords
      # What documents a resource is kept and has no effect.
      %i[description introduced examples preview_resource
         target_mode].each do |word|
        define_method(word) do |value = nil|
          instance_variable_set(:"@#{word}", value) unless value.nil?
          instance_variable_get(:"@#{word}")
        end
      end

      # Told whenever such a resource is made.
      def deprecated(message = nil)
        @deprecated = message if message
        @deprecated
      end

      # property :x, Type, options; property :x, [Type, nil], …
      # The options may stand in braces, as Ruby 2 took them.
      def property(name, type = (untyped = true), braced = {}, **options)
        type, braced, untyped = nil, type, true if type.is_a?(Hash)
        if type.is_a?(PropertyType)
          braced = type.options.merge(braced)
          untyped = true
        end
        options = braced.merge(options)
        types = untyped ? [] : [type].flatten(1)
        property = Chef::Property.new(name, types, options)
        become_custom
        own_properties[property.name] = property
        define_property_methods(property) unless property.name == :name
        property.name
      end

      # What several properties have in common: Bool = property_type(is: …).
      def property_type(**options)
        PropertyType.new(options)
      end

      # An old name of a property: told, then taken.
      def deprecated_property_alias(from, to, message)
        define_method(from) do |*args, &block|
          Chef.log_deprecation(message)
          public_send(to, *args, &block)
        end
        define_method(:"#{from}=") { |value| public_send(from, value) }
      end

      def properties
        inherited = superclass.respond_to?(:properties) ? superclass.properties : {}
        inherited.merge(own_properties)
      end

      def own_properties
        @own_properties ||= {}
      end

      def secret_property?(ivar)
        found = properties[ivar.to_s.delete_prefix('@').to_sym]
        found ? found.sensitive? : super
      end

      def state_properties
        properties.values.select(&:desired_state?)
      end

      def action(name, description: nil, &block)
        become_custom
        own_action_words << name.to_sym unless own_action_words.include?(name.to_sym)
        (@action_descriptions ||= {})[name.to_sym] = description
        action_class.custom_action(name, block)
        name
      end

      def action_description(name)
        (@action_descriptions || {})[name.to_sym]
      end

      def own_actions?
        return true if @action_class

        superclass.respond_to?(:own_actions?) && superclass.own_actions?
      end

      def own_action_words
        @own_action_words ||= []
      end

      def action_words
        inherited = superclass.respond_to?(:action_words) ? superclass.action_words : []
        inherited | own_action_words
      end

      # The provider behind the actions; its block holds their helpers.
      def action_class(&block)
        unless @action_class
          base = superclass.own_actions? ? superclass.action_class : Chef::Provider
          @action_class = Class.new(base)
          @action_class.include(Chef::Provider::CustomAction)
          @action_class.extend(Chef::Provider::CustomAction::ClassMethods)
          const_set(:ActionProvider, @action_class)
        end
        @action_class.class_eval(&block) if block
        @action_class
      end
      alias declare_action_class action_class
      alias action_provider_class action_class

      def load_current_value(&block)
        become_custom
        define_method(:read_current_value, &block)
        define_method(:load_current_value!) do |wanted|
          block.arity.zero? ? read_current_value : read_current_value(wanted)
        end
      end

      def default_action(*words)
        become_custom
        words = words.flatten.map(&:to_sym)
        unless words.empty?
          @custom_default = words.size == 1 ? words.first : words
          own_action_words.concat(words - own_action_words)
        end
        return @custom_default if @custom_default

        superclass.default_action if superclass.respond_to?(:custom_name)
      end

      def allowed_actions(*words)
        become_custom
        own_action_words.concat(words.flatten.map(&:to_sym) - own_action_words)
        [:nothing] | action_words
      end

      def resource_name(word = nil)
        become_custom
        return custom_name if word.nil?

        @custom_name = word.to_sym
        provides(@custom_name)
        @custom_name
      end

      def custom_name
        return @custom_name if @custom_name

        superclass.custom_name if superclass.respond_to?(:custom_name)
      end

      def unified_mode(flag = nil)
        @unified_mode = flag unless flag.nil?
        return @unified_mode unless @unified_mode.nil?

        superclass.respond_to?(:unified_mode) && superclass.unified_mode
      end

      def lazy(&block)
        Chef::DelayedEvaluator.new(&block)
      end

      # A part shared by resources: resources/_name.rb beside the caller.
      def use(partial)
        caller_file = caller_locations(1, 10).map(&:path).find do |path|
          !path.start_with?(::File.dirname(__FILE__))
        end
        directory = ::File.join(::File.dirname(caller_file),
                                ::File.dirname(partial.to_s))
        base = ::File.basename(partial.to_s, '.rb')
        file = ["_#{base}", base].map { |n| ::File.join(directory, "#{n}.rb") }
                                 .find { |path| ::File.file?(path) }
        unless file
          raise ArgumentError, "No partial '#{partial}' beside #{caller_file}"
        end

        class_eval(::File.read(file, encoding: 'UTF-8'), file, 1)
      end

      private

      def become_custom
        return if equal?(Chef::Resource) || include?(CustomInstance)

        include(CustomInstance)
      end

      def define_property_methods(property)
        define_method(property.name) do |value = (asked = true), &block|
          value = block if asked && block
          next property.get(self) if asked && block.nil?

          property.set(self, value)
          property.get(self) unless value.is_a?(Chef::DelayedEvaluator)
        end
        define_method(:"#{property.name}=") do |value|
          property.set(self, value)
        end
      end
    end

    # The instance side.
    module CustomInstance
      def initialize(name, run_context = nil)
        super
        klass = self.class
        Chef.log_deprecation("#{self}: #{klass.deprecated}") if klass.deprecated
        @resource_name = klass.custom_name || @resource_name || klass.dsl_name
        @allowed_actions |= klass.action_words
        default = klass.default_action || klass.action_words.first
        return unless default && (klass.own_actions? || klass.default_action)

        @action = Array(default)
      end

      def property_is_set?(name)
        known = self.class.properties[name.to_sym]
        return known.set?(self) if known
        return super if respond_to?(name)

        property_named(name)
      end

      def reset_property(name)
        property_named(name).reset(self)
      end

      # Gives what is set in another resource to this one where it has a
      # property of that name.
      def copy_properties_from(other, *names, exclude: [:name])
        names = other.class.properties.keys - exclude if names.empty?
        names.each do |name|
          next unless self.class.properties.key?(name)

          public_send(name, other.public_send(name)) if other.property_is_set?(name)
        end
        self
      end

      def property_named(name)
        self.class.properties.fetch(name.to_sym) do
          raise ArgumentError, "Property #{name} is not defined in #{self}" +
                               RightLink::Suggest.phrase(
                                 name, self.class.properties.keys
                               )
        end
      end

      # Defaults that were computed; not among the printed variables.
      def default_values
        @default_values ||= {}
      end

      def state
        super.merge(
          self.class.state_properties.to_h { |p| [p.name, p.get(self)] }
        )
      end

      def identity
        found = self.class.properties.values.find { |p| p.options[:identity] }
        found ? found.get(self) : super
      end

      def current_value_does_not_exist!
        raise Chef::Exceptions::CurrentValueDoesNotExist,
              "#{self} does not exist"
      end

      def lazy(&block)
        Chef::DelayedEvaluator.new(&block)
      end
    end

    extend CustomWords
  end
end
