# SPDX-License-Identifier: MIT
#
# Converges the collection of a run context; the engine is the C one.

class Chef
  class Runner
    attr_reader :run_context

    def initialize(run_context)
      @run_context = run_context
    end

    def events
      run_context.events
    end

    def converge
      RightLink::Native.converge(run_context)
      run_context.finish_delayed
      true
    end

    def run_action(resource, action, notification_type = nil, notifier = nil)
      RightLink::Native.run_action(resource, action, notification_type,
                                   notifier)
    end
  end
end
