# SPDX-License-Identifier: MIT
# frozen_string_literal: true

class Chef
  class Cookbook
    # Files that a cookbook path hides: globs of its chefignore, or of the one
    # above it, matched on the path inside the cookbook (CORE-306).
    class Chefignore
      attr_reader :ignores

      def initialize(directory)
        @ignores = patterns(find(directory))
      end

      def ignored?(relative_path)
        @ignores.any? { |glob| File.fnmatch(glob, relative_path) }
      end

      def remove_ignores_from(list)
        list.reject { |path| ignored?(path) }
      end

      def empty?
        @ignores.empty?
      end

      private

      def find(directory)
        return directory if File.file?(directory)

        [directory, File.dirname(directory)].map { |d| File.join(d, "chefignore") }
                                            .find { |path| File.readable?(path) }
      end

      def patterns(path)
        return [] unless path

        File.readlines(path, chomp: true).map(&:strip).reject { |l| l.empty? || l.start_with?("#") }
      end
    end
  end
end
