# SPDX-License-Identifier: MIT
#
# One property of a custom resource (CORE-1101): type, default, coercion and
# checks.

require 'chef/mixin/params_validate'

class Chef
  class Property
    OPTIONS = %i[default required name_property name_attribute coerce
                 desired_state identity sensitive deprecated description
                 introduced default_description skip_docs callbacks regex
                 equal_to validation_message is kind_of respond_to
                 cannot_be instance_variable_name].freeze
    CHECKS = %i[regex equal_to callbacks kind_of respond_to cannot_be].freeze

    attr_reader :name, :types, :options, :ivar

    def initialize(name, types, options)
      unknown = options.keys - OPTIONS
      unless unknown.empty?
        raise ArgumentError,
              "Unknown option #{unknown.first.inspect} of property #{name}" +
              RightLink::Suggest.phrase(unknown.first, OPTIONS)
      end

      @name = name.to_sym
      @types = types
      @options = options
      @options[:default].freeze if options[:default].is_a?(String)
      @ivar = :"@#{name}"
      @checks = options.slice(*CHECKS)
      # Any true answer will do; those of `attribute` must be true itself.
      @checks[:callbacks] &&= options[:callbacks].transform_values { |ask| ->(v) { ask.call(v) ? true : false } }
      @checks[:is] = @types unless @types.empty?
      @checks[:is] = Array(options[:is]) if options.key?(:is)
    end

    def identity?
      options[:identity] || name_property?
    end

    def desired_state?
      options[:desired_state] != false
    end

    def sensitive?
      options[:sensitive] ? true : false
    end

    def name_property?
      options[:name_property] || options[:name_attribute]
    end

    # required: true, or a list of actions (16 and later).
    def required_in?(action)
      required = options[:required]
      required == true ||
        (required.is_a?(Array) && required.include?(action.to_sym))
    end

    def set?(resource)
      resource.instance_variable_defined?(ivar)
    end

    def set(resource, value)
      warn_deprecated if options[:deprecated]
      if value.is_a?(Chef::DelayedEvaluator)
        return resource.instance_variable_set(ivar, value)
      end
      return reset(resource) if value.nil? && !nil_allowed?

      resource.instance_variable_set(ivar, taken(resource, value))
    end

    def get(resource)
      return default(resource) unless set?(resource)

      value = resource.instance_variable_get(ivar)
      return value unless value.is_a?(Chef::DelayedEvaluator)

      taken(resource, evaluate(resource, value))
    end

    def reset(resource)
      return unless set?(resource)

      resource.remove_instance_variable(ivar)
      nil
    end

    # Raises when the action cannot do without it.
    def need(resource, action)
      return unless required_in?(action)
      return if set?(resource) || !get(resource).nil?

      raise Chef::Exceptions::ValidationFailed, "#{name} is a required " \
                                                "property of #{resource}"
    end

    def nil_allowed?
      return true if @types.include?(nil) || @types.include?(NilClass)

      @types.empty? && @checks.empty? && !options.key?(:default)
    end

    private

    # Coerced and checked.
    def taken(resource, value)
      coerce = options[:coerce]
      value = resource.instance_exec(value, &coerce) if coerce
      check(resource, value)
      value
    end

    def check(resource, value)
      return if value.nil? || @checks.empty?

      resource.validate({ name => value }, { name => @checks })
    rescue Chef::Exceptions::ValidationFailed
      raise unless options[:validation_message]

      raise Chef::Exceptions::ValidationFailed, options[:validation_message]
    end

    def default(resource)
      return taken(resource, resource.name) if name_property?

      value = options[:default]
      case value
      when Chef::DelayedEvaluator
        remember(resource, taken(resource, evaluate(resource, value)))
      when nil, true, false, Integer, Symbol then value
      when Array, Hash then remember(resource, taken(resource, value.dup))
      else taken(resource, value)
      end
    end

    # Computed or changeable defaults are the same object at each read.
    def remember(resource, value)
      resource.default_values.fetch(name) do
        resource.default_values[name] = value
      end
    end

    def evaluate(resource, value)
      if value.arity == 1
        resource.instance_exec(resource, &value)
      else
        resource.instance_eval(&value)
      end
    end

    def warn_deprecated
      text = options[:deprecated]
      text = "property #{name} is deprecated" unless text.is_a?(String)
      Chef.log_deprecation(text)
    end
  end
end
