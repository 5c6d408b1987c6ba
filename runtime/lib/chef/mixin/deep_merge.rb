# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require "chef/exceptions"

class Chef
  module Mixin
    # The two merges of attributes: with array union inside a group (CORE-440)
    # and of hashes alone between groups (CORE-441).
    module DeepMerge
      class InvalidSubtractiveMerge < ArgumentError; end
      class InvalidParameter < StandardError; end

      KNOCKOUT = "!merge"

      extend self

      def merge(first, second)
        first = Mash.new(first) unless first.is_a?(Mash)
        second = Mash.new(second) unless second.is_a?(Mash)
        deep_merge(second, first.dup)
      end

      # Merges source (stronger) over dest, which is not changed.
      def deep_merge(source, dest)
        return source if dest.nil? || dest == false
        return dest if source.nil?

        check(source)
        if source.is_a?(Hash) && dest.is_a?(Hash)
          merge_hashes(source, dest)
        elsif source.is_a?(Array) && dest.is_a?(Array)
          dest | source
        else
          source
        end
      end

      def deep_merge!(source, dest)
        result = deep_merge(source, dest)
        dest.respond_to?(:replace) && dest.class == result.class ? dest.replace(result) : result
      end

      # Refuses the strings that once took elements away (CORE-442).
      def check(value)
        case value
        when String
          return unless value.start_with?(KNOCKOUT)
        when Array
          return unless value.any? { |v| v.is_a?(String) && v.start_with?(KNOCKOUT) }
        else return
        end
        raise InvalidSubtractiveMerge,
              "subtractive merge with !merge is no longer supported: #{value.inspect}"
      end

      def role_merge(first, second)
        merge(first, second)
      end

      def hash_only_merge(merge_onto, merge_with)
        if merge_onto.is_a?(Hash) && merge_with.is_a?(Hash)
          hash_only_merge!(merge_onto.dup, merge_with)
        elsif merge_with.nil?
          merge_onto
        else
          merge_with
        end
      end

      def hash_only_merge!(merge_onto, merge_with)
        unless merge_onto.is_a?(Hash) && merge_with.is_a?(Hash)
          return merge_with.nil? ? merge_onto : merge_with
        end

        merge_with.each do |key, value|
          merge_onto[key] = merge_onto.key?(key) ? hash_only_merge(merge_onto[key], value) : value
        end
        merge_onto
      end

      # Left alone for callers that used to rely on it.
      def horizontal_merge(first, second)
        merge(first, second)
      end

      private

      def merge_hashes(source, dest)
        out = dest.is_a?(Mash) ? Mash.new(dest) : dest.dup
        source.each do |key, value|
          out[key] = out.key?(key) ? deep_merge(value, out[key]) : value
        end
        out
      end
    end
  end
end
