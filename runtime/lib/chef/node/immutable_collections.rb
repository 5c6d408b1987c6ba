# SPDX-License-Identifier: MIT
# frozen_string_literal: true

class Chef
  class Node
    # Read-only collections of the merged view (CORE-420, CORE-421).
    module Immutable
      # Any value as it looks in the merged view.
      def self.value(value)
        case value
        when ImmutableMash, ImmutableArray then value
        when Hash then ImmutableMash.new(value)
        when Array then ImmutableArray.new(value)
        else value
        end
      end

      # A write to the view: an error, unless old cookbooks are humoured.
      def self.refuse(view, method, args, &block)
        raise Exceptions::ImmutableAttributeModification unless Config[:legacy_attribute_writes]

        LegacyWrites.apply(view, method, args, &block)
      end

      # Any value without our classes, deeply.
      def self.plain(value)
        case value
        when Hash
          value.each_with_object({}) { |(k, v), out| out[k] = plain(v) }
        when Array then value.map { |v| plain(v) }
        else value
        end
      end
    end

    class ImmutableArray < Array
      alias_method :internal_push, :<<

      def initialize(values = [])
        super()
        values.each { |v| internal_push(Immutable.value(v)) }
      end

      %i[
        << []= append clear collect! compact! concat default= default_proc=
        delete delete_at delete_if fill filter! flatten! insert keep_if map!
        merge! pop prepend push reject! replace reverse! rotate! select! shift
        shuffle! slice! sort! sort_by! uniq! unshift update
      ].each do |name|
        define_method(name) { |*args, &block| Immutable.refuse(self, name, args, &block) }
      end

      def dup
        Array.new(map { |e| safe_dup(e) })
      end

      def to_a
        Immutable.plain(self)
      end
      alias_method :to_array, :to_a

      private

      def safe_dup(element)
        element.dup
      end
    end

    class ImmutableMash < Mash
      alias_method :internal_set, :regular_writer
      alias_method :internal_delete, :regular_delete
      alias_method :internal_replace, :regular_replace

      def initialize(values = nil)
        super(nil)
        values&.each do |key, value|
          internal_set(key.is_a?(Symbol) ? key.name : key, Immutable.value(value))
        end
      end

      # An editable copy of this level for the merge; its values are shared.
      def internal_copy
        ImmutableMash.allocate.internal_replace(self)
      end

      %i[
        []= clear collect! compact! compare_by_identity default= default_proc=
        deep_merge! delete delete_if filter! keep_if map! merge! reject!
        replace select! shift store transform_keys! transform_values! update
        write write! unlink unlink!
      ].each do |name|
        define_method(name) { |*args, &block| Immutable.refuse(self, name, args, &block) }
      end

      def dup
        Mash.new(self)
      end

      def merge(*others, &block)
        dup.update(*others, &block)
      end

      def to_hash
        Immutable.plain(self)
      end
      alias_method :to_h_plain, :to_hash

      def attribute?(name)
        key?(name)
      end

      def read(*path)
        Path.read(self, *path)
      end

      def read!(*path)
        Path.read!(self, *path)
      end

      def exist?(*path)
        Path.exist?(self, *path)
      end

      def respond_to?(name, include_private = false)
        name == :to_ary ? false : super
      end

      def method_missing(name, *args)
        return super if name == :to_ary

        word = name.name
        if args.empty?
          return self[word] if key?(word)

          raise NoMethodError, "Undefined method or attribute `#{word}' on `node'"
        end
        return Immutable.refuse(self, :[]=, [word.chomp("="), *args]) if word.end_with?("=")

        raise NoMethodError, "Undefined node attribute or method `#{word}' on `node'"
      end
    end
  end
end
