# SPDX-License-Identifier: MIT
# frozen_string_literal: true

class Chef
  module Mixin
    # my-app_multi <-> MyAppMulti (CORE-503).
    module ConvertToClassName
      extend self

      def convert_to_class_name(str)
        str = normalize_snake_case_name(str)
        str.split("_").map { |part| part.capitalize }.join
      end

      def convert_to_snake_case(str, namespace = nil)
        str = str.dup
        str.sub!(/^#{namespace}(::)?/, "") if namespace
        str.gsub!(/[A-Z]/) { |c| "_#{c}" }
        str.downcase!
        str.sub!(/^_/, "")
        str
      end

      def normalize_snake_case_name(str)
        str.to_s.gsub(/[^A-Za-z0-9_]/, "_").sub(/^_+/, "")
      end

      def snake_case_basename(str)
        convert_to_snake_case(str.split("::").last)
      end

      # Name of a resource or provider file: cookbook, then _file unless the
      # file is default.
      def filename_to_qualified_string(base, filename)
        file = File.basename(filename, ".rb")
        file == "default" ? base.to_s : "#{base}_#{file}"
      end

      # Copied to a Class, kept as a hook for code that calls it.
      def convert_from_file_class_name(base, filename)
        convert_to_class_name(filename_to_qualified_string(base, filename))
      end
    end
  end
end
