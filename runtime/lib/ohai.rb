# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require "mash"
require "chef/log"

# The collectors of this machine under the names that plugins and recipes know
# (CORE-828). Built-in attributes are collected natively when they are first
# read; a plugin file is read when an attribute is asked for that it provides.
module Ohai
  VERSION = "7.4.0"
  OHAI_ROOT = __dir__
  Log = Chef::Log

  autoload :Loader, "ohai/loader"
  autoload :System, "ohai/system"
  autoload :Data, "ohai/data"
  autoload :DSL, "ohai/dsl"
  autoload :Hints, "ohai/hints"
  autoload :Exception, "ohai/exception"
  autoload :Mixin, "ohai/dsl"

  # The settings, as a table that grows.
  class Config
    DEFAULTS = {
      plugin_path: -> { [] },
      disabled_plugins: -> { [] },
      hints_path: -> { ["/etc/chef/ohai/hints"] },
      directory: nil, log_level: :info, version: VERSION
    }.freeze

    @values = {}

    class << self
      def [](name)
        name = name.to_sym
        @values.fetch(name) do
          default = DEFAULTS[name]
          default.is_a?(Proc) ? @values[name] = default.call : default
        end
      end

      def []=(name, value)
        @values[name.to_sym] = value
      end

      def merge!(hash)
        hash.each { |name, value| self[name] = value }
      end

      def reset
        @values = {}
      end

      def ohai
        self
      end

      def method_missing(name, *args)
        word = name.name
        if word.end_with?("=")
          self[word.chomp("=")] = args.first
        elsif args.empty?
          self[name]
        else
          self[name] = args.size == 1 ? args.first : args
        end
      end

      def respond_to_missing?(*)
        true
      end
    end
  end

  class << self
    def config
      Config
    end

    # The system whose values the node reads (ohai_fetch, ohai_keys).
    def source
      @source ||= System.new
    end

    # A plugin of the newer syntax (7 and later).
    def plugin(name, &block)
      Loader.define(name, &block)
    end
  end
end
