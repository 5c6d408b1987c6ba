# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require "chef/exceptions"

class Chef
  NIL_ARGUMENT = Object.new
  def NIL_ARGUMENT.to_s
    "NIL_ARGUMENT"
  end

  # A value computed when it is read (CORE-512).
  class DelayedEvaluator < Proc
    # The block runs with the resource as self when it takes no argument of
    # its own and the owner is known.
    def value_for(owner)
      arity.zero? || (arity.negative? && !lambda?) ? call : call(owner)
    end
  end

  module Mixin
    # Checks of options against a map of rules (CORE-706). The checks of one
    # option run in the order in which the map was written.
    module ParamsValidate
      # Words of later releases that are stored by others, not checked here.
      INERT = %i[coerce name_property desired_state identity sensitive
                 deprecated description introduced default_description
                 skip_docs validation_message required_by instance_variable_name
                 declared_in preserve_default].freeze

      CHECKS = {
        kind_of: :_pv_kind_of, is: :_pv_is, equal_to: :_pv_equal_to,
        regex: :_pv_regex, respond_to: :_pv_respond_to,
        cannot_be: :_pv_cannot_be, callbacks: :_pv_callbacks,
        required: :_pv_required, default: :_pv_default,
        name_attribute: :_pv_name_attribute, name_property: :_pv_name_attribute
      }.freeze

      def lazy(&block)
        DelayedEvaluator.new(&block)
      end

      # Raises ValidationFailed; true and false in the map mean required and
      # optional (CORE-723). Returns opts with the defaults filled in.
      def validate(opts, map)
        map.each do |key, rules|
          case rules
          when true then _pv_required(opts, key, true)
          when false then next
          when Hash
            rules.each { |check, argument| _pv_check(opts, key, check, argument) }
          else
            raise ArgumentError, "Validation map for #{key} must be true, " \
                                 "false or a Hash, not #{rules.inspect}"
          end
        end
        opts
      end

      # Sets the variable when a value is given, else reads it; an unset one
      # goes through the rules, which may fill it (CORE-511, CORE-707).
      def set_or_return(symbol, arg, validation)
        name = :"@#{symbol}"
        current = instance_variable_defined?(name) ? instance_variable_get(name) : nil
        if arg.nil? && !current.nil?
          return current unless current.is_a?(DelayedEvaluator)

          value = _pv_coerce(current.value_for(self), validation)
          return validate({ symbol => value }, { symbol => validation })[symbol]
        end
        return instance_variable_set(name, arg) if arg.is_a?(DelayedEvaluator)

        value = arg.nil? ? nil : _pv_coerce(arg, validation)
        value = validate({ symbol => value }, { symbol => validation })[symbol]
        value = value.value_for(self) if value.is_a?(DelayedEvaluator)
        instance_variable_set(name, value)
      end

      private

      def _pv_coerce(value, validation)
        coerce = validation.is_a?(Hash) && validation[:coerce]
        coerce ? instance_exec(value, &coerce) : value
      end

      def _pv_check(opts, key, check, argument)
        check = check.to_sym
        method = CHECKS[check]
        if method
          send(method, opts, key, argument)
        elsif !INERT.include?(check)
          raise ArgumentError, "Validation map has unknown check: #{check}"
        end
      end

      def _pv_opts_lookup(opts, key)
        return opts[key.to_s] if opts.key?(key.to_s)

        opts[key.to_sym] if opts.key?(key.to_sym)
      end

      def _pv_fail(message)
        raise Exceptions::ValidationFailed, message
      end

      # 16 and later: a list of actions in which the option is required.
      def _pv_required(opts, key, is_required = true)
        return unless is_required == true
        return if opts.key?(key.to_s) && !opts[key.to_s].nil?
        return if opts.key?(key.to_sym) && !opts[key.to_sym].nil?

        _pv_fail("Required argument #{key} is missing!")
      end

      def _pv_equal_to(opts, key, to_be)
        value = _pv_opts_lookup(opts, key)
        return if value.nil?

        to_be = Array(to_be)
        return if to_be.any? { |v| v == value }

        _pv_fail("Option #{key} must be equal to one of: #{to_be.join(', ')}!  " \
                 "You passed #{value.inspect}.")
      end

      def _pv_kind_of(opts, key, to_be)
        value = _pv_opts_lookup(opts, key)
        return if value.nil?

        return if Array(to_be).any? { |type| value.is_a?(type) }

        _pv_fail("Option #{key} must be a kind of #{to_be}!  " \
                 "You passed #{value.inspect}.")
      end

      # 12 and later: classes, regular expressions, callables and values.
      def _pv_is(opts, key, to_be)
        value = _pv_opts_lookup(opts, key)
        return if value.nil?

        list = to_be.is_a?(Array) ? to_be : [to_be]
        return if list.any? { |type| _pv_matches?(type, value) }

        _pv_fail("Option #{key} must be one of: #{list.map(&:inspect).join(', ')}!  " \
                 "You passed #{value.inspect}.")
      end

      def _pv_matches?(type, value)
        case type
        when Proc then instance_exec(value, &type) == true
        when Regexp then type.match?(value.to_s)
        else type === value
        end
      end

      def _pv_respond_to(opts, key, names)
        value = _pv_opts_lookup(opts, key)
        return if value.nil?

        Array(names).each do |name|
          next if value.respond_to?(name)

          _pv_fail("Option #{key} must have a #{name} method!")
        end
      end

      def _pv_cannot_be(opts, key, predicates)
        value = _pv_opts_lookup(opts, key)
        return if value.nil?

        Array(predicates).each do |base|
          predicate = :"#{base}?"
          next unless value.respond_to?(predicate) && value.send(predicate)

          _pv_fail("Option #{key} cannot be #{base}")
        end
      end

      # The given object itself: a shared literal is copied so that one
      # instance cannot change the default of another.
      def _pv_default(opts, key, default)
        return unless _pv_opts_lookup(opts, key).nil?

        case default
        when Array, Hash then default = default.dup unless default.frozen?
        when String then default = default.dup
        end
        opts[key] = default
      end

      def _pv_regex(opts, key, regexes)
        value = _pv_opts_lookup(opts, key)
        return if value.nil?

        list = [regexes].flatten
        return if list.any? { |r| r.match?(value.to_s) }

        _pv_fail("Option #{key}'s value #{value} does not match regular " \
                 "expression #{list.size == 1 ? list.first.inspect : list.inspect}")
      end

      def _pv_callbacks(opts, key, callbacks)
        unless callbacks.is_a?(Hash)
          raise ArgumentError, "Callback list must be a hash!"
        end

        value = _pv_opts_lookup(opts, key)
        return if value.nil?

        callbacks.each do |message, check|
          next if check.call(value) == true

          _pv_fail("Option #{key}'s value #{value} #{message}!")
        end
      end

      def _pv_name_attribute(opts, key, is_name = true)
        return unless is_name && _pv_opts_lookup(opts, key).nil?

        opts[key] = instance_variable_get(:@name)
      end
    end
  end
end
