# SPDX-License-Identifier: MIT
# frozen_string_literal: true

class Chef
  module Mixin
    # Evaluates a Ruby file on the object.
    module FromFile
      def from_file(filename)
        self.instance_eval(FromFile.text(filename), filename, 1)
      end

      def class_from_file(filename)
        self.class_eval(FromFile.text(filename), filename, 1)
      end

      # Recipes are UTF-8 whatever the locale says.
      def self.text(filename)
        unless File.exist?(filename) && File.readable?(filename)
          why = File.exist?(filename) ? "permission denied" : "no such file"
          raise IOError, "Cannot open or read #{filename}! (#{why})"
        end

        File.read(filename, encoding: "BOM|UTF-8")
      end
    end
  end
end
