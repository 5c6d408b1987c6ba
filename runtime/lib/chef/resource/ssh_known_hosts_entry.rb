# SPDX-License-Identifier: MIT
#
# ssh_known_hosts_entry of Chef 14.3 and later.

class Chef
  class Resource
    class SshKnownHostsEntry < Chef::Resource
      unified_mode true
      description 'the key of a host, for all users of ssh'
      examples <<~RECIPE
        ssh_known_hosts_entry "github.com"
      RECIPE

      property :host, String, name_property: true, regex: /\A[^\s,\[\]]+\z/, description: 'name or address of the host'
      property :key, String, description: 'its public key; unset: what the host answers now'
      property :key_type, String, default: 'rsa', description: 'kind of the key'
      property :port, Integer, default: 22, description: 'port of its ssh'
      property :timeout, Integer, default: 30, desired_state: false, description: 'seconds to wait for its answer'
      property :mode, [String, Integer], default: '0644', description: 'permissions of the file'
      property :owner, [String, Integer], default: 'root', description: 'owner of the file'
      property :group, [String, Integer], default: 0, description: 'group of the file'
      property :hash_entries, [true, false], default: false, description: 'hide the name (ssh-keyscan only)'
      property :file_location, String, default: '/etc/ssh/ssh_known_hosts', description: 'the file'

      default_action :create

      action :create, description: 'add the key' do
        have = ::File.exist?(path) ? ::File.readlines(path, chomp: true) : []
        lines = wanted(have) - have
        next if lines.empty?

        text = "#{(have + lines).join("\n")}\n"
        file(path) do
          content text
          owner new_resource.owner
          group new_resource.group
          mode new_resource.mode
        end
      end

      action :flush, description: 'nothing: entries are written at once' do
        nil
      end

      action_class do
        def path
          new_resource.file_location
        end

        def shown_host
          new_resource.port == 22 ? new_resource.host : "[#{new_resource.host}]:#{new_resource.port}"
        end

        # A host that is there already is not asked again.
        def wanted(have)
          return ["#{shown_host} #{typed_key}"] if new_resource.key

          known = have.any? { |line| line.split.first.to_s.split(',').include?(shown_host) }
          known && !new_resource.hash_entries ? [] : scan
        end

        def typed_key
          key = new_resource.key.strip
          return key if key.include?(' ')

          type = new_resource.key_type
          type = { 'rsa' => 'ssh-rsa', 'dsa' => 'ssh-dss', 'ed25519' => 'ssh-ed25519',
                   'ecdsa' => 'ecdsa-sha2-nistp256' }.fetch(type, type)
          "#{type} #{key}"
        end

        def scan
          words = ['ssh-keyscan', '-t', new_resource.key_type, '-p', new_resource.port.to_s, '-T', new_resource.timeout.to_s]
          words << '-H' if new_resource.hash_entries
          found = shell_out!(*words, new_resource.host, timeout: new_resource.timeout + 30)
          lines = found.stdout.lines(chomp: true).reject { |line| line.empty? || line.start_with?('#') }
          return lines unless lines.empty?

          raise Chef::Exceptions::UnsupportedAction,
                "#{new_resource}: #{shown_host} answered with no key of type #{new_resource.key_type}: #{found.stderr.strip}"
        end
      end
    end
  end
end
