# SPDX-License-Identifier: MIT
#
# Keeps a run honest when a recipe does what recipes must not do: kill its own
# thread, or fork and go on twice.

module RightLink
  class RunGuard
    class RunAbandoned < StandardError
      def initialize
        super('The run was abandoned: the cookbook killed the thread that ' \
              'it runs in.')
      end
    end

    # A UUID, without loading SecureRandom.
    def self.run_id
      ::File.read('/proc/sys/kernel/random/uuid').chomp
    rescue SystemCallError
      nil
    end

    def initialize
      @pid = Process.pid
    end

    # Yields; if the block is left with neither value nor error, the thread is
    # being killed: calls lost with an error and ends the process.
    def watch(lost)
      ended = false
      value = yield
      ended = true
      value
    rescue Exception # passed on; only noted here
      ended = true
      raise
    ensure
      abandon(lost) unless ended
    end

    # A fork in a recipe must not converge the machine twice.
    def still_here!
      return if Process.pid == @pid

      $stderr.puts 'The recipe forked: only its first process goes on with ' \
                   'the run.'
      $stderr.flush
      Process.exit!(1)
    end

    private

    def abandon(lost)
      still_here!
      begin
        lost.call(RunAbandoned.new)
      rescue StandardError
        nil # the call raises the error that it reported
      end
      $stdout.flush
      $stderr.flush
      Process.exit!(1)
    end
  end
end
