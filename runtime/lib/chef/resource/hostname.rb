# SPDX-License-Identifier: MIT
#
# hostname of Chef 14 and later.

class Chef
  class Resource
    class Hostname < Chef::Resource
      unified_mode true
      description 'the name of the machine, now and at the next boot'
      examples <<~RECIPE
        hostname "web1.example.com"
      RECIPE

      HOSTS = '/etc/hosts'

      property :hostname, String, name_property: true, regex: /\A[a-zA-Z0-9]([a-zA-Z0-9.-]*[a-zA-Z0-9])?\z/,
               description: 'the name, with or without a domain'
      property :fqdn, String, description: 'name with domain for /etc/hosts, where hostname has none'
      property :aliases, [Array, nil], description: 'further names in /etc/hosts'
      property :ipaddress, String, default: lazy { node['ipaddress'] }, default_description: 'the address of the machine',
               description: 'address of the names in /etc/hosts'
      property :compile_time, [true, false], default: true, desired_state: false,
               description: 'set it when the recipe is compiled'
      property :domain_user, String, skip_docs: true
      property :domain_password, String, sensitive: true, skip_docs: true
      property :windows_reboot, [true, false], default: true, skip_docs: true

      default_action :set

      action :set, description: 'set the name, in /etc/hosts too' do
        ohai('reload hostname') { action :nothing }
        set_now
        file('/etc/hostname') { content "#{hostname}\n" } unless systemd_runs?
        write_hosts if new_resource.ipaddress
      end

      action_class do
        def hostname
          new_resource.hostname
        end

        def systemd_runs?
          ::File.directory?('/run/systemd/system')
        end

        def set_now
          return if ::File.read('/proc/sys/kernel/hostname').strip == hostname

          words = systemd_runs? ? ['hostnamectl', 'set-hostname', hostname] : ['hostname', hostname]
          execute("set hostname to #{hostname}") do
            command words
            notifies :reload, 'ohai[reload hostname]', :immediately
          end
        end

        def names
          [new_resource.fqdn, hostname, *new_resource.aliases, hostname.split('.').first].compact.uniq
        end

        # Nothing else may have the address or the name; that localhost is
        # localhost stays.
        def others(line)
          return line unless line.match?(/^[^#]*\blocalhost\b/)

          (line.split - [hostname]).join(' ')
        end

        def write_hosts
          lines = ::File.exist?(HOSTS) ? ::File.readlines(HOSTS, chomp: true) : []
          lines = lines.map { |line| line.split.include?(hostname) ? others(line) : line }
          lines.reject! { |line| line.split.first == new_resource.ipaddress || line.split.include?(hostname) }
          text = "#{[*lines, "#{new_resource.ipaddress} #{names.join(' ')}"].join("\n")}\n"
          file(HOSTS) do
            content text
            notifies :reload, 'ohai[reload hostname]', :immediately
          end
        end
      end
    end
  end
end
