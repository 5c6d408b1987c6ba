# SPDX-License-Identifier: MIT
#
# The provider made from the actions of a custom resource (CORE-1102): inline
# resources, current value, changes property by property.

require 'chef/provider'
require 'chef/provider/inline_resources'
require 'chef/dsl/include_recipe'

class Chef
  class Provider
    module CustomAction
      include Chef::DSL::IncludeRecipe

      module ClassMethods
        def custom_action(name, block)
          body = :"inline_#{name}"
          define_body(body, block)
          define_method(:"action_#{name}") do
            new_resource.class.properties.each_value do |property|
              property.need(new_resource, name)
            end
            unified = new_resource.class.unified_mode
            InlineResources.evaluate(self, unified: unified) do
              __send__(body)
            end
          end
        end

        def whyrun_supported(flag = true)
          define_method(:whyrun_supported?) { flag }
        end
      end

      def whyrun_supported?
        true
      end

      def load_current_resource
        return unless new_resource.respond_to?(:load_current_value!)

        current = new_resource.class.new(new_resource.name, run_context)
        new_resource.class.properties.each_value do |property|
          # What it is, and how it is to be done; not what shall be.
          next unless property.identity? || !property.desired_state?
          next unless property.set?(new_resource)

          property.set(current, property.get(new_resource))
        end
        current.load_current_value!(new_resource)
        @current_resource = current
      rescue Chef::Exceptions::CurrentValueDoesNotExist
        @current_resource = nil
      end

      # Runs the block when one of the properties (all by default) differs
      # from the current value; tells which.
      def converge_if_changed(*names, &block)
        names = default_names if names.empty?
        changes = names.filter_map { |name| change_of(name.to_sym) }
        return false if current_resource && changes.empty?

        verb = current_resource ? 'update' : 'create'
        converge_by(["#{verb} #{new_resource.identity}"] + changes, &block)
        true
      end

      def property_is_set?(name)
        new_resource.property_is_set?(name)
      end

      def action_description
        "#{action} #{new_resource}"
      end

      # Properties and helpers of the resource by their bare names, where the
      # language has no such word.
      ruby2_keywords def method_missing(word, *args, &block)
        return super unless new_resource.respond_to?(word)

        new_resource.public_send(word, *args, &block)
      end

      def respond_to_missing?(word, include_private = false)
        (new_resource && new_resource.respond_to?(word)) || super
      end

      private

      # Here the block of an inner resource gets the outer one.
      def configure_resource(resource, &block)
        resource.instance_exec(new_resource, &block)
      end

      def default_names
        new_resource.class.state_properties.reject(&:identity?).map(&:name)
      end

      def change_of(name)
        property = new_resource.property_named(name)
        return nil unless property.set?(new_resource)

        wanted = property.get(new_resource)
        return change_text(property, wanted) unless current_resource

        found = current_resource.public_send(name)
        wanted == found ? nil : change_text(property, wanted, found)
      end

      def change_text(property, wanted, *found)
        if property.sensitive? || new_resource.sensitive
          return "set #{property.name} to (suppressed sensitive property)"
        end

        text = "set #{property.name} to #{wanted.inspect}"
        found.empty? ? text : "#{text} (was #{found[0].inspect})"
      end
    end
  end
end
