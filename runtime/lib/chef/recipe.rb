# SPDX-License-Identifier: MIT
#
# The object whose block a recipe file is (CORE-333, CORE-506).

require 'chef/dsl/recipe'
require 'chef/mixin/from_file'
require 'chef/mixin/deprecation'

class Chef
  class Recipe
    include Chef::Mixin::FromFile
    include Chef::Mixin::Deprecation
    include Chef::DSL::Recipe
    include Chef::DSL::IncludeRecipe

    attr_accessor :cookbook_name, :recipe_name, :recipe, :params, :run_context

    # "a::b" -> [:a, "b"], "a" -> [:a, "default"], "::b" with the current
    # cookbook (CORE-1121).
    def self.parse_recipe_name(name, current_cookbook: nil)
      cookbook, recipe = name.to_s.split('::', 2)
      cookbook = current_cookbook.to_s if cookbook.to_s.empty?
      recipe = 'default' if recipe.nil? || recipe.empty?
      [cookbook.to_sym, recipe]
    end

    def initialize(cookbook_name, recipe_name, run_context)
      @cookbook_name = cookbook_name
      @recipe_name = recipe_name
      @run_context = run_context
      @params = {}
      # Recipes of the first years read @node.
      @node = deprecated_ivar(run_context && run_context.node, :node)
    end

    def node
      run_context.node
    end

    def from_file(filename)
      return super unless filename.match?(/\.(?:ya?ml|json)\z/)

      require 'chef/recipe_data'
      Chef::RecipeData.read(self, filename)
    end

    def tag(*tags)
      if tags.empty?
        node.tags
      else
        node.tag(*tags)
      end
    end

    def tagged?(*tags)
      return false if tags.empty?

      tags.all? { |name| node.tags.include?(name) }
    end

    def untag(*tags)
      tags.each { |name| node.tags.delete(name) }
    end

    def describe_self_for_error
      "#{self.class} \"#{recipe_name}\""
    end

    def to_s
      "cookbook: #{cookbook_name || '(none)'}, " \
        "recipe: #{recipe_name || '(none)'}"
    end
    alias inspect to_s
  end
end
