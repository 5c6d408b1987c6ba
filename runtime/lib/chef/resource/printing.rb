# SPDX-License-Identifier: MIT
#
# A resource as text and data (CORE-540 … CORE-542).

class Chef
  class Resource
    module Printing
      # Not shown to people: bookkeeping, and what the heading already says.
      HIDDEN = %i[@allowed_actions @resource_name @source_line @run_context
                  @name @node @not_if @only_if @elapsed_time
                  @enclosing_provider @default_values @declared_type].freeze
      NOT_DATA = %i[@run_context @node @not_if @only_if
                    @enclosing_provider @declared_type].freeze
      SUPPRESSED = 'suppressed sensitive resource output'

      def to_s
        "#{@resource_name}[#{@name}]"
      end

      # As it would be written in a recipe.
      def to_text
        return SUPPRESSED if sensitive

        lines = ["# Declared in #{source_line}", '', heading]
        printed_variables.each do |ivar, value|
          lines << "  #{ivar.to_s.delete_prefix('@')} #{value_text(ivar, value)}"
        end
        (@not_if + @only_if).each { |guard| lines << "  #{guard.to_text}" }
        lines << 'end' << ''
        RightLink::Native.mask(lines.join("\n"))
      end

      def inspect
        shown = printed_variables.map do |ivar, value|
          "#{ivar}: #{value_text(ivar, value)}"
        end
        "<#{self} #{shown.join(' ')}>"
      end

      def to_hash
        instance_variables.each_with_object({}) do |ivar, hash|
          next if NOT_DATA.include?(ivar)

          hash[ivar.to_s.delete_prefix('@').to_sym] =
            data_value(instance_variable_get(ivar))
        end
      end

      def to_json(*options)
        Chef::JSONCompat.to_json(
          { 'json_class' => self.class.name,
            'instance_vars' => to_hash.transform_keys(&:to_s) }, *options
        )
      end

      def state
        self.class.state_attrs.each_with_object({}) do |attribute, values|
          values[attribute] = __send__(attribute)
        end
      end
      alias state_for_resource_reporter state

      def identity
        attribute = self.class.identity_attr
        value = attribute ? __send__(attribute) : name
        value.nil? ? name : value
      end

      def self.included(base)
        base.extend(FromJson)
      end

      module FromJson
        def json_create(hash)
          resource = new(hash['instance_vars']['name'] ||
                         hash['instance_vars']['@name'])
          hash['instance_vars'].each do |key, value|
            resource.instance_variable_set("@#{key.delete_prefix('@')}", value)
          end
          resource
        end
      end

      private

      def heading
        own = self.class.name.nil? || self.class.own_actions?
        word = own ? @resource_name : self.class.dsl_name
        "#{word}(#{@name.inspect}) do"
      end

      def printed_variables
        (instance_variables - HIDDEN).filter_map do |ivar|
          value = instance_variable_get(ivar)
          next if !value || (value.respond_to?(:empty?) && value.empty?)

          [ivar, value]
        end
      end

      def value_text(ivar, value)
        return '*****' if self.class.respond_to?(:secret_property?) &&
                          self.class.secret_property?(ivar)
        return 'lazy { ... }' if value.is_a?(Chef::DelayedEvaluator)

        value.inspect
      end

      def data_value(value)
        value.is_a?(Chef::DelayedEvaluator) ? 'lazy' : value
      end
    end
  end
end
