# SPDX-License-Identifier: MIT
# frozen_string_literal: true

class Chef
  class Util
    # Line edits of a file, written at the end with a copy in FILE.old
    # (CORE-821). Patterns are matched line by line, line end included.
    class FileEdit
      def initialize(filepath)
        @original_pathname = filepath
        raise ArgumentError, "File '#{filepath}' does not exist" unless File.exist?(filepath)

        @lines = File.readlines(filepath)
        @before = @lines.dup
        @file_edited = false
      end

      # Every matching line becomes newline.
      def search_file_replace_line(regex, newline)
        each_match(regex) { ended(newline) }
      end

      # Every match inside a line becomes replace.
      def search_file_replace(regex, replace)
        pattern = regexp(regex)
        @lines.map! { |line| line.match?(pattern) ? line.gsub(pattern, replace) : line }
      end

      def search_file_delete_line(regex)
        pattern = regexp(regex)
        @lines.reject! { |line| line.match?(pattern) }
      end

      def search_file_delete(regex)
        search_file_replace(regex, "")
      end

      def insert_line_after_match(regex, newline)
        pattern = regexp(regex)
        @lines = @lines.flat_map do |line|
          line.match?(pattern) ? [ended(line), ended(newline)] : [line]
        end
      end

      def insert_line_if_no_match(regex, newline)
        pattern = regexp(regex)
        return if @lines.any? { |line| line.match?(pattern) }

        @lines[-1] = ended(@lines[-1]) unless @lines.empty?
        @lines << ended(newline)
      end

      def unwritten_changes?
        @lines != @before
      end

      # True once changes were written.
      def file_edited?
        @file_edited
      end

      def write_file
        if unwritten_changes?
          require "fileutils"
          FileUtils.cp(@original_pathname, "#{@original_pathname}.old", preserve: true)
          File.open(@original_pathname, "w") { |file| file.write(@lines.join) }
          @before = @lines.dup
          @file_edited = true
        end
        @file_edited
      end

      private

      def regexp(pattern)
        pattern.is_a?(Regexp) ? pattern : Regexp.new(pattern.to_s)
      end

      def ended(line)
        line.end_with?("\n") ? line : "#{line}\n"
      end

      def each_match(regex)
        pattern = regexp(regex)
        @lines.map! { |line| line.match?(pattern) ? yield(line) : line }
      end
    end
  end
end
