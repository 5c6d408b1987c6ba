# SPDX-License-Identifier: MIT
#
# sudo of Chef 14 and later.

class Chef
  class Resource
    class Sudo < Chef::Resource
      unified_mode true
      description 'who may run what as whom: a file of /etc/sudoers.d'
      examples <<~RECIPE
        sudo "deploy" do
          users "deploy"
          commands ["/usr/bin/systemctl restart app"]
          nopasswd true
        end
      RECIPE

      LIST = { default: [], coerce: proc { |v| v.is_a?(Array) ? v : v.split(/\s*,\s*/) } }.freeze

      property :filename, String, name_property: true, coerce: proc { |n| n.gsub(/[.~]/, '__') },
               regex: %r{\A[^/]+\z}, description: 'name of the file'
      property :users, [String, Array], **LIST, description: 'accounts'
      property :groups, [String, Array], **LIST.merge(coerce: proc { |v| Array(v).flat_map { |g| g.split(/\s*,\s*/) }.map { |g| g.start_with?('%', '+') ? g : "%#{g}" } }),
               description: 'groups'
      property :commands, Array, default: ['ALL'], description: 'what they may run'
      property :host, String, default: 'ALL', description: 'where'
      property :runas, String, default: 'ALL', description: 'as whom'
      property :nopasswd, [true, false], default: false, description: 'without a password'
      property :noexec, [true, false], default: false, description: 'what they run may run nothing itself'
      property :setenv, [true, false], default: false, description: 'they may set variables'
      property :env_keep_add, Array, default: [], description: 'variables that are kept'
      property :env_keep_subtract, Array, default: [], description: 'variables that are no longer kept'
      property :defaults, Array, default: [], description: 'Defaults of these users'
      property :command_aliases, Array, default: [], description: 'maps with name and command_list'
      property :template, String, description: 'template of the cookbook instead of the properties'
      property :variables, [Hash, nil], description: 'variables of the template'
      property :config_prefix, String, default: '/etc', description: 'directory that has sudoers.d'
      property :visudo_path, String, skip_docs: true
      property :visudo_binary, String, default: '/usr/sbin/visudo', description: 'program that checks the file'

      default_action :create

      # The words of the cookbook of that name.
      alias_method :user, :users
      alias_method :group, :groups

      action :create, description: 'write the file' do
        need_who
        dir = "#{new_resource.config_prefix}/sudoers.d"
        directory(dir)
        file("#{dir}/README") do
          content "#\n# Each file of this directory is read by sudo.\n#\n"
          mode '0440'
          action :create_if_missing
        end
        new_resource.template ? from_template : from_properties
      end

      action :install, description: 'the same as create' do
        inline_create
      end

      action :delete, description: 'remove the file' do
        file(path) { action :delete }
      end

      action :remove, description: 'the same as delete' do
        inline_delete
      end

      action_class do
        def path
          "#{new_resource.config_prefix}/sudoers.d/#{new_resource.filename}"
        end

        def who
          new_resource.users + new_resource.groups
        end

        def need_who
          return unless who.empty? && new_resource.template.nil?

          raise Chef::Exceptions::ValidationFailed, "#{new_resource} needs users, groups or a template"
        end

        def check
          program = new_resource.visudo_binary
          ::File.executable?(program) ? "#{program} -cf %{path}" : nil
        end

        def from_template
          checked = check
          template(path) do
            source new_resource.template
            cookbook new_resource.cookbook_name.to_s
            variables new_resource.variables || {}
            mode '0440'
            verify checked if checked
          end
        end

        def from_properties
          text = lines.join("\n") + "\n"
          checked = check
          file(path) do
            content text
            mode '0440'
            verify checked if checked
          end
        end

        def lines
          r = new_resource
          aliases = r.command_aliases.map { |a| "Cmnd_Alias #{(a[:name] || a['name']).upcase} = #{(a[:command_list] || a['command_list']).join(', ')}" }
          keep = r.env_keep_add.map { |v| "Defaults env_keep += \"#{v}\"" } +
                 r.env_keep_subtract.map { |v| "Defaults env_keep -= \"#{v}\"" }
          aliases + keep + who.flat_map { |name| rights(name) }
        end

        def rights(name)
          r = new_resource
          tags = { 'NOPASSWD' => r.nopasswd, 'NOEXEC' => r.noexec, 'SETENV' => r.setenv }.select { |_, on| on }.keys
          tags = tags.map { |tag| "#{tag}:" }.join
          r.commands.map { |command| "#{name} #{r.host}=(#{r.runas}) #{tags}#{command}" } +
            r.defaults.map { |text| "Defaults:#{name} #{text}" }
        end
      end
    end
  end
end
