# SPDX-License-Identifier: MIT
#
# timezone of Chef 14.6 and later.

class Chef
  class Resource
    class Timezone < Chef::Resource
      unified_mode true
      description 'the time zone of the machine'
      examples <<~RECIPE
        timezone "Europe/Berlin"
      RECIPE

      ZONES = '/usr/share/zoneinfo'
      LOCALTIME = '/etc/localtime'

      property :timezone, String, name_property: true, regex: %r{\A[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*\z},
               description: 'name of the zone, such as UTC or Europe/Berlin'

      default_action :set

      load_current_value do
        target = ::File.readlink(LOCALTIME)
        timezone ::File.expand_path(target, '/etc').delete_prefix("#{ZONES}/")
      rescue SystemCallError # no link, or none at all
        current_value_does_not_exist!
      end

      action :set, description: 'set the zone' do
        package('tzdata') unless ::File.directory?(ZONES)
        need_zone
        set_now unless current_resource && current_resource.timezone == zone
        file('/etc/timezone') { content "#{zone}\n" } if node['platform_family'] == 'debian'
      end

      action_class do
        def zone
          new_resource.timezone
        end

        def need_zone
          return if ::File.file?("#{ZONES}/#{zone}") || !::File.directory?(ZONES)

          raise Chef::Exceptions::ValidationFailed, "#{new_resource}: there is no such zone in #{ZONES}"
        end

        def set_now
          path = "#{ZONES}/#{zone}"
          if ::File.directory?('/run/systemd/system')
            return execute("set timezone to #{zone}") { command ['timedatectl', '--no-ask-password', 'set-timezone', zone] }
          end

          file(LOCALTIME) { action :delete } if ::File.file?(LOCALTIME) && !::File.symlink?(LOCALTIME)
          link(LOCALTIME) { to path }
        end
      end
    end
  end
end
