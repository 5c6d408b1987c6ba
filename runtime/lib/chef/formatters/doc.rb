# SPDX-License-Identifier: MIT
#
# The default formatter for people (CORE-165 … CORE-169).

require 'chef/formatters/base'

class Chef
  module Formatters
    class Doc < Base
      cli_name(:doc)

      DYNAMIC = '<Dynamically Defined Resource>'
      # Types that are done in a moment; before others the output is flushed.
      QUICK = %i[file directory link template cookbook_file log].freeze
      INDENT = 2

      def initialize(out, err)
        super
        @up_to_date = 0
        @updated = 0
        @running = []
        @wrote_update = false
        @recipe = nil
        @started = Time.now
      end

      def run_start(version)
        @started = Time.now
        puts_line "Starting RightLink, version #{version}"
      end

      def run_completed(_node)
        seconds = elapsed
        changed = "#{@updated}/#{@updated + @up_to_date} resources"
        if Chef::Config[:why_run]
          puts_line "RightLink finished, #{changed} would have been updated"
        else
          puts_line "RightLink finished, #{changed} updated in " \
                    "#{seconds} seconds"
        end
        @output.flush
      end

      def run_failed(_exception)
        if Chef::Config[:why_run]
          puts_line "RightLink failed. #{@updated} resources would have " \
                    'been updated'
        else
          puts_line "RightLink failed. #{@updated} resources updated in " \
                    "#{elapsed} seconds"
        end
        @output.flush
      end

      def library_load_start(_count)
        puts_line 'Compiling Cookbooks...'
        @output.flush
      end

      def converge_start(run_context)
        puts_line "Converging #{run_context.resource_collection.size} resources"
      end

      def converge_complete
        @output.end_line
        @output.indent = 0
        @running.clear
      end

      def handlers_start(_count)
        puts ''
        puts_line 'Running handlers:'
        indent_by INDENT
      end

      def handler_executed(handler)
        puts_line "- #{handler.class.name}"
      end

      def handlers_completed
        indent_by(-INDENT)
        puts_line 'Running handlers complete'
      end

      def resource_action_start(resource, action, _type = nil, _notifier = nil)
        return if @running.last.equal?(resource) # a retry

        heading(resource) unless resource.enclosing_provider
        @running << resource
        @output.indent = INDENT * @running.size
        @output.start_line("* #{resource} action #{action}", :white)
        @output.indent += INDENT
        @wrote_update = false
        @output.flush unless QUICK.include?(resource.resource_name)
      end

      def resource_skipped(_resource, _action, conditional)
        puts " (skipped due to #{conditional.short_description})", :blue
      end

      def resource_up_to_date(_resource, _action)
        @up_to_date += 1
        text = ' (up to date)'
        # Behind what nested resources wrote it has a line of its own.
        @wrote_update ? puts_line(text, :green) : puts(text, :green)
      end

      def resource_updated(_resource, _action)
        @updated += 1
        @wrote_update ? @output.end_line : puts_line('')
        @wrote_update = true
      end

      def resource_bypassed(_resource, _action, provider)
        puts_line '(Skipped: whyrun not supported by provider ' \
                  "#{provider.class.name})", :yellow
        @wrote_update = true
      end

      def resource_current_state_load_bypassed(resource, _action, _current)
        puts_line "* Whyrun not supported for #{resource}, bypassing load.",
                  :yellow
      end

      # Descriptions as "- did this"; arrays among them are raw lines (diffs).
      def resource_update_applied(_resource, _action, update)
        prefix = Chef::Config[:why_run] ? '- Would ' : '- '
        Array(update).each do |line|
          next if line.nil?

          @wrote_update = true
          if line.is_a?(String)
            puts_line "#{prefix}#{line}", :green
          elsif line.is_a?(Array)
            line.each { |detail| puts_line detail, :white }
          end
        end
      end

      def resource_completed(_resource)
        @output.end_line
        @running.pop
        @output.indent = indent_now
        @wrote_update = true
      end

      def provider_requirement_failed(_action, _resource, _exception, message)
        color = Chef::Config[:why_run] ? :yellow : :red
        Array(message).each { |line| puts_line "* #{line}", color }
        @wrote_update = true
      end

      def whyrun_assumption(_action, _resource, message)
        Array(message).each { |line| puts_line "* #{line}", :yellow }
        @wrote_update = true
      end

      def stream_output(stream, output, _options = {})
        @output.stream_output(stream, output)
        @wrote_update = true
      end

      private

      def heading(resource)
        recipe = if resource.cookbook_name && resource.recipe_name
                   "#{resource.cookbook_name}::#{resource.recipe_name}"
                 else
                   DYNAMIC
                 end
        return if recipe == @recipe

        @recipe = recipe
        @output.indent = indent_now
        puts_line "Recipe: #{recipe}"
      end

      # Of the lines that belong to the innermost running resource.
      def indent_now
        @running.empty? ? 0 : INDENT * (@running.size + 1)
      end

      def elapsed
        (Time.now - @started).round(6)
      end
    end
  end
end
