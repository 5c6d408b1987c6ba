# SPDX-License-Identifier: MIT
# frozen_string_literal: true

module RightLink
  module Lint
    # Do Ruby files and templates compile, as the runtime compiles them?
    class CheckFiles
      def initialize(_workspace, report)
        @report = report
      end

      def check(cookbook)
        cookbook.loaded.each { |source| ruby(source, nil) }
        # Payload may be for another Ruby.
        cookbook.other_ruby.each { |source| ruby(source, 'warning') }
        cookbook.templates.each { |source| template(source) }
      end

      private

      def ruby(source, level)
        source.tree
        @report.add(source, source.error_line, 'syntax', source.error, level) if source.error
        return unless source.deep?

        @report.add(source, 1, 'unreadable', "nested deeper than #{Source::DEEPEST} levels; not looked into", 'warning')
      rescue SystemCallError => e
        @report.add(source, 1, 'unreadable', e.message)
      end

      def template(source)
        text = source.text
        text = text.dup.force_encoding('BINARY') unless text.valid_encoding?
        require 'erubis'
        # As a method: `return` and `yield` are allowed.
        return if source.compiles?("def render; #{Erubis::Eruby.new(text).src}\nend")

        line = source.error_line.clamp(1, [source.lines.size, 1].max)
        @report.add(source, line, 'template-syntax', source.error)
      rescue SystemCallError => e
        @report.add(source, 1, 'unreadable', e.message)
      end
    end
  end
end
