# SPDX-License-Identifier: MIT
#
# A reboot that recipes ask for; the root of the contexts keeps it. 12 and
# later.

class Chef
  class RunContext
    module Reboot
      # Exit statuses of a run with `exit_status :enabled` (CORE-1120).
      SCHEDULED = 35
      NEEDED = 37

      def request_reboot(info)
        Chef::Log.info("Changing reboot status from #{reboot_info} to #{info}")
        root_run_context.instance_variable_set(:@reboot_info, info)
      end

      def cancel_reboot
        Chef::Log.info("Changing reboot status from #{reboot_info} to {}")
        root_run_context.instance_variable_set(:@reboot_info, {})
      end

      def reboot_requested?
        !reboot_info.empty?
      end

      def reboot_info
        root_run_context.instance_variable_get(:@reboot_info) || {}
      end

      # After a good run: orders the reboot; nil when none was asked for, else
      # the exit status that tells of it.
      def order_reboot
        return nil if !reboot_requested? || Chef::Config[:why_run]

        info = reboot_info
        minutes = info[:delay_mins].ceil
        Chef::Log.warn("Rebooting server at a recipe's request: #{info[:reason]} (#{info[:requested_by]})")
        Chef::Mixin::ShellOut.shell_out!('shutdown', '-r', minutes.positive? ? "+#{minutes}" : 'now', info[:reason])
        info[:now] ? NEEDED : SCHEDULED
      end
    end
  end
end
