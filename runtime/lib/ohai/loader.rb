# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require "ohai/dsl"

module Ohai
  # The plugin files below the plugin path. Files of the newer syntax define
  # classes when they are read; of older ones the text tells what they provide.
  module Loader
    NEWER = /^\s*Ohai\.plugin\b/
    PROVIDES = /^\s*provides\b\s*\(?(.*)$/

    # One plugin: its keys and how to run it on a system.
    Entry = Struct.new(:name, :keys, :factory, :path)

    @classes = {}
    @files = {}

    class << self
      attr_reader :classes

      # The body of Ohai.plugin(name); several bodies of one name add up.
      def define(name, &block)
        unless name.is_a?(Symbol) && name.match?(/\A[A-Z]\w*\z/)
          raise Exception::InvalidPluginName,
                "#{name.inspect} is not a valid plugin name: it must be a " \
                "Symbol that begins with an upper-case letter"
        end

        klass = @classes[name] ||= new_class(name)
        klass.class_eval(&block)
        klass
      end

      # Reads files that are new or changed. Returns all entries.
      def load
        paths.each { |path| load_file(path) }
        entries
      end

      # Something is there that only a plugin can tell.
      def any?
        !@classes.empty? || !Array(Config[:plugin_path]).empty?
      end

      def forget
        @classes = {}
        @files = {}
      end

      private

      def new_class(name)
        klass = Class.new(DSL::Plugin::VersionVII)
        klass.plugin_name = name
        klass
      end

      def paths
        Array(Config[:plugin_path]).flat_map { |d| Dir.glob(File.join(d.to_s, "**", "*.rb")).sort }.uniq
      end

      def load_file(path)
        stamp = File.mtime(path)
        return if @files[path]&.first == stamp

        text = File.read(path, encoding: "BOM|UTF-8")
        if text.match?(NEWER)
          TOPLEVEL_BINDING.eval(text, path, 1)
          @files[path] = [stamp, nil]
        else
          @files[path] = [stamp, Entry.new(File.basename(path, ".rb"), keys_of(text), older(path), path)]
        end
      rescue StandardError, ScriptError => e
        Log.warn("plugin #{path} could not be read: #{e.class}: #{e.message}")
        @files[path] = [stamp, nil]
      end

      def older(path)
        ->(system) { DSL::FilePlugin.new(system, path) }
      end

      def keys_of(text)
        text.scan(PROVIDES).flat_map { |(rest)| rest.scan(/["']([^"']+)["']|:(\w+)/).map { |a, b| a || b } }
            .map { |path| path[%r{\A[^/]+}] }.uniq
      end

      def entries
        newer = @classes.map do |name, klass|
          Entry.new(name, klass.top_keys, ->(system) { klass.new(system) }, nil)
        end
        allowed(newer + @files.values.filter_map(&:last))
      end

      def allowed(list)
        off = Array(Config[:disabled_plugins]).map(&:to_s)
        off.empty? ? list : list.reject { |entry| off.include?(entry.name.to_s) }
      end
    end
  end
end
