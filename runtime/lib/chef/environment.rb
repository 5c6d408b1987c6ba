# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require "mash"
require "chef/log"
require "chef/config"
require "chef/exceptions"
require "chef/mixin/params_validate"
require "chef/mixin/from_file"

class Chef
  # Attributes by environment, read from environment_path (CORE-230).
  class Environment
    include Mixin::FromFile
    include Mixin::ParamsValidate

    DEFAULT = "default"
    NAME = /^[\-[:alnum:]_]+$/

    def initialize(*)
      @name = ""
      @description = ""
      @default_attributes = Mash.new
      @override_attributes = Mash.new
      @cookbook_versions = {}
    end

    def self.json_create(hash)
      environment = new
      environment.name(hash["name"]) if hash["name"]
      environment.description(hash["description"]) if hash["description"]
      environment.cookbook_versions(hash["cookbook_versions"] || {})
      environment.default_attributes(hash["default_attributes"] || {})
      environment.override_attributes(hash["override_attributes"] || {})
      environment
    end

    class << self
      def load(name)
        return built_in if name == "_default"

        load_from_file(name)
      end

      def load_from_file(name)
        directories = Array(Config[:environment_path])
        wrong = directories.reject { |d| File.directory?(d) }
        if directories.empty? || wrong.size == directories.size
          raise Exceptions::InvalidEnvironmentPath,
                "Environment path '#{directories.join(', ')}' is invalid"
        end
        directories.each do |directory|
          json = "#{directory}/#{name}.json"
          return from_json_file(json, name) if File.file?(json)

          ruby = "#{directory}/#{name}.rb"
          return from_ruby_file(ruby, name) if File.file?(ruby)
        end
        raise Exceptions::EnvironmentNotFound,
              "Environment '#{name}' could not be loaded from disk"
      end

      def list(*)
        Array(Config[:environment_path]).flat_map { |d| Dir.glob("#{d}/*.{rb,json}") }
                                        .to_h { |f| [File.basename(f).sub(/\.(rb|json)\z/, ""), f] }
      end

      private

      def built_in
        environment = new
        environment.name("_default")
        environment.description("The default Chef environment")
        environment
      end

      def from_json_file(path, name)
        require "chef/json_compat"
        json_create({ "name" => name }.merge(JSONCompat.object_from_file(path, "an environment")))
      end

      def from_ruby_file(path, name)
        environment = new
        environment.name(name)
        environment.from_file(path)
        environment
      end
    end

    def name(arg = nil)
      set_or_return(:name, arg, regex: [NAME], kind_of: String)
    end

    def description(arg = nil)
      set_or_return(:description, arg, kind_of: String)
    end

    def default_attributes(arg = nil)
      set_or_return(:default_attributes, arg, kind_of: Hash)
    end

    def default_attributes=(attrs)
      default_attributes(attrs)
    end

    def override_attributes(arg = nil)
      set_or_return(:override_attributes, arg, kind_of: Hash)
    end

    def override_attributes=(attrs)
      override_attributes(attrs)
    end

    # One machine has one version of each cookbook: constraints are read and
    # not applied (CORE-231).
    def cookbook_versions(arg = nil)
      unless arg.nil? || arg.empty?
        Log.warn("environment #{@name}: cookbook version constraints are not applied in a solo run")
      end
      set_or_return(:cookbook_versions, arg, kind_of: Hash)
    end

    def cookbook(cookbook, version)
      cookbook_versions(@cookbook_versions.merge(cookbook => version))
    end

    def to_hash
      {
        "name" => @name, "description" => @description,
        "cookbook_versions" => @cookbook_versions, "json_class" => "Chef::Environment",
        "chef_type" => "environment", "default_attributes" => @default_attributes,
        "override_attributes" => @override_attributes
      }
    end

    def to_json(*args)
      require "chef/json_compat"
      JSONCompat.to_json(to_hash, *args)
    end

    def to_s
      @name
    end
  end
end
