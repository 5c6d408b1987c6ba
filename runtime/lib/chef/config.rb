# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require "chef/log"
require "chef/exceptions"

class Chef
  # The settings of a run: what solo.rb is evaluated on (CORE-150, CORE-811).
  # A key that nobody set has the default of the table below; one without a
  # default reads nil. Values are computed once, when they are first read.
  class Config
    VALID_NAME = '^[^-+~:,\t\r\n\f\0]+[^:,\t\r\n\f\0]*$'

    DEFAULTS = {
      log_level: :auto,
      log_location: -> { $stdout },
      verbose_logging: true,
      config_file: nil,
      config_dir: -> { config_file ? "#{File.dirname(File.expand_path(config_file))}/" : "/etc/chef/" },
      cache_path: -> { default_cache_path },
      chef_repo_path: -> { default_repo_path },
      cookbook_path: -> { default_cookbook_path },
      role_path: -> { under_repo("roles") },
      data_bag_path: -> { under_repo("data_bags") },
      environment_path: -> { under_repo("environments") },
      node_path: -> { under_repo("nodes") },
      client_path: -> { under_repo("clients") },
      user_path: -> { under_repo("users") },
      group_path: -> { under_repo("groups") },
      acl_path: -> { under_repo("acls") },
      container_path: -> { under_repo("containers") },
      file_cache_path: -> { File.join(cache_path, "cache") },
      chef_gem_dir: -> { File.join(file_cache_path, "gems") },
      file_backup_path: -> { File.join(cache_path, "backup") },
      checksum_path: -> { File.join(cache_path, "checksums") },
      lockfile: -> { File.join(file_cache_path, "chef-client-running.pid") },
      umask: 0o022,
      client_fork: true,
      color: false,
      why_run: false,
      solo: false,
      local_mode: false,
      formatters: -> { [] },
      force_logger: false,
      force_formatter: false,
      start_handlers: -> { [] },
      report_handlers: -> { [] },
      exception_handlers: -> { [] },
      event_handlers: -> { [] },
      disable_event_loggers: false,
      http_retry_count: 5,
      http_retry_delay: 5,
      rest_timeout: 300,
      chef_server_url: -> { "https://localhost:443" },
      ssl_verify_mode: :verify_peer,
      verify_api_cert: false,
      ssl_ca_file: nil,
      ssl_ca_path: nil,
      ssl_client_cert: nil,
      ssl_client_key: nil,
      trusted_certs_dir: -> { File.join(config_dir, "trusted_certs") },
      client_key: "/etc/chef/client.pem",
      validation_key: "/etc/chef/validation.pem",
      validation_client_name: "chef-validator",
      encrypted_data_bag_secret: -> { existing("/etc/chef/encrypted_data_bag_secret") },
      data_bag_encrypt_version: 1,
      data_bag_decrypt_minimum_version: 0,
      diff_disabled: false,
      diff_filesize_threshold: 10_000_000,
      diff_output_threshold: 1_000_000,
      enable_selinux_file_permission_fixup: true,
      file_atomic_update: true,
      file_staging_uses_destdir: false,
      yum_timeout: 900,
      yum_lock_timeout: 30,
      user_valid_regex: -> { [Regexp.new(VALID_NAME)] },
      group_valid_regex: -> { [Regexp.new(VALID_NAME)] },
      enforce_path_sanity: true,
      knife: -> { {} },
      platform_specific: nil,
      enable_reporting: true,
      rubygems_url: "https://rubygems.org",
      strict_chef11: false,
      legacy_attribute_writes: false,
      ruby_ageing: true,
      resource_cloning: true,
      treat_deprecation_warnings_as_errors: false
    }.freeze

    # A Hash that reads Symbol and String names alike, as knife files expect.
    @configuration = {}

    class << self
      attr_accessor :configuration

      def [](name)
        read(name.to_sym)
      end

      def []=(name, value)
        name = name.to_sym
        value = path_text(value) if name.end_with?("_path")
        @configuration[name] = value
      end

      def key?(name)
        @configuration.key?(name.to_sym)
      end
      alias_method :has_key?, :key?

      def delete(name)
        @configuration.delete(name.to_sym)
      end

      def keys
        @configuration.keys
      end

      def each(&block)
        @configuration.each(&block)
      end

      def merge!(hash)
        hash.each { |name, value| self[name] = value }
        self
      end

      def hash_dup
        @configuration.dup
      end
      alias_method :to_hash, :hash_dup

      # Everything that was set; restore takes it back.
      def save(include_defaults = false)
        return @configuration.dup unless include_defaults

        DEFAULTS.keys.to_h { |name| [name, read(name)] }.merge(@configuration)
      end

      def restore(hash)
        @configuration = hash.dup
      end

      def reset
        @configuration = {}
      end

      def configure
        yield(self)
      end

      def inspect
        @configuration.inspect
      end

      def default(name, value = nil, &block)
        extra_defaults[name.to_sym] = block || value
      end

      def from_file(filename)
        unless File.exist?(filename) && File.readable?(filename)
          why = File.exist?(filename) ? "permission denied" : "no such file"
          raise IOError, "Cannot open or read #{filename}! (#{why})"
        end

        from_string(File.read(filename, encoding: "BOM|UTF-8"), filename)
      end

      def from_string(string, filename)
        instance_eval(string, filename, 1)
      end

      def add_formatter(name, file_path = nil)
        formatters << [name, file_path]
      end

      def add_event_logger(logger)
        event_handlers << logger
      end

      # Drive letters are of another system.
      def platform_specific_path(path)
        path
      end

      def path_join(*parts)
        File.join(*parts)
      end

      def etc_chef_dir
        "/etc/chef"
      end

      # `name value` sets, `name a, b` sets an Array, `name` reads (CORE-150).
      def method_missing(name, *args, &block)
        word = name.name
        if word.end_with?("=")
          raise ArgumentError, "no value for #{word.chomp('=')}" if args.empty?

          return self[word.chomp("=")] = args.first
        end
        return read(name) if args.empty? && block.nil?

        self[name] = args.empty? ? block : value_of(args)
      end

      def respond_to_missing?(name, include_private = false)
        !name.name.match?(/[?!]\z|\Ato_/) || super
      end

      private

      # Paths may be written as Symbols (CORE-154).
      def path_text(value)
        case value
        when Symbol then value.name
        when Array then value.grep(Symbol).empty? ? value : value.map { |v| path_text(v) }
        else value
        end
      end

      def value_of(args)
        args.size == 1 ? args.first : args
      end

      def extra_defaults
        @extra_defaults ||= {}
      end

      def read(name)
        @configuration.fetch(name) do
          default = extra_defaults.fetch(name) { DEFAULTS[name] }
          return default unless default.is_a?(Proc)

          value = instance_exec(&default)
          # A list or table that is read may be appended to.
          @configuration[name] = value if value.is_a?(Array) && value.empty? || value.is_a?(Hash)
          value
        end
      end

      def default_cache_path
        whole = ->(path) { File.readable?(path) && File.writable?(path) }
        return "/var/chef" if whole.("/var/chef") || (!File.exist?("/var/chef") && whole.("/var"))

        File.join(ENV["HOME"] || "/", ".chef")
      end

      def default_repo_path
        path = @configuration[:cookbook_path]
        case path
        when Array then path.map { |p| File.expand_path("..", p) }
        when String then File.expand_path("..", path)
        else cache_path
        end
      end

      def default_cookbook_path
        return under_repo("cookbooks") if @configuration[:chef_repo_path]

        %w[cookbooks site-cookbooks].map { |d| File.join(cache_path, d) }
      end

      def under_repo(child)
        repo = chef_repo_path
        repo.is_a?(Array) ? repo.map { |p| File.join(p, child) } : File.join(repo, child)
      end

      def existing(path)
        path if File.exist?(path)
      end
    end

    # Kernel words that are settings too.
    %i[format test].each do |name|
      define_singleton_method(name) { |*args| method_missing(name, *args) }
    end
  end
end
