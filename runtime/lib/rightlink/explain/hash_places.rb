# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require 'rightlink/lint/tree'

module RightLink
  module Explain
    # In which line of a JSON or Ruby file a key stands. JSON is read as the
    # Ruby that it is; nothing is executed.
    module HashPlaces
      Tree = RightLink::Lint::Tree

      module_function

      # The line of the path in the file, or of the value that holds it and is
      # no literal hash; nil when it is not there. word: the key whose value is
      # the hash, in a Ruby file the method.
      def line(file, path, word = nil)
        text = File.read(file, encoding: 'UTF-8')
        hash = file.end_with?('.rb') ? of_word(text, word) : of_json(text)
        path = [word, *path] if word && !file.end_with?('.rb')
        hash && descend(hash, path)
      rescue SystemCallError, SyntaxError, ArgumentError, EncodingError
        nil
      end

      def descend(hash, path)
        line = nil
        path.each do |key|
          return line unless hash.type == :HASH

          pair = Tree.pairs(hash).reverse.find { |name, _| Tree.literal(name) == key }
          return nil unless pair

          line = pair[0].first_lineno
          hash = pair[1]
        end
        line
      end

      def of_json(text)
        quietly { Tree.parse("x = #{text.strip.empty? ? '{}' : text}") }.children[2].children[1]
      end

      def of_word(text, word)
        quietly { Tree.calls(Tree.parse(text)) }.find { |call| call.own? && call.name.name == word }
                                                &.arguments&.first
      end

      def quietly
        saved = $VERBOSE
        $VERBOSE = nil
        yield
      ensure
        $VERBOSE = saved
      end
    end
  end
end
