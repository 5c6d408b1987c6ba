# SPDX-License-Identifier: MIT
#
# apt_repository of Chef 12.9 and later. Keys lie in a keyring of the
# repository's own, which its line names; no program of GnuPG is needed.

class Chef
  class Resource
    class AptRepository < Chef::Resource
      unified_mode true
      description 'a repository of packages that apt installs from'
      examples <<~RECIPE
        apt_repository "nginx" do
          uri "https://nginx.example/packages/debian"
          components ["nginx"]
          key "https://nginx.example/keys/nginx_signing.key"
        end
      RECIPE

      PPA = %r{\Appa:([^/\s]+)/([^/\s]+)\z}.freeze

      property :repo_name, String, name_property: true, regex: %r{\A[^/]+\z},
               description: 'name of the file of the repository, without blanks'
      property :uri, String, description: 'where it is, or ppa:OWNER/NAME'
      property :distribution, [String, nil, false], default: lazy { node.read('lsb', 'codename') },
               description: 'name of the release; nil: a flat repository'
      property :components, Array, default: lazy { uri.to_s.match?(PPA) ? %w[main] : [] },
               description: 'groups of packages, such as main'
      property :arch, [String, nil, false], description: 'only packages of this architecture'
      property :trusted, [true, false], default: false, description: 'take it without a valid signature'
      property :signed_by, [String, true, false, nil], default: true,
               description: 'the keyring; true: one of its own that has the keys; false: the keys count for every repository'
      property :options, [String, Array], default: [], coerce: proc { |v| Array(v) },
               description: 'further options of its line'
      property :deb_src, [true, false], default: false, description: 'source packages too'
      property :keyserver, [String, nil, false], default: 'keyserver.ubuntu.com',
               description: 'where a key is fetched that is given by its fingerprint'
      property :key, [String, Array, nil, false], default: [], coerce: proc { |v| Array(v || []) },
               description: 'keys: URL, file of the cookbook, or fingerprint'
      property :key_proxy, [String, nil, false], description: 'without effect: the proxy of the run counts'
      property :cookbook, [String, nil, false], desired_state: false,
               description: 'cookbook that has the key files; unset: the declaring one'
      property :cache_rebuild, [true, false], default: true, desired_state: false,
               description: 'read the lists of packages when the repository is new'

      property :cache_rebuild_ignore_failure, [true, false], default: true, desired_state: false,
               description: 'go on when those lists cannot be read'

      default_action :add

      action :add, description: 'add the repository' do
        need_uri
        %w[sources.list.d keyrings].each { |name| directory("/etc/apt/#{name}") { mode '0755' } }
        install_keys
        text = list_text
        list = file(list_path) do
          content text
          owner 'root'
          group 'root'
          mode '0644'
          sensitive new_resource.sensitive
        end
        read_lists if list.updated_by_last_action? && new_resource.cache_rebuild
      end

      action :remove, description: 'remove the repository and its keyring' do
        keyring = own_keyring
        [list_path, keyring].each { |path| file(path) { action :delete } }
      end

      action_class do
        def name
          new_resource.repo_name.tr(' ', '-')
        end

        def list_path
          "/etc/apt/sources.list.d/#{name}.list"
        end

        def own_keyring
          new_resource.signed_by == false ? "/etc/apt/trusted.gpg.d/#{name}.gpg" : "/etc/apt/keyrings/#{name}.gpg"
        end

        def need_uri
          lacks = if new_resource.uri.nil? then 'a uri'
                  elsif !distribution && new_resource.components.empty? then 'a distribution or components'
                  end
          return unless lacks

          raise Chef::Exceptions::ValidationFailed, "#{new_resource} needs #{lacks} for its action add"
        end

        def ppa
          PPA.match(new_resource.uri)
        end

        def list_text
          words = [option_text, "\"#{uri}\"", distribution, *new_resource.components]
          kinds = new_resource.deb_src ? %w[deb deb-src] : %w[deb]
          kinds.map { |kind| "#{[kind.ljust(8), *words].compact.join(' ')}\n" }.join
        end

        def distribution
          text = new_resource.distribution
          text unless !text || text.empty?
        end

        def uri
          ppa ? "https://ppa.launchpadcontent.net/#{ppa[1]}/#{ppa[2]}/ubuntu" : new_resource.uri
        end

        def option_text
          list = new_resource.options.dup
          list << "arch=#{new_resource.arch}" if new_resource.arch
          list << 'trusted=yes' if new_resource.trusted
          list << "signed-by=#{keyring_of_line}" if keyring_of_line
          "[#{list.join(' ')}]" unless list.empty?
        end

        def keyring_of_line
          return new_resource.signed_by if new_resource.signed_by.is_a?(String)

          own_keyring if new_resource.signed_by && !keys.empty?
        end

        def keys
          @keys ||= ppa && new_resource.key.empty? ? [launchpad_key] : new_resource.key
        end

        # Only this source, so that nothing else can fail or take long.
        def read_lists
          list = list_path
          execute("apt-get update for #{name}") do
            command ['apt-get', 'update', '-o', "Dir::Etc::sourcelist=#{list}", '-o', 'Dir::Etc::sourceparts=-',
                     '-o', 'APT::Get::List-Cleanup=0']
            ignore_failure new_resource.cache_rebuild_ignore_failure
          end
        end
      end

      # Where the keys come from.
      action_class do
        def install_keys
          return if keys.empty?

          found = keys.each_with_index.map { |key, number| key_of(key, number) }
          return if found.include?(nil) # why-run: not fetched

          bytes = found.map(&:bytes).join
          file(own_keyring) do
            content bytes
            owner 'root'
            group 'root'
            mode '0644'
          end
        end

        def key_of(key, number)
          if key.match?(%r{\A\w+://}) then key_from(number) { |path| fetch_key(path, key) }
          elsif key.match?(/\A(?:0x)?[\h ]{8,}\z/) then key_by_fingerprint(key, number)
          else key_from(number) { |path| cookbook_key(path, key) }
          end
        end

        # What the block brings to the path it is given.
        def key_from(number)
          path = ::File.join(Chef::Config[:file_cache_path], "apt-key-#{name}-#{number}")
          yield path
          RightLink::PgpKey.new(::File.binread(path)) if ::File.file?(path)
        rescue ArgumentError => e
          raise Chef::Exceptions::FileNotFound, "#{new_resource}: key #{keys[number].inspect} is of no use: #{e.message}"
        end

        def fetch_key(path, url)
          remote_file(path) do
            source url
            mode '0644'
            sensitive new_resource.sensitive
          end
        end

        def cookbook_key(path, name)
          from = new_resource.cookbook || new_resource.cookbook_name.to_s
          cookbook_file(path) do
            source name
            cookbook from
            mode '0644'
          end
        end

        # Not fetched again while the keyring has it.
        def key_by_fingerprint(id, number)
          have = RightLink::PgpKey.new(::File.binread(own_keyring)) if ::File.file?(own_keyring)
          return have if have&.match?(id)

          key = key_from(number) { |path| fetch_key(path, server_url(id)) }
          return key if key.nil? || key.match?(id)

          raise Chef::Exceptions::FileNotFound,
                "#{new_resource}: #{new_resource.keyserver} answered with another key than #{id}: " \
                "#{key.fingerprints.join(', ')}"
        end

        def server_url(id)
          server = new_resource.keyserver.to_s
          server = "#{server}:11371" if server.match?(%r{\Ahkp://[^/:]+\z})
          server = server.sub(/\Ahkp(s?):/, 'http\\1:')
          server = "https://#{server}" unless server.include?('://')
          "#{server}/pks/lookup?op=get&options=mr&search=0x#{id.delete(' ').delete_prefix('0x')}"
        end

        def launchpad_key
          url = "https://api.launchpad.net/1.0/~#{ppa[1]}/+archive/ubuntu/#{ppa[2]}"
          Chef::JSONCompat.from_json(Chef::HTTP::Simple.new(url).get('')).fetch('signing_key_fingerprint')
        end
      end
    end
  end
end
