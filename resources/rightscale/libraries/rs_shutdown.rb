# SPDX-License-Identifier: MIT
#
# rs_shutdown 'name': ask for a reboot (default), stop or terminate of this
# instance when its work is done; `immediately true` ends this run, as a
# success, as soon as the agent has taken the request.
require File.expand_path('../agent_provider', __FILE__)

class Chef
  class Resource
    class RsShutdown < Chef::Resource
      include RightLink::AgentResource
      RightLink::AgentResource.declare(self, :rs_shutdown)

      def initialize(name, run_context = nil)
        super
        setup(:rs_shutdown, Chef::Provider::RsShutdown,
              [:reboot, :stop, :terminate])
        @immediately = false
      end

      def immediately(arg = nil)
        set_or_return(:immediately, arg, :kind_of => [TrueClass, FalseClass])
      end
    end
  end

  class Provider
    class RsShutdown < Chef::Provider
      include RightLink::AgentProvider

      def action_reboot
        request('reboot')
      end

      def action_stop
        request('stop')
      end

      def action_terminate
        request('terminate')
      end

      private

      def request(level)
        now = new_resource.immediately
        text = "request #{level} #{now ? 'now: the run ends here' : 'after the run'}"
        converge_by(text) do
          RightLink::AgentSocket.request(
            'shutdown_request', { 'level' => level, 'immediately' => now }, 120
          )
          new_resource.updated_by_last_action(true)
        end
        end_run("#{level} requested") if now
      end
    end
  end
end
