# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require "ohai/data"
require "ohai/loader"

module Ohai
  # One collection of this machine's attributes.
  class System
    attr_accessor :data
    attr_reader :config

    def initialize(config = {})
      config.each { |name, value| Config[name] = value }
      @config = Config
      @data = Data.new(self)
      @entries = nil
      @ran = {}
      @fresh = {}
    end

    # --- for the node: keys come one by one ----------------------------------

    def ohai_fetch(key)
      @data[key]
    end

    def ohai_keys
      RightLink::Native.ohai_keys | entries.flat_map(&:keys)
    end

    # The value of one top-level key: what is collected natively, then every
    # plugin that provides the key.
    def collect(key)
      return @data.regular_fetch(key, nil) if @fresh[key]

      @fresh[key] = true
      native = RightLink::Native.ohai(key)
      @data[key] = native unless native.nil?
      entries.each { |entry| run(entry) if entry.keys.include?(key) }
      @data.regular_fetch(key, nil)
    end

    # --- the interface of Ohai -----------------------------------------------

    # Everything, or the attributes named.
    def all_plugins(attribute_filter = nil)
      keys = attribute_filter.nil? ? ohai_keys : names(attribute_filter)
      keys.each { |key| @data[key] }
      true
    end

    def [](key)
      @data[key]
    end

    def attribute?(name)
      @data.key?(name)
    end

    def each(&block)
      all_plugins
      @data.each(&block)
    end

    def to_hash
      all_plugins
      @data.to_hash
    end

    def load_plugins
      @entries = nil
      entries
    end

    # A plugin by file name ("os::name" too) or by an attribute.
    def require_plugin(name, _force = false)
      word = name.to_s.split("::").last
      entry = entries.find { |e| e.name.to_s == word || e.name.to_s == name.to_s }
      if entry
        run(entry)
      else
        @data[word]
      end
      true
    end

    # Collects again: all, or what is at and below an attribute.
    def refresh_plugins(attribute_filter = nil)
      filter = attribute_filter == "/" ? nil : attribute_filter
      keys = filter.nil? ? ohai_keys : names(filter)
      keys.each do |key|
        RightLink::Native.ohai_reload(key)
        @data.regular_delete(key)
        @fresh.delete(key)
      end
      entries.each { |entry| @ran.delete(entry.name) if (entry.keys & keys).any? }
      all_plugins(filter)
    end

    def run_plugins(_safe = false, attribute_filter = nil)
      all_plugins(attribute_filter)
    end

    def to_json(*args)
      all_plugins
      require "chef/json_compat"
      Chef::JSONCompat.to_json(@data, *args)
    end

    def json_pretty_print(item = nil)
      all_plugins if item.nil?
      require "chef/json_compat"
      Chef::JSONCompat.to_json_pretty(item || @data)
    end

    def attributes_print(attribute)
      json_pretty_print(names(attribute).map { |key| @data[key] }.first)
    end

    def method_missing(name, *args)
      return super unless args.empty? && !name.name.match?(/[?!=]\z/) && name != :to_ary

      @data[name]
    end

    def respond_to_missing?(*)
      false
    end

    private

    def entries
      @entries ||= Loader.any? ? Loader.load : []
    end

    # Plugin names count as the attributes that they provide.
    def names(filter)
      Array(filter).flat_map do |word|
        word = word.to_s
        plugin = entries.find { |entry| entry.name.to_s == word }
        plugin ? plugin.keys : [word[%r{\A/?([^/]+)}, 1]]
      end
    end

    def run(entry)
      return if @ran[entry.name]

      @ran[entry.name] = true
      entry.keys.each { |key| @data[key] }
      entry.factory.call(self).run
    rescue StandardError, ScriptError => e
      Log.warn("plugin #{entry.name} failed: #{e.class}: #{e.message}")
      Log.debug { (e.backtrace || []).join("\n") }
    end
  end
end
