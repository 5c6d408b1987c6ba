# SPDX-License-Identifier: MIT
# frozen_string_literal: true

module RightLink
  module Lint
    # One thing that lint has to say: `file:line: level: rule: message`.
    Finding = Struct.new(:file, :line, :level, :rule, :message) do
      def to_s
        "#{file}:#{line}: #{level}: #{rule}: #{message}"
      end

      def order
        [file, line, rule, message]
      end
    end

    # Findings in the order of files and lines. A rule has the level of the
    # table unless a check says less.
    class Report
      def initialize
        @findings = []
      end

      # source is what the finding is in; it may silence the rule on that line
      # with a comment `lint: ignore RULE`.
      def add(source, line, rule, message, level = nil)
        return if source.ignores?(line, rule)

        @findings << Finding.new(source.shown, line, level || LEVELS.fetch(rule), rule, message)
      end

      def findings
        @findings.uniq.sort_by(&:order)
      end

      def count(level)
        findings.count { |finding| finding.level == level }
      end

      def errors?
        @findings.any? { |finding| finding.level == 'error' }
      end

      def summary
        %w[error warning info].to_h { |level| [level, count(level)] }
      end
    end
  end
end
