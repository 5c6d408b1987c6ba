# SPDX-License-Identifier: MIT
# The engine over real resources.
require 'minitest/autorun'
require_relative 'world'

class TestConverge < Minitest::Test
  include World

  def block(name, action = :run, &body)
    ran = (@ran ||= [])
    declare('RubyBlock', name) do
      block do
        ran << name
        body&.call
      end
      action action
    end
  end

  def test_core_611_immediate_then_delayed
    first = block('first')
    block('now', :nothing)
    block('late', :nothing)
    block('last')
    first.notifies(:run, 'ruby_block[late]')
    first.notifies(:run, 'ruby_block[now]', :immediately)
    converge
    assert_equal %w[first now last late], @ran
    assert_includes @log.string,
                    'ruby_block[first] sending run action to ruby_block[now] (immediate)'
  end

  def test_core_612_a_delayed_entry_runs_once
    2.times { |i| block("n#{i}").notifies(:run, 'ruby_block[late]') }
    block('late', :nothing)
    converge
    assert_equal %w[n0 n1 late], @ran
    assert_includes @log.string, "already been queued"
  end

  def test_core_615_a_missing_target_stops_before_anything_runs
    block('first').notifies(:run, 'ruby_block[nobody]')
    assert_raises(Chef::Exceptions::ResourceNotFound) { converge }
    assert_nil @ran.first
  end

  def test_core_520_guards_stop_in_order
    block('a').only_if { false }
    block('b').not_if { true }
    block('c', :nothing)
    block('d').only_if { true }
    converge
    assert_equal %w[d], @ran
    reasons = @events.lines.select { |l| l[0] == :resource_skipped }
                     .map { |l| l[3].short_description }
    assert_equal 3, reasons.size
  end

  def test_core_605_retries_count_down_in_the_resource
    tries = 0
    r = block('flaky') { (tries += 1) < 3 and raise 'not yet' }
    r.retries(2)
    r.retry_delay(0)
    converge
    assert_equal [3, 0], [tries, r.retries]
    assert_includes @log.string, 'Retrying execution of ruby_block[flaky], 1 attempt(s) left'
  end

  def test_core_605_ignore_failure_goes_on
    block('bad') { raise 'boom' }.ignore_failure(true)
    block('next')
    converge
    assert_equal %w[bad next], @ran
    assert_includes @log.string, 'boom; ignore_failure is set, continuing'
  end

  def test_an_interrupt_is_neither_ignored_nor_tried_again
    block('stop') { raise Interrupt, 'enough' }.ignore_failure(true)
    block('next').retries(3)
    assert_raises(Interrupt) { converge }
    assert_equal %w[stop], @ran
  end

  def test_core_630_all_failures_are_told
    first = block('first')
    first.notifies(:run, 'ruby_block[late]')
    block('late', :nothing) { raise ArgumentError, 'late boom' }
    block('bad') { raise 'boom' }
    e = assert_raises(Chef::Exceptions::MultipleFailures) { converge }
    assert_match(/boom/, e.message)
    assert_match(/late boom/, e.message)
  end

  def test_core_640_an_inserted_resource_runs_next
    block('first') { block('inserted') }
    block('last')
    converge
    assert_equal %w[first inserted last], @ran
  end

  def test_core_641_inserted_by_a_delayed_notification
    block('first').notifies(:run, 'ruby_block[late]')
    block('late', :nothing) { block('inserted') }
    converge
    assert_equal %w[first late inserted], @ran
  end

  def test_a_ring_of_immediate_notifications_ends
    block('a').notifies(:run, 'ruby_block[b]', :immediately)
    block('b', :nothing).notifies(:run, 'ruby_block[a]', :immediately)
    e = assert_raises(RuntimeError, SystemStackError) { converge }
    assert_match(/ring|stack level/, e.message)
  end

  def test_core_618_a_direct_action_notifies_nobody
    block('first').notifies(:run, 'ruby_block[b]', :immediately)
    block('b', :nothing)
    @context.resource_collection.find('ruby_block[first]').run_action(:run)
    assert_equal %w[first], @ran
  end

  def test_exit_in_a_block_is_a_failure_that_keeps_its_status
    block('quit') { exit 3 }
    e = assert_raises(SystemExit) { converge }
    assert_equal 3, e.status
  end
end
