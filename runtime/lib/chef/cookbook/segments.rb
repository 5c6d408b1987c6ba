# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require "chef/cookbook/specificity"

class Chef
  class Cookbook
    # The files of a cookbook, by segment (CORE-305). A segment is looked up on
    # disk when it is first asked for; several roots are merged file by file,
    # the later root wins (CORE-304).
    class Segments
      # segment => directory, recursive, only *.rb
      LAYOUT = {
        attributes: ["attributes", false, true],
        definitions: ["definitions", false, true],
        recipes: ["recipes", false, true],
        recipe_data: ["recipes", false, false],
        libraries: ["libraries", true, true],
        resources: ["resources", true, true],
        providers: ["providers", true, true],
        templates: ["templates", true, false],
        files: ["files", true, false],
        root_files: ["", false, false]
      }.freeze

      def initialize(roots = [], ignore = nil)
        @roots = []
        @tables = {}
        roots.each { |root| add_root(root, ignore) }
      end

      def add_root(root, ignore)
        @roots << [root, ignore && !ignore.empty? ? ignore : nil]
        @tables.clear
      end

      # Full paths in ascending order (CORE-322).
      def paths(segment)
        table(segment).values.sort
      end

      def path(segment, relative)
        table(segment)[relative]
      end

      # [path below the directory, full path] of every file below it.
      def below(segment, directory)
        prefix = directory.end_with?("/") ? directory : "#{directory}/"
        table(segment).filter_map do |relative, full|
          [relative.delete_prefix(prefix), full] if relative.start_with?(prefix)
        end
      end

      def relative(segment, full)
        table(segment).key(full)
      end

      def empty?
        LAYOUT.each_key.all? { |segment| table(segment).empty? }
      end

      private

      # relative path => full path
      def table(segment)
        @tables[segment] ||= @roots.each_with_object({}) do |(root, ignore), out|
          directory, deep, ruby = LAYOUT.fetch(segment)
          scan(root, directory, deep) do |relative|
            next if ruby && !relative.end_with?(".rb")
            next if ignore&.ignored?(relative)

            out[relative] = "#{root}/#{relative}"
          end
        end
      end

      def scan(root, directory, deep, &block)
        Dir.each_child(directory.empty? ? root : "#{root}/#{directory}") do |name|
          relative = directory.empty? ? name : "#{directory}/#{name}"
          if File.directory?("#{root}/#{relative}")
            scan(root, relative, deep, &block) if deep
          else
            yield relative
          end
        end
      rescue Errno::ENOENT, Errno::ENOTDIR
        nil
      end
    end
  end
end
