# SPDX-License-Identifier: MIT
# frozen_string_literal: true

module RightLink
  module Lint
    # Passwords, keys and tokens in plain text. The value itself is never
    # printed.
    class CheckSecrets
      LEAST = 4 # shorter values tell nothing

      def initialize(_workspace, report)
        @report = report
      end

      def check(cookbook)
        cookbook.loaded.each { |source| literals(source) if source.tree }
        cookbook.everything.each { |source| patterns(source) }
      end

      private

      def literals(source)
        Tree.walk(source.tree) do |node|
          case node.type
          when :ATTRASGN then assignment(source, node)
          when :FCALL then property(source, node)
          when :HASH then Tree.pairs(node).each { |key, value| told(source, Tree.literal(key), value) }
          when :LASGN, :IASGN, :GASGN, :CDECL then told(source, node.children[0].to_s, node.children.last)
          end
        end
      end

      # default['db']['password'] = 'x', object.password = 'x'
      def assignment(source, node)
        call = Tree.call(node)
        if call.name == :[]=
          told(source, call.literal(-2), call.arguments[-1])
        else
          told(source, call.name.name.chomp('='), call.arguments[-1])
        end
      end

      # password 'x'
      def property(source, node)
        call = Tree.call(node)
        told(source, call.name.name, call.arguments[0]) if call.arguments.size == 1
      end

      def told(source, name, value)
        return unless name && value.is_a?(Tree::NODE) && value.type == :STR && secret?(name, value.children[0])

        @report.add(source, value.first_lineno, 'secret',
                    "'#{name}' has its value in the cookbook; take it from a credential input or a data bag")
      end

      def secret?(name, value)
        return false unless SECRET_NAME.match?(name) && !HARMLESS_NAME.match?(name)

        text = value.dup.force_encoding('UTF-8').scrub('?')
        text.size >= LEAST && !text.include?(' ') && !HARMLESS_VALUE.match?(text)
      end

      # Keys of tests open nothing.
      def patterns(source)
        return if source.path.match?(%r{/(?:test|spec|fixtures)/})
        return unless SECRET_TEXT.each_key.any? { |pattern| pattern.match?(source.text.scrub('?')) }

        source.lines.each_with_index do |line, index|
          SECRET_TEXT.each do |pattern, what|
            @report.add(source, index + 1, 'secret', "#{what} stands in the cookbook") if pattern.match?(line)
          end
        end
      rescue SystemCallError
        nil # said by the check of files
      end
    end
  end
end
