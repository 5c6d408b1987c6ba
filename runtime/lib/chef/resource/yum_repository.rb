# SPDX-License-Identifier: MIT
#
# yum_repository of Chef 12.14 and later.

class Chef
  class Resource
    class YumRepository < Chef::Resource
      unified_mode true
      description 'a repository of packages that yum and dnf install from'
      examples <<~RECIPE
        yum_repository "app" do
          description "packages of the application"
          baseurl "https://rpm.example/el9"
          gpgkey "https://rpm.example/key.asc"
        end
      RECIPE

      LIST = [String, Array].freeze
      FLAG = [true, false].freeze
      # Words of yum.conf(5) that are passed on as they are.
      PLAIN = {
        baseurl: LIST, cost: [String, Integer], enablegroups: FLAG, enabled: FLAG, exclude: LIST,
        failovermethod: String, fastestmirror_enabled: FLAG, gpgcheck: FLAG, gpgkey: LIST, http_caching: String,
        include_config: String, includepkgs: LIST, keepalive: FLAG, max_retries: [String, Integer], metadata_expire: [String, Integer],
        metalink: String, mirror_expire: [String, Integer], mirrorexpire: [String, Integer], mirrorlist: String, mirrorlist_expire: [String, Integer],
        module_hotfixes: FLAG, password: String, priority: [String, Integer], proxy: String, proxy_username: String, proxy_password: String,
        repo_gpgcheck: FLAG, report_instanceid: FLAG, skip_if_unavailable: FLAG, sslcacert: String, sslclientcert: String,
        sslclientkey: String, sslverify: FLAG, throttle: [String, Integer], timeout: [String, Integer], username: String
      }.freeze
      WORDS = { include_config: 'include', max_retries: 'retries' }.freeze
      DEFAULTS = { enabled: true, gpgcheck: true }.freeze

      # A class has a word of that name too; it keeps its meaning there.
      property :repositoryid, String, name_property: true, regex: /\A[^\s\/\[\]]+\z/, description: 'name of the repository'
      property :description, String, default: 'Yum Repository', description: 'what it is, for people'
      PLAIN.each do |word, types|
        options = DEFAULTS.key?(word) ? { default: DEFAULTS[word] } : {}
        options[:sensitive] = true if word.name.include?('password')
        property word, types, description: "`#{WORDS.fetch(word, word)}` of yum.conf(5)", **options
      end
      property :mode, [String, Integer], default: '0644', description: 'permissions of the file'
      property :options, Hash, default: {}, description: 'further words of yum.conf(5)'
      property :make_cache, [true, false], default: true, desired_state: false, description: 'read its lists when it is new'
      property :source, String, desired_state: false, description: 'template instead of ours'

      default_action :create

      action :create, description: 'write the file of the repository' do
        directory('/etc/yum.repos.d') { recursive true }
        written = new_resource.source ? from_template : from_properties
        read_lists if written.updated_by_last_action? && new_resource.make_cache
      end

      action :add, description: 'the same as create' do
        inline_create
      end

      action :delete, description: 'remove the file of the repository' do
        file(path) { action :delete }
      end

      action :remove, description: 'the same as delete' do
        inline_delete
      end

      action :makecache, description: 'read its lists' do
        read_lists if new_resource.enabled
      end

      action_class do
        def path
          "/etc/yum.repos.d/#{new_resource.repositoryid}.repo"
        end

        def from_properties
          text = lines.join("\n") + "\n"
          secret = new_resource.sensitive || !new_resource.password.nil?
          file(path) do
            content text
            mode new_resource.mode
            sensitive secret
          end
        end

        def from_template
          template(path) do
            source new_resource.source
            cookbook new_resource.cookbook_name.to_s
            mode new_resource.mode
            variables config: new_resource
          end
        end

        def lines
          map = PLAIN.keys.to_h { |word| [WORDS.fetch(word, word), new_resource.public_send(word)] }
                     .merge(new_resource.options)
          ['# Written by the configuration run; changes here are lost.', '', "[#{new_resource.repositoryid}]", "name=#{new_resource.description}"] +
            map.reject { |_, value| value.nil? }.map { |key, value| "#{key}=#{shown(value)}" }
        end

        def shown(value)
          return { true => '1', false => '0' }[value] if [true, false].include?(value)

          Array(value).join("\n  ")
        end

        def read_lists
          id = new_resource.repositoryid
          tool = which('dnf') ? 'dnf' : 'yum'
          only = ['--disablerepo=*', "--enablerepo=#{id}"]
          execute("#{tool} clean metadata of #{id}") { command [tool, 'clean', 'metadata', *only] }
          execute("#{tool} makecache for #{id}") do
            command [tool, '-q', '-y', 'makecache', *only]
            ignore_failure true
          end
        end
      end
    end
  end
end
