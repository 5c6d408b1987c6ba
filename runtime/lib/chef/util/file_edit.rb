# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require "chef/util/editor"

class Chef
  class Util
    # Line edits of a file, written at the end with a copy in FILE.old
    # (CORE-821).
    class FileEdit
      def initialize(filepath)
        @original_pathname = filepath
        raise ArgumentError, "File '#{filepath}' does not exist" unless File.exist?(filepath)

        @editor = Editor.new(File.readlines(filepath))
        @written = @editor.lines.dup
        @file_edited = false
      end

      # Every matching line becomes newline.
      def search_file_replace_line(regex, newline)
        @editor.replace_lines(regex, newline)
      end

      # Every match inside a line becomes replace.
      def search_file_replace(regex, replace)
        @editor.replace(regex, replace)
      end

      def search_file_delete_line(regex)
        @editor.remove_lines(regex)
      end

      def search_file_delete(regex)
        search_file_replace(regex, "")
      end

      def insert_line_after_match(regex, newline)
        @editor.append_line_after(regex, newline)
      end

      def insert_line_if_no_match(regex, newline)
        @editor.append_line_if_missing(regex, newline)
      end

      def unwritten_changes?
        @editor.lines != @written
      end

      # True once changes were written.
      def file_edited?
        @file_edited
      end

      def write_file
        if unwritten_changes?
          require "fileutils"
          FileUtils.cp(@original_pathname, "#{@original_pathname}.old", preserve: true)
          File.open(@original_pathname, "w") { |file| file.write(@editor.lines.join) }
          @written = @editor.lines.dup
          @file_edited = true
        end
        @file_edited
      end
    end
  end
end
