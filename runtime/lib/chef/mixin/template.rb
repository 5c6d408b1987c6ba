# SPDX-License-Identifier: MIT
#
# Rendering of templates (CORE section 9): the object a template sees, partials,
# helpers, errors that name the template's line. The engine is Erubis; a
# template is compiled once and becomes a method.

class Chef
  module Mixin
    module Template
      autoload :Compiled, 'rightlink/compiled_template'

      # An error of a template, with its place (CORE-907).
      class TemplateError < RuntimeError
        FRAME = /\(erubis\):(\d+)/.freeze
        AROUND = 2

        attr_reader :original_exception, :context

        def initialize(original_exception, template, context, path = nil)
          super(original_exception.message)
          @original_exception = original_exception
          @template = template.to_s
          @context = context
          @path = path
          set_backtrace(original_exception.backtrace)
        end

        def line_number
          @line_number ||= begin
            frames = [*original_exception.backtrace]
            frames.unshift(message) if original_exception.is_a?(SyntaxError)
            found = frames.find { |frame| FRAME.match?(frame) }
            found && found[FRAME, 1].to_i
          end
        end

        def source_location
          place = @path ? "#{@path} " : ''
          line_number ? "#{place}on line ##{line_number}" : place.strip
        end

        def source_listing
          lines = @template.lines(chomp: true)
          first = line_number ? [line_number - AROUND, 1].max : 1
          last = line_number ? line_number + AROUND : lines.size
          (lines[(first - 1)..(last - 1)] || []).each_with_index.map do |l, i|
            "#{(first + i).to_s.rjust(3)}: #{l}"
          end.join("\n")
        end
      end

      # Where templates and partials are on disk (CORE-905).
      class TemplateFinder
        def initialize(run_context, cookbook_name, node)
          @run_context = run_context
          @cookbook_name = cookbook_name
          @node = node
        end

        # options: :local, :cookbook, :source.
        def find(template_name, options = {})
          return local(template_name, options) if options[:local]

          name = options[:cookbook] || @cookbook_name
          cookbook = @run_context.cookbook_collection[name]
          cookbook.preferred_filename_on_disk_location(
            @node, :templates, options[:source] || template_name
          )
        end

        private

        def local(template_name, options)
          options[:source] || template_name
        end
      end

      # The self of a template: variables as instance variables (CORE-902).
      class TemplateContext
        include Enumerable
        include ChefUtils

        KEPT = %i[@_extension_modules].freeze

        attr_reader :_extension_modules

        def initialize(variables = {})
          @_extension_modules = []
          update(variables)
        end

        # In errors about words that it does not have.
        def inspect
          "#<template #{@template_path}>"
        end

        def [](key)
          instance_variable_get("@#{key}")
        end

        def []=(key, value)
          instance_variable_set("@#{key}", value)
        end

        def keys
          (instance_variables - KEPT).map { |ivar| ivar.to_s.delete_prefix('@') }
        end

        def key?(key)
          instance_variable_defined?("@#{key}")
        end

        def each
          keys.each { |key| yield key, self[key] }
        end

        def update(variables)
          variables.each { |key, value| self[key] = value }
        end

        def node
          return @node if @node

          raise "Could not find a value for node. If you are explicitly " \
                'setting variables in a template, include a node variable ' \
                'if you plan to use it.'
        end

        # Another template inside this one (CORE-904).
        def render(partial_name, options = {})
          unless @template_finder
            raise 'You cannot render partials in this context'
          end
          variables = options[:variables] || _public_instance_variables
          path = @template_finder.find(partial_name, options)
          inner = self.class.new(variables)
          inner[:node] = @node
          inner[:template_finder] = @template_finder
          inner._extend_modules(@_extension_modules)
          inner.render_template(path)
        end

        def render_template(path)
          Compiled.render(path, self)
        end

        def render_template_from_string(text)
          Compiled.render_text(text, self)
        end

        def _public_instance_variables
          keys.reject { |key| key.start_with?('_') }
              .to_h { |key| [key, self[key]] }
        end

        WATCHED = %i[node render render_template
                     render_template_from_string].freeze

        def _extend_modules(modules)
          modules.each do |mod|
            (mod.instance_methods & WATCHED).each do |name|
              Chef::Log.warn("Core template method `#{name}' overridden by " \
                             "extension module #{mod}")
            end
            extend(mod)
            @_extension_modules << mod
          end
        end
      end

      # For libraries that render text themselves.
      def render_template(template, variables)
        context = TemplateContext.new(variables)
        text = context.render_template_from_string(template)
        return text unless block_given?

        require 'tempfile'
        file = Tempfile.new('chef-rendered-template')
        file.write(text)
        file.flush
        yield file
      end
    end
  end
end
