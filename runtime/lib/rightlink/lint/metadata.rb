# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require 'json'

module RightLink
  module Lint
    # What metadata.rb or metadata.json says, read without running it: words
    # with literal arguments, also in a loop over a literal list.
    class Metadata
      Statement = Struct.new(:word, :values, :line, :literal)
      RELATIONS = %w[depends recommends suggests conflicts replaces provides supports].freeze
      JSON_RELATIONS = { 'dependencies' => 'depends', 'platforms' => 'supports',
                         'recommendations' => 'recommends', 'suggestions' => 'suggests',
                         'conflicting' => 'conflicts', 'replacing' => 'replaces' }.freeze

      attr_reader :source

      def initialize(cookbook)
        @source = %w[metadata.rb metadata.json].filter_map do |file|
          path = "#{cookbook.directory}/#{file}"
          Source.new(path, cookbook.shown == '.' ? file : "#{cookbook.shown.chomp('/')}/#{file}") if File.file?(path)
        end.first
      end

      def ruby?
        !source.nil? && source.path.end_with?('.rb')
      end

      def statements
        @statements ||= source.nil? ? [] : read
      end

      def name
        value_of('name')
      end

      def version
        value_of('version')
      end

      # [name, constraint or nil, line] of every dependency.
      def dependencies
        statements.select { |s| s.word == 'depends' && s.values[0] }
                  .map { |s| [s.values[0], s.values[1], s.line] }
      end

      # Is there a dependency whose name only a run would tell?
      def open?
        statements.any? { |s| s.word == 'depends' && s.values[0].nil? }
      end

      def said?(word)
        statements.any? { |s| s.word == word }
      end

      # The error of a metadata.json that is none.
      attr_reader :error

      private

      def value_of(word)
        found = statements.reverse.find { |s| s.word == word }
        found && found.values[0]
      end

      def read
        return read_json unless ruby?

        found = []
        read_tree(source.tree, {}, found) if source.tree
        found
      end

      # names: values of block variables.
      def read_tree(node, names, found)
        return unless node.is_a?(Tree::NODE)
        return if read_loop(node, names, found)

        call = Tree.call(node)
        if call&.own? && node.type != :VCALL
          values = call.arguments.map { |a| value(a, names) }
          literal = !call.open && values.none?(&:nil?)
          found << Statement.new(call.name.name, values, call.line, literal)
          return
        end
        Tree.each_child(node) { |child| read_tree(child, names, found) }
      end

      # %w(a b).each { |x| depends x }
      def read_loop(node, names, found)
        return false unless node.type == :ITER

        call = Tree.call(node)
        words = Tree.texts(call.receiver)
        scope = call.block
        return false unless call.name == :each && words.any? && scope

        variable = scope.children[0].first
        words.each { |word| read_tree(scope.children[2], names.merge(variable => word), found) }
        true
      end

      def value(node, names)
        return names[node.children[0]] if %i[DVAR LVAR].include?(node.type)
        return node.children[0].to_s if node.type == :LIT && node.children[0].is_a?(Numeric)

        Tree.literal(node)
      end

      def read_json
        data = JSON.parse(source.text)
        raise JSON::ParserError, 'not an object' unless data.is_a?(Hash)

        plain = %w[name version].filter_map do |word|
          Statement.new(word, [data[word]], 1, true) if data[word].is_a?(String)
        end
        plain + JSON_RELATIONS.flat_map { |key, word| json_relations(word, data[key]) }
      rescue JSON::ParserError => e
        @error = e.message.lines.first.to_s.strip
        []
      end

      def json_relations(word, list)
        return [] unless list.is_a?(Hash)

        list.map { |name, text| Statement.new(word, [name, *text], 1, true) }
      end
    end
  end
end
