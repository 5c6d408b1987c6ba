# SPDX-License-Identifier: MIT
#
# One run at a time on a machine (CORE-120). The file stays; the lock ends with
# release or with the process.

require 'fileutils'

class Chef
  class RunLock
    attr_reader :runlock_file, :runlock

    def initialize(lockfile)
      @runlock_file = lockfile
      @runlock = nil
    end

    def acquire
      wait unless test
    end

    # True when the lock was free and is ours now.
    def test
      open_file
      @runlock.flock(::File::LOCK_EX | ::File::LOCK_NB) ? true : false
    end

    def wait
      timeout = Chef::Config[:run_lock_timeout]
      pid = holder
      Chef::Log.warn("Chef client #{pid} is running, will wait for it to " \
                     'finish and then run.')
      return @runlock.flock(::File::LOCK_EX) if timeout.nil?
      return if timeout.to_f.positive? && wait_for(timeout.to_f)

      raise Chef::Exceptions::RunLockTimeout.new(timeout, pid)
    end

    def save_pid
      @runlock.truncate(0)
      @runlock.rewind
      @runlock.write(Process.pid.to_s)
      @runlock.flush
    end

    def release
      return unless @runlock

      @runlock.flock(::File::LOCK_UN)
      @runlock.close
      @runlock = nil
    end

    private

    def open_file
      FileUtils.mkdir_p(::File.dirname(@runlock_file))
      flags = ::File::RDWR | ::File::CREAT
      @runlock = ::File.open(@runlock_file, flags, 0o644)
      @runlock.close_on_exec = true
    end

    def holder
      @runlock.rewind
      text = @runlock.read(64).to_s.strip
      text.empty? ? 'unknown' : text
    end

    def wait_for(seconds)
      require 'timeout'
      Timeout.timeout(seconds) { @runlock.flock(::File::LOCK_EX) }
      true
    rescue Timeout::Error
      false
    end
  end
end
