# SPDX-License-Identifier: MIT
# frozen_string_literal: true

module RightLink
  module Ageing
    # Takes the old words away, down to what this Ruby has itself, and brings
    # them back.
    module Switch
      @taken = []

      module_function

      # Takes the setting and forgets the last run.
      def turn(wanted)
        wanted = wanted ? true : false
        Ageing.noted.clear
        hide
        return if wanted == Ageing.on?

        wanted ? on : off
        Ageing.on = wanted
      end

      # For the files of the constants.
      def define(name, value)
        Object.const_set(name, value)
        Ageing.shown << name
        Ageing.note(name.name)
      end

      # Takes the constants that were named away: one that is there would not be
      # noticed again.
      def hide
        return if Ageing.shown.empty?

        $LOADED_FEATURES.delete_if { |f| f.include?("/rightlink/ageing/constant/") }
        Ageing.shown.each do |name|
          Object.send(:remove_const, name)
          Ageing.offer(name)
        end
        Ageing.shown.clear
      end

      # A constant of Ruby that a const_missing among the words answers for.
      def replace(owner, name)
        return unless owner.const_defined?(name, false)

        Ageing.inner[[owner, name]] = owner.const_get(name)
        owner.send(:remove_const, name) if Ageing.on?
      end

      def off
        CONSTANTS.each_key { |name| take_constant(name) }
        Ageing.inner.each { |(owner, name), value| owner.const_set(name, value) }
        Ageing.modules.each { |words| take(words) }
      end

      def on
        Ageing.inner.each_key { |owner, name| owner.send(:remove_const, name) }
        @taken.each do |words, name, method, hidden|
          words.define_method(name, method)
          words.send(:private, name) if hidden
        end
        @taken.clear
        CONSTANTS.each_key do |name|
          Object.send(:remove_const, name) if Object.const_defined?(name, false)
          Ageing.offer(name)
        end
      end

      # The methods of one module of words.
      def take(words)
        hidden = words.private_instance_methods(false)
        (words.instance_methods(false) + hidden).each do |name|
          @taken << [words, name, words.instance_method(name), hidden.include?(name)]
          quietly { words.send(:remove_method, name) }
        end
      end

      # Ruby warns when `initialize` goes.
      def quietly
        was = $VERBOSE
        $VERBOSE = nil
        yield
      ensure
        $VERBOSE = was
      end

      def take_constant(name)
        Object.send(:remove_const, name) if Object.const_defined?(name, false)
        return unless Ageing.own.key?(name)

        Object.const_set(name, Ageing.own[name])
        Object.deprecate_constant(name)
      end
    end
  end
end
