# SPDX-License-Identifier: MIT
# frozen_string_literal: true

module RightLink
  module Lint
    # Words of old and of newer Ruby and Chef, by the tables.
    class CheckWords
      def initialize(workspace, report)
        @workspace = workspace
        @report = report
      end

      def check(cookbook)
        @features = {}
        @words = @workspace.vocabulary(cookbook)
        @complete = @workspace.complete?(cookbook)
        cookbook.loaded.each do |source|
          next unless source.tree

          old_words(source)
          new_words(source)
        end
        say_level(cookbook)
      end

      private

      # --- what went out of use ----------------------------------------------

      def old_words(source)
        Tree.calls(source.tree) { |call| old_call(source, call) }
        Tree.walk(source.tree) do |node|
          name = Tree.constant(node)
          next unless name

          instead = OLD_CONSTANTS[name]
          old(source, node.first_lineno, name, instead) if instead
          :skip
        end
      end

      def old_call(source, call)
        word = call.name.name
        if call.own?
          old(source, call.line, word, OLD_WORDS[word]) if OLD_WORDS.key?(word)
        elsif node?(call.receiver)
          old(source, call.line, "node.#{word}", OLD_NODE_CALLS[word]) if OLD_NODE_CALLS.key?(word)
        elsif (constant = Tree.constant(call.receiver))
          instead = OLD_CALLS[[constant, word]]
          old(source, call.line, "#{constant}.#{word}", instead) if instead
        elsif OLD_METHODS.key?(word) && call.arguments.empty?
          old(source, call.line, word, OLD_METHODS[word])
        end
      end

      def node?(receiver)
        call = Tree.call(receiver)
        !call.nil? && call.own? && call.name == :node
      end

      def old(source, line, word, instead)
        text = instead ? "write #{instead}" : 'it does nothing; leave it out'
        @report.add(source, line, 'deprecated', "#{word} is out of use: #{text}")
      end

      # --- what came later ---------------------------------------------------

      def new_words(source)
        kind = kind_of(source)
        return unless kind

        guarded = Guards.ranges(source.tree)
        Tree.calls(source.tree) do |call|
          next if !call.own? || guarded.any? { |lines| lines.cover?(call.line) }

          version = feature(kind, call)
          note(version, call.name.name, source, call.line) if version
        end
      end

      def kind_of(source)
        return :metadata if source.path.end_with?('/metadata.rb')

        segment = source.path.split('/')[-2]
        return :resource if segment == 'resources'

        :recipe if %w[recipes providers definitions].include?(segment)
      end

      def feature(kind, call)
        word = call.name.name
        return BEFORE_SINCE if word == 'notifies' && call.literal(2) == 'before'

        found = FEATURES[kind][word]
        # `action :x` of a declaration is none of a custom resource.
        return nil if word == 'action' && call.block.nil?
        return found if found || kind == :metadata

        FEATURES[:recipe][word] || later_resource(word, call)
      end

      def later_resource(word, call)
        return unless call.block && Tree.string?(call.arguments[0])

        LATER_RESOURCES[word] unless !@complete || @words.types.key?(word) || @workspace.defining(word)
      end

      def note(version, word, source, line)
        @features[version] ||= [word, source, line]
      end

      # The newest word decides.
      def say_level(cookbook)
        newest = @features.keys.max_by { |text| text.split('.').map(&:to_i) }
        return unless newest

        word, source, line = @features[newest]
        major = newest.to_i
        level = major <= 12 ? 'Chef 12' : 'a Chef later than 12'
        @report.add(source, line, 'compatibility',
                    "cookbook '#{cookbook.name}' needs #{level}: `#{word}' came with #{newest}")
      end
    end
  end
end
