# SPDX-License-Identifier: MIT
# frozen_string_literal: true

class Chef
  class Node
    # Access by a list of keys (CORE-1104): nil when something is missing;
    # the forms with ! raise. Integers index arrays.
    module Path
      module_function

      def read(container, *path)
        read!(container, *path)
      rescue Exceptions::NoSuchAttribute, Exceptions::AttributeTypeMismatch
        nil
      end

      def read!(container, *path)
        path.inject(container) do |memo, key|
          raise Exceptions::NoSuchAttribute, path.join(".") unless holds?(memo, key)

          memo.is_a?(Array) ? Array.instance_method(:[]).bind_call(memo, key) : memo.fetch(key)
        end
      end

      def exist?(container, *path)
        read!(container, *path)
        true
      rescue Exceptions::NoSuchAttribute, Exceptions::AttributeTypeMismatch
        false
      end

      def holds?(container, key)
        case container
        when Attribute then container.attribute?(key)
        when Hash then container.key?(key)
        when Array
          unless key.is_a?(Integer)
            raise Exceptions::AttributeTypeMismatch, "an array has no key #{key.inspect}"
          end

          key < container.length && key >= -container.length
        else false
        end
      end

      # Makes what is missing or is not a Hash on the way.
      def write(container, *path, value)
        last = path.pop
        place = path.inject(container) do |memo, key|
          unless memo.is_a?(Array) || (memo.key?(key) && nested?(memo.fetch(key)))
            memo[key] = {}
          end
          memo[key]
        end
        place[last] = value
      end

      def write!(container, *path, value)
        path[0...-1].inject(container) do |memo, key|
          break memo unless holds?(memo, key)

          inner = memo[key]
          unless nested?(inner)
            raise Exceptions::AttributeTypeMismatch,
                  "#{path.join('.')}: #{key.inspect} holds #{inner.class}, not a Hash or an Array"
          end
          inner
        end
        write(container, *path, value)
      end

      def unlink(container, *path)
        last = path.pop
        place = path.empty? ? container : read(container, *path)
        return nil unless nested?(place)

        place.is_a?(Array) ? place.delete_at(last) : place.delete(last)
      end

      def unlink!(container, *path)
        raise Exceptions::NoSuchAttribute, path.join(".") unless exist?(container, *path)

        unlink(container, *path)
      end

      def nested?(value)
        value.is_a?(Hash) || value.is_a?(Array)
      end
    end
  end
end
