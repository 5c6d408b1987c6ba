# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require "chef/log"

class Chef
  module DSL
    # include_attribute "cb" or "cb::file": each file once (CORE-330).
    module IncludeAttribute
      def include_attribute(*names)
        names.flatten.each do |name|
          cookbook, file = parse_attribute_file_spec(name)
          if run_context.loaded_fully_qualified_attribute?(cookbook, file)
            Log.debug("I am not loading attribute file #{cookbook}::#{file}, because I have already seen it.")
          else
            Log.debug("Loading Attribute #{cookbook}::#{file}")
            run_context.loaded_attribute(cookbook, file)
            from_file(run_context.resolve_attribute(cookbook, file))
          end
        end
        true
      end

      def parse_attribute_file_spec(file_spec)
        cookbook, file = file_spec.to_s.split("::", 2)
        [cookbook, file || "default"]
      end
    end
  end
end
