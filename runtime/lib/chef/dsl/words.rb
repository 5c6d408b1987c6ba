# SPDX-License-Identifier: MIT
#
# The words that declare resources, as real methods: a recipe of ten thousand
# resources must not go through method_missing ten thousand times. Recipes and
# providers include this module. Words that Ruby itself knows (test, system) are
# left to Ruby, as they always were.

class Chef
  module DSL
    module Words
      TAKEN = (::Object.instance_methods + ::Kernel.private_instance_methods)
              .to_h { |name| [name, true] }.freeze

      def self.define(word)
        word = word.to_sym
        return if TAKEN[word] || method_defined?(word, false)

        define_method(word) do |*args, &block|
          location = caller_locations(1, 1)[0]
          # A definition of that name comes first (CORE-562).
          if run_context.definitions.key?(word)
            return evaluate_definition(word, *args, &block)
          end

          declare_word(word, args, location, &block)
        end
      end

      # All words there are, also of classes that nobody declared yet: for
      # error messages.
      def self.known
        classes = Chef::Resource.resource_classes.select do |klass|
          klass.name.to_s.start_with?('Chef::Resource::')
        end
        later = Chef::Config[:strict_chef11] ? [] : Chef::Resource::LATER.values
        instance_methods(false) | classes.map(&:dsl_name) | later.map(&:to_sym)
      end
    end
  end
end
