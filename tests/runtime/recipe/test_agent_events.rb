# SPDX-License-Identifier: MIT
require_relative 'world'
require 'rightlink/agent_events'

# What the agent hears of a run of the recipe.
def heard(text)
  recipe text
  sent = []
  native = RightLink::Native.singleton_class
  native.alias_method(:event_before_test, :event)
  native.define_method(:event) { |fields| sent << fields.dup }
  context = compile
  context.events.register(RightLink::AgentEvents.new(['recipe[t]']))
  begin
    context.events.converge_start(context)
    Chef::Runner.new(context).converge
  rescue StandardError => e
    context.events.run_failed(e)
  ensure
    context.events.converge_complete
  end
  sent
ensure
  native.alias_method(:event, :event_before_test)
  native.remove_method(:event_before_test)
end

def names(events)
  events.map { |e| e['event'] }
end

test 'agent_hears_each_action_with_changes_and_place' do
  sent = heard("file \"\#{node['root']}/f\" do\n  content \"x\\n\"\nend\nlog('l') { action :nothing }")
  eq(%w[converge_started resource_started resource_updated resource_started resource_skipped converge_finished], names(sent))
  updated = sent[2]
  eq(["file[#{directory}/f]", 'create', 't::default', 1],
     updated.values_at('resource', 'action', 'recipe', 'line'))
  match(/create new file/, updated['changes'].first)
  eq('action :nothing', sent[4]['reason'])
  eq([1, 1], sent[5].values_at('updated', 'total'))
end

test 'agent_hears_who_notified' do
  sent = heard("ruby_block('a') { block { nil }; notifies :run, 'ruby_block[b]' }\n" \
               "ruby_block('b') { block { nil }; action :nothing }")
  eq('ruby_block[a]', sent.select { |e| e['event'] == 'resource_updated' }.last['notified_by'])
end

test 'agent_hears_failures_with_file_and_line' do
  sent = heard("\nruby_block 'bad' do\n  block do\n    raise ArgumentError, 'no'\n  end\nend")
  eq(%w[converge_started resource_started resource_failed cook_failed converge_finished], names(sent))
  eq(['no', 'ArgumentError', 2], sent[2].values_at('text', 'class', 'line'))
  eq(4, sent[3]['line'])
  match(/^  4>>     raise ArgumentError/, sent[3]['excerpt'])
end

test 'agent_hears_the_declaration_of_what_fails_below_ruby' do
  sent = heard("\nfile '/nonexistent/dir/f'")
  failed = sent.find { |e| e['event'] == 'cook_failed' }
  eq(2, failed['line'])
  match(/^  2>> file/, failed['excerpt'])
end

test 'agent_hears_nothing_of_sensitive_content' do
  sent = heard("file \"\#{node['root']}/f\" do\n  content 'topsecret'\n  sensitive true\nend")
  ok(!sent.inspect.include?('topsecret'), 'no content')
end

test 'agent_events_are_those_of_the_table' do
  table = File.read(File.expand_path('../../../wire/tbl/events.h', __dir__))
  known = table.scan(/^EVENT\((\w+)/).flatten
  source = File.read($LOADED_FEATURES.find { |f| f.end_with?('rightlink/agent_events.rb') })
  used = source.scan(/send_event\('(\w+)'/).flatten
  eq([], used - known)
  ok(used.size > 8, 'several events')
end
