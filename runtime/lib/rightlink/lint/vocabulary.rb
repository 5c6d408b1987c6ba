# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require 'chef/dsl/recipe'
require 'chef/recipe'
require 'chef/resource'
require 'chef/provider/lwrp_base'
require 'rightlink/lint/type_reader'

module RightLink
  module Lint
    # The words that recipes of one cookbook can use: those of the runtime, and
    # what the cookbook and its dependencies define.
    class Vocabulary
      # What a provider or an action of a custom resource answers to.
      CONTEXTS = [Chef::Recipe, Chef::Provider::LWRPBase, Chef::Resource::LWRPBase,
                  Chef::Provider::LWRPBase.singleton_class, Chef::Resource::LWRPBase.singleton_class].freeze
      DEFINERS = %w[define_method attr_reader attr_writer attr_accessor alias_method def_delegator
                    def_delegators delegate def_instance_delegators].freeze

      attr_reader :types, :methods

      def initialize(cookbooks)
        @types = {}
        @methods = {}
        @open = false
        cookbooks.each { |cookbook| learn(cookbook) }
      end

      # Can a cookbook answer words that nobody defines?
      def open?
        @open
      end

      def word?(name)
        types.key?(name) || methods.key?(name) || CONTEXTS.any? { |klass| answers?(klass, name) }
      end

      # The Type of a resource word; nil for definitions, methods and the
      # unknown.
      def type(name)
        types[name] || builtin(name)
      end

      def resource_words
        types.keys + Chef::DSL::Words.known.map(&:name)
      end

      def answers?(klass, name)
        klass.method_defined?(name) || klass.private_method_defined?(name)
      end

      private

      def learn(cookbook)
        cookbook.segment('libraries').each { |source| learn_library(source) }
        cookbook.segment('definitions').each { |source| learn_definitions(source) }
        %w[resources providers].each do |segment|
          cookbook.segment(segment).each { |source| learn_methods(source) }
        end
        cookbook.segment('resources').each do |source|
          TypeReader.new(cookbook, source).types.each { |type| types[type.name] = type }
        end
      end

      def learn_library(source)
        learn_methods(source)
        return unless source.tree

        TypeReader.heavy(source).each { |type| types[type.name] ||= type }
        Tree.walk(source.tree) do |node|
          @open = true if node.type == :DEFN && node.children[0] == :method_missing
        end
      end

      def learn_definitions(source)
        return unless source.tree

        Tree.calls(source.tree) do |call|
          next unless call.own? && call.name == :define && (word = call.literal(0))

          types[word] = Type.open(word)
        end
      end

      # Any method that a file defines anywhere.
      def learn_methods(source)
        return unless source.tree

        Vocabulary.each_method(source.tree) { |name| methods[name] = true }
      end

      def self.each_method(tree)
        Tree.walk(tree) do |node|
          case node.type
          when :DEFN then yield node.children[0].name
          when :DEFS then yield node.children[1].name
          when :ALIAS, :VALIAS
            word = Tree.literal(node.children[0])
            yield word if word
          end
        end
        Tree.calls(tree) do |call|
          next unless DEFINERS.include?(call.name.name)

          call.arguments.each { |a| (word = Tree.literal(a)) && yield(word) }
        end
      end

      def builtin(name)
        @builtin ||= {}
        return @builtin[name] if @builtin.key?(name)

        classes = classes_of(name.to_sym)
        @builtin[name] = classes.empty? ? nil : Type.of_classes(name, classes)
      end

      # All classes a word can mean on some platform.
      def classes_of(word)
        map = Chef::Resource.platform_map.map
        found = (map[word] || []).map(&:resource)
        found << Chef::Resource.class_by_name(word)
        found.compact.uniq
      end
    end
  end
end
