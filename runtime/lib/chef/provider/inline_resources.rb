# SPDX-License-Identifier: MIT
#
# Actions whose resources converge at once in a collection of their own
# (CORE-712).

class Chef
  class Provider
    module InlineResources
      module ClassMethods
        # The block is a method of its own, so that it may return early.
        def action(name, &block)
          body = :"inline_#{name}"
          define_body(body, block)
          define_method(:"action_#{name}") do
            InlineResources.evaluate(self) { __send__(body) }
          end
        end
      end

      # Runs the block in a child context and converges what it declared.
      # Returns the block's value; marks the resource when something changed.
      def self.evaluate(provider, unified: false, &block)
        outer = provider.run_context
        inner = outer.create_child(provider.new_resource)
        inner.unified_mode = unified
        provider.run_context = inner
        begin
          value = provider.instance_eval(&block)
          converge(inner)
          value
        ensure
          provider.run_context = outer
          mark(provider.new_resource, inner)
        end
      end

      def self.converge(inner)
        if inner.unified_mode
          inner.unified.finish
          return inner.finish_delayed
        end
        return if inner.resource_collection.empty?

        Chef::Runner.new(inner).converge
      end

      def self.mark(resource, inner)
        return unless inner.resource_collection.any?(&:updated?)

        resource.updated_by_last_action(true)
      end
    end
  end
end
