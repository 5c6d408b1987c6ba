# SPDX-License-Identifier: MIT
# frozen_string_literal: true

# The smallest test frame for the Ruby side: `test name do … end` with the
# checks below. Names cite rules. A test without a check fails. The runtime
# directory must be on the load path; the native part is loaded when there.

class Harness
  class Failure < StandardError; end

  @tests = []

  class << self
    attr_reader :tests

    def run
      failed = @tests.reject { |name, body| new.run(name, body) }
      puts "#{@tests.size} tests, #{failed.size} failed"
      exit(failed.empty? && !@tests.empty? ? 0 : 1)
    end
  end

  def run(name, body)
    @checks = 0
    setup
    instance_eval(&body)
    raise Failure, "no check was made" if @checks.zero?

    true
  rescue Exception => e # rubocop:disable Lint/RescueException
    puts "FAILED #{name}: #{e.class}: #{e.message}"
    puts((e.backtrace || []).reject { |l| l.include?("harness.rb") }.first(6).map { |l| "    #{l}" })
    false
  ensure
    teardown
  end

  # Each test starts with settings of its own and a directory of its own.
  def setup
    Chef::Config.reset if defined?(Chef::Config)
  end

  def teardown
    return unless @directory

    require "fileutils"
    FileUtils.rm_rf(@directory)
  end

  def directory
    @directory ||= begin
      require "tmpdir"
      Dir.mktmpdir("rightlink-test")
    end
  end

  # Writes a file below the test's directory; returns its path.
  def write(path, text)
    full = File.join(directory, path)
    require "fileutils"
    FileUtils.mkdir_p(File.dirname(full))
    File.write(full, text)
    full
  end

  def eq(expected, actual, note = nil)
    @checks += 1
    return if expected == actual

    raise Failure, "#{note}#{': ' if note}expected #{expected.inspect}, got #{actual.inspect}"
  end

  def ok(value, note = "a true value")
    @checks += 1
    raise Failure, "expected #{note}, got #{value.inspect}" unless value
  end

  def match(pattern, text)
    @checks += 1
    raise Failure, "expected #{pattern.inspect} in #{text.inspect}" unless text.match?(pattern)
  end

  # Returns the exception.
  def raises(klass, pattern = nil)
    @checks += 1
    begin
      yield
    rescue Exception => e # rubocop:disable Lint/RescueException
      raise unless e.is_a?(klass)

      match(pattern, e.message) if pattern
      return e
    end
    raise Failure, "expected #{klass}, nothing was raised"
  end

  # What the block logged at or above a level.
  def logged(level = :warn)
    require "stringio"
    io = StringIO.new
    before = Chef::Log.loggers
    was = Chef::Log.level
    Chef::Log.init(io)
    Chef::Log.level = level
    yield
    io.string
  ensure
    Chef::Log.use_log_devices(before)
    Chef::Log.level = was
  end
end

class Chef; end

def test(name, &body)
  Harness.tests << [name, body]
end

at_exit { Harness.run unless $! }
