# SPDX-License-Identifier: MIT
# frozen_string_literal: true

class Chef
  class Util
    # Line edits of a text in memory. Patterns (a Regexp or its text) are
    # matched line by line, line end included. Each edit returns how many lines
    # it touched.
    class Editor
      attr_reader :lines

      def initialize(lines)
        @lines = lines.to_a.clone
      end

      def append_line_after(search, line_to_append)
        insert_after(pattern(search)) { ended(line_to_append) }
      end

      def append_line_if_missing(search, line_to_append)
        regex = pattern(search)
        return 0 if @lines.any? { |line| line.match?(regex) }

        @lines[-1] = ended(@lines[-1]) unless @lines.empty?
        @lines << ended(line_to_append)
        1
      end

      def remove_lines(search)
        regex = pattern(search)
        before = @lines.size
        @lines.reject! { |line| line.match?(regex) }
        before - @lines.size
      end

      # Every match inside a line.
      def replace(search, replacement)
        regex = pattern(search)
        change(regex) { |line| line.gsub(regex, replacement) }
      end

      # Whole lines.
      def replace_lines(search, replacement)
        change(pattern(search)) { ended(replacement) }
      end

      private

      def pattern(search)
        search.is_a?(Regexp) ? search : Regexp.new(search.to_s)
      end

      def ended(line)
        line.end_with?("\n") ? line : "#{line}\n"
      end

      def change(regex)
        count = 0
        @lines.map! do |line|
          next line unless line.match?(regex)

          count += 1
          yield(line)
        end
        count
      end

      def insert_after(regex)
        count = 0
        @lines = @lines.flat_map do |line|
          next [line] unless line.match?(regex)

          count += 1
          [ended(line), yield]
        end
        count
      end
    end
  end
end
