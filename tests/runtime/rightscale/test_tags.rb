# SPDX-License-Identifier: MIT
require_relative 'helper'

class TestRightLinkTag < InjectedTest
  def tagged(*tags)
    agent do |request|
      case request['type']
      when 'tag_list' then { 'id' => 'i-1', 'tags' => tags }
      else { 'changed' => true }
      end
    end
  end

  def test_rl6_4_2_publish_adds_a_missing_tag
    tagged('a:b=c')
    r = act(resource(:RightLinkTag, 'x:y=z'))
    assert r.updated_by_last_action?
    assert_equal [{ 'type' => 'tag_publish', 'tag' => 'x:y=z',
                    'timeout_ms' => 120_000 }], @agent.of('tag_publish')
  end

  def test_rl6_4_2_publish_keeps_a_present_tag
    tagged('x:y=z')
    r = act(resource(:RightLinkTag, 'x:y=z'))
    refute r.updated_by_last_action?
    assert_empty @agent.of('tag_publish')
  end

  def test_rl6_4_2_remove_takes_all_values_of_a_wildcard
    tagged('x:y=1', 'x:y=2')
    r = act(resource(:RightLinkTag, 'x:y=*'), :remove)
    assert r.updated_by_last_action?
    assert_equal 'x:y=*', @agent.of('tag_remove').first['tag']
    refute act(resource(:RightLinkTag, 'x:q=*'), :remove)
      .updated_by_last_action?
  end

  def test_rl6_4_2_load_fills_the_node_for_this_run
    tagged('a:b=c', 'word')
    r = act(resource(:RightLinkTag, 'own'), :load)
    assert_equal %w[a:b=c word], @node['right_link_tags']
    refute r.updated_by_last_action?
    refute @node.normal.key?('right_link_tags')
  end

  def test_rl6_4_2_a_refusal_names_what_failed
    agent do |request|
      request['type'] == 'tag_list' ? { 'tags' => [] } : 'ERR_INVALID bad tag'
    end
    error = assert_raises(RightLink::AgentError) do
      act(resource(:RightLinkTag, 'x'))
    end
    assert_match(/Add tag failed: .*bad tag/, error.message)
    assert_equal 'ERR_INVALID', error.code
  end

  def test_rl6_4_2_why_run_asks_but_changes_nothing
    tagged
    Chef::Config[:why_run] = true
    act(resource(:RightLinkTag, 'x:y=z'))
    assert_equal ['tag_list'], @agent.requests.map { |r| r['type'] }
  end

  def test_rl6_4_2_a_time_out_ends_a_silent_wait
    agent { :silence }
    error = assert_raises(RightLink::AgentError) do
      RightLink::AgentSocket.request('tag_list', {}, 0.2)
    end
    assert_equal 'ERR_TIMEOUT', error.code
  end

  def test_rl6_4_2_no_agent_is_a_clear_error
    error = assert_raises(RightLink::AgentError) do
      RightLink::AgentSocket.request('tag_list')
    end
    assert_match(/RIGHTLINK_SOCKET is not set/, error.message)
    ENV['RIGHTLINK_SOCKET'] = '/nonexistent/agent.sock'
    error = assert_raises(RightLink::AgentError) do
      RightLink::AgentSocket.request('tag_list', {}, 1)
    end
    assert_match(%r{agent socket '/nonexistent/agent.sock'}, error.message)
  ensure
    ENV.delete('RIGHTLINK_SOCKET')
  end

  def test_rl6_4_2_wrong_values_are_refused
    assert_raises(Chef::Exceptions::ValidationFailed) do
      resource(:RightLinkTag, 'x') { timeout(-1) }
    end
    assert_raises(Chef::Exceptions::ValidationFailed) do
      resource(:RightLinkTag, 'x') { timeout('soon') }
    end
  end
end

