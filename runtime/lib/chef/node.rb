# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require "mash"
require "chef/log"
require "chef/config"
require "chef/exceptions"
require "chef/mixin/params_validate"
require "chef/mixin/from_file"
require "chef/mixin/deep_merge"
require "chef/node/attribute"
require "chef/run_list"
require "chef/dsl/platform_introspection"
require "chef/dsl/include_attribute"

class Chef
  # A machine: its name, run list and attributes (CORE section 4). Built anew
  # for each run (CORE-003).
  class Node
    include Mixin::FromFile
    include Mixin::ParamsValidate
    include DSL::PlatformIntrospection
    include DSL::IncludeAttribute

    NAME = /^[\-[:alnum:]_:.]+$/
    ENVIRONMENT = /^[\-[:alnum:]_]+$/

    attr_accessor :run_state, :override_runlist
    attr_writer :run_context
    attr_reader :attributes

    class << self
      def build(node_name)
        node = new
        node.name(node_name)
        node.chef_environment(Config[:environment]) if Config[:environment].is_a?(String)
        node
      end
      alias_method :find_or_create, :build
      alias_method :load, :build

      def json_create(hash)
        node = new
        node.name(hash["name"])
        node.chef_environment(hash["chef_environment"]) if hash["chef_environment"]
        NodeData.fill(node, hash)
        node
      end

      def list(*)
        { Config[:node_name] => nil }
      end
    end

    def initialize
      @name = nil
      @chef_environment = "_default"
      @primary_runlist = RunList.new
      @override_runlist = RunList.new
      @attributes = Attribute.new({}, {}, {}, {})
      @run_state = {}
      @run_context = nil
    end

    def node
      self
    end

    # Set once by the run (CORE-825).
    def run_context
      @run_context
    end

    def set_cookbook_attribute
      run_context.cookbook_collection.each { |name, _| automatic[:cookbooks][name] }
    end

    def name(arg = nil)
      return @name if arg.nil?

      validate({ name: arg }, { name: { kind_of: String, cannot_be: :blank, regex: NAME } })
      @name = arg
    end

    def chef_environment(arg = nil)
      set_or_return(:chef_environment, arg, regex: ENVIRONMENT, kind_of: String)
    end

    def chef_environment=(environment)
      chef_environment(environment)
    end
    alias_method :environment, :chef_environment

    # --- attributes ----------------------------------------------------------

    alias_method :attribute, :attributes
    alias_method :construct_attributes, :attributes

    def [](name)
      @attributes[name]
    end

    def []=(name, value)
      @attributes[name] = value
    end

    %i[default normal override automatic role_default env_default role_override
       env_override force_default force_override].each do |level|
      define_method(level) { @attributes.public_send(level) }
      define_method(:"#{level}=") { |data| @attributes.public_send(:"#{level}=", data) }
    end
    alias_method :set, :normal

    %i[default normal override].each do |level|
      define_method(:"#{level}_unless") { @attributes.public_send(:"#{level}_unless") }
      define_method(:"#{level}_attrs") { @attributes.public_send(level) }
      define_method(:"#{level}_attrs=") { |data| @attributes.public_send(:"#{level}=", data) }
    end
    alias_method :set_unless, :normal_unless

    def automatic_attrs
      @attributes.automatic
    end

    def automatic_attrs=(data)
      if data.respond_to?(:ohai_fetch)
        @attributes.lazy_automatic(data)
      else
        @attributes.automatic = data
      end
    end

    # Without arguments the strongest component of the group, as in 11; with a
    # path and a value the replacing writers of 12 (CORE-1105).
    { default!: :default, normal!: :normal, override!: :override,
      force_default!: :force_default, force_override!: :force_override }.each do |name, level|
      define_method(name) { |*args| NodeData.replacing_writer(self, level, args) }
    end

    %i[read read! exist? rm rm_default rm_normal rm_override write write!
       unlink unlink! debug_value combined_default combined_override
       merged_attributes].each do |name|
      define_method(name) { |*args| @attributes.public_send(name, *args) }
    end

    def dig(*path)
      @attributes.read(*path)
    end

    def attribute?(name)
      @attributes.attribute?(name)
    end

    def each(&block)
      @attributes.each(&block)
    end

    def each_attribute(&block)
      @attributes.each(&block)
    end

    def keys
      @attributes.keys
    end

    def key?(name)
      @attributes.attribute?(name)
    end

    # Words of the attribute object (has_key?, include?, ...) come first.
    def method_missing(name, *args, &block)
      if @attributes.class.public_method_defined?(name)
        return @attributes.public_send(name, *args, &block)
      end

      @attributes.method_missing(name, *args)
    end

    def respond_to_missing?(_name, _include_private = false)
      false
    end

    # --- run list ------------------------------------------------------------

    # With an override the override counts (CORE-105).
    def run_list(*args)
      list = @override_runlist.empty? ? @primary_runlist : @override_runlist
      args.empty? ? list : list.reset!(args)
    end

    def run_list=(list)
      @primary_runlist = list
    end

    attr_reader :primary_runlist

    def primary_runlist=(list)
      @primary_runlist.reset!(list)
    end

    def override_runlist(*args)
      args.empty? ? @override_runlist : @override_runlist.reset!(args)
    end

    def select_run_list
      run_list
    end

    def run_list?(item)
      run_list.detect { |r| r == item } ? true : false
    end

    def recipe?(recipe_name)
      run_list.include?(recipe_name) || Array(self[:recipes]).include?(recipe_name)
    end

    # The run list alone counts, not the roles inside roles.
    def role?(role_name)
      run_list.include?("role[#{role_name}]")
    end

    # A recipe that was really loaded joins node['recipes'] (CORE-215).
    def loaded_recipe(cookbook_name, recipe_name)
      name = "#{cookbook_name}::#{recipe_name}"
      automatic["recipes"] = [] unless automatic["recipes"].is_a?(Array)
      list = automatic["recipes"]
      list << name unless list.include?(name)
    end

    def recipe_list
      self[:recipes]
    end

    # --- building (CORE-432) -------------------------------------------------

    def consume_external_attrs(ohai_data, json_cli_attrs)
      NodeData.consume_external_attrs(self, ohai_data, json_cli_attrs)
    end

    def consume_run_list(attrs)
      NodeData.consume_run_list(self, attrs)
    end

    def consume_attributes(attrs)
      rest = consume_run_list(attrs)
      self.normal_attrs = Mixin::DeepMerge.merge(normal_attrs, rest)
    end

    def reset_defaults_and_overrides
      @attributes.clear_all_defaults
      @attributes.clear_all_overrides
    end

    def expand!(data_source = "disk")
      NodeData.expand!(self, data_source)
    end

    def apply_expansion_attributes(expansion)
      NodeData.apply_expansion_attributes(self, expansion)
    end

    # --- tags (CORE-431) -----------------------------------------------------

    def tags
      normal[:tags] = [] unless normal.key?(:tags) && normal[:tags].is_a?(Array)
      normal[:tags]
    end

    def tag(*names)
      names.each { |name| tags << name.to_s unless tags.include?(name.to_s) }
      tags
    end

    # --- output (CORE-426) ---------------------------------------------------

    def to_hash
      NodeData.to_hash(self)
    end

    def for_json
      NodeData.for_json(self)
    end
    alias_method :display_hash, :for_json

    def to_json(*args)
      JSONCompat.to_json(for_json, *args)
    end

    def to_s
      "node[#{@name}]"
    end

    def inspect
      "<#{self}>"
    end

    # Nothing is kept on one machine (CORE-450).
    def save
      if Config[:why_run]
        Log.warn("In why-run mode, so NOT performing node save.")
      else
        Log.debug("node.save does nothing: there is no server in a solo run")
      end
      self
    end
    alias_method :create, :save

    def destroy
      self
    end

    def <=>(other)
      name <=> other.name
    end

    # The conversions that a run needs once.
    autoload :NodeData, "chef/node/node_data"
  end
end
