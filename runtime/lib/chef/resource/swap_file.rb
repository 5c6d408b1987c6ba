# SPDX-License-Identifier: MIT
#
# swap_file of Chef 14 and later.

class Chef
  class Resource
    class SwapFile < Chef::Resource
      unified_mode true
      description 'a file that the kernel swaps to'
      examples <<~RECIPE
        swap_file "/var/swap" do
          size 1024
          persist true
        end
      RECIPE

      FSTAB = '/etc/fstab'

      property :path, String, name_property: true, regex: %r{\A/\S+\z}, description: 'where it is'
      property :size, Integer, required: [:create], callbacks: { 'must be more than 0' => ->(n) { n > 0 } },
               description: 'in MB'
      property :persist, [true, false], default: false, description: 'at each boot too (fstab)'
      property :timeout, Integer, default: 600, desired_state: false, description: 'seconds to make it'
      property :swappiness, Integer, callbacks: { 'must be 0 to 100' => ->(n) { n.between?(0, 100) } },
               description: 'vm.swappiness'

      default_action :create

      def in_use?
        shell_out('swapon', '--show=NAME', '--noheadings', '--raw').stdout.split("\n").include?(path)
      end

      action :create, description: 'make it and swap to it' do
        new_resource.in_use? ? Chef::Log.debug { "#{new_resource} is in use" } : make
        persist if new_resource.persist
        if new_resource.swappiness
          sysctl('vm.swappiness') { value new_resource.swappiness }
        end
      end

      action :remove, description: 'stop swapping to it and remove it' do
        path = new_resource.path
        converge_by("stop swapping to #{path}") { shell_out!('swapoff', path) } if new_resource.in_use?
        write_fstab(fstab.reject { |line| line.split.first == path })
        file(path) do
          action :delete
          backup false
        end
      end

      action_class do
        def make
          path = new_resource.path
          converge_by("create swap file #{path} of #{new_resource.size} MB") do
            reserve unless ::File.size?(path) == new_resource.size << 20
            ::File.chmod(0o600, path)
            shell_out!('mkswap', '-f', path)
            shell_out!('swapon', path)
          end
        end

        # Not every file system can reserve without writing.
        def reserve
          path = new_resource.path
          ::FileUtils.mkdir_p(::File.dirname(path))
          ::File.open(path, ::File::WRONLY | ::File::CREAT | ::File::TRUNC, 0o600) { nil }
          quick = shell_out('fallocate', '-l', "#{new_resource.size}MiB", path, timeout: new_resource.timeout)
          return unless quick.error?

          shell_out!('dd', 'if=/dev/zero', "of=#{path}", 'bs=1M', "count=#{new_resource.size}",
                     timeout: new_resource.timeout)
        end

        def fstab
          ::File.exist?(FSTAB) ? ::File.readlines(FSTAB, chomp: true) : []
        end

        def persist
          path = new_resource.path
          return if fstab.any? { |line| line.split.first == path }

          write_fstab(fstab + ["#{path} swap swap defaults 0 0"])
        end

        def write_fstab(lines)
          return if lines == fstab

          file(FSTAB) { content "#{lines.join("\n")}\n" }
        end
      end
    end
  end
end
