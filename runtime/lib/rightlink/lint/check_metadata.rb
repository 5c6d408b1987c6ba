# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require 'chef/cookbook/metadata'
require 'chef/version_constraint'
require 'chef/version_class'

module RightLink
  module Lint
    # The metadata: name, version, constraints, dependencies.
    class CheckMetadata
      def initialize(workspace, report)
        @workspace = workspace
        @report = report
      end

      def check(cookbook)
        @cookbook = cookbook
        @metadata = cookbook.metadata
        return missing if @metadata.source.nil?

        statements = @metadata.statements
        return add(1, 'syntax', "metadata.json: #{@metadata.error}") if @metadata.error
        return if @metadata.ruby? && @metadata.source.tree.nil?

        check_name
        check_version
        statements.each { |statement| check_statement(statement) }
        @metadata.dependencies.each { |dependency| check_dependency(*dependency) }
      end

      private

      def add(line, rule, message, level = nil)
        @report.add(@metadata.source, line, rule, message, level)
      end

      # In the place where it should be.
      def missing
        shown = @cookbook.shown.chomp('/')
        @report.add(Source.new("#{@cookbook.directory}/metadata.rb", "#{shown}/metadata.rb"), 1, 'metadata-missing',
                    "cookbook '#{@cookbook.name}' has no metadata.rb; write one with name, version and depends")
      end

      def line_of(word)
        statement = @metadata.statements.reverse.find { |s| s.word == word }
        statement ? statement.line : 1
      end

      def check_name
        name = @metadata.name
        if !@metadata.said?('name')
          add(1, 'metadata-name', "no name: newer Chef needs `name '#{@cookbook.name}'`")
        elsif name && name != @cookbook.name
          add(line_of('name'), 'metadata-name',
              "the name '#{name}' is not the directory's, '#{@cookbook.name}', which is the one that counts")
        end
      end

      def check_version
        return add(1, 'metadata-version', "no version: it counts as 0.0.0; write `version '1.0.0'`", 'warning') unless
          @metadata.said?('version')

        text = @metadata.version
        Chef::Version.new(text.strip) if text
      rescue Chef::Exceptions::InvalidCookbookVersion => e
        add(line_of('version'), 'metadata-version', e.message)
      end

      def check_statement(statement)
        word = statement.word
        return check_constraint(statement) if Metadata::RELATIONS.include?(word)
        return if known?(word)

        add(statement.line, 'metadata-word', "metadata has no word `#{word}'" +
            Suggest.phrase(word, Chef::Cookbook::Metadata.instance_methods(false)))
      end

      def known?(word)
        metadata = Chef::Cookbook::Metadata
        metadata.method_defined?(word) || metadata.private_method_defined?(word)
      end

      def check_constraint(statement)
        return unless statement.literal

        texts = statement.values.drop(1)
        if texts.size > 1
          return add(statement.line, 'metadata-constraint',
                     "#{statement.word} '#{statement.values[0]}' has #{texts.size} constraints; only one is allowed")
        end
        Chef::VersionConstraint.new(texts[0]) if texts[0]
      rescue Chef::Exceptions::InvalidVersionConstraint => e
        add(statement.line, 'metadata-constraint', "#{statement.word} '#{statement.values[0]}': #{e.message}")
      end

      def check_dependency(name, constraint, line)
        found = @workspace.find(name)
        return absent(name, line) unless found

        version = found.metadata.version
        return unless constraint && version
        return if Chef::VersionConstraint.new(constraint).include?(Chef::Version.new(version.strip))

        add(line, 'dependency-version', "depends on #{name} #{constraint}, but #{found.shown} is #{version}")
      rescue Chef::Exceptions::InvalidVersionConstraint, Chef::Exceptions::InvalidCookbookVersion
        nil # said where it stands
      end

      def absent(name, line)
        whole = @workspace.whole?(@cookbook)
        text = whole ? 'which is not in the given path' : 'which is not beside it'
        add(line, 'missing-dependency', "depends on '#{name}', #{text}" +
            Suggest.phrase(name, @workspace.names), whole ? nil : 'warning')
      end
    end
  end
end