class TestServerCollection < InjectedTest
  def servers(map)
    agent do |_|
      { 'instances' => map.transform_values { |tags| { 'tags' => tags } } }
    end
  end

  def test_rl6_4_2_load_fills_the_collection
    servers('i-1' => ['app:role=web', 'app:ip=1'])
    act(resource(:ServerCollection, 'apps') { tags 'app:role=web' })
    assert_equal({ 'i-1' => ['app:role=web', 'app:ip=1'] },
                 @node['server_collection']['apps'].to_hash)
    query = @agent.requests.first
    assert_equal ['app:role=web'], query['tags']
    assert_equal 'any', query['match']
  end

  def test_rl6_4_2_results_are_not_persisted_and_are_replaced
    @node.normal['server_collection']['old'] = { 'i-9' => [] }
    answers = [{ 'i-1' => { 'tags' => ['a:b=1'] } }, {}]
    agent { |_| { 'instances' => answers.shift } }
    r = resource(:ServerCollection, 'apps') { tags 'a:b' }
    act(r)
    act(r)
    assert_empty @node['server_collection']['apps']
    refute @node.normal['server_collection'].key?('apps')
    assert_equal 'a:b=*', @agent.requests.first['tags'].first
  end

  def test_rl6_4_2_nothing_wanted_asks_nobody
    servers({})
    act(resource(:ServerCollection, 'none'))
    assert_empty @node['server_collection']['none']
    assert_empty @agent.requests
  end

  def test_rl6_4_3_waits_until_every_server_has_the_mandatory_tags
    answers = [['a:on=1'], ['a:on=1', 'a:ip=10.0.0.1']]
    agent { |_| { 'instances' => { 'i-1' => { 'tags' => answers.shift } } } }
    act(resource(:RightscaleServerCollection, 'apps') do
      tags ['a:on=1', 'b:on=1']
      mandatory_tags 'a:ip='
      timeout 20
    end)
    assert_equal 2, @agent.requests.length
    assert_equal ['a:on=1', 'a:ip=10.0.0.1'],
                 @node['server_collection']['apps']['i-1']
  end

  def test_rl6_4_3_the_time_out_says_what_is_missing
    servers('i-1' => ['a:on=1'], 'i-2' => ['a:on=1', 'a:ip=1'])
    error = assert_raises(RightLink::AgentError) do
      act(resource(:ServerCollection, 'apps') do
        tags 'a:on=1'
        mandatory_tags 'a:ip='
        timeout 1
      end)
    end
    assert_match(/after 1 seconds: i-1 without tag a:ip=/, error.message)
    assert_empty @node['server_collection']['apps']
  end

  def test_rl6_4_3_empty_ok_false_insists_on_a_server
    servers({})
    error = assert_raises(RightLink::AgentError) do
      act(resource(:ServerCollection, 'apps') do
        tags 'a:on=1'
        empty_ok false
        timeout 1
      end)
    end
    assert_match(/no server found/, error.message)
  end
end

class TestTagFunctions < InjectedTest
  def test_rl6_4_3_tag_list_is_a_set_with_indexes
    agent { |_| { 'tags' => ['a:x=1', 'a:y=2', 'b:x=3', 'plain'] } }
    set = Chef::MachineTagHelper.tag_list(@node)
    assert_equal %w[a:x=1 a:y=2], set['a'].sort
    assert_equal ['2'], set['a:y'].map(&:value)
    assert_equal ['plain'], set[/^pl/].to_a
  end

  def test_rl6_4_3_tag_search_gives_a_set_for_each_server
    agent do |_|
      { 'instances' => { 'i-1' => { 'tags' => ['a:x=1'] },
                         'i-2' => { 'tags' => ['a:x=2'] } } }
    end
    sets = Chef::MachineTagHelper.tag_search(@node, 'a:x')
    assert_equal [['a:x=1'], ['a:x=2']], sets.map(&:to_a)
    assert_equal ['a:x=*'], @agent.requests.first['tags']
    assert_raises(RightLink::AgentError) do
      Chef::MachineTagHelper.tag_search(@node, 'a:x', required_tags: 'b:z',
                                                      query_timeout: 0.5)
    end
  end
end
