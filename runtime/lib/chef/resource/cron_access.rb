# SPDX-License-Identifier: MIT
#
# cron_access of Chef 14.4 and later.

class Chef
  class Resource
    class CronAccess < Chef::Resource
      unified_mode true
      description 'who may use crontab'
      examples <<~RECIPE
        cron_access "alice"
        cron_access "mallory" do
          action :deny
        end
      RECIPE

      property :user, String, name_property: true, regex: /\A\S+\z/, description: 'the account'

      default_action :allow

      action :allow, description: 'add the account to /etc/cron.allow' do
        add_to('/etc/cron.allow')
      end

      action :deny, description: 'add the account to /etc/cron.deny' do
        add_to('/etc/cron.deny')
      end

      action_class do
        def add_to(path)
          names = ::File.exist?(path) ? ::File.readlines(path, chomp: true) : []
          return if names.include?(new_resource.user)

          text = "#{(names + [new_resource.user]).join("\n")}\n"
          file(path) do
            content text
            mode '0600'
          end
        end
      end
    end
  end
end
