# SPDX-License-Identifier: MIT
require_relative 'world'
require 'chef/application'
require 'chef/application/options'
require 'chef/run_lock'
require 'chef/handler'
require 'chef/run_status'

OPTIONS = Chef::Application::Options.new(RightLink::Native::SOLO_OPTIONS)

test 'core_102_options_of_all_forms' do
  got = OPTIONS.parse(%w[-c a.rb --json-attributes=b -l info -W --no-color -F doc -Fnull --override-runlist x,y])
  eq({ config_file: 'a.rb', json_attribs: 'b', log_level: 'info', why_run: true, color: false,
       formatters: %w[doc null], override_runlist: 'x,y' }, got)
  eq({ client_fork: false }, OPTIONS.parse(%w[--no-fork]))
  eq({ node_name: 'x' }, OPTIONS.parse(%w[--node x]))
end

test 'core_102_wrong_options_are_one_sentence' do
  wrong = Chef::Application::Options::Wrong
  raises(wrong, /unknown option --overide-runlist; did you mean `override-runlist'/) { OPTIONS.parse(%w[--overide-runlist x]) }
  raises(wrong, /--config needs an argument/) { OPTIONS.parse(%w[-c]) }
  raises(wrong, /--why-run takes no argument/) { OPTIONS.parse(%w[--why-run=1]) }
  raises(wrong, /unknown option -Z/) { OPTIONS.parse(%w[-Z]) }
end

test 'core_120_lock_is_exclusive_and_the_file_stays' do
  path = "#{directory}/deep/lock"
  first = Chef::RunLock.new(path)
  first.acquire
  first.save_pid
  eq(Process.pid.to_s, File.read(path))
  Chef::Config[:run_lock_timeout] = 0
  Chef::Log.level = :fatal
  second = Chef::RunLock.new(path)
  raises(Chef::Exceptions::RunLockTimeout, /Waited 0 seconds for #{Process.pid} to release/) { second.acquire }
  first.release
  third = Chef::RunLock.new(path)
  ok(third.test)
  third.release
  ok(File.exist?(path))
end

test 'core_191_a_raising_handler_is_logged_and_ignored' do
  handler = Class.new(Chef::Handler) { def report; raise 'broken handler'; end }.new
  status = Chef::RunStatus.new(nil, Chef::EventDispatch::Dispatcher.new)
  Chef::Config[:report_handlers] = [handler]
  log = logged(:error) { Chef::Handler.run_report_handlers(status) }
  match(/raised #<RuntimeError: broken handler>/, log)
end

test 'core_190_run_status' do
  status = Chef::RunStatus.new(nil, Chef::EventDispatch::Dispatcher.new)
  eq([nil, nil, true], [status.elapsed_time, status.all_resources, status.success?])
  status.start_clock
  status.stop_clock
  status.exception = ArgumentError.new('x')
  eq(['ArgumentError: x', true], [status.formatted_exception, status.failed?])
  eq(%i[all_resources backtrace elapsed_time end_time exception node run_id start_time success updated_resources],
     status.to_hash.keys.sort)
end

test 'core_121_stack_trace_file' do
  Chef::Config[:file_cache_path] = "#{directory}/cache"
  error = ArgumentError.new('why')
  error.set_backtrace(%w[a:1 b:2])
  Chef::Log.level = :fatal
  logged(:fatal) { Chef::Application.debug_stacktrace(error) }
  path = "#{directory}/cache/chef-stacktrace.out"
  eq(['ArgumentError: why', 'a:1', 'b:2'], File.read(path).lines(chomp: true).drop(1))
  eq(0o640, File.stat(path).mode & 0o777)
end

test 'core_661_dispatcher_calls_only_what_a_subscriber_defines' do
  heard = []
  one = Class.new(Chef::EventDispatch::Base) do
    define_method(:resource_completed) { |resource| heard << resource }
  end
  dispatcher = Chef::EventDispatch::Dispatcher.new(one.new, Object.new)
  dispatcher.resource_completed(:r)
  dispatcher.resource_updated(:r, :a)
  eq([:r], heard)
  eq([true, false], [dispatcher.listens?(:resource_completed), dispatcher.listens?(:resource_updated)])
end

test 'core_642_iterator_steps_and_skips' do
  seen = []
  walk = Chef::ResourceCollection::StepableIterator.for_collection([1, 2, 3, 4])
  walk.each { |x| seen << x; walk.pause if x == 2 }
  eq([1, 2], seen)
  walk.skip_back
  walk.step
  walk.skip_forward
  walk.resume
  eq([[1, 2, 2, 4], 4], [seen, walk.position])
end

test 'core_160_formatters_by_name' do
  raises(Chef::Formatters::UnknownFormatter, /No output formatter found for dco.*did you mean `doc'/) do
    Chef::Formatters.new('dco', text, text)
  end
  eq([Chef::Formatters::Doc, Chef::Formatters::Minimal, Chef::Formatters::NullFormatter],
     %w[doc min null].map { |n| Chef::Formatters.new(n, text, text).class })
end

test 'core_115_name_of_the_pid_file' do
  require 'chef/daemon'
  eq('/tmp/chef-client.pid', Chef::Daemon.pid_file)
  Chef::Config[:pid_file] = '/run/x.pid'
  eq('/run/x.pid', Chef::Daemon.pid_file)
end

test 'core_154_paths_may_be_symbols' do
  Chef::Config.from_string('cookbook_path [:"/a", "/b"]; role_path :"/r"; log_level :info', 'solo.rb')
  eq([['/a', '/b'], '/r', :info], %i[cookbook_path role_path log_level].map { |name| Chef::Config[name] })
end
