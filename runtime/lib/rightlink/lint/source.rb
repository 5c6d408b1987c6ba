# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require 'rightlink/lint/tree'

module RightLink
  module Lint
    # One file of a cookbook: its text and, of Ruby, its tree. A file that does
    # not compile has no tree and the error instead.
    class Source
      LIMIT = 4 << 20 # bytes; what is larger counts as empty
      IGNORE = /#\s*lint:\s*ignore\s+([\w,\s-]+)/.freeze
      DEEPEST = 1000 # levels of a tree that is walked
      PLACE = /\A[^\n]*?:(\d+): ?/.freeze

      attr_reader :path, :shown, :error, :error_line

      # shown is the path as the caller wrote it.
      def initialize(path, shown)
        @path = path
        @shown = shown
      end

      def text
        @text ||= File.size(path) > LIMIT ? +'' : File.read(path, encoding: 'UTF-8')
      end

      # None of a file that should be there and is not.
      def lines
        @lines ||= File.file?(path) ? text.scrub('?').lines(chomp: true) : []
      end

      # The tree of a Ruby file, or nil.
      def tree
        return @tree if defined?(@tree)

        @tree = compiles?(text) ? shallow(Tree.parse(text)) : nil
      end

      # It compiles, but has no tree for us.
      def deep?
        @deep == true
      end

      # Sets error and error_line when Ruby does not take the text.
      def compiles?(ruby)
        quiet = $VERBOSE
        $VERBOSE = nil
        RubyVM::InstructionSequence.compile(ruby, path, path, 1)
        true
      rescue SyntaxError, EncodingError, ArgumentError => e
        note(e)
        false
      ensure
        $VERBOSE = quiet
      end

      def ignores?(line, rule)
        match = IGNORE.match(lines[line - 1].to_s)
        !match.nil? && match[1].split(/[\s,]+/).include?(rule)
      end

      private

      def shallow(tree)
        @deep = Tree.depth(tree) > DEEPEST
        @deep ? nil : tree
      end

      # The first sentence of Ruby's message, without the place.
      def note(error)
        message = error.message.dup.force_encoding('UTF-8').scrub('?')
        wanted = message.lines.find { |line| line.start_with?("#{path}:") } || message
        @error_line = wanted[PLACE, 1].to_i
        @error_line = 1 if @error_line.zero?
        @error = wanted.sub("#{path}:#{@error_line}: ", '').lines.first.to_s.strip
      end
    end
  end
end
