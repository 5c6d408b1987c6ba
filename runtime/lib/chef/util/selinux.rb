# SPDX-License-Identifier: MIT

class Chef
  class Util
    # Labels of SELinux, for what includes this.
    module Selinux
      def selinux_enabled?
        tool = selinux_tool('selinuxenabled')
        return false unless tool

        status = Chef::Mixin::ShellOut.shell_out(tool, returns: [0, 1]).exitstatus
        return status.zero? if [0, 1].include?(status)

        raise "Unknown exit code from command #{tool}: #{status}"
      end

      def restore_security_context(path, recursive = false)
        tool = selinux_tool('restorecon')
        if tool.nil?
          Chef::Log.warn('Can not find "restorecon" on the system. Skipping selinux security context restore.')
          return
        end

        Chef::Mixin::ShellOut.shell_out!(tool, *(recursive ? ['-R'] : []), path)
      end

      private

      def selinux_tool(name)
        found = ChefUtils.which(name, extra_path: %w[/bin /usr/bin /sbin /usr/sbin])
        found || nil
      end
    end
  end
end
