# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require "mash"
require "chef/log"
require "chef/config"
require "chef/exceptions"
require "chef/mixin/params_validate"
require "chef/mixin/from_file"
require "chef/run_list"

class Chef
  # A named run list with attributes, read from role_path (CORE-220, CORE-221).
  class Role
    include Mixin::FromFile
    include Mixin::ParamsValidate

    NAME = /^[\-[:alnum:]_]+$/

    def initialize(*)
      @name = ""
      @description = ""
      @default_attributes = Mash.new
      @override_attributes = Mash.new
      @env_run_lists = { "_default" => RunList.new }
    end

    def self.json_create(hash)
      role = new
      role.name(hash["name"]) if hash["name"]
      role.description(hash["description"]) if hash["description"]
      role.default_attributes(hash["default_attributes"] || {})
      role.override_attributes(hash["override_attributes"] || {})
      lists = { "_default" => hash["run_list"] || hash["recipes"] || [] }
      role.env_run_lists(lists.merge(hash["env_run_lists"] || {}))
      role
    end

    # JSON before Ruby in each entry; two files of one kind are an error.
    def self.from_disk(name, _force = nil)
      Array(Config[:role_path]).each do |directory|
        json = files_named(directory, "#{name}.json")
        return from_json_file(json.first, name) if json.any?

        ruby = files_named(directory, "#{name}.rb")
        next if ruby.empty?

        role = new
        role.name(name)
        role.from_file(ruby.first)
        return role
      end
      raise Exceptions::RoleNotFound, "Role '#{name}' could not be loaded from disk"
    end

    class << self
      alias_method :load, :from_disk

      # A role without json_class is read all the same (CORE-222).
      def from_json_file(path, name)
        require "chef/json_compat"
        json_create({ "name" => name }.merge(JSONCompat.object_from_file(path, "a role")))
      end

      def list(*)
        Array(Config[:role_path]).flat_map { |d| Dir.glob("#{d}/**/*.{rb,json}") }
                                 .to_h { |f| [File.basename(f).sub(/\.(rb|json)\z/, ""), f] }
      end

      private

      def files_named(directory, file)
        found = Dir.glob("**/#{file.gsub(/[*?\[\]{}\\]/) { |c| "\\#{c}" }}", base: directory)
        return found.map { |f| "#{directory}/#{f}" } if found.size < 2

        raise Exceptions::DuplicateRole,
              "Multiple roles of same type found named #{File.basename(file, '.*')}: #{found.join(', ')}"
      end
    end

    def name(arg = nil)
      set_or_return(:name, arg, regex: NAME)
    end

    def description(arg = nil)
      set_or_return(:description, arg, kind_of: String)
    end

    def run_list(*args)
      @env_run_lists["_default"].reset!(args) unless args.empty?
      @env_run_lists["_default"]
    end
    alias_method :recipes, :run_list

    def run_list_for(environment)
      @env_run_lists[environment] || @env_run_lists["_default"]
    end
    alias_method :active_run_list_for, :run_list_for

    def env_run_lists(lists = nil)
      return @env_run_lists if lists.nil?

      unless lists.key?("_default")
        raise Exceptions::InvalidEnvironmentRunListSpecification,
              "_default key is required in env_run_lists.\n(env_run_lists: #{lists.inspect})"
      end
      @env_run_lists.clear
      lists.each { |environment, list| @env_run_lists[environment] = RunList.new(*Array(list)) }
      @env_run_lists
    end
    alias_method :env_run_list, :env_run_lists

    def env_run_lists_add(lists = nil)
      lists&.each { |environment, list| @env_run_lists[environment] = RunList.new(*Array(list)) }
      @env_run_lists
    end

    def environments
      @env_run_lists.keys.sort
    end

    def default_attributes(arg = nil)
      set_or_return(:default_attributes, arg, kind_of: Hash)
    end

    def override_attributes(arg = nil)
      set_or_return(:override_attributes, arg, kind_of: Hash)
    end

    def to_hash
      lists = @env_run_lists.reject { |k, _| k == "_default" }
      {
        "name" => @name, "description" => @description, "json_class" => "Chef::Role",
        "default_attributes" => @default_attributes, "override_attributes" => @override_attributes,
        "chef_type" => "role", "run_list" => run_list.map(&:to_s),
        "env_run_lists" => lists.transform_values { |list| list.map(&:to_s) }
      }
    end

    def to_json(*args)
      require "chef/json_compat"
      JSONCompat.to_json(to_hash, *args)
    end

    def update_from!(other)
      description(other.description)
      env_run_lists(other.env_run_lists)
      default_attributes(other.default_attributes)
      override_attributes(other.override_attributes)
      self
    end

    def to_s
      "role[#{@name}]"
    end
  end
end
