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

      def self.known
        instance_methods(false)
      end
    end
  end
end
