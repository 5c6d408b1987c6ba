# SPDX-License-Identifier: MIT
# frozen_string_literal: true

class Chef
  class Node
    # A writable container knows the Attribute object that it belongs to and
    # where it hangs, so that a write names the path whose merge is stale.
    module Tracked
      attr_reader :root, :tracked_parent, :tracked_key

      def track(root, parent, key)
        @root = root
        @tracked_parent = parent
        @tracked_key = key
        self
      end

      def touch(key = nil)
        @root&.changed(self, key)
      end

      # Containers are copied in: one place in the tree for each.
      def convert_value_at(key, value)
        case value
        when Hash then VividMash.new(value, @root).track(@root, self, key)
        when Array then AttrArray.new(value, @root).track(@root, self, key)
        else value
        end
      end
    end

    class AttrArray < Array
      include Tracked

      alias_method :regular_push, :<<

      def initialize(values = [], root = nil)
        super()
        @root = root
        values.each_with_index { |v, i| regular_push(convert_value_at(i, v)) }
      end

      %i[
        << []= append clear collect! compact! concat delete delete_at delete_if
        fill filter! flatten! insert keep_if map! pop prepend push reject!
        replace reverse! rotate! select! shift shuffle! slice! sort! sort_by!
        uniq! unshift
      ].each do |name|
        define_method(name) do |*args, &block|
          result = super(*args, &block)
          touch
          result
        end
      end

      def dup
        Array.new(map { |e| e.is_a?(Hash) || e.is_a?(Array) ? e.dup : e })
      end

      def to_a
        Immutable.plain(self)
      end
    end

    # The Mash that a precedence level hands out: a missing key that is read
    # becomes an empty one (CORE-411).
    class VividMash < Mash
      include Tracked

      def initialize(values = {}, root = nil)
        super(nil)
        @root = root
        values.each do |key, value|
          key = key.name if key.is_a?(Symbol)
          regular_writer(key, convert_value_at(key, value))
        end
      end

      def [](key)
        key = key.name if key.is_a?(Symbol)
        regular_fetch(key) do
          value = VividMash.new({}, @root).track(@root, self, key)
          regular_writer(key, value)
          @root&.vivified(self, key)
          value
        end
      end

      def []=(key, value)
        key = key.name if key.is_a?(Symbol)
        return self[key] if @root&.set_unless? && regular_key?(key)

        regular_writer(key, convert_value_at(key, value))
        touch(key)
      end
      alias_method :store, :[]=

      def update(*others)
        others.each do |other|
          other.each do |key, value|
            value = yield(key, self[key], value) if block_given? && key?(key)
            self[key] = value
          end
        end
        self
      end
      alias_method :merge!, :update

      def replace(other)
        clear
        update(other)
      end

      def delete(key)
        result = super
        touch(key.is_a?(Symbol) ? key.name : key)
        result
      end

      %i[clear delete_if filter! keep_if reject! select! shift compact!
         transform_values! transform_keys!].each do |name|
        define_method(name) do |*args, &block|
          result = super(*args, &block)
          touch
          result
        end
      end

      def dup
        Mash.new(self)
      end

      # The name counts as a key when there is no such method: reads make it,
      # `name=` writes it (CORE-411).
      def method_missing(name, *args)
        word = name.name
        return super if name == :to_ary || name == :to_str

        if word.end_with?("=")
          self[word.chomp("=")] = args.first
        elsif args.empty?
          self[word]
        else
          raise NoMethodError, "Undefined node attribute or method `#{word}' on " \
                               "`node'. To set an attribute, use `#{word}=value' instead."
        end
      end

      def respond_to?(name, include_private = false)
        %i[to_ary to_str].include?(name) ? false : super
      end

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

      def write(*path, value)
        Path.write(self, *path, value)
      end

      def write!(*path, value)
        Path.write!(self, *path, value)
      end

      def unlink(*path)
        Path.unlink(self, *path)
      end

      def unlink!(*path)
        Path.unlink!(self, *path)
      end
    end

    # The automatic level: a key that a collector can give is fetched when it
    # is first asked for. The source answers ohai_fetch(key) and ohai_keys.
    class AutomaticMash < VividMash
      attr_accessor :source

      def regular_fetch(key, *rest, &block)
        fetch_lazily(key)
        super
      end

      def regular_key?(key)
        fetch_lazily(key)
        super
      end

      def [](key)
        fetch_lazily(key)
        super
      end

      def key?(key)
        fetch_lazily(key)
        super
      end
      alias_method :include?, :key?
      alias_method :has_key?, :key?
      alias_method :member?, :key?

      def fetch(key, *rest, &block)
        fetch_lazily(key)
        super
      end

      %i[each each_pair each_key each_value keys values size length empty? map
         to_a to_h to_hash inspect select reject any? dup each_with_object
         sort sort_by find merge ==].each do |name|
        define_method(name) do |*args, &block|
          fetch_all
          super(*args, &block)
        end
      end

      # The names alone, nothing is collected.
      def names
        own = Hash.instance_method(:keys).bind_call(self)
        @source ? own | @source.ohai_keys : own
      end

      def fetch_all
        return unless @source

        @source.ohai_keys.each { |key| fetch_lazily(key) }
        @source = nil
      end

      private

      def fetch_lazily(key)
        return unless @source

        key = key.name if key.is_a?(Symbol)
        return if Hash.instance_method(:key?).bind_call(self, key)

        @asked ||= {}
        return if @asked[key]

        @asked[key] = true
        value = @source.ohai_fetch(key)
        return if value.nil?

        regular_writer(key, convert_value_at(key, value))
      end
    end
  end
end
