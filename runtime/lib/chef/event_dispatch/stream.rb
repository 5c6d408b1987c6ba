# SPDX-License-Identifier: MIT
#
# Live output of a command on its way to the formatters (CORE-169).

class Chef
  module EventDispatch
    class Stream
      def initialize(events, options = {})
        @events = events
        @options = options
        events.stream_opened(self, options)
      end

      def append(output)
        @events.stream_output(self, output, @options)
      end
      alias << append
      alias write append

      def print(*output)
        append(output.join)
      end

      def puts(*output)
        append(output.map { |line| line.to_s.chomp + "\n" }.join)
      end

      def close
        @events.stream_closed(self, @options)
      end
    end
  end
end
