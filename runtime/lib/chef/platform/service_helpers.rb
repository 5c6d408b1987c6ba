# SPDX-License-Identifier: MIT

class Chef
  class Platform
    # How this machine starts services, for libraries that ask. 12 and later.
    class ServiceHelpers
      PROGRAMS = { debian: '/usr/sbin/update-rc.d', invokercd: '/usr/sbin/invoke-rc.d', insserv: '/sbin/insserv',
                   upstart: '/sbin/initctl', redhat: '/sbin/chkconfig' }.freeze
      UNITS = %w[/etc/systemd/system /run/systemd/system /lib/systemd/system /usr/lib/systemd/system].freeze

      class << self
        def service_resource_providers
          found = PROGRAMS.select { |_, program| ::File.exist?(program) }.keys
          ::File.directory?('/run/systemd/system') ? found + [:systemd] : found
        end

        # Which of them knows the service.
        def config_for_service(name)
          found = []
          found += %i[initd etc_rcd] if ::File.exist?("/etc/init.d/#{name}")
          found << :upstart if ::File.exist?("/etc/init/#{name}.conf")
          found << :systemd if UNITS.any? { |dir| ::File.exist?("#{dir}/#{name}.service") }
          found
        end
      end
    end
  end
end
