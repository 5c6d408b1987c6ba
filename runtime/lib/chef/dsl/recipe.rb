# SPDX-License-Identifier: MIT
#
# The recipe language as recipes and providers speak it: resource words,
# definitions, data queries, platform helpers (CORE-501 … CORE-506).

require 'chef/dsl/words'
require 'chef/dsl/declare_resource'
require 'chef/dsl/commands'
require 'chef/dsl/include_recipe'
require 'chef/dsl/platform_introspection'
require 'chef/dsl/data_query'
require 'chef/dsl/registry_helper'
require 'chef/dsl/reboot_pending'

class Chef
  module DSL
    module Recipe
      include Chef::DSL::DataQuery
      include Chef::DSL::PlatformIntrospection
      include Chef::DSL::RegistryHelper
      include Chef::DSL::RebootPending
      include Chef::DSL::DeclareResource
      include Chef::DSL::Commands
      include Chef::DSL::Words

      # Definition, then resource, then an error (CORE-501).
      def method_missing(word, *args, &block)
        context = run_context
        if context && context.definitions.key?(word)
          return evaluate_definition(word, *args, &block)
        end
        return super unless context && context.resource_class(word)

        location = caller_locations(1, 1)[0]
        Words.define(word)
        declare_word(word, args, location, &block)
      rescue NameError => e
        raise unless e.name == word && receiver_of(e).equal?(self)

        raise unknown_word(e, word)
      end

      def respond_to_missing?(word, include_private = false)
        context = run_context
        return true if context && (context.definitions.key?(word) ||
                                   context.resource_class(word))

        super
      end

      def have_resource_class_for?(word)
        !run_context.resource_class(word).nil?
      end

      def resource_class_for(word)
        run_context.resource_class(word) ||
          raise(Chef::Exceptions::NoSuchResourceType,
                "Cannot find a resource for #{word}")
      end

      def has_resource_definition?(word)
        run_context.definitions.key?(word)
      end

      # Runs a definition as a recipe of the caller's name (CORE-561).
      def evaluate_definition(word, *args, &block)
        definition = run_context.definitions[word].for_call(node)
        definition.params[:name] = args[0]
        definition.instance_eval(&block) if block
        recipe = Chef::Recipe.new(cookbook_name, recipe_name, run_context)
        recipe.params = definition.params
        recipe.instance_eval(&definition.recipe)
        recipe
      end

      def exec(args)
        raise Chef::Exceptions::ResourceNotFound,
              'exec was called, but you probably meant to use an execute ' \
              "resource.  If not, please call Kernel#exec explicitly.  The " \
              "exec block called was \"#{args}\""
      end

      def lazy(&block)
        Chef::DelayedEvaluator.new(&block)
      end

      def describe_self_for_error
        name = respond_to?(:recipe_name) ? recipe_name : nil
        "#{self.class} \"#{name || self}\""
      end

      private

      def receiver_of(error)
        error.receiver
      rescue ArgumentError
        nil
      end

      def unknown_word(error, word)
        known = Words.known + run_context.definitions.keys +
                public_methods(false)
        if error.is_a?(NoMethodError)
          text = "No resource or method named `#{word}' for " \
                 "`#{describe_self_for_error}'"
          text += RightLink::Suggest.phrase(word, known)
          changed = NoMethodError.new(text, word, error.args)
        else
          text = 'No resource, method, or local variable named ' \
                 "`#{word}' for `#{describe_self_for_error}'"
          text += RightLink::Suggest.phrase(word, known)
          changed = NameError.new(text, word)
        end
        changed.set_backtrace(error.backtrace.drop_while do |line|
          line.include?('/chef/dsl/recipe.rb:')
        end)
        changed
      end
    end
  end
end
