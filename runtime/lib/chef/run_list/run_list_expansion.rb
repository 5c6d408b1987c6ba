# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require "chef/log"
require "chef/exceptions"
require "chef/mixin/deep_merge"
require "chef/run_list/versioned_recipe_list"

class Chef
  class RunList
    # Roles opened, depth first, each once (CORE-210). The attributes of a
    # role are merged after those of the roles inside it, so the outer wins.
    class RunListExpansion
      attr_reader :recipes, :default_attrs, :override_attrs, :environment,
                  :missing_roles_with_including_role, :applied_roles,
                  :run_list_items
      attr_accessor :all_missing_roles

      def initialize(environment, run_list_items, source = nil)
        @environment = environment
        @run_list_items = run_list_items.dup
        @source = source
        @recipes = VersionedRecipeList.new
        @default_attrs = Mash.new
        @override_attrs = Mash.new
        @missing_roles_with_including_role = []
        @applied_roles = {}
      end

      def expand
        expand_run_list_items(@run_list_items)
      end

      def roles
        @applied_roles.keys
      end

      def applied_role?(role_name)
        @applied_roles.key?(role_name)
      end

      def missing_roles
        @missing_roles_with_including_role.map(&:first)
      end
      alias_method :errors, :missing_roles

      def errors?
        !missing_roles.empty?
      end
      alias_method :invalid?, :errors?

      def to_hash
        { run_list: @run_list_items.map(&:to_s), recipes: @recipes.to_a, roles: roles }
      end

      def inflate_role(role_name, included_by)
        return false if applied_role?(role_name)

        @applied_roles[role_name] = true
        fetch_role(role_name, included_by)
      end

      def apply_role_attributes(role)
        @default_attrs = Mixin::DeepMerge.role_merge(@default_attrs, role.default_attributes)
        @override_attrs = Mixin::DeepMerge.role_merge(@override_attrs, role.override_attributes)
      end

      def role_not_found(name, included_by)
        Log.error("Role #{name} (included by '#{included_by}') is in the " \
                  "runlist but does not exist. Skipping expansion.")
        @missing_roles_with_including_role << [name, included_by]
        @applied_roles.delete(name)
        nil
      end

      private

      def expand_run_list_items(items, included_by = "top level")
        items.each do |entry|
          if entry.recipe?
            @recipes.add_recipe(entry.name, entry.version)
          elsif (role = inflate_role(entry.name, included_by))
            expand_run_list_items(role.run_list_for(@environment), role.to_s)
            apply_role_attributes(role)
          end
        end
      end

      def fetch_role(_name, _included_by)
        raise NotImplementedError, "#{self.class} does not know where roles are"
      end
    end

    class RunListExpansionFromDisk < RunListExpansion
      private

      def fetch_role(name, included_by)
        require "chef/role"
        Role.from_disk(name)
      rescue Exceptions::RoleNotFound
        role_not_found(name, included_by)
      end
    end
  end
end
