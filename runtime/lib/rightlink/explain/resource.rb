# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require 'rightlink/suggest'

module RightLink
  module Explain
    # Who declared a resource, and which notifications point at it and from it.
    class Resource
      Edge = Struct.new(:resource, :action, :timing, :file, :line)
      TIMINGS = { immediate: :immediate_notification_collection, delayed: :delayed_notification_collection,
                  before: :before_notification_collection }.freeze

      attr_reader :declarations, :notifies, :notified_by

      def initialize(compile, text)
        @text = text
        @compile = compile
        @context = compile.run_context
        @collection = @context.resource_collection
        found = @collection.select { |resource| resource.to_s == text }
        found = [@collection.peek(text)].compact if found.empty?
        @name = found.empty? ? text : found[0].to_s
        @declarations = found.map { |resource| declaration(resource) }
        @notifies = []
        @notified_by = []
        TIMINGS.each { |timing, table| read_edges(timing, @context.public_send(table)) }
      end

      attr_reader :name

      def found?
        !@declarations.empty?
      end

      def suggestion
        Suggest.phrase(@text, @collection.keys)
      end

      def to_h
        { 'resource' => @name, 'declarations' => @declarations,
          'notifies' => @notifies.map(&:to_h), 'notified_by' => @notified_by.map(&:to_h) }
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

      def read_edges(timing, table)
        table.each_value do |edges|
          edges.each { |edge| read_edge(timing, edge) }
        end
      end

      def read_edge(timing, edge)
        place = Trace.edges[edge]
        targets = targets_of(edge)
        notifier = edge.notifying_resource.to_s
        @notified_by << Edge.new(notifier, edge.action.to_s, timing, place&.file, place&.line) if targets.include?(@name)
        return unless notifier == @name

        targets.each do |target|
          @notifies << Edge.new(target, edge.action.to_s, timing, place&.file, place&.line)
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
