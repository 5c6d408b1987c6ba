# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require "chef/log"

class Chef
  module Mixin
    # Old constants and variables that say what replaced them.
    def self.deprecated_constants
      @deprecated_constants ||= {}
    end

    def self.deprecate_constant(name, replacement, message)
      deprecated_constants[name] = [replacement, message]
    end

    def self.const_missing(name)
      require "chef/mixin/language"
      replacement, message = deprecated_constants[name]
      return super unless message

      Log.warn(message)
      replacement = replacement.call if replacement.is_a?(Proc)
      replacement
    end

    module Deprecation
      # Forwards to an object and warns at each use.
      class DeprecatedObjectProxyBase < BasicObject
        def initialize(target, message)
          @target = target
          @message = message
        end

        def method_missing(name, *args, &block)
          ::Chef::Log.warn(@message)
          @target.__send__(name, *args, &block)
        end

        def respond_to_missing?(name, include_private = false)
          @target.respond_to?(name, include_private)
        end
      end

      class DeprecatedInstanceVariable < DeprecatedObjectProxyBase
        def initialize(target, ivar_name, level = nil)
          super(target, "Accessing #{ivar_name} by the variable @#{ivar_name} is deprecated, " \
                        "use the method #{ivar_name} instead")
        end
      end

      def deprecated_ivar(obj, name, level = :warn)
        DeprecatedInstanceVariable.new(obj, name, level)
      end

      def deprecated_attr_reader(name, _alternative = nil, _level = :warn)
        define_method(name) { instance_variable_get(:"@#{name}") }
      end

      def deprecated_attr_writer(name, _alternative = nil, _level = :warn)
        define_method(:"#{name}=") { |value| instance_variable_set(:"@#{name}", value) }
      end

      def deprecated_attr(name, alternative = nil, level = :warn)
        deprecated_attr_reader(name, alternative, level)
        deprecated_attr_writer(name, alternative, level)
      end
    end
  end
end
