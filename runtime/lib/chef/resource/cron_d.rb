# SPDX-License-Identifier: MIT
#
# cron_d of Chef 14.4 and later.

class Chef
  class Resource
    class CronD < Chef::Resource
      unified_mode true
      description 'a job in a file of /etc/cron.d'
      examples <<~RECIPE
        cron_d "backup" do
          hour "3"
          minute "15"
          user "backup"
          command "/usr/local/bin/backup"
        end
      RECIPE

      PREDEFINED = %w[@reboot @yearly @annually @monthly @weekly @daily @midnight @hourly].freeze
      FIELD = /\A[\w*,\/~-]+\z/.freeze

      property :cron_name, String, name_property: true, description: 'name of the file'
      property :command, String, description: 'what is run'
      property :user, String, default: 'root', regex: /\A\S+\z/, description: 'the account it runs as'
      property :predefined_value, String, equal_to: PREDEFINED, description: 'a word such as @daily, instead of the fields'
      { minute: 'minute', hour: 'hour', day: 'day of the month', month: 'month', weekday: 'day of the week' }.each do |field, text|
        property field, [String, Integer, Symbol], default: '*', coerce: proc { |v| v.to_s.delete(' ') },
                 regex: FIELD, description: text
      end
      property :comment, String, description: 'comment in the file'
      property :mailto, String, description: 'who is mailed what it prints'
      property :path, String, description: 'its PATH'
      property :shell, String, description: 'its SHELL'
      property :home, String, description: 'its HOME'
      property :environment, Hash, default: {}, description: 'further variables'
      property :mode, [String, Integer], default: '0600', description: 'permissions of the file'
      property :random_delay, Integer, description: 'minutes it may be put off by chance (RANDOM_DELAY)'
      property :time_out, [Hash, String, Integer], description: 'seconds, or options of timeout(1) with duration among them'
      property :cookbook, String, desired_state: false, skip_docs: true

      default_action :create

      action :create, description: 'write the file' do
        write(:create)
      end

      action :create_if_missing, description: 'write the file unless it is there' do
        write(:create_if_missing)
      end

      action :delete, description: 'remove the file' do
        file(job_path) { action :delete }
      end

      action_class do
        # cron leaves out files with a dot in their names.
        def job_path
          "/etc/cron.d/#{new_resource.cron_name.gsub(%r{[./]}, '-')}"
        end

        def write(how)
          if new_resource.command.nil?
            raise Chef::Exceptions::ValidationFailed, "#{new_resource} needs a command"
          end

          text = job_text
          file(job_path) do
            content text
            mode new_resource.mode
            sensitive new_resource.sensitive
            action how
          end
        end

        def job_text
          r = new_resource
          head = ['# Written by the configuration run; changes here are lost.']
          head << "# #{r.comment}" if r.comment
          map = { 'MAILTO' => r.mailto, 'PATH' => r.path, 'SHELL' => r.shell, 'HOME' => r.home,
                  'RANDOM_DELAY' => r.random_delay }.compact.merge(r.environment)
          head += map.map { |key, value| "#{key}=#{value}" }
          "#{[*head, "#{times} #{r.user} #{limited}"].join("\n")}\n"
        end

        def times
          r = new_resource
          r.predefined_value || [r.minute, r.hour, r.day, r.month, r.weekday].join(' ')
        end

        def limited
          limit = new_resource.time_out
          return new_resource.command if limit.nil?
          return "timeout #{limit} #{new_resource.command}" unless limit.is_a?(Hash)

          limit = limit.to_h { |k, v| [k.to_s.tr('_', '-'), v] }
          words = limit.except('duration').filter_map do |key, value|
            next if value == false

            value == true ? "--#{key}" : "--#{key}=#{value}"
          end
          ['timeout', *words, limit['duration'], new_resource.command].compact.join(' ')
        end
      end
    end
  end
end
