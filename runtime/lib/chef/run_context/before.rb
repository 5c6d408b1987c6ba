# SPDX-License-Identifier: MIT
#
# notifies …, :before (CORE-1106): would the action change something? Then what
# it notifies runs first.

class Chef
  class RunContext
    class Before
      # Looks without being heard.
      class Quiet < ChildRunContext
        def initialize(parent)
          super
          @events = EventDispatch::Dispatcher.new
        end

        def notify_before(_resource, _action); end
      end

      def initialize(run_context, resource, action)
        @run_context = run_context
        @resource = resource
        @action = action
      end

      def run(edges)
        return unless would_change?

        edges.each do |edge|
          edge.resolve_resource_reference(@run_context.resource_collection)
          Chef::Log.info("#{@resource} sending #{edge.action} action to " \
                         "#{edge.resource} (before)")
          edge.resource.run_action(edge.action, :before, @resource)
        end
      end

      private

      # The action of a copy, in why-run.
      def would_change?
        before = Chef::Config[:why_run]
        Chef::Config[:why_run] = true
        copy = @resource.dup
        copy.run_context = Quiet.new(@run_context)
        %i[@only_if @not_if].each { |i| copy.instance_variable_set(i, []) }
        copy.run_action(@action)
        copy.updated_by_last_action?
      ensure
        Chef::Config[:why_run] = before
      end
    end
  end
end
