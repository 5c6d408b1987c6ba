# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require "mash"
require "chef/log"
require "chef/exceptions"
require "chef/mixin/params_validate"
require "chef/mixin/from_file"
require "chef/version_constraint"

class Chef
  class Cookbook
    # What metadata.rb or metadata.json says (CORE-310 to CORE-314).
    class Metadata
      include Mixin::ParamsValidate
      include Mixin::FromFile

      NAME = :name
      VERSION_DEFAULT = ">= 0.0.0"
      RELATIONS = {
        depends: :dependencies, recommends: :recommendations,
        suggests: :suggestions, conflicts: :conflicting,
        replaces: :replacing, provides: :providing
      }.freeze
      TEXTS = { maintainer: "YOUR_COMPANY_NAME", maintainer_email: "YOUR_EMAIL",
                license: "none", description: "A fabulous new cookbook",
                long_description: "" }.freeze
      # Words of later releases, kept and not checked (CORE-1112).
      LATER = %i[source_url issues_url privacy eager_load_libraries].freeze
      COMPARISON_FIELDS = %i[name description long_description maintainer
                             maintainer_email license platforms dependencies
                             recommendations suggestions conflicting providing
                             replacing attributes groupings recipes version].freeze

      attr_reader :cookbook, :platforms, :attributes, :groupings, :recipes,
                  :chef_versions, :ohai_versions, :gems, *RELATIONS.values

      def initialize(*)
        @name = nil
        @version = "0.0.0"
        TEXTS.each { |key, text| instance_variable_set(:"@#{key}", text) }
        @platforms = Mash.new
        RELATIONS.each_value { |key| instance_variable_set(:"@#{key}", Mash.new) }
        @attributes = Mash.new
        @groupings = Mash.new
        @recipes = Mash.new
        @chef_versions = []
        @ohai_versions = []
        @gems = []
        @later = {}
      end

      (TEXTS.keys + %i[name]).each do |key|
        define_method(key) { |arg = nil| set_or_return(key, arg, kind_of: String) }
      end

      LATER.each do |key|
        define_method(key) do |*args|
          args.empty? ? @later[key] : @later[key] = args.first
        end
      end

      def version(arg = nil)
        @version = Version.new(arg.to_s.strip).to_s unless arg.nil?
        @version
      end

      def supports(platform, *constraint)
        @platforms[platform] = constraint_text(platform, constraint)
      end

      RELATIONS.each do |word, key|
        define_method(word) do |cookbook, *constraint|
          list = instance_variable_get(:"@#{key}")
          list[cookbook.to_s] = constraint_text(cookbook, constraint)
          list[cookbook.to_s]
        end
      end

      def chef_version(*constraints)
        constraints.empty? ? @chef_versions : @chef_versions << constraints
      end

      # True when one of the chef_version lines holds, or there is none. What
      # cannot be read counts as true.
      def suits_chef?(version)
        return true if @chef_versions.empty?

        @chef_versions.any? do |constraints|
          constraints.all? { |text| VersionConstraint::Platform.new(text.to_s).include?(version) }
        end
      rescue Exceptions::InvalidVersionConstraint, Exceptions::InvalidPlatformVersion
        true
      end

      def ohai_version(*constraints)
        constraints.empty? ? @ohai_versions : @ohai_versions << constraints
      end

      def gem(*args)
        args.empty? ? @gems : @gems << args
      end

      def recipe(name, description)
        @recipes[name] = description
      end

      def recipes_from_cookbook_version(cookbook)
        cookbook.fully_qualified_recipe_names.each { |name| @recipes[name] ||= "" }
      end

      def grouping(name, options)
        validate(options, title: { kind_of: String }, description: { kind_of: String })
        @groupings[name] = options
      end

      def attribute(name, options)
        require "chef/cookbook/metadata_attribute"
        @attributes[name] = MetadataAttribute.check(self, options)
      end

      def to_hash
        hash = { "name" => @name }
        %i[description long_description maintainer maintainer_email license
           platforms dependencies recommendations suggestions conflicting
           providing replacing attributes groupings recipes version].each do |key|
          hash[key.name] = instance_variable_get(:"@#{key}")
        end
        hash
      end

      def to_json(*args)
        require "chef/json_compat"
        JSONCompat.to_json(to_hash, *args)
      end

      def self.from_hash(hash)
        new.tap { |metadata| metadata.from_hash(hash) }
      end

      def from_hash(hash)
        (TEXTS.keys + %i[name]).each do |key|
          value = hash[key.name]
          instance_variable_set(:"@#{key}", value) unless value.nil?
        end
        version(hash["version"]) if hash["version"]
        @platforms.update(hash["platforms"] || {})
        RELATIONS.each_value { |key| merge_relation(key, hash[key.name]) }
        @attributes.update(hash["attributes"] || {})
        @groupings.update(hash["groupings"] || {})
        @recipes.update(hash["recipes"] || {})
        self
      end

      def from_json(text)
        require "chef/json_compat"
        from_hash(JSONCompat.parse(text))
      end

      def ==(other)
        COMPARISON_FIELDS.all? { |f| other.respond_to?(f) && public_send(f) == other.public_send(f) }
      end

      # A word nobody knows is said once and left (CORE-311).
      def method_missing(name, *args)
        return super if args.empty? || name.name.match?(/[?!=]\z/)

        Log.warn("metadata of cookbook #{@name || '(unnamed)'}: unknown word `#{name}' is ignored")
        nil
      end

      def respond_to_missing?(*)
        false
      end

      private

      def merge_relation(key, values)
        list = instance_variable_get(:"@#{key}")
        (values || {}).each { |name, constraint| list[name] = constraint_text(name, [constraint]) }
      end

      def constraint_text(name, list)
        list = list.flatten(1)
        if list.size > 1
          raise Exceptions::ObsoleteDependencySyntax,
                "The dependency specification syntax you are using is no longer valid. You may not " \
                "specify more than one version constraint for a particular cookbook: " \
                "#{name} #{list.inspect} in cookbook #{@name}"
        end
        return VERSION_DEFAULT if list.empty? || list.first.nil?

        VersionConstraint.new(list.first).to_s
      rescue Exceptions::InvalidVersionConstraint => e
        raise Exceptions::InvalidVersionConstraint,
              "The version constraint syntax you are using is not valid: #{name} #{list.inspect} " \
              "in cookbook #{@name} (#{e.message})"
      end
    end
  end
end
