# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require "chef/exceptions"

class Chef
  class RunList
    # Recipes in order, each once; two versions of one conflict (CORE-214).
    class VersionedRecipeList < Array
      def initialize
        super
        @versions = {}
      end

      def add_recipe(name, version = nil)
        known = @versions[name]
        if version && known && known != version
          raise Exceptions::CookbookVersionConflict,
                "Run list requires #{name} at versions #{known} and #{version}"
        end
        @versions[name] = version if version
        self << name unless include?(name)
      end

      def with_versions
        map { |name| { name: name, version: @versions[name] } }
      end

      def with_fully_qualified_names_and_version_constraints
        map do |name|
          qualified = name.include?("::") ? name : "#{name}::default"
          @versions[name] ? "#{qualified}@#{@versions[name]}" : qualified
        end
      end
    end
  end
end
