# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require "chef/json_compat"

class Chef
  class Node
    # How a node is filled before a run and written after it.
    module NodeData
      module_function

      # CORE-432: run list and normal attributes from JSON, tags, then what
      # the machine says; ohai_data may be a lazy source.
      def consume_external_attrs(node, ohai_data, json_cli_attrs)
        Log.debug("Extracting run list from JSON attributes provided on command line")
        node.consume_attributes(json_cli_attrs)
        node.automatic_attrs = ohai_data
        platform, version = platform_of(node)
        Log.debug { "Platform is #{platform} version #{version}" }
        node.automatic[:platform] = platform
        node.automatic[:platform_version] = version
        node.tags
        node
      end

      def platform_of(node)
        name = first(node, :platform, :os)
        version = first(node, :platform_version, :os_version, :os_release)
        raise ArgumentError, "Cannot find a platform for #{node}" if name.nil?
        raise ArgumentError, "Cannot find a version for #{node}" if version.nil?

        [name.downcase, version]
      end

      def first(node, *keys)
        keys.each do |key|
          value = node[key]
          return value unless value.nil?
        end
        nil
      end

      # Returns the attributes without the run list (CORE-131).
      def consume_run_list(node, attrs)
        attrs = attrs ? attrs.to_hash.dup : {}
        list = attrs.delete("recipes")
        if attrs.key?("run_list")
          if list
            raise Exceptions::AmbiguousRunlistSpecification,
                  "please set the node's run list using the 'run_list' attribute only."
          end
          list = attrs.delete("run_list")
        end
        return attrs unless list

        list = [list] if list.is_a?(String)
        Log.info("Setting the run_list to #{list.inspect} from CLI options")
        node.primary_runlist = list
        attrs
      end

      def expand!(node, data_source)
        expansion = node.run_list.expand(node.chef_environment, data_source)
        raise Exceptions::MissingRole, expansion if expansion.errors?

        node.tags
        node.automatic[:recipes] = expansion.recipes.map(&:to_s)
        node.automatic[:roles] = expansion.roles.to_a
        apply_expansion_attributes(node, expansion)
        expansion
      end

      def apply_expansion_attributes(node, expansion)
        if node.chef_environment == "_default"
          node.attributes.env_default = {}
          node.attributes.env_override = {}
        else
          environment = expansion_environment(node)
          node.attributes.env_default = environment.default_attributes
          node.attributes.env_override = environment.override_attributes
        end
        node.attributes.role_default = expansion.default_attrs
        node.attributes.role_override = expansion.override_attrs
      end

      def expansion_environment(node)
        require "chef/environment"
        Environment.load(node.chef_environment)
      end

      # CORE-1105: `default!('a', 'b', value)`; with no path the level itself.
      def replacing_writer(node, level, args)
        if args.empty?
          return node.attributes.force_default if level == :default
          return node.attributes.force_override if level == :override

          return Replacing.new(node, level)
        end

        value = args.pop
        clear_path(node, level, args)
        node.attributes.write(level, *args, value)
      end

      def clear_path(node, level, path)
        case level
        when :default, :force_default then node.rm_default(*path)
        when :normal then node.rm_normal(*path)
        else node.rm_override(*path)
        end
      end

      # force_default!['a']['b'] = v first removes a.b from the whole group.
      class Replacing
        def initialize(node, level, path = [])
          @node = node
          @level = level
          @path = path
        end

        def [](key)
          Replacing.new(@node, @level, @path + [key])
        end

        def []=(key, value)
          NodeData.replacing_writer(@node, @level, @path + [key, value])
        end
      end

      def to_hash(node)
        attrs = node.attributes
        hash = Mash.new
        hash["chef_type"] = "node"
        hash["name"] = node.name
        hash["chef_environment"] = node.chef_environment
        hash.update(attrs.to_hash)
        recipes = node.run_list.recipe_names
        hash["recipe"] = recipes unless recipes.empty?
        hash["role"] = node.run_list.role_names
        hash["run_list"] = node.run_list.map(&:to_s)
        hash
      end

      def for_json(node)
        attrs = node.attributes
        {
          "name" => node.name,
          "chef_environment" => node.chef_environment,
          "json_class" => "Chef::Node",
          "automatic" => Immutable.plain(attrs.automatic),
          "normal" => Immutable.plain(attrs.normal),
          "chef_type" => "node",
          "default" => attrs.combined_default.to_hash,
          "override" => attrs.combined_override.to_hash,
          "run_list" => node.primary_runlist.map(&:to_s),
        }
      end

      def fill(node, hash)
        attrs = node.attributes
        attrs.normal = hash["normal"] || hash["attributes"] || {}
        attrs.default = hash["default"] || hash["defaults"] || {}
        attrs.override = hash["override"] || hash["overrides"] || {}
        attrs.automatic = hash["automatic"] || {}
        node.primary_runlist = hash["run_list"] || hash["recipes"] || []
      end
    end
  end
end
