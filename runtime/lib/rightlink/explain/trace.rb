# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require 'rbconfig'

module RightLink
  module Explain
    # Notes who writes attributes, who includes recipes and who notifies. The
    # hooks are there only in a process that explains: a run pays nothing.
    module Trace
      Place = Struct.new(:file, :line)
      # more: something was added to what stands there (an element of an array).
      Write = Struct.new(:level, :path, :place, :more)

      # Our files, as they were found and as they are; Ruby's.
      FOREIGN = [File.expand_path('../../..', __FILE__), File.expand_path('../..', __dir__), RbConfig::CONFIG['rubylibprefix'], '<internal:', '(eval'].freeze
      FRAMES = 200 # looked at for the cookbook's own

      module Attributes
        def changed(place, key)
          Trace.note(self, place, key)
          super
        end

        private

        def assign(level, data)
          result = super
          Trace.writes << Write.new(level, [], Trace.place, false)
          result
        end
      end

      module Context
        def load_recipe(name, current_cookbook: nil)
          full = Chef::Recipe.parse_recipe_name(name, current_cookbook: current_cookbook).join('::')
          Trace.includes[full] = Trace.place unless Trace.includes.key?(full)
          super
        end

        %i[notifies_immediately notifies_delayed notifies_before].each do |name|
          define_method(name) do |edge|
            Trace.edges[edge] = Trace.place
            super(edge)
          end
        end
      end

      @writes = []
      @includes = {}
      @edges = {}.compare_by_identity

      class << self
        # writes in their order; includes: recipe => where it was first
        # included; edges: notification => where it was written.
        attr_reader :writes, :includes, :edges

        def start
          Chef::Node::Attribute.prepend(Attributes)
          Chef::RunContext.prepend(Context)
        end

        # The nearest caller outside of the runtime and Ruby, or nil.
        def place
          frame = caller_locations(2, FRAMES).find { |f| own?(f.absolute_path || f.path) }
          frame && Place.new(frame.absolute_path || frame.path, frame.lineno)
        end

        def note(attributes, place, key)
          path = key.nil? ? [] : [key]
          more = key.nil? && place.is_a?(Array)
          while place.tracked_parent
            path.unshift(place.tracked_key)
            place = place.tracked_parent
          end
          level = Chef::Node::Attribute::COMPONENTS.find { |name| attributes.component(name).equal?(place) }
          writes << Write.new(level, path.map(&:to_s), self.place, more) if level
        end

        private

        def own?(path)
          !path.nil? && FOREIGN.none? { |prefix| path.start_with?(prefix) }
        end
      end
    end
  end
end
