# SPDX-License-Identifier: MIT
#
# reboot of Chef 12 and later. In a run that an agent started it is the agent
# who reboots the machine (rs_shutdown has more to choose from).

class Chef
  class Resource
    class Reboot < Chef::Resource
      unified_mode true
      description 'a reboot of the machine, now or after the run'
      examples <<~RECIPE
        reboot "new kernel" do
          reason "a new kernel was installed"
          action :nothing
          subscribes :request_reboot, "package[linux-image-amd64]"
        end
      RECIPE

      property :reason, String, default: 'Reboot by Chef', description: 'what people are told'
      property :delay_mins, [Integer, Float], default: 0, description: 'minutes until then'

      default_action :nothing

      action :request_reboot, description: 'when the run has come to a good end' do
        ask('request a system reboot to occur if the run succeeds', false)
      end

      action :reboot_now, description: 'at once: the run ends here, as a success' do
        ask('end this run and reboot the system', true)
        raise RightLink::EndRun, 'a reboot was asked for' unless Chef::Config[:why_run]
      end

      action :cancel, description: 'no reboot after all' do
        next unless run_context.reboot_requested?

        converge_by('cancel any existing end-of-run reboot request') { run_context.cancel_reboot }
      end

      action_class do
        def ask(text, now)
          converge_by(text) do
            if RightLink::Native.run_spec
              RightLink::AgentSocket.request('shutdown_request', { 'level' => 'reboot', 'immediately' => now }, 120)
            else
              run_context.request_reboot(delay_mins: new_resource.delay_mins, reason: new_resource.reason,
                                         timestamp: Time.now, requested_by: new_resource.name, now: now)
            end
          end
        end
      end
    end
  end
end
