# SPDX-License-Identifier: MIT
#
# sysctl of Chef 14 and later.

class Chef
  class Resource
    class Sysctl < Chef::Resource
      unified_mode true
      description 'a setting of the kernel, now and at the next boot'
      examples <<~RECIPE
        sysctl "vm.swappiness" do
          value 10
        end
      RECIPE

      property :key, String, name_property: true, regex: %r{\A[\w.:*/-]+\z}, description: 'name of the setting'
      property :value, [String, Integer, Float, Array], required: [:apply],
               coerce: proc { |v| Array(v).join(' ').split.join(' ') },
               description: 'its value; a list is joined by blanks'
      property :comment, [String, Array], default: [], coerce: proc { |v| Array(v) }, desired_state: false,
               description: 'comment above the line of the file'
      property :conf_dir, String, default: '/etc/sysctl.d', desired_state: false,
               description: 'where the file is written'
      property :ignore_error, [true, false], default: false, desired_state: false,
               description: 'go on when the kernel refuses the value or has no such setting'

      default_action :apply

      # a.b/c is the directory a, then b.c, as sysctl reads it.
      def kernel_path
        ::File.join('/proc/sys', key.tr('./', '/.'))
      end

      load_current_value do |wanted|
        value ::File.read(wanted.kernel_path)
      rescue SystemCallError # none of that name, or it cannot be read
        current_value_does_not_exist!
      end

      action :apply, description: 'set the value and write the file' do
        converge_if_changed(:value) { set_value }
        directory(new_resource.conf_dir) { recursive true }
        text = new_resource.comment.map { |line| "# #{line}\n" }.join + "#{new_resource.key} = #{new_resource.value}\n"
        file(path) { content text }
      end

      action :remove, description: 'remove the file and read the other files again' do
        gone = file(path) { action :delete }
        return unless gone.updated_by_last_action?

        execute('sysctl --system') { ignore_failure new_resource.ignore_error }
      end

      action_class do
        def path
          "#{new_resource.conf_dir}/99-chef-#{new_resource.key.tr('/', '.')}.conf"
        end

        def set_value
          done = shell_out('sysctl', '-w', "#{new_resource.key}=#{new_resource.value}")
          return unless done.error?

          done.error! unless new_resource.ignore_error
          Chef::Log.warn("#{new_resource}: #{done.stderr.strip}")
        end
      end
    end
  end
end
