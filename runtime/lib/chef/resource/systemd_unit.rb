# SPDX-License-Identifier: MIT
#
# systemd_unit of Chef 12.11 and later. Where systemd does not run (in an image
# that is being built) files and links are made all the same.

class Chef
  class Resource
    class SystemdUnit < Chef::Resource
      unified_mode true
      description 'a unit file of systemd and the state of its unit'
      examples <<~RECIPE
        systemd_unit "app.service" do
          content(
            "Unit" => { "Description" => "the application" },
            "Service" => { "ExecStart" => "/opt/app/run" },
            "Install" => { "WantedBy" => "multi-user.target" }
          )
          action [:create, :enable, :start]
        end
      RECIPE

      property :unit_name, String, name_property: true,
               regex: %r{\A[^/\s]+\.[a-z]+\z},
               validation_message: 'unit_name is a name with its type, such as app.service',
               description: 'name of the unit with its type'
      property :content, [String, Hash],
               description: 'the unit file, as text or as sections of keys; a list gives one line each'
      property :user, String, desired_state: false,
               description: 'a unit of this account; unset: of the system'
      property :triggers_reload, [true, false], default: true, desired_state: false,
               description: 'let systemd read its units again after a change'
      property :verify, [true, false], default: true, desired_state: false,
               description: 'let systemd check the file before it is put in place'
      %i[enabled active masked static indirect].each do |state|
        property state, [true, false], skip_docs: true
      end

      # The unit file as text.
      def to_ini
        return content unless content.is_a?(Hash)

        content.map do |section, keys|
          lines = keys.flat_map do |key, values|
            values.is_a?(Array) ? values.map { |v| "#{key} = #{v}" } : ["#{key} = #{values}"]
          end
          "[#{section}]\n#{lines.join("\n")}\n"
        end.join("\n")
      end

      def systemctl(*words)
        ['systemctl', *(user ? %w[--user] : %w[--system]), *words]
      end

      # User units are asked of the manager of that account.
      def systemctl_options
        return {} unless user

        uid = Etc.getpwnam(user).uid
        { user: user, environment: { 'DBUS_SESSION_BUS_ADDRESS' => "unix:path=/run/user/#{uid}/bus",
                                     'XDG_RUNTIME_DIR' => "/run/user/#{uid}" } }
      end

      load_current_value do |wanted|
        path = wanted.unit_path
        content(::File.read(path, encoding: 'UTF-8')) if ::File.file?(path)
        state = wanted.ask('is-enabled', wanted.unit_name)
        enabled(%w[enabled enabled-runtime].include?(state))
        masked(%w[masked masked-runtime].include?(state))
        static(state == 'static')
        indirect(state == 'indirect')
        active(wanted.ask('is-active', wanted.unit_name) == 'active')
      end

      def unit_path
        "/etc/systemd/#{user ? 'user' : 'system'}/#{unit_name}"
      end

      def ask(*words)
        shell_out(*systemctl(*words), systemctl_options).stdout.strip
      rescue Errno::ENOENT
        ''
      end

      default_action :nothing

      action :create, description: 'write the unit file' do
        if new_resource.content.nil?
          raise Chef::Exceptions::ValidationFailed,
                "#{new_resource} needs content for its action create"
        end
        write_unit
      end

      action :delete, description: 'remove the unit file' do
        removed = file(unit_path) { action :delete }
        daemon_reload if removed.updated_by_last_action?
      end

      action :preset, description: 'enable or disable as the preset files say' do
        converge_by("restore enable/disable preset configuration for unit: #{unit_name}") { systemctl!(:preset) }
      end

      action :revert, description: 'go back to the version of the vendor' do
        converge_by("revert to vendor's version of unit: #{unit_name}") { systemctl!(:revert) }
      end

      action :enable, description: 'start with the system' do
        next fixed if current_resource.static || current_resource.indirect

        unless current_resource.enabled
          converge_by("enabling unit: #{unit_name}") { systemctl!(:enable) }
        end
      end

      action :disable, description: 'no longer start with the system' do
        next fixed if current_resource.static || current_resource.indirect

        if current_resource.enabled
          converge_by("disabling unit: #{unit_name}") { systemctl!(:disable) }
        end
      end

      action :reenable, description: 'make the links of enabling again' do
        converge_by("reenabling unit: #{unit_name}") { systemctl!(:reenable) }
      end

      action :mask, description: 'let nobody start it' do
        converge_by("masking unit: #{unit_name}") { systemctl!(:mask) } unless current_resource.masked
      end

      action :unmask, description: 'undo mask' do
        converge_by("unmasking unit: #{unit_name}") { systemctl!(:unmask) } if current_resource.masked
      end

      action :start, description: 'start unless it runs' do
        converge_by("starting unit: #{unit_name}") { systemctl!(:start) } unless current_resource.active
      end

      action :stop, description: 'stop if it runs' do
        converge_by("stopping unit: #{unit_name}") { systemctl!(:stop) } if current_resource.active
      end

      { restart: 'restart', reload: 'reload', try_restart: 'restart if it runs',
        reload_or_restart: 'reload, or restart if it cannot',
        reload_or_try_restart: 'reload, or restart if it cannot, if it runs' }.each do |word, text|
        action word, description: text do
          next if word == :reload && !current_resource.active

          converge_by("#{word.name.tr('_', '-')} unit: #{unit_name}") { systemctl!(word.name.tr('_', '-')) }
        end
      end

      action_class do
        def unit_name
          new_resource.unit_name
        end

        def unit_path
          new_resource.unit_path
        end

        def write_unit
          text = new_resource.to_ini
          checked = new_resource.verify
          written = file(unit_path) do
            content text
            verify :systemd_unit if checked
            owner 'root'
            group 'root'
            mode '0644'
            sensitive new_resource.sensitive
          end
          daemon_reload if written.updated_by_last_action?
        end

        def daemon_reload
          return unless new_resource.triggers_reload
          unless ::File.directory?('/run/systemd/system')
            return Chef::Log.debug { "#{new_resource}: systemd does not run here and reads nothing again" }
          end

          execute("systemd reads its units again for #{unit_name}") do
            command new_resource.systemctl('daemon-reload')
            new_resource.systemctl_options.each { |option, value| public_send(option, value) }
          end
        end

        def systemctl!(verb)
          shell_out!(*new_resource.systemctl(verb.to_s, unit_name), new_resource.systemctl_options)
        end

        # Neither can be enabled, nor does that hurt.
        def fixed
          kind = current_resource.static ? 'static' : 'indirect'
          Chef::Log.debug { "#{new_resource} is #{kind}: enabling and disabling mean nothing" }
        end
      end
    end
  end
end
