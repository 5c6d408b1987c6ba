# SPDX-License-Identifier: MIT
# frozen_string_literal: true

module RightLink
  module Lint
    # What recipes, providers and actions declare: are there such resources,
    # properties, actions and recipes?
    class CheckRecipes
      BRANCHES = %i[BLOCK IF UNLESS CASE WHEN BEGIN RESCUE RESBODY ENSURE SCOPE].freeze

      def initialize(workspace, report)
        @workspace = workspace
        @report = report
      end

      def check(cookbook)
        @cookbook = cookbook
        @words = @workspace.vocabulary(cookbook)
        @complete = @workspace.complete?(cookbook)
        Cookbook::SPEAKING.each do |segment|
          cookbook.segment(segment).each { |source| check_source(source) if source.tree }
        end
      end

      private

      def check_source(source)
        @source = source
        @own = {}
        @depth = 0
        Vocabulary.each_method(source.tree) { |name| @own[name] = true }
        visit(source.tree)
      end

      # Every declaration that no condition about this Chef encloses.
      def visit(node)
        return unless node.is_a?(Tree::NODE)
        return visit_condition(node) if %i[IF UNLESS].include?(node.type)

        call = Tree.call(node)
        declared = check_call(call) if call&.own?
        @depth += 1 if declared
        inner = call && node.type == :ITER ? [*call.node.children, call.block] : node.children
        inner.each { |child| visit(child) }
        @depth -= 1 if declared
      end

      def visit_condition(node)
        return if Guards.guard?(node.children[0])

        node.children.each { |child| visit(child) }
      end

      # True: what is in its block are words of a resource.
      def check_call(call)
        check_include(call) if %i[include_recipe require_recipe].include?(call.name)
        return unless call.block && Tree.string?(call.arguments[0])

        word = call.name.name
        type = @own.key?(word) ? nil : @words.type(word)
        check_body(call.block, type) if type
        return true if type || @depth.positive?

        unknown(call, word) unless @own.key?(word) || @words.word?(word) || @words.open?
        nil
      end

      def unknown(call, word)
        return other_platform(call, word) if OTHER_RESOURCES.match?(word)

        owner = @workspace.defining(word)
        return undeclared(call, owner.name, "uses `#{word}' of '#{owner.name}'") if owner

        later = LATER_RESOURCES[word]
        text = "no resource or method `#{word}'"
        text += later ? ": it came with Chef #{later}" : Suggest.phrase(word, @words.resource_words)
        text += '; a dependency is not at hand, it may be from there' unless @complete
        @report.add(@source, call.line, 'unknown-resource', text, @complete ? nil : 'warning')
      end

      def other_platform(call, word)
        @report.add(@source, call.line, 'other-platform', "`#{word}' is of another operating system")
      end

      # --- the block of a declaration ----------------------------------------

      # Its statements, also those in conditions and loops; blocks of properties
      # run elsewhere.
      def check_body(node, type)
        return unless node.is_a?(Tree::NODE)
        return if %i[IF UNLESS].include?(node.type) && Guards.guard?(node.children[0])

        call = Tree.call(node)
        if call&.own?
          check_property(call, type)
        elsif call && node.type == :ITER
          check_body(call.block, type)
        elsif BRANCHES.include?(node.type)
          branches(node).each { |child| check_body(child, type) }
        end
      end

      # Without conditions and the scope's table.
      def branches(node)
        case node.type
        when :IF, :UNLESS, :CASE, :WHEN then node.children.drop(1)
        when :SCOPE then [node.children[2]]
        else node.children
        end
      end

      def check_property(call, type)
        return if call.node.type == :VCALL

        word = call.name.name
        return check_action(call, type) if word == 'action'
        return if type.property?(word) || @words.methods.key?(word) || @own.key?(word)
        return if provider_word?(word)
        return other_platform(call, word) if OTHER_PROPERTIES.include?(word)

        @report.add(@source, call.line, 'unknown-property',
                    "#{type.name} has no property `#{word}'" + Suggest.phrase(word, type.properties))
      end

      # Inside a provider its words answer in a resource's block too.
      def provider_word?(word)
        return false if @source.path.match?(%r{/(?:recipes|definitions)/[^/]*\z})

        @words.answers?(Chef::Provider::LWRPBase, word)
      end

      def check_action(call, type)
        actions = call.arguments.flat_map do |argument|
          text = Tree.literal(argument)
          text ? [text] : Tree.texts(argument)
        end
        actions.reject { |action| type.action?(action) }.each do |action|
          @report.add(@source, call.line, 'unknown-action',
                      "#{type.name} has no action :#{action}" + Suggest.phrase(action, type.actions))
        end
      end

      # --- recipes -----------------------------------------------------------

      def check_include(call)
        call.arguments.each do |argument|
          text = argument.type == :STR ? argument.children[0] : nil
          check_recipe(call, *text.split('::', 2)) if text
        end
      end

      def check_recipe(call, cookbook_name, recipe = nil)
        recipe = 'default' if recipe.to_s.empty?
        own = cookbook_name.empty? || @cookbook.names.include?(cookbook_name)
        found = own ? @cookbook : @workspace.find(cookbook_name)
        unless own || reached?(found, cookbook_name)
          undeclared(call, cookbook_name, "includes a recipe of '#{cookbook_name}'")
        end
        return if found.nil? || found.recipe?(recipe)

        @report.add(@source, call.line, 'missing-recipe',
                    "cookbook '#{found.name}' has no recipe '#{recipe}'" + Suggest.phrase(recipe, found.recipes),
                    own ? nil : 'warning')
      end

      def reached?(found, cookbook_name)
        return @workspace.reach(@cookbook).include?(found) if found

        @cookbook.metadata.open? || @cookbook.metadata.dependencies.any? { |name, *| name == cookbook_name }
      end

      def undeclared(call, name, what)
        @report.add(@source, call.line, 'undeclared-dependency',
                    "#{what}, which the metadata does not name; write `depends '#{name}'`")
      end
    end
  end
end
