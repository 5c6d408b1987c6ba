# SPDX-License-Identifier: MIT
#
# Unified mode (CORE-1110): each resource of an action converges where it is
# declared. Immediate notifications to what is not declared yet wait for it;
# delayed ones run at the end of the action.

class Chef
  class RunContext
    class Unified
      def initialize(run_context)
        @run_context = run_context
        @waiting = []
        @queue = []
        @done = 0
      end

      def declared(resource)
        Array(resource.action).each { |action| run(resource, action) }
        due, @waiting = @waiting.partition do |edge|
          names?(edge, resource)
        end
        due.each { |edge| fire(edge, :immediate) }
        catch_up(resource)
      end

      # Each target and action once.
      def queue(edge)
        known = @queue.any? do |other|
          other.action == edge.action && other.resource == edge.resource
        end
        @queue << edge unless known
      end

      # The end of the action.
      def finish
        while @done < @queue.size
          edge = @queue[@done]
          @done += 1
          fire(edge, :delayed)
        end
      end

      private

      def run(resource, action, type = nil, notifier = nil)
        resource.run_action(action, type, notifier)
        return unless resource.updated_by_last_action?

        @run_context.immediate_notifications(resource).each do |edge|
          known?(edge) ? fire(edge, :immediate) : @waiting << edge
        end
        @run_context.delayed_notifications(resource).each { |edge| queue(edge) }
      end

      # The resource subscribes to what ran before it was declared.
      def catch_up(resource)
        edges_to(resource, @run_context.immediate_notification_collection)
          .each { |edge| fire(edge, :immediate) }
        edges_to(resource, @run_context.delayed_notification_collection)
          .each { |edge| queue(edge) }
      end

      def edges_to(resource, table)
        table.values.flatten.select do |edge|
          edge.resource.equal?(resource) && missed?(edge)
        end
      end

      def missed?(edge)
        return false unless edge.notifying_resource.is_a?(Resource::NotifierText)

        notifier = @run_context.resource_collection.prior(edge.notifying_resource.to_s)
        !notifier.nil? && !notifier.equal?(edge.resource) && notifier.updated?
      end

      def fire(edge, type)
        edge.resolve_resource_reference(@run_context.resource_collection)
        run(edge.resource, edge.action, type, edge.notifying_resource)
      end

      def known?(edge)
        edge.resource.is_a?(Chef::Resource) || !edge.resource.is_a?(String) ||
          !@run_context.resource_collection.peek(edge.resource).nil?
      end

      def names?(edge, resource)
        @run_context.resource_collection.peek(edge.resource).equal?(resource)
      end
    end
  end
end
