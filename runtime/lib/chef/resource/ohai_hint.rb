# SPDX-License-Identifier: MIT
#
# ohai_hint of Chef 14 and later.

class Chef
  class Resource
    class OhaiHint < Chef::Resource
      unified_mode true
      description 'a file that tells the automatic attributes where the machine runs'
      examples <<~RECIPE
        ohai_hint "ec2"
      RECIPE

      property :hint_name, String, name_property: true, regex: %r{\A[^/\s]+\z}, description: 'name of the hint'
      property :content, Hash, description: 'what it says'
      property :compile_time, [true, false], default: true, desired_state: false,
               description: 'write it when the recipe is compiled'

      default_action :create

      action :create, description: 'write the file' do
        text = new_resource.content ? "#{Chef::JSONCompat.to_json_pretty(new_resource.content)}\n" : ''
        directory(::File.dirname(path)) { recursive true }
        file(path) { content text }
      end

      action :delete, description: 'remove the file' do
        file(path) { action :delete }
      end

      action_class do
        def path
          ::File.join(Array(::Ohai::Config[:hints_path]).first, "#{new_resource.hint_name}.json")
        end
      end
    end
  end
end
