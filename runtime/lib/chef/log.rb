# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require "chef/log/device"

class Chef
  # The log of a run (CORE-161, CORE-810). A call below the level costs one
  # integer comparison; nothing is formatted.
  class Log
    LEVELS = { debug: 0, info: 1, warn: 2, error: 3, fatal: 4 }.freeze
    NAMES = LEVELS.invert.freeze

    @threshold = LEVELS[:warn]
    @loggers = nil
    @filter = nil

    class << self
      # A callable that every line passes through before it is written.
      attr_accessor :filter

      def init(*opts)
        @loggers = [Device.for(*opts)]
      end

      def loggers
        @loggers ||= [Device.new($stdout)]
      end

      def logger
        loggers.first
      end

      def logger=(value)
        @loggers = [value]
      end

      # Writes where another log does, or to the devices given.
      def use_log_devices(other)
        @loggers = other.respond_to?(:loggers) ? other.loggers : Array(other)
      end

      def reset!
        @loggers = nil
        @threshold = LEVELS[:warn]
      end

      def level=(new_level)
        number = LEVELS[new_level.respond_to?(:to_sym) ? new_level.to_sym : nil]
        if number.nil?
          raise ArgumentError, "Log level must be one of: " \
                               "#{LEVELS.keys.join(', ')}, not #{new_level.inspect}"
        end

        @threshold = number
        loggers.each { |l| l.level = number if l.respond_to?(:level=) }
      end

      def level(new_level = nil)
        return NAMES[@threshold] if new_level.nil?

        self.level = new_level
      end

      def debug(msg = nil, &block)
        @threshold.zero? ? write(0, msg, &block) : true
      end

      def info(msg = nil, &block)
        @threshold < 2 ? write(1, msg, &block) : true
      end

      def warn(msg = nil, &block)
        @threshold < 3 ? write(2, msg, &block) : true
      end

      def error(msg = nil, &block)
        @threshold < 4 ? write(3, msg, &block) : true
      end

      def fatal(msg = nil, &block)
        write(4, msg, &block)
      end

      def debug?
        @threshold.zero?
      end

      def info?
        @threshold < 2
      end

      def warn?
        @threshold < 3
      end

      def error?
        @threshold < 4
      end

      def fatal?
        true
      end

      def add(severity, msg = nil, progname = nil, &block)
        number = severity.is_a?(Integer) ? severity : LEVELS.fetch(severity.to_sym)
        number < @threshold ? true : write(number, msg || progname, &block)
      end
      alias_method :log, :add

      def <<(msg)
        loggers.each { |l| l << msg }
        self
      end

      # A deprecation line, with the cookbook line that asked for it.
      def deprecation(msg, location = caller(1, 1).first)
        warn("#{msg} at #{location}")
      end

      def close
        loggers.each { |l| l.close if l.respond_to?(:close) }
      end

      private

      def write(severity, msg)
        msg = yield if msg.nil? && block_given?
        loggers.each { |l| l.add(severity, msg, nil) }
        true
      end
    end
  end
end
