# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require 'rightlink/lint/source'
require 'rightlink/lint/metadata'
require 'chef/cookbook/chefignore'

module RightLink
  module Lint
    # A cookbook's directory: its files by kind, read when asked for.
    class Cookbook
      SEGMENTS = %w[attributes recipes libraries resources providers definitions].freeze
      MARKS = (SEGMENTS + %w[templates files]).freeze
      # Kinds whose words are those of the recipe language.
      SPEAKING = %w[recipes providers resources definitions].freeze

      attr_reader :directory, :shown

      # A bundle or a repository may look like one, but has its cookbooks below.
      def self.at?(directory)
        return true if %w[metadata.rb metadata.json].any? { |file| File.file?("#{directory}/#{file}") }

        MARKS.any? { |mark| File.directory?("#{directory}/#{mark}") } && !File.directory?("#{directory}/cookbooks")
      end

      def initialize(directory, shown)
        @directory = directory
        @shown = shown
        @sources = {}
        @ignore = Chef::Cookbook::Chefignore.new(directory)
      end

      # The name by which others depend on it: the directory's, as in Chef 11.
      def name
        File.basename(directory)
      end

      # Both spellings, for who asks by the metadata's.
      def names
        [name, metadata.name].compact.uniq
      end

      def metadata
        @metadata ||= Metadata.new(self)
      end

      # Sources of DIRECTORY/segment/*.rb.
      def segment(name)
        @segments ||= {}
        @segments[name] ||= glob(deep?(name) ? "#{name}/**/*.rb" : "#{name}/*.rb")
      end

      # What Chef loads.
      def loaded
        SEGMENTS.flat_map { |name| segment(name) } + glob('metadata.rb')
      end

      # Every other Ruby file: payload, tests, tools.
      def other_ruby
        glob('**/*.rb') - loaded
      end

      def templates
        glob('templates/**/*').select { |s| s.path.end_with?('.erb') || s.text.include?('<%') }
      end

      # Every file, for what may stand anywhere.
      def everything
        glob('**/*')
      end

      def recipe?(recipe)
        File.file?("#{directory}/recipes/#{recipe}.rb")
      end

      def recipes
        segment('recipes').map { |source| File.basename(source.path, '.rb') }
      end

      private

      def deep?(segment)
        segment == 'libraries'
      end

      def glob(pattern)
        Dir.glob(pattern, base: directory).sort.filter_map do |relative|
          next if @ignore.ignored?(relative)

          path = "#{directory}/#{relative}"
          source(path, relative) if File.file?(path)
        end
      end

      def source(path, relative)
        @sources[path] ||= Source.new(path, shown == '.' ? relative : "#{shown.chomp('/')}/#{relative}")
      end
    end
  end
end
