# SPDX-License-Identifier: MIT
#
# build_essential of Chef 14 and later.

class Chef
  class Resource
    class BuildEssential < Chef::Resource
      unified_mode true
      description 'a C compiler and the tools to build programs with it'
      examples <<~RECIPE
        build_essential "compiler"
      RECIPE

      PACKAGES = {
        'debian' => %w[autoconf binutils-doc bison build-essential flex gettext ncurses-dev],
        'rhel' => %w[autoconf bison flex gcc gcc-c++ gettext kernel-devel make m4 ncurses-devel patch],
        'fedora' => %w[autoconf bison flex gcc gcc-c++ gettext kernel-devel make m4 ncurses-devel patch],
        'amazon' => %w[autoconf bison flex gcc gcc-c++ gettext kernel-devel make m4 ncurses-devel patch],
        'suse' => %w[autoconf bison flex gcc gcc-c++ kernel-default-devel make m4],
        'arch' => %w[autoconf bison flex gcc gettext make m4 ncurses patch]
      }.freeze

      property :raise_if_unsupported, [true, false], default: false, desired_state: false,
               description: 'fail on a platform whose packages are not known, instead of a warning'

      action :install, description: 'install the packages' do
        packages.each { |name| package(name) }
      end

      action :upgrade, description: 'bring the packages up to date' do
        packages.each { |name| package(name) { action :upgrade } }
      end

      action_class do
        def packages
          PACKAGES.fetch(node['platform_family']) do |family|
            text = "#{new_resource} knows no packages for the platform family #{family.inspect}: " \
                   'install the compiler of this platform with package'
            raise Chef::Exceptions::UnsupportedPlatform, text if new_resource.raise_if_unsupported

            Chef::Log.warn(text)
            []
          end
        end
      end
    end
  end
end
