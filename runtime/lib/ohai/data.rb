# SPDX-License-Identifier: MIT
# frozen_string_literal: true

module Ohai
  # What one system collected. A top-level key that was not read yet is asked
  # for; the whole is collected only by System#all_plugins.
  class Data < Mash
    def initialize(system)
      super(nil)
      @system = system
    end

    def [](key)
      key = key.name if key.is_a?(Symbol)
      regular_fetch(key) { @system ? @system.collect(key) : nil }
    end

    def key?(key)
      return true if super

      !self[key].nil?
    end
    alias_method :include?, :key?
    alias_method :has_key?, :key?
    alias_method :member?, :key?

    def fetch(key, *rest, &block)
      self[key]
      super
    end

    # Without asking anyone.
    def held?(key)
      regular_key?(key)
    end

    def dup
      Mash.new.update(self)
    end
  end
end
