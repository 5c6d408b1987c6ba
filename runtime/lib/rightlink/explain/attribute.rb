# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require 'rightlink/suggest'
require 'rightlink/explain/hash_places'

module RightLink
  module Explain
    # Where the value of one attribute comes from: every level that has it,
    # weakest first, who set it, and which one counts.
    class Attribute
      MISSING = Object.new.freeze
      LEVELS = Chef::Node::Attribute::COMPONENTS
      GROUPS = Chef::Node::Attribute::GROUPS
      KEY = /\[\s*['":]?([^\]'"]+?)['"]?\s*\]/.freeze

      Row = Struct.new(:level, :value, :from, :role)
      From = Struct.new(:file, :line, :path)

      attr_reader :path, :value, :rows

      # a.b.c, or ['a']['b.c'] where a key has a dot.
      def self.keys(text)
        text = text.delete_prefix('node.').sub(/\Anode(?=\[)/, '')
        return text.scan(KEY).flatten if text.include?('[')

        text.split('.')
      end

      def initialize(compile, text)
        @compile = compile
        @path = Attribute.keys(text)
        @attributes = compile.node.attributes
        @value = dig(@attributes, @path)
        @rows = LEVELS.filter_map { |level| row(level) }
        mark
      end

      def found?
        !MISSING.equal?(@value)
      end

      def name
        @path.any? { |key| key.include?('.') } ? @path.map { |k| "['#{k}']" }.join : @path.join('.')
      end

      # "; did you mean …" among the keys beside it.
      def suggestion
        known = @path[0...-1]
        known.pop while !known.empty? && !dig(@attributes, known).is_a?(Hash)
        container = known.empty? ? @attributes : dig(@attributes, known)
        near = Suggest.nearest(@path[known.size], container.keys)
        near ? "; did you mean `#{[*known, near].join('.')}'?" : ''
      end

      def to_h
        { 'attribute' => name, 'value' => @value,
          'levels' => @rows.map do |row|
            { 'level' => row.level.name, 'value' => row.value, 'counts' => row.role,
              'from' => row.from.map(&:to_h) }
          end }
      end

      private

      def dig(container, path)
        path.inject(container) do |memo, key|
          case memo
          when Hash
            return MISSING unless memo.key?(key)

            memo.equal?(@attributes) ? memo[key] : memo.fetch(key)
          when Array
            return MISSING unless key.match?(/\A\d+\z/) && key.to_i < memo.size

            memo.at(key.to_i)
          else return MISSING
          end
        end
      end

      def row(level)
        value = dig(@attributes.component(level), @path)
        return nil if MISSING.equal?(value)

        Row.new(level, plain(value), origins(level), nil)
      end

      def plain(value)
        value.is_a?(Hash) || value.is_a?(Array) ? Chef::Node::Immutable.plain(value) : value
      end

      # "winner"; "merged" of hashes and of arrays that are joined within their
      # group; nil of what a stronger level hides.
      def mark
        present = @rows.reject { |row| row.value.nil? }
        winner = present.last || @rows.last
        return unless winner

        winner.role = 'winner'
        (present - [winner]).each { |row| row.role = 'merged' if merged?(row, winner) }
        winner.role = 'merged' if @rows.any? { |row| row.role == 'merged' }
        @value = plain(@value)
      end

      def merged?(row, winner)
        return row.value.is_a?(Hash) if winner.value.is_a?(Hash)

        winner.value.is_a?(Array) && row.value.is_a?(Array) &&
          GROUPS.any? { |group| group.include?(row.level) && group.include?(winner.level) }
      end

      # --- who set it --------------------------------------------------------

      def origins(level)
        writes = effective(level)
        found = writes.select(&:place).map { |w| From.new(w.place.file, w.place.line, deeper(w.path)) }
        found = from_files(level) + found if writes.empty? || writes.any? { |w| w.place.nil? }
        found.uniq
      end

      # The writes that made what stands there now.
      def effective(level)
        Trace.writes.each_with_object([]) do |write, kept|
          next unless write.level == level && related?(write.path)

          if !write.more && write.path.size <= @path.size
            kept.clear
          elsif !write.more
            kept.reject! { |other| other.path[0, write.path.size] == write.path }
          end
          kept << write
        end
      end

      def related?(path)
        shared = [path.size, @path.size].min
        path.first(shared) == @path.first(shared)
      end

      # What is below the attribute that was asked for, or nil.
      def deeper(path)
        path.size > @path.size ? path.drop(@path.size).join('.') : nil
      end

      # Files that are read before any cookbook.
      def from_files(level)
        case level
        when :normal then [file_place(@compile.json_file, nil)]
        when :env_default, :env_override then [file_place(environment_file, word_of(level))]
        when :role_default, :role_override
          @compile.roles.map { |role| file_place(named_file(:role_path, role), word_of(level)) }
        else []
        end.compact
      end

      def word_of(level)
        level.name.end_with?('default') ? 'default_attributes' : 'override_attributes'
      end

      def file_place(file, word)
        line = file && HashPlaces.line(file, @path, word)
        line && From.new(file, line, nil)
      end

      def environment_file
        named_file(:environment_path, @compile.node.chef_environment)
      end

      def named_file(setting, name)
        Array(Chef::Config[setting]).flat_map do |directory|
          Dir.glob(["**/#{name}.json", "**/#{name}.rb"], base: directory).map { |f| File.expand_path(f, directory) }
        end.first
      end
    end
  end
end
