# SPDX-License-Identifier: MIT
#
# What all formatters do: show error blocks (CORE-174).

require 'chef/formatters'
require 'chef/event_dispatch/base'
require 'chef/formatters/outputter'

class Chef
  module Formatters
    class Base < EventDispatch::Base
      def self.cli_name(name)
        Formatters.register(name, self)
      end

      attr_reader :out, :err, :output

      def initialize(out, err)
        super()
        @out = out
        @err = err
        @output = Outputter.new(out, err)
      end

      def puts(*args)
        @output.puts(*args)
      end

      def print(*args)
        @output.print(*args)
      end

      def puts_line(*args)
        @output.puts_line(*args)
      end

      def start_line(*args)
        @output.start_line(*args)
      end

      def indent_by(amount)
        @output.indent = [@output.indent + amount, 0].max
      end

      # CORE-1118: a quiet failure is not shown.
      def resource_failed(resource, action, exception)
        return if resource.ignore_failure.to_s == 'quiet'

        show(ErrorInspectors.resource_failure(resource, action, exception))
      end

      def node_load_failed(node_name, exception, config)
        show(ErrorInspectors.node_load(node_name, exception, config))
      end

      def run_list_expand_failed(node, exception)
        show(ErrorInspectors.run_list_expansion(node, exception))
      end

      %i[library attribute lwrp definition recipe].each do |kind|
        define_method(:"#{kind}_file_load_failed") do |path, exception|
          file_load_failed(path, exception)
        end
      end

      def recipe_not_found(exception)
        show(ErrorInspectors.compile(nil, exception))
      end

      def file_load_failed(path, exception)
        show(ErrorInspectors.compile(path, exception))
      end

      def msg(message)
        puts_line(message)
      end

      private

      def show(description)
        description.display(@output)
        @output.flush
      end
    end

    # Nothing but error blocks.
    class NullFormatter < Base
      cli_name(:null)
    end
  end
end
