# SPDX-License-Identifier: MIT
#
# kernel_module of Chef 14.3 and later.

class Chef
  class Resource
    class KernelModule < Chef::Resource
      unified_mode true
      description 'a module of the kernel, now and at the next boot'
      examples <<~RECIPE
        kernel_module "nf_conntrack" do
          options ["hashsize=65536"]
        end
      RECIPE

      property :modname, String, name_property: true, regex: /\A[\w-]+\z/, description: 'name of the module'
      property :options, Array, description: 'options it is loaded with'
      property :load_dir, String, default: '/etc/modules-load.d', description: 'where the boot learns what to load'
      property :unload_dir, String, default: '/etc/modprobe.d', description: 'where modprobe is configured'

      default_action :install

      # Dashes and underscores are the same to the kernel.
      def loaded?
        name = modname.tr('-', '_')
        ::File.foreach('/proc/modules').any? { |line| line.split.first == name } ||
          ::File.directory?("/sys/module/#{name}") # built in
      rescue Errno::ENOENT # a kernel without modules
        false
      end

      action :install, description: 'load it, at each boot too' do
        name = new_resource.modname
        allow
        write_options
        settle(file_in(new_resource.load_dir, "#{name}.conf", "#{name}\n"))
        load_now
      end

      action :uninstall, description: 'unload it and no longer load it at boot' do
        gone = %W[#{new_resource.load_dir}/#{new_resource.modname}.conf
                  #{new_resource.unload_dir}/options_#{new_resource.modname}.conf
                  #{new_resource.unload_dir}/blacklist_#{new_resource.modname}.conf].map do |path|
          file(path) { action :delete }
        end
        settle(*gone)
        unload_now
      end

      action :blacklist, description: 'unload it; it is not loaded for its aliases' do
        name = new_resource.modname
        settle(file_in(new_resource.unload_dir, "blacklist_#{name}.conf", "blacklist #{name}\n"))
        unload_now
      end

      action :disable, description: 'let nothing load it' do
        name = new_resource.modname
        settle(file_in(new_resource.unload_dir, "disable_#{name}.conf", "install #{name} /bin/false\n"))
      end

      action :enable, description: 'undo disable' do
        settle(allow)
      end

      action :load, description: 'load it now' do
        load_now
      end

      action :unload, description: 'unload it now' do
        unload_now
      end

      action_class do
        def file_in(dir, name, text)
          directory(dir) { recursive true }
          file("#{dir}/#{name}") do
            content text
            mode '0644'
          end
        end

        def allow
          file("#{new_resource.unload_dir}/disable_#{new_resource.modname}.conf") { action :delete }
        end

        def write_options
          return unless new_resource.options

          name = new_resource.modname
          file_in(new_resource.unload_dir, "options_#{name}.conf", "options #{name} #{new_resource.options.join(' ')}\n")
        end

        def load_now
          return if new_resource.loaded?

          name = new_resource.modname
          converge_by("load kernel module #{name}") { shell_out!('modprobe', name) }
        end

        def unload_now
          return unless new_resource.loaded?

          name = new_resource.modname
          converge_by("unload kernel module #{name}") { shell_out!('modprobe', '-r', name) }
        end

        # The initial file system has a copy of these files.
        def settle(*files)
          tool = { 'update-initramfs' => %w[update-initramfs -u], 'dracut' => %w[dracut -f] }
                 .find { |name, _| which(name) }
          return unless tool && files.any?(&:updated_by_last_action?)

          execute('update the initial file system') { command tool[1] }
        end
      end
    end
  end
end
