# SPDX-License-Identifier: MIT
#
# apt_update of Chef 12.7 and later (RES-apt_update-1). Loaded when a recipe
# first says it.

class Chef
  class Resource
    class AptUpdate < Chef::Resource
      STAMP = '/var/lib/apt/periodic/update-success-stamp'
      SETTING = '/etc/apt/apt.conf.d/15update-stamp'
      HOOK = "APT::Update::Post-Invoke-Success {\"touch #{STAMP} " \
             "2>/dev/null || true\";};\n"

      description 'the lists of packages that apt knows'
      examples <<~RECIPE
        apt_update "all platforms" do
          frequency 86_400
          action :periodic
        end
      RECIPE

      property :frequency, Integer, default: 86_400, description: 'how old they may be, in seconds'

      action :periodic, description: 'read them again when they are too old' do
        return if !apt? || fresh?

        converge_by('update new lists of packages') { refresh }
      end

      action :update, description: 'read them again' do
        return unless apt?

        converge_by('force update new lists of packages') { refresh }
      end

      action_class do
        def apt?
          ::File.executable?('/usr/bin/apt-get')
        end

        def fresh?
          age = Time.now - ::File.mtime(STAMP)
          age.between?(0, new_resource.frequency)
        rescue Errno::ENOENT
          false
        end

        # These run when the action ends.
        def refresh
          [STAMP, SETTING].each do |path|
            directory(::File.dirname(path)) { recursive true }
          end
          file SETTING do
            content HOOK
            action :create_if_missing
          end
          execute 'apt-get -q update'
        end
      end
    end
  end
end
