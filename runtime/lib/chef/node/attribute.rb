# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require "mash"
require "chef/config"
require "chef/exceptions"
require "chef/node/path"
require "chef/node/immutable_collections"
require "chef/node/attribute_collections"
require "chef/node/merge"

class Chef
  class Node
    autoload :LegacyWrites, "chef/node/legacy_writes"

    # The attributes of a node: ten component trees and their merged view
    # (CORE-401). The view is kept by top-level key; a write notes the path
    # that became stale and the next read merges that path alone. What was
    # read before stays as it was (CORE-414).
    class Attribute < Mash
      DEFAULT_LEVELS = %i[default env_default role_default force_default].freeze
      OVERRIDE_LEVELS = %i[override role_override env_override force_override].freeze
      COMPONENTS = (DEFAULT_LEVELS + %i[normal] + OVERRIDE_LEVELS + %i[automatic]).freeze
      GROUPS = [DEFAULT_LEVELS, [:normal], OVERRIDE_LEVELS, [:automatic]].freeze

      attr_reader :generation

      COMPONENTS.each do |level|
        define_method(level) do
          @set_unless = false
          @components[level]
        end

        define_method(:"#{level}=") { |data| assign(level, data) }
      end
      alias_method :default!, :force_default
      alias_method :override!, :force_override

      def initialize(normal = {}, default = {}, override = {}, automatic = {})
        super(nil)
        @set_unless = false
        @generation = 0
        @merged = {}
        @stale = {}
        @components = {}
        COMPONENTS.each { |level| @components[level] = container(level, {}) }
        @groups = GROUPS.map { |levels| levels.map { |level| @components[level] } }
        assign(:normal, normal)
        assign(:default, default)
        assign(:override, override)
        assign(:automatic, automatic)
        @set_unless = false
      end

      # --- what containers report -------------------------------------------

      def changed(place, key)
        @set_unless = false
        note(place, key, true)
      end

      # An empty Hash came where nothing was. That alone changes no Hash of the
      # view (but see hidden?), and the flag of *_unless stays: the write is
      # still to come.
      def vivified(place, key)
        note(place, key, {})
      end

      def set_unless?
        @set_unless
      end
      alias_method :set_unless_value_present, :set_unless?

      def set_unless_value_present=(flag)
        @set_unless = flag
      end

      # --- levels ------------------------------------------------------------

      COMPONENTS.each do |level|
        define_method(:"#{level}_unless") do
          @set_unless = true
          @components[level]
        end
      end

      def component(level)
        @components.fetch(level.to_sym)
      end

      def clear_all_defaults
        DEFAULT_LEVELS.each { |level| assign(level, {}) }
      end

      def clear_all_overrides
        OVERRIDE_LEVELS.each { |level| assign(level, {}) }
      end

      # Collected values come when they are asked for (see AutomaticMash).
      def lazy_automatic(source)
        assign(:automatic, {})
        @components[:automatic].source = source
      end

      # --- merged view -------------------------------------------------------

      def [](key)
        key = key.name if key.is_a?(Symbol)
        refresh(key) if @stale.key?(key)
        value = @merged.fetch(key) do
          result = Merge.fold(@groups, key)
          @merged[key] = Merge::MISSING.equal?(result) ? Merge::MISSING : Merge.view(result)
        end
        return nil if Merge::MISSING.equal?(value)

        place(value, key) if Config[:legacy_attribute_writes]
        value
      end

      def []=(key, value)
        raise Exceptions::ImmutableAttributeModification unless Config[:legacy_attribute_writes]

        normal[key] = value
      end

      def attribute?(key)
        key = key.name if key.is_a?(Symbol)
        @components.each_value.any? { |c| c.regular_key?(key) }
      end
      alias_method :key?, :attribute?
      alias_method :has_key?, :attribute?
      alias_method :include?, :attribute?
      alias_method :member?, :attribute?

      def keys
        @components.each_value.flat_map { |c| c.is_a?(AutomaticMash) ? c.names : c.keys }.uniq
      end

      def each(&block)
        return enum_for(:each) unless block

        keys.each { |key| yield(key, self[key]) if attribute?(key) }
        self
      end
      alias_method :each_pair, :each
      alias_method :each_attribute, :each

      def merged_attributes(*path)
        path.empty? ? view_of(@groups) : Path.read(self, *path)
      end
      alias_method :to_immutable, :merged_attributes

      def to_hash
        merged_attributes.to_hash
      end
      alias_method :to_h, :to_hash

      def combined_default(*path)
        combined(DEFAULT_LEVELS, path)
      end

      def combined_override(*path)
        combined(OVERRIDE_LEVELS, path)
      end

      %i[values size length empty? map collect select reject find detect any?
         all? fetch values_at to_a each_value each_key inject reduce count sort
         sort_by first each_with_index each_with_object partition group_by
         invert merge dig find_all filter none? sum zip min_by max_by
         slice filter_map flat_map to_json ==].each do |name|
        define_method(name) { |*args, &block| merged_attributes.public_send(name, *args, &block) }
      end

      def dup
        Mash.new(merged_attributes)
      end

      # --- lists of keys (CORE-1104, CORE-1105) ------------------------------

      def read(*path)
        Path.read(self, *path)
      end

      def read!(*path)
        Path.read!(self, *path)
      end

      def exist?(*path)
        Path.exist?(self, *path)
      end

      def write(level, *path, value)
        Path.write(send(level), *path, value)
      end

      def write!(level, *path, value)
        Path.write!(send(level), *path, value)
      end

      def unlink(level, *path)
        Path.unlink(send(level), *path)
      end

      def unlink!(level, *path)
        Path.unlink!(send(level), *path)
      end

      def rm(*path)
        before = Path.read(self, *path)
        COMPONENTS.each { |level| Path.unlink(@components[level], *path) }
        before
      end

      def rm_default(*path)
        remove_from(DEFAULT_LEVELS, path)
      end

      def rm_normal(*path)
        remove_from([:normal], path)
      end

      def rm_override(*path)
        remove_from(OVERRIDE_LEVELS, path)
      end

      # Who set what: the flag of *_unless, then each component (CORE-425).
      def debug_value(*path)
        rows = COMPONENTS.map do |level|
          tree = @components[level]
          value = Path.exist?(tree, *path) ? Path.read(tree, *path) : :not_present
          [level.name, value]
        end
        [["set_unless_enabled?", @set_unless]] + rows
      end

      def inspect
        parts = COMPONENTS.map { |level| "@#{level}=#{@components[level].inspect}" }
        "#<#{self.class} #{parts.join(', ')}>"
      end
      alias_method :to_s, :inspect

      def hash
        object_id.hash
      end

      def eql?(other)
        equal?(other)
      end

      def respond_to?(name, include_private = false)
        %i[to_ary to_str].include?(name) ? false : super
      end

      def method_missing(name, *args)
        return super if name == :to_ary || name == :to_str

        word = name.name
        if args.empty?
          return self[word] if attribute?(word)

          raise NoMethodError, "Undefined method or attribute `#{word}' on `node'"
        end
        return self[word.chomp("=")] = args.first if word.end_with?("=")

        raise NoMethodError, "Undefined node attribute or method `#{word}' on `node'"
      end

      private

      def place(view, key)
        LegacyWrites.stamp(view, self, [key]) if view.is_a?(ImmutableMash) || view.is_a?(ImmutableArray)
      end

      def container(level, data)
        klass = level == :automatic ? AutomaticMash : VividMash
        klass.new(data, self)
      end

      def assign(level, data)
        @components[level] = data.instance_of?(AutomaticMash) ? data : container(level, data || {})
        @groups = GROUPS.map { |levels| levels.map { |l| @components[l] } }
        forget
        @set_unless = false
        data
      end

      def forget
        @generation += 1
        @merged.clear
        @stale.clear
      end

      def note(place, key, leaf)
        @generation += 1
        path = key.nil? ? [] : [key]
        while (parent = place.tracked_parent)
          if parent.is_a?(Array)
            path.clear
            leaf = true
          else
            path << place.tracked_key
          end
          place = parent
        end
        return forget if path.empty?

        mark(path, leaf == true || hidden?(path) ? true : leaf)
      end

      # Does some component hold at this path a value that is not a Hash? Then a
      # new Hash may bring back what that value covered.
      def hidden?(path)
        @components.each_value.any? do |component|
          value = path.reverse_each.inject(component) do |at, key|
            at.is_a?(Hash) ? at.stored_fetch(key, nil) : nil
          end
          !value.nil? && !value.is_a?(Hash)
        end
      end

      # path is deepest key first; leaf is true (all below is stale) or {}.
      def mark(path, leaf)
        place = @stale
        while path.size > 1
          key = path.pop
          below = place[key]
          return if below == true

          place = below || (place[key] = {})
        end
        key = path.pop
        place[key] = leaf unless place[key] && leaf != true
      end

      def refresh(key)
        stale = @stale.delete(key)
        old = @merged.delete(key)
        return unless stale != true && old.is_a?(ImmutableMash)

        result = Merge.fold(@groups, key)
        return unless result.instance_of?(Merge::Layers)

        @merged[key] = Merge.patch(old, result, stale)
      end

      def view_of(groups)
        out = ImmutableMash.new
        names = groups.equal?(@groups) ? keys : groups.flatten(1).flat_map(&:keys).uniq
        names.each do |key|
          result = groups.equal?(@groups) ? self[key] : Merge.view(Merge.fold(groups, key))
          next if result.nil? && !groups.flatten(1).any? { |c| c.regular_key?(key) }

          out.internal_set(key, result)
        end
        out
      end

      def combined(levels, path)
        view = view_of([levels.map { |level| @components[level] }])
        path.empty? ? view : Path.read(view, *path)
      end

      def remove_from(levels, path)
        before = combined(levels, path)
        levels.each { |level| Path.unlink(@components[level], *path) }
        before
      end
    end
  end
end
