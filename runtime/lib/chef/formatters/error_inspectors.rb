# SPDX-License-Identifier: MIT
#
# What to tell about an error, by where it happened (CORE-181 … CORE-184).

require 'chef/formatters/error_description'
require 'rightlink/blame'

class Chef
  module Formatters
    module ErrorInspectors
      TRACE_LINES = 15

      module_function

      def resource_failure(resource, action, exception)
        block = ErrorDescription.new('Error executing action ' \
                                     "`#{action}` on resource '#{resource}'")
        message_section(block, exception)
        trace_section(block, exception)
        if resource.sensitive
          block.section('Resource Declaration:', suppressed)
          block.section('Compiled Resource:', suppressed)
          return block
        end
        declaration_section(block, resource)
        block.section('Compiled Resource:', resource.to_text)
        template_section(block, exception)
        block
      end

      # A file of a cookbook that could not be read as Ruby or raised.
      def compile(path, exception)
        culprit = RightLink::Blame.of(exception, path)
        shown = culprit ? culprit.file : path
        title = 'Recipe Compile Error'
        title += " in #{shown}" if shown
        block = ErrorDescription.new(title)
        message_section(block, exception)
        trace_section(block, exception)
        excerpt = culprit && culprit.excerpt
        block.section('Relevant File Content:', excerpt) if excerpt
        block
      end

      def run_list_expansion(node, exception)
        block = ErrorDescription.new('Error expanding the run_list:')
        if exception.is_a?(Chef::Exceptions::MissingRole)
          roles = exception.expansion.missing_roles_with_including_role
          block.section('Missing Role(s) in Run List:',
                        roles.map { |role, by| "* #{role} included by '#{by}'" }
                             .join("\n"))
          block.section('Original Run List', run_list_text(node))
        else
          block.section('Unexpected Error:',
                        "#{exception.class.name}: #{exception.message}")
        end
        block
      end

      def node_load(_node_name, exception, _config)
        block = ErrorDescription.new('Error building the node:')
        message_section(block, exception)
        trace_section(block, exception)
        block
      end

      def suppressed
        Chef::Resource::Printing::SUPPRESSED
      end

      def message_section(block, exception)
        text = RightLink::Blame.message(exception)
        hint = RightLink::Blame.hint(exception)
        text += "\n\n#{hint}" if hint
        block.section(exception.class.name, text)
      end

      def trace_section(block, exception)
        lines = fold(RightLink::Blame.cookbook_trace(exception))
        return if lines.empty?

        more = lines.size - TRACE_LINES
        lines = lines.first(TRACE_LINES)
        lines << "... and #{more} more" if more > 0
        block.section('Cookbook Trace:', lines.map { |l| "  #{l}" }.join("\n"))
      end

      # A recursion without end is one line, not ten thousand.
      def fold(lines)
        lines.slice_when { |a, b| a != b }.map do |same|
          same.size == 1 ? same[0] : "#{same[0]} (#{same.size} times)"
        end
      end

      def declaration_section(block, resource)
        text = RightLink::Blame.declaration(resource.source_line)
        block.section('Resource Declaration:', text) if text
      end

      def template_section(block, exception)
        return unless exception.respond_to?(:source_listing)

        block.section('Template Context:',
                      "#{exception.source_location}\n" \
                      "#{exception.source_listing}\n")
      end

      def run_list_text(node)
        node.run_list.map { |item| "* #{item}" }.join("\n")
      end
    end
  end
end
