# SPDX-License-Identifier: MIT
# frozen_string_literal: true

module RightLink
  module Lint
    # Conditions that ask what this Chef knows: below them any word may stand.
    module Guards
      CALLS = %w[respond_to? have_resource_class_for? method_defined? const_defined?].freeze
      CONSTANTS = /\AChef::(?:VERSION|Resource|Provider|DSL|Config)\b/.freeze

      module_function

      def guard?(condition)
        found = false
        Tree.walk(condition) do |node|
          call = Tree.call(node)
          found ||= node.type == :DEFINED || (!call.nil? && CALLS.include?(call.name.name)) ||
                    CONSTANTS.match?(Tree.constant(node).to_s)
        end
        found
      end

      # The lines that such conditions enclose.
      def ranges(tree)
        found = []
        Tree.walk(tree) do |node|
          next unless %i[IF UNLESS].include?(node.type) && guard?(node.children[0])

          found << (node.first_lineno..node.last_lineno)
        end
        found
      end
    end
  end
end
