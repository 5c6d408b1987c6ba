# SPDX-License-Identifier: MIT
# frozen_string_literal: true

module RightLink
  module Lint
    # Reading of syntax trees. A call is what a cookbook writes: a word with or
    # without receiver, its arguments, its block.
    module Tree
      NODE = RubyVM::AbstractSyntaxTree::Node
      CALLS = %i[FCALL VCALL CALL QCALL OPCALL ATTRASGN].freeze
      OWN_CALLS = %i[FCALL VCALL].freeze
      CONSTANTS = %i[CONST COLON2 COLON3].freeze

      # arguments: nodes; open when a splat or a passed block hides some.
      Call = Struct.new(:node, :receiver, :name, :arguments, :open, :block) do
        def line
          node.first_lineno
        end

        def own?
          receiver.nil?
        end

        # The text or the symbol's text of an argument, when it is a literal.
        def literal(index)
          Tree.literal(arguments[index])
        end
      end

      module_function

      def parse(text)
        RubyVM::AbstractSyntaxTree.parse(text)
      end

      # Levels of nodes, without recursion.
      def depth(root)
        deepest = 0
        waiting = [[root, 1]]
        until waiting.empty?
          node, level = waiting.pop
          deepest = level if level > deepest
          each_child(node) { |child| waiting << [child, level + 1] }
        end
        deepest
      end

      def each_child(node, &block)
        node.children.each { |child| block.call(child) if child.is_a?(NODE) }
      end

      # Every node, from the top; a block that returns :skip leaves out what is
      # below.
      def walk(node, &block)
        return unless node.is_a?(NODE)
        return if block.call(node) == :skip

        each_child(node) { |child| walk(child, &block) }
      end

      # Every call of a tree; a call with a block comes once.
      def calls(root)
        return enum_for(:calls, root) unless block_given?

        walk(root) do |node|
          if node.type == :ITER
            yield call(node)
            each_child(node.children[0]) { |child| calls(child) { |c| yield c } }
            calls(node.children[1]) { |c| yield c }
            next :skip
          end
          yield call(node) if CALLS.include?(node.type)
        end
      end

      # The call that a node is, or nil.
      def call(node)
        return nil unless node.is_a?(NODE)

        if node.type == :ITER
          inner = call(node.children[0])
          inner.block = node.children[1] if inner
          return inner
        end
        return nil unless CALLS.include?(node.type)

        receiver, name, rest =
          OWN_CALLS.include?(node.type) ? [nil, *node.children] : node.children
        list, open = arguments(rest)
        Call.new(node, receiver, name, list, open, nil)
      end

      def arguments(node)
        return [[], false] unless node.is_a?(NODE)
        return [node.children.compact, false] if node.type == :LIST
        return [arguments(node.children[0])[0], true] if node.type == :BLOCK_PASS

        [[], true]
      end

      # The text of a literal string or symbol, or nil.
      def literal(node)
        return nil unless node.is_a?(NODE)
        return node.children[0] if node.type == :STR

        value = node.children[0] if node.type == :LIT
        case value
        when Symbol then value.name
        when String then value
        end
      end

      def string?(node)
        node.is_a?(NODE) && %i[STR DSTR].include?(node.type)
      end

      # "Chef::ShellOut" of a constant's node, or nil.
      def constant(node)
        return nil unless node.is_a?(NODE)

        case node.type
        when :CONST, :COLON3 then node.children[0].name
        when :COLON2
          scope, name = node.children
          return name.name if scope.nil?

          outer = constant(scope)
          outer && "#{outer}::#{name}"
        end
      end

      # The texts of a literal list: %w(a b), ['a', :b].
      def texts(node)
        return [] unless node.is_a?(NODE) && node.type == :LIST

        node.children.filter_map { |child| literal(child) }
      end

      # Pairs of nodes of a literal hash.
      def pairs(node)
        return [] unless node.is_a?(NODE) && node.type == :HASH && node.children[0]

        node.children[0].children.compact.each_slice(2).select { |pair| pair.size == 2 }
      end
    end
  end
end
