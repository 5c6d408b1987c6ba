# SPDX-License-Identifier: MIT
# frozen_string_literal: true

class Chef
  class Cookbook
    # The checks of `attribute NAME, options` in metadata (CORE-314).
    module MetadataAttribute
      RULES = {
        display_name: { kind_of: String },
        description: { kind_of: String },
        choice: { kind_of: Array },
        calculated: { equal_to: [true, false] },
        type: { equal_to: %w[string array hash symbol boolean numeric] },
        required: { equal_to: ["required", "recommended", "optional", true, false] },
        recipes: { kind_of: Array },
        default: { kind_of: [String, Array, Hash, Symbol, Numeric, TrueClass, FalseClass] },
        source_url: { kind_of: String },
        issues_url: { kind_of: String },
        privacy: { equal_to: [true, false] }
      }.freeze
      DEFAULTS = { choice: [], calculated: false, type: "string",
                   required: "optional", recipes: [] }.freeze

      module_function

      def check(metadata, options)
        metadata.validate(options, RULES)
        options[:required] = "required" if options[:required] == true
        options[:required] = "optional" if options[:required] == false
        options = DEFAULTS.merge(options)
        if options[:calculated] && options.key?(:default)
          raise ArgumentError, "Default cannot be specified if calculated is true!"
        end

        check_choices(options)
        options
      end

      def check_choices(options)
        return if options[:choice].empty? || !options.key?(:default)

        wrong = Array(options[:default]).reject { |v| options[:choice].include?(v) }
        return if wrong.empty?

        raise ArgumentError, "Default must be one of your choice values!"
      end
    end
  end
end
