# SPDX-License-Identifier: MIT

class Chef
  # A recipe that is data instead of Ruby: a list of resources in YAML or JSON
  # (CORE-1122). 16 and later.
  module RecipeData
    FILE = /\.(?:ya?ml|json)\z/.freeze
    KEYS = %w[resources include_recipes].freeze

    module_function

    def read(recipe, path)
      data = parse(path)
      wrong(path, "it has no list `resources'") unless data.is_a?(Hash) && data['resources'].is_a?(Array)
      unknown = data.keys - KEYS
      wrong(path, "it has #{unknown.first.inspect}#{RightLink::Suggest.phrase(unknown.first, KEYS)}") unless unknown.empty?
      recipe.include_recipe(*Array(data['include_recipes']))
      data['resources'].each_with_index { |one, number| declare(recipe, path, one, number + 1) }
      recipe
    end

    def parse(path)
      text = Chef::Mixin::FromFile.text(path)
      path.end_with?('.json') ? Chef::JSONCompat.parse(text) : ::YAML.safe_load(text, permitted_classes: [Symbol], aliases: true)
    rescue ::Psych::SyntaxError, Chef::Exceptions::JSON::ParseError => e
      wrong(path, e.message)
    end

    def declare(recipe, path, one, number)
      unless one.is_a?(Hash) && one['type'] && one['name']
        wrong(path, "resource #{number} needs a type and a name")
      end
      recipe.declare_resource(one['type'].to_sym, one['name'], "#{path}:#{number}") do
        one.except('type', 'name').each { |property, value| public_send(property, RecipeData.plain(property, value)) }
      end
    end

    # Actions are words.
    def plain(property, value)
      return value unless property == 'action'

      value.is_a?(Array) ? value.map(&:to_sym) : value.to_sym
    end

    def wrong(path, why)
      raise ArgumentError, "the recipe #{path} cannot be used: #{why}"
    end
  end
end
