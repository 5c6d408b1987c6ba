# SPDX-License-Identifier: MIT
require_relative 'helper'

class TestRemoteRecipe < InjectedTest
  def sending(matched)
    agent do |request|
      case request['type']
      when 'state_get' then { 'state' => 'operational', 'id' => 'i-self' }
      else
        { 'request_id' => "r#{@agent.of('remote_run').length}",
          'matched' => matched.length, 'ids' => matched }
      end
    end
  end

  def test_rl6_4_2_own_remote_recipe_attributes_keep_tags_and_from
    sending(['i-2'])
    act(resource(:RemoteRecipe, 'attach') do
      recipe 'lb::attach'
      recipients_tags 'lb:www=1'
      attributes :remote_recipe => { :backend_ip => '10.0.0.7' }, :x => [:y]
    end)
    sent = @agent.of('remote_run').first
    assert_equal 'lb::attach', sent['recipe']
    assert_equal 'all', sent['scope']
    assert_equal({ 'remote_recipe' => { 'tags' => ['lb:www=1'],
                                        'from' => 'i-self',
                                        'backend_ip' => '10.0.0.7' },
                   'x' => ['y'] }, sent['attributes'])
  end

  def test_rl6_4_2_a_receipt_tells_who_was_asked
    sending(%w[i-2 i-3])
    r = resource(:RemoteRecipe, 'attach') do
      recipe 'lb::attach'
      recipients ['i-2']
      recipients_tags ['lb:www=1']
      scope 'single'
    end
    assert_nil r.receipt
    act(r)
    assert r.updated_by_last_action?
    assert_equal({ 'request_ids' => %w[r1 r2], 'matched' => 4,
                   'ids' => %w[i-2 i-3 i-2 i-3] }, r.receipt)
    assert_equal %w[all single],
                 @agent.of('remote_run').map { |q| q['scope'] }
  end

  def test_rl6_4_2_nobody_matched_is_no_error
    sending([])
    r = act(resource(:RemoteRecipe, 'attach') do
      recipe 'lb::attach'
      recipients_tags 'lb:www=1'
    end)
    assert_equal 0, r.receipt['matched']
  end

  def test_rl6_4_2_recipe_and_audience_are_required
    assert_raises(Chef::Exceptions::ValidationFailed) do
      act(resource(:RemoteRecipe, 'a') { recipients 'i-1' })
    end
    assert_raises(Chef::Exceptions::ValidationFailed) do
      act(resource(:RemoteRecipe, 'a') { recipe 'b::c' })
    end
    assert_raises(Chef::Exceptions::ValidationFailed) do
      resource(:RemoteRecipe, 'a') { scope :some }
    end
  end
end

class TestRightScript < InjectedTest
  def ending(result)
    agent do |_|
      { 'status' => 0, 'signal' => 0, 'timed_out' => false,
        'elapsed_ms' => 12, 'reboot' => false,
        'shutdown_now' => false }.merge(result)
    end
  end

  def test_rl6_3_5_inputs_reach_the_agent_as_text
    ending({})
    r = act(resource(:RightScript, 'Set up') do
      source_file '/x/script'
      parameters 'PORT' => 80, 'ON' => true, 'LIST' => [1, 'b'], 'NO' => nil
      display_version '[rev 3]'
      cache_dir '/x/attachments'
      timeout 7
    end)
    assert r.updated_by_last_action?
    assert_equal({ 'type' => 'script_run', 'name' => 'Set up',
                   'source_file' => '/x/script',
                   'attachments_dir' => '/x/attachments',
                   'display_version' => '[rev 3]', 'timeout_ms' => 7000,
                   'parameters' => { 'PORT' => '80', 'ON' => 'true',
                                     'LIST' => %w[1 b], 'NO' => nil } },
                 @agent.requests.first)
  end

  def test_rl6_3_5_a_bad_end_fails_the_resource
    { { 'status' => 3 } => /RightScript < 'S' > exited with 3/,
      { 'status' => -1, 'signal' => 9 } => /ended by signal 9/,
      { 'status' => -1, 'timed_out' => true } => /longer than 1 seconds/ }
      .each do |result, text|
      ending(result)
      error = assert_raises(RuntimeError) do
        act(resource(:RightScript, 'S') { timeout 1 })
      end
      assert_match text, error.message
      @agent.close
    end
    @agent = nil
  end

  def test_rl6_3_7_an_immediate_shutdown_ends_the_run_as_success
    ending('shutdown_now' => true)
    r = resource(:RightScript, 'S')
    error = assert_raises(SystemExit) { act(r) }
    assert error.success?
  end

  def test_rl6_3_5_why_run_starts_nothing
    ending({})
    Chef::Config[:why_run] = true
    act(resource(:RightScript, 'S'))
    assert_empty @agent.requests
  end
end

class TestExecutableSchedule < InjectedTest
  def test_rl6_4_2_create_sends_the_fields
    agent { |_| { 'changed' => true } }
    r = act(resource(:ExecutableSchedule, 'nightly') do
      hour '3'
      minute 15
      weekday '1-5'
      recipe 'db::backup'
    end)
    assert r.updated_by_last_action?
    assert_equal({ 'type' => 'schedule_create', 'name' => 'nightly',
                   'recipe' => 'db::backup', 'minute' => '15', 'hour' => '3',
                   'day' => '*', 'month' => '*', 'weekday' => '1-5' },
                 @agent.requests.first)
  end

  def test_rl6_4_2_only_a_change_is_an_update
    agent { |_| { 'changed' => false } }
    refute act(resource(:ExecutableSchedule, 'n') { recipe 'a::b' })
      .updated_by_last_action?
    refute act(resource(:ExecutableSchedule, 'n'), :delete)
      .updated_by_last_action?
  end

  def test_rl6_4_2_bad_schedules_are_refused
    ['61', '*/5;rm', '', '5 * *'].each do |bad|
      assert_raises(Chef::Exceptions::ValidationFailed, bad) do
        resource(:ExecutableSchedule, 'n') { minute bad }
      end
    end
    resource(:ExecutableSchedule, 'n') { minute '*/15' }
    assert_raises(Chef::Exceptions::ValidationFailed) do
      act(resource(:ExecutableSchedule, 'n'), :create)
    end
    assert_raises(Chef::Exceptions::ValidationFailed) do
      resource(:ExecutableSchedule, 'n') { recipe_id 7 }
    end
  end
end

class TestRsShutdown < InjectedTest
  def test_rl6_1_7_levels_are_actions
    agent { |r| { 'level' => r['level'], 'immediately' => false } }
    %i[reboot stop terminate].each do |level|
      r = act(resource(:RsShutdown, 'now'), level)
      assert r.updated_by_last_action?
    end
    assert_equal %w[reboot stop terminate],
                 @agent.requests.map { |q| q['level'] }
    assert_equal [false], @agent.requests.map { |q| q['immediately'] }.uniq
  end

  def test_rl6_1_7_immediately_ends_the_run_as_success
    agent { |r| { 'level' => r['level'], 'immediately' => true } }
    error = assert_raises(SystemExit) do
      act(resource(:RsShutdown, 'now') { immediately true }, :stop)
    end
    assert error.success?
    assert_equal true, @agent.requests.first['immediately']
  end
end
