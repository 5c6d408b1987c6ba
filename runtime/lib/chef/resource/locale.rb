# SPDX-License-Identifier: MIT
#
# locale of Chef 14.5 and later.

class Chef
  class Resource
    class Locale < Chef::Resource
      unified_mode true
      description 'the language of the system'
      examples <<~RECIPE
        locale "set the language" do
          lang "de_DE.UTF-8"
          lc_env "LC_TIME" => "en_GB.UTF-8"
        end
      RECIPE

      NAME = /\A[\w.@-]+\z/.freeze

      property :lang, String, default: 'C.UTF-8', regex: NAME, description: 'the language (LANG)'
      property :lc_env, Hash, default: {}, callbacks: {
        'must be LC_ variables and locale names' =>
          ->(map) { map.all? { |k, v| k.to_s.match?(/\ALC_[A-Z]+\z/) && v.to_s.match?(NAME) } }
      }, description: 'LC_ variables of their own'
      property :lc_all, String, regex: NAME, description: 'LC_ALL; better left unset'

      default_action :update

      action :update, description: 'make the locales and set the language' do
        generate
        map = { 'LANG' => new_resource.lang, 'LC_ALL' => new_resource.lc_all }.merge(new_resource.lc_env)
        text = map.compact.sort.map { |key, value| "#{key}=#{value}\n" }.join
        paths.each do |path|
          file(path) do
            content text
            mode '0644'
          end
        end
      end

      action_class do
        # The second is what Debian's logins read.
        def paths
          ['/etc/locale.conf', *('/etc/default/locale' if node['platform_family'] == 'debian')]
        end

        def wanted
          [new_resource.lang, new_resource.lc_all, *new_resource.lc_env.values].compact.uniq
        end

        # en_US.UTF-8 and en_US.utf8 are the same.
        def plain(name)
          name.downcase.tr('-', '')
        end

        def missing
          have = shell_out('locale', '-a').stdout.split.map { |name| plain(name) }
          wanted.reject { |name| have.include?(plain(name)) || %w[C POSIX].include?(name) }
        end

        def generate
          names = missing
          return if names.empty?

          package('locales') if node['platform_family'] == 'debian' && !::File.exist?('/usr/sbin/locale-gen')
          names.each do |name|
            charmap = name[/\.([\w-]+)/, 1] || 'ISO-8859-1'
            charmap = 'UTF-8' if plain(charmap) == 'utf8'
            add_line('/etc/locale.gen', "#{name} #{charmap}")
          end
          execute 'locale-gen'
        end

        def add_line(path, line)
          lines = ::File.exist?(path) ? ::File.readlines(path, chomp: true) : []
          return if lines.include?(line)

          file(path) { content "#{(lines + [line]).join("\n")}\n" }
        end
      end
    end
  end
end
