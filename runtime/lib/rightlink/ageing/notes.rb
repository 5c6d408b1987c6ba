# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require "rightlink/ageing/table"
require "rightlink/blame"

module RightLink
  module Ageing
    # What is said about a use of an old word: the line at debug level, and the
    # hint below an error when the words are switched off.
    module Notes
      LIB = "#{File.expand_path('../..', __dir__)}/"

      module_function

      # frames: Thread::Backtrace::Location, the nearest first.
      def tell(word, frames)
        row = BY_WORD.fetch(word)
        Chef::Log.debug("Ruby word out of use: #{word} (#{row.fate} by Ruby #{row.by}): " \
                        "#{row.advice}, at #{place(frames)}")
      end

      # The nearest line of a cookbook, else the nearest that is not ours.
      def place(frames)
        roots = Blame.cookbook_roots
        frame = frames.find { |f| roots.any? { |root| f.path.start_with?(root) } } ||
                frames.find { |f| !own?(f.path) }
        frame ? "#{frame.path}:#{frame.lineno}" : "an unknown place"
      end

      def own?(path)
        path.start_with?(LIB, File.realpath(LIB), "<internal:")
      end

      # For an error that an old word made, while they are switched off.
      def hint(exception)
        row = TABLE.find { |word| made?(word, exception) }
        return nil unless row

        "#{row.word} is of an older Ruby (#{row.fate} by #{row.by}): #{row.advice}; " \
          "or let `ruby_ageing true` stand in solo.rb, which brings it back."
      end

      def made?(row, exception)
        return true if row.error && exception.is_a?(Object.const_get(row.error[0])) &&
                       exception.message.match?(row.error[1]) && from?(row, exception)
        return false unless exception.is_a?(NameError) && exception.name.to_s == row.name

        (row.kind == :constant) != exception.is_a?(NoMethodError) && receives?(row, exception)
      rescue NameError, ArgumentError # no such library in this run, no receiver
        false
      end

      # An ArgumentError fits several words: the refusing method tells.
      def from?(row, exception)
        return true unless exception.instance_of?(ArgumentError)

        frame = exception.backtrace_locations&.first
        !frame.nil? && frame.path.end_with?(row.word.start_with?("ERB") ? "/erb.rb" : "/psych.rb") &&
          [row.word[/\.(\w+)/, 1], "initialize"].include?(frame.base_label)
      end

      def receives?(row, exception)
        return true if row.owner.nil?

        case row.kind
        when :constant, :call then exception.receiver == Object.const_get(row.owner)
        else exception.receiver.is_a?(Object.const_get(row.owner))
        end
      end
    end
  end
end
