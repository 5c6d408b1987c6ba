# SPDX-License-Identifier: MIT
#
# apt_preference of Chef 13.3 and later.

class Chef
  class Resource
    class AptPreference < Chef::Resource
      unified_mode true
      description 'which version of a package apt shall prefer'
      examples <<~RECIPE
        apt_preference "nginx" do
          pin "version 1.22.*"
          pin_priority "700"
        end
      RECIPE

      DIRECTORY = '/etc/apt/preferences.d'

      property :package_name, String, name_property: true, regex: /\A\S.*\z/,
               description: 'name of the package'
      property :glob, String,
               description: 'names by pattern or regular expression, instead of package_name'
      property :pin, String, required: [:add], description: 'what is preferred, such as "release o=Debian"'
      property :pin_priority, [String, Integer], required: [:add], coerce: proc(&:to_s),
               description: 'how much, see apt_preferences(5)'

      default_action :add

      action :add, description: 'write the preference' do
        directory(DIRECTORY) { recursive true }
        text = "Package: #{new_resource.glob || new_resource.package_name}\n" \
               "Pin: #{new_resource.pin}\nPin-Priority: #{new_resource.pin_priority}\n"
        # Files without this suffix, or of another one, are not read.
        [path.delete_suffix('.pref'), path.sub(/\.pref\z/, '.apt_preference')].each do |old|
          file(old) { action :delete }
        end
        file(path) do
          content text
          mode '0644'
        end
      end

      action :remove, description: 'remove the preference' do
        file(path) { action :delete }
      end

      action_class do
        # The name of a file may not have what a glob has.
        def path
          name = new_resource.package_name.gsub('*', 'wildcard').tr('/', '_').tr('.', '_')
          "#{DIRECTORY}/#{name}.pref"
        end
      end
    end
  end
end
