# SPDX-License-Identifier: MIT
#
# alternatives of Chef 15.9 and later.

class Chef
  class Resource
    class Alternatives < Chef::Resource
      unified_mode true
      description 'which program a common name means (update-alternatives)'
      examples <<~RECIPE
        alternatives "java" do
          path "/opt/jdk/bin/java"
          priority 100
          action [:install, :set]
        end
      RECIPE

      property :link_name, String, name_property: true, regex: %r{\A[^/\s]+\z}, description: 'the common name'
      property :link, String, default: lazy { "/usr/bin/#{link_name}" }, default_description: '/usr/bin/NAME',
               description: 'the link of that name'
      property :path, String, description: 'the program'
      property :priority, [String, Integer], coerce: proc(&:to_i), description: 'the higher is taken when nobody chose'

      default_action :install

      action :install, description: 'add the program' do
        need(:path, :priority)
        next if query[path] == new_resource.priority

        run("add alternative #{path} with priority #{new_resource.priority}",
            '--install', new_resource.link, name, path, new_resource.priority.to_s)
      end

      action :set, description: 'choose the program' do
        need(:path)
        run("set alternative #{name} to #{path}", '--set', name, path) unless status == ['manual', path]
      end

      action :auto, description: 'let the priority choose' do
        run("let the priority choose #{name}", '--auto', name) unless status[0] == 'auto'
      end

      action :remove, description: 'remove the program' do
        need(:path)
        run("remove alternative #{path}", '--remove', name, path) if query.key?(path)
      end

      action :refresh, description: 'make the links of the name again' do
        run("refresh alternative #{name}", '--refresh', name)
      end

      action_class do
        def name
          new_resource.link_name
        end

        def path
          new_resource.path
        end

        def need(*properties)
          lacking = properties.find { |word| new_resource.public_send(word).nil? }
          return unless lacking

          raise Chef::Exceptions::ValidationFailed, "#{new_resource} needs #{lacking} for its action #{action}"
        end

        def run(text, *words)
          converge_by(text) { shell_out!('update-alternatives', *words) }
        end

        def answer
          shell_out('update-alternatives', '--query', name).stdout
        end

        # Programs and their priorities.
        def query
          answer.scan(/^Alternative: (.+)\nPriority: (-?\d+)$/).to_h { |program, n| [program, n.to_i] }
        end

        def status
          text = answer
          [text[/^Status: (\w+)$/, 1], text[/^Value: (.+)$/, 1]]
        end
      end
    end
  end
end
