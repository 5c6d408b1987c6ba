# SPDX-License-Identifier: MIT
# frozen_string_literal: true

class Chef
  class Node
    # With the setting legacy_attribute_writes a write to the merged view goes
    # to the normal level, as cookbooks of Chef 0.10 expect (CORE-437). Each
    # collection of the view then knows its place.
    module LegacyWrites
      module_function

      def stamp(view, root, path)
        return if view.instance_variable_defined?(:@place)

        view.instance_variable_set(:@place, [root, path])
        pairs = view.is_a?(Hash) ? view.each_pair : view.each_with_index.map { |v, i| [i, v] }
        pairs.each do |key, value|
          stamp(value, root, path + [key]) if value.is_a?(ImmutableMash) || value.is_a?(ImmutableArray)
        end
      end

      # The same change, made to the normal level; an array is copied there
      # first. Raises when the place is not known.
      def apply(view, method, args, &block)
        root, path = view.instance_variable_get(:@place)
        raise Exceptions::ImmutableAttributeModification unless root

        target = view.is_a?(Array) ? copied_array(root, path, view) : writer(root, path)
        target.public_send(method, *args, &block)
      end

      def writer(root, path)
        path.inject(root.normal) do |memo, key|
          raise Exceptions::ImmutableAttributeModification if memo.is_a?(Array) && !memo[key].is_a?(Hash)

          memo[key]
        end
      end

      def copied_array(root, path, view)
        outer = writer(root, path[0...-1])
        key = path.last
        held = outer.is_a?(Hash) && outer.key?(key) && outer[key].is_a?(Array)
        outer[key] = view.to_a unless held
        outer[key]
      end
    end
  end
end
