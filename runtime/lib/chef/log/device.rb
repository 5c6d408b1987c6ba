# SPDX-License-Identifier: MIT
# frozen_string_literal: true

class Chef
  class Log
    # Turns a message into a line `[time] LEVEL: text` (CORE-161).
    class Formatter
      LABELS = %w[DEBUG INFO WARN ERROR FATAL].freeze

      @show_time = true
      class << self
        attr_accessor :show_time
      end

      def call(severity, time, _progname, msg)
        label = severity.is_a?(Integer) ? LABELS[severity] || "ANY" : severity
        return "#{label}: #{text(msg)}\n" unless self.class.show_time

        "[#{time.strftime('%Y-%m-%dT%H:%M:%S%:z')}] #{label}: #{text(msg)}\n"
      end

      def text(msg)
        case msg
        when String then msg
        when Exception
          trace = (msg.backtrace || []).join("\n")
          "#{msg.message} (#{msg.class})\n#{trace}"
        else msg.inspect
        end
      end
    end

    # One place where lines go: an open stream or a file opened for append.
    class Device
      attr_accessor :formatter
      attr_reader :io, :path, :level

      # An object that already is a logger is used as it is.
      def self.for(target = $stdout, *)
        target.respond_to?(:add) && target.respond_to?(:level) ? target : new(target)
      end

      def initialize(target)
        @formatter = Formatter.new
        @level = 0
        if target.respond_to?(:write) && !target.respond_to?(:to_path)
          @io = target
        elsif target.is_a?(IO)
          @io = target
        else
          open_file(target.to_s)
        end
      end

      def level=(value)
        @level = value.is_a?(Integer) ? value : LEVELS.fetch(value.to_sym)
      end

      def add(severity, msg = nil, progname = nil)
        msg = yield if msg.nil? && block_given?
        self << @formatter.call(severity, Time.now, progname, msg)
        true
      end

      def <<(line)
        filter = Log.filter
        line = filter.call(line) if filter
        @io.write(line)
        self
      rescue SystemCallError, IOError => e
        lost(e)
        self
      end

      def close
        @io.close if @path
      end

      def sync=(value)
        @io.sync = value if @io.respond_to?(:sync=)
      end

      private

      # A reader that went away or a full disk ends the log, not the run. Said
      # once, where it may still be seen.
      def lost(error)
        return if @lost

        @lost = true
        $stderr.puts("log #{@path || 'output'}: #{error.message}; further lines may be missing")
      rescue SystemCallError, IOError
        nil
      end

      def open_file(path)
        @path = path
        fresh = !File.exist?(path)
        @io = File.open(path, File::WRONLY | File::APPEND | File::CREAT, 0o644)
        @io.sync = true
        @io.write("# Logfile created on #{Time.now}\n") if fresh
      end
    end
  end
end
