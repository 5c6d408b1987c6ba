# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require 'rightlink/lint/cookbook'
require 'rightlink/lint/vocabulary'

module RightLink
  module Lint
    # The cookbooks that were named, and those beside them that they may lean
    # on.
    class Workspace
      class Wrong < StandardError
      end

      # Loaded into every run (resources/rightscale).
      INJECTED = 'rightscale'

      # The cookbooks to look at.
      attr_reader :targets

      def initialize(arguments)
        @targets = []
        @at_hand = {}
        @whole = {}
        arguments.each { |argument| take(argument) }
        @targets.uniq!(&:directory)
        add_injected
      end

      def find(name)
        @at_hand[name.to_s]
      end

      def names
        @at_hand.keys
      end

      # Was the cookbook's whole path given, so that what is absent is absent?
      def whole?(cookbook)
        @whole.key?(cookbook.directory)
      end

      # The cookbook and all it depends on, as far as they are at hand.
      def reach(cookbook)
        @reach ||= {}
        @reach[cookbook] ||= begin
          found = {}
          visit(cookbook, found)
          injected = find(INJECTED)
          visit(injected, found) if injected
          found.values
        end
      end

      # Is all that it depends on at hand?
      def complete?(cookbook)
        reach(cookbook).none? do |one|
          one.metadata.open? || one.metadata.dependencies.any? { |name, *| find(name).nil? }
        end
      end

      # A cookbook at hand with a resource or definition of that name, or nil.
      def defining(word)
        @at_hand.each_value.find { |cookbook| own_words(cookbook).types.key?(word) }
      end

      def vocabulary(cookbook)
        @vocabularies ||= {}
        @vocabularies[cookbook] ||= Vocabulary.new(reach(cookbook))
      end

      private

      def own_words(cookbook)
        @own_words ||= {}
        @own_words[cookbook] ||= Vocabulary.new([cookbook])
      end

      def take(argument)
        directory = File.expand_path(argument)
        raise Wrong, "'#{argument}' is not a directory" unless File.directory?(directory)

        return take_one(directory, argument) if Cookbook.at?(directory)

        found = take_path(directory, argument)
        inner = "#{directory}/cookbooks"
        found = take_path(inner, join(argument, 'cookbooks')) if found.empty? && File.directory?(inner)
        raise Wrong, "'#{argument}' is neither a cookbook nor a directory of cookbooks" if found.empty?
      end

      def take_one(directory, shown)
        @targets << add(directory, shown)
        # Those beside it are known, not looked at.
        parent = File.dirname(directory)
        each_cookbook(parent) { |path, name| add(path, join(File.dirname(shown), name)) }
      end

      def take_path(directory, shown)
        found = []
        each_cookbook(directory) { |path, name| found << add(path, join(shown, name)) }
        found.each { |cookbook| @whole[cookbook.directory] = true }
        @targets.concat(found)
        found
      end

      def each_cookbook(directory)
        Dir.children(directory).sort.each do |name|
          path = "#{directory}/#{name}"
          yield path, name if !name.start_with?('.') && File.directory?(path) && Cookbook.at?(path)
        end
      rescue SystemCallError
        nil # what cannot be listed holds nothing for us
      end

      def add(directory, shown)
        known = @at_hand.each_value.find { |cookbook| cookbook.directory == directory }
        return known if known

        cookbook = Cookbook.new(directory, shown)
        cookbook.names.each { |name| @at_hand[name] ||= cookbook }
        cookbook
      end

      def join(directory, name)
        directory == '.' ? name : "#{directory.chomp('/')}/#{name}"
      end

      def add_injected
        shares = [ENV['RIGHTLINK_SHARE'],
                  *$LOAD_PATH.map { |d| File.expand_path('../../../share/rightlink', d.to_s) }]
        path = shares.compact.map { |d| "#{d}/cookbooks/#{INJECTED}" }.find { |d| File.directory?(d) }
        add(path, path) if path
      end

      def visit(cookbook, found)
        return if found.key?(cookbook.directory)

        found[cookbook.directory] = cookbook
        cookbook.metadata.dependencies.each do |name, *|
          inner = find(name)
          visit(inner, found) if inner
        end
      end
    end
  end
end
