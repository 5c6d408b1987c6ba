# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require 'rightlink/suggest'

module RightLink
  module Explain
    # Who declared a resource, which notifications point at it, and at those who
    # send them, and which it sends.
    class Resource
      Edge = Struct.new(:notifier, :target, :action, :timing, :file, :line)
      TIMINGS = { immediate: :immediate_notification_collection, delayed: :delayed_notification_collection,
                  before: :before_notification_collection }.freeze

      attr_reader :name, :declarations

      # The parts of what was asked for; none: nothing was.
      def self.keys(text)
        [text].reject(&:empty?)
      end

      def initialize(compile, text)
        @text = text
        @context = compile.run_context
        @collection = @context.resource_collection
        found = @collection.select { |resource| resource.to_s == text }
        found = [@collection.peek(text)].compact if found.empty?
        @name = found.empty? ? text : found[0].to_s
        @declarations = found.map { |resource| declaration(resource) }
        @edges = TIMINGS.flat_map { |timing, table| edges_of(timing, @context.public_send(table)) }
      end

      def found?
        !@declarations.empty?
      end

      def suggestion
        Suggest.phrase(@text, @collection.keys)
      end

      # As hashes; each with what notifies the notifier in turn, told once.
      def notified_by(name = @name, told = { name => true })
        @edges.select { |edge| edge.target == name }.map do |edge|
          again = told.key?(edge.notifier)
          told[edge.notifier] = true
          hash_of(edge, edge.notifier).merge('notified_by' => again ? [] : notified_by(edge.notifier, told))
        end
      end

      def notifies
        @edges.select { |edge| edge.notifier == @name }.map { |edge| hash_of(edge, edge.target) }
      end

      def to_h
        { 'resource' => @name, 'declarations' => @declarations,
          'notifies' => notifies, 'notified_by' => notified_by }
      end

      private

      def declaration(resource)
        recipe = resource.recipe_name && "#{resource.cookbook_name}::#{resource.recipe_name}"
        { 'file' => resource.source_line_file, 'line' => resource.source_line_number&.to_i,
          'recipe' => recipe, 'included' => chain(recipe),
          'action' => Array(resource.action).map(&:to_s),
          'guards' => (resource.only_if + resource.not_if).map(&:to_text) }
      end

      # Where the recipe was included, and its includer, up to the run list.
      def chain(recipe)
        found = []
        while (place = Trace.includes[recipe])
          found << { 'file' => place.file, 'line' => place.line, 'recipe' => recipe }
          includer = recipe_of(place.file)
          break if includer.nil? || found.any? { |step| step['recipe'] == includer }

          recipe = includer
        end
        found
      end

      def recipe_of(file)
        match = %r{/([^/]+)/recipes/([^/]+)\.rb\z}.match(file)
        match && "#{match[1]}::#{match[2]}"
      end

      def hash_of(edge, resource)
        { 'resource' => resource, 'action' => edge.action, 'timing' => edge.timing.name,
          'file' => edge.file, 'line' => edge.line }
      end

      def edges_of(timing, table)
        table.each_value.flat_map do |notifications|
          notifications.flat_map do |one|
            place = Trace.edges[one]
            targets_of(one).map do |target|
              Edge.new(one.notifying_resource.to_s, target, one.action.to_s, timing, place&.file, place&.line)
            end
          end
        end
      end

      # A text may name what was declared later, or never.
      def targets_of(edge)
        [@collection.find(edge.resource)].flatten.map(&:to_s)
      rescue Chef::Exceptions::ResourceNotFound, ArgumentError
        [edge.resource.to_s]
      end
    end
  end
end
