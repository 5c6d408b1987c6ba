# SPDX-License-Identifier: MIT
#
# One character for each action and a list of what changed (CORE-173).

require 'chef/formatters/base'

class Chef
  module Formatters
    class Minimal < Base
      cli_name(:minimal)
      cli_name(:min)

      def initialize(out, err)
        super
        @updated = []
        @lines = {}
      end

      def run_start(version)
        puts_line "Starting RightLink, version #{version}"
      end

      def run_completed(_node)
        puts_line "RightLink finished, #{@updated.size} resources updated"
        @output.flush
      end

      def run_failed(_exception)
        puts_line "RightLink failed. #{@updated.size} resources updated"
        @output.flush
      end

      def library_load_start(_count)
        puts_line 'Compiling cookbooks'
      end

      def recipe_load_complete
        puts_line 'done.'
      end

      def converge_start(run_context)
        puts_line "Converging #{run_context.resource_collection.size} resources"
      end

      def converge_complete
        puts_line ''
        puts_line 'System converged.'
        if @updated.empty?
          puts_line "\nno resources updated"
          return
        end
        puts_line "\nresources updated this run:"
        @updated.each do |resource|
          puts_line "* #{resource}"
          line = @lines[resource.object_id]
          puts_line "  - #{line}" if line
        end
      end

      def resource_skipped(_resource, _action, _conditional)
        print 'S', :blue
      end

      def resource_up_to_date(_resource, _action)
        print '.', :green
      end

      def resource_updated(resource, _action)
        @updated << resource
        print 'U'
      end

      def resource_update_applied(resource, _action, update)
        first = Array(update).find { |line| line.is_a?(String) }
        @lines[resource.object_id] ||= first
      end

      def resource_failed(_resource, _action, _exception); end
    end
  end
end
