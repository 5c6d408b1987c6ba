# SPDX-License-Identifier: MIT
#
# Text for people with indent and colour. Writes are gathered by the stream's
# buffer; a terminal sees each line at once, a pipe after a moment, and both see
# everything before something that may take long.

class Chef
  module Formatters
    class Outputter
      # White is what the terminal has for plain text, dark or light.
      CODES = { red: 31, green: 32, yellow: 33, blue: 34, magenta: 35,
                cyan: 36, bold: 1 }.freeze
      FLUSH_AFTER = 0.1 # seconds

      attr_reader :out, :err
      attr_accessor :indent

      def initialize(out, err)
        @out = out
        @err = err
        @indent = 0
        @tty = out.respond_to?(:tty?) && out.tty?
        out.sync = false if !@tty && out.respond_to?(:sync=)
        @color = wants_color?
        @at_line_start = true
        @stream = nil
        @flushed_at = now
        @masks = !RightLink::Native.run_spec.nil?
      end

      def color(text, *colors)
        return text if !@color || colors.empty? || text.empty?

        codes = colors.filter_map { |name| CODES[name] }
        return text if codes.empty?

        codes.map { |code| "\e[#{code}m" }.join + "#{text}\e[0m"
      end

      # Text that goes on where the line is.
      def print(text, *colors)
        write(color(text, *colors))
      end

      def puts(text = '', *colors)
        write("#{color(text, *colors)}\n")
      end

      # The beginning of a line; something is added to it later.
      def start_line(text, *colors)
        end_line
        write("#{' ' * @indent}#{color(text, *colors)}")
      end

      # Whole lines, each under the indent.
      def puts_line(text, *colors)
        end_line
        text.to_s.each_line(chomp: true) do |line|
          write("#{' ' * @indent}#{color(line, *colors)}\n")
        end
        write("\n") if text.to_s.empty?
      end

      # What a program overwrites on its terminal: progress that nobody keeps.
      OVERWRITTEN = /[^\n]*\r(?!\n)/n.freeze

      # A piece of a stream: continues its own last line, else starts a new one.
      def stream_output(stream, text)
        text = text.b.gsub(OVERWRITTEN, '').force_encoding(text.encoding)
        text.each_line do |line|
          if @at_line_start || !@stream.equal?(stream)
            end_line
            write(' ' * @indent)
          end
          write(line)
          @stream = stream
        end
      end

      def end_line
        write("\n") unless @at_line_start
      end

      def flush
        @out.flush
        @flushed_at = now
      rescue Errno::EPIPE
        nil
      end

      private

      # As it was asked for, else on a terminal (CORE-170).
      def wants_color?
        return Chef::Config[:color] ? true : false if Chef::Config.key?(:color)

        @tty && ENV['NO_COLOR'].to_s.empty?
      end

      def now
        Process.clock_gettime(Process::CLOCK_MONOTONIC)
      end

      # A reader that went away must not fail the run.
      def write(text)
        return if text.empty?

        @out.write(@masks ? RightLink::Native.mask(text) : text)
        @at_line_start = text.end_with?("\n")
        @stream = nil
        flush if @tty || now - @flushed_at > FLUSH_AFTER
      rescue Errno::EPIPE
        nil
      end
    end
  end
end
