# SPDX-License-Identifier: MIT
class Chef
  module DSL
    module RebootPending
      REBOOT_REQUIRED = '/var/run/reboot-required'

      # Does the machine wait for a reboot? Known for Debian and its family
      # (CORE-506).
      def reboot_pending?
        unless platform?('ubuntu', 'debian')
          raise Chef::Exceptions::UnsupportedPlatform, node['platform']
        end

        ::File.exist?(REBOOT_REQUIRED)
      end
    end
  end
end
