# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require 'chef/resource/lwrp_base'
require 'rightlink/lint/tree'

module RightLink
  module Lint
    # A resource type as lint knows it. Without a list of properties or actions
    # any is taken.
    class Type
      attr_reader :name

      # Takes every property: definitions, classes of libraries.
      def self.open(name)
        new(name, [], nil, nil)
      end

      def self.of_classes(name, classes)
        actions = classes.flat_map { |klass| klass.new('lint').allowed_actions }.map(&:to_s)
        new(name, classes, [], actions.uniq)
      rescue StandardError
        new(name, classes, [], nil)
      end

      def initialize(name, classes, properties, actions)
        @name = name
        @classes = classes
        @properties = properties
        @actions = actions
      end

      def property?(word)
        return true if @properties.nil? || @properties.include?(word)

        @classes.any? { |klass| klass.method_defined?(word) || klass.private_method_defined?(word) }
      end

      def action?(word)
        @actions.nil? || @actions.include?(word)
      end

      attr_reader :actions

      # For did-you-mean.
      def properties
        own = @classes.flat_map { |klass| klass.public_instance_methods(true) }
        own = own.map(&:name) - Object.instance_methods.map(&:name)
        (@properties || []) + own.grep(/\A[a-z]\w*\z/)
      end
    end

    # Types that a cookbook's files define, read without running them.
    class TypeReader
      BASE = Chef::Resource::LWRPBase
      PROPERTIES = %w[attribute property attr_accessor attr_writer].freeze
      NAMES = %w[provides resource_name].freeze
      # Words after which the list of properties is not all.
      OPENERS = %w[define_method class_eval instance_eval module_eval use send public_send eval].freeze

      # Classes of a library that are resources: any word that may name them.
      def self.heavy(source)
        found = []
        Tree.walk(source.tree) do |node|
          next unless node.type == :CLASS

          path = Tree.constant(node.children[0])
          base = Tree.constant(node.children[1])
          next unless path && base&.match?(/Resource|LWRPBase/)

          found.concat(words_of_class(node, path).map { |word| Type.open(word) })
        end
        found
      end

      def self.words_of_class(node, path)
        words = [snake(path.split('::').last)]
        Tree.calls(node) do |call|
          words << call.literal(0) if %w[provides resource_name resource_name=].include?(call.name.name)
        end
        Tree.walk(node) do |inner|
          next unless inner.type == :IASGN && inner.children[0] == :@resource_name

          words << Tree.literal(inner.children[1])
        end
        words.compact.uniq
      end

      def self.snake(name)
        name.gsub(/([a-z0-9])([A-Z])/, '\1_\2').gsub(/([A-Z]+)([A-Z][a-z])/, '\1_\2').downcase
      end

      def initialize(cookbook, source)
        @cookbook = cookbook
        @source = source
        @properties = []
        @actions = %w[nothing]
        @words = []
        @open = false
      end

      # One type for each word that the file can be called by.
      def types
        read if @source.tree
        @open = true unless @source.tree
        words.uniq.map do |word|
          @open ? Type.new(word, [], nil, nil) : Type.new(word, [BASE], @properties, @actions)
        end
      end

      private

      # my-app/resources/default.rb is my_app, conf.rb my_app_conf.
      def words
        base = File.basename(@source.path, '.rb')
        @cookbook.names.map do |name|
          word = base == 'default' ? name : "#{name}_#{base}"
          word.tr('-', '_')
        end + @words
      end

      def read
        # Methods in an action are not the resource's, but taking one more for a
        # property hides nothing that matters.
        Vocabulary.each_method(@source.tree) { |name| @properties << name }
        Tree.calls(@source.tree) { |call| read_call(call) }
        # Some add actions where an object is made.
        Tree.walk(@source.tree) do |node|
          @actions = nil if %i[IVAR IASGN].include?(node.type) && node.children[0] == :@allowed_actions
        end
      end

      def read_call(call)
        word = call.name.name
        if PROPERTIES.include?(word) then take(call, @properties)
        elsif %w[actions allowed_actions].include?(word) then call.arguments.each { |a| take_actions(a) }
        elsif word == 'default_action' || (word == 'action' && call.block && call.own?)
          call.arguments.each { |a| take_actions(a) }
        elsif NAMES.include?(word) then @words << call.literal(0) if call.literal(0)
        elsif call.own? && OPENERS.include?(word) then @open = true
        end
      end

      def take(call, list)
        call.arguments.each_with_index do |argument, index|
          word = Tree.literal(argument)
          list << word if word
          @open = true if index.zero? && word.nil?
        end
      end

      def take_actions(node)
        words = Tree.literal(node) ? [Tree.literal(node)] : Tree.texts(node)
        @actions = nil if words.empty?
        @actions&.concat(words)
      end
    end
  end
end
