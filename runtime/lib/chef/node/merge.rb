# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require "chef/mixin/deep_merge"

class Chef
  class Node
    # The merged view of several component trees, built level by level.
    #
    # Sources of one place in the tree are groups (weak to strong) of
    # containers (weak to strong). Inside a group the rules of CORE-440 hold,
    # between groups those of CORE-441. The fold of one key gives either a
    # value or the sources of the next level (Layers), so a change deep in the
    # tree is merged again along its path alone.
    module Merge
      MISSING = Object.new.freeze

      # Containers of one group that meet at one place.
      class Layer < Array; end
      # The layers of several groups.
      class Layers < Array; end

      module_function

      def fold(groups, key)
        result = MISSING
        groups.each do |containers|
          value = fold_group(containers, key)
          next if MISSING.equal?(value)

          result = overlay(result, value)
        end
        result
      end

      def fold_group(containers, key)
        return single(containers[0].regular_fetch(key, MISSING)) if containers.size == 1

        result = MISSING
        containers.each do |container|
          value = container.regular_fetch(key, MISSING)
          next if MISSING.equal?(value)

          result = join(result, value)
        end
        result
      end

      def single(value)
        value.is_a?(Hash) ? Layer.new(1, value) : value
      end

      # One more value of the same group (CORE-440).
      def join(weak, strong)
        return single(strong) if MISSING.equal?(weak) || weak.nil? || weak == false
        return weak if strong.nil?

        Mixin::DeepMerge.check(strong)
        if weak.instance_of?(Layer)
          return strong.is_a?(Hash) ? weak.dup << strong : strong
        end
        return weak | strong if weak.is_a?(Array) && strong.is_a?(Array)

        single(strong)
      end

      # The value of a stronger group (CORE-441).
      def overlay(weak, strong)
        if MISSING.equal?(weak)
          return strong.instance_of?(Layer) ? Layers.new(1, strong) : strong
        end
        return weak if strong.nil?
        return strong unless strong.instance_of?(Layer)

        weak.instance_of?(Layers) ? weak.dup << strong : Layers.new(1, strong)
      end

      # The read-only value of a fold.
      def view(result)
        result.instance_of?(Layers) ? build(result) : Immutable.value(result)
      end

      def build(groups)
        out = ImmutableMash.new
        if groups.size == 1 && groups[0].size == 1
          groups[0][0].each_pair { |k, v| out.internal_set(k, Immutable.value(v)) }
          return out
        end
        groups.each do |containers|
          containers.each do |container|
            container.each_key do |key|
              next if out.regular_key?(key)

              out.internal_set(key, view(fold(groups, key)))
            end
          end
        end
        out
      end

      # A new view that differs from old only along the stale paths. `stale`
      # is a tree of keys; true means everything below.
      def patch(old, groups, stale)
        out = old.internal_copy
        stale.each do |key, below|
          result = fold(groups, key)
          if MISSING.equal?(result)
            out.internal_delete(key)
            next
          end
          before = out.regular_fetch(key, nil)
          if below != true && result.instance_of?(Layers) && before.is_a?(ImmutableMash)
            out.internal_set(key, patch(before, result, below))
          else
            out.internal_set(key, view(result))
          end
        end
        out
      end
    end
  end
end
