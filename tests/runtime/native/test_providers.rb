# SPDX-License-Identifier: MIT
# C providers behind Ruby resources: directly, through provider objects, in
# subclasses, in why-run, and when they fail.
require 'minitest/autorun'
require_relative 'world'

class TestProviders < Minitest::Test
  include World

  def test_core_722_a_resource_by_hand
    f = Chef::Resource::File.new(path('x'), @context)
    f.content('hello')
    f.run_action(:create)
    assert f.updated_by_last_action?
    assert_equal 'hello', File.read(path('x'))
    f.run_action(:create)
    refute f.updated_by_last_action?
    assert f.updated?
  end

  def test_core_660_events_of_one_action
    f = Chef::Resource::File.new(path('x'), @context)
    f.content('hello')
    f.run_action(:create)
    assert_equal ['action_start', 'current_state_loaded', 'update_applied',
                  'update_applied', 'updated', 'completed'],
                 @events.words.map { |w| w.split.first }
  end

  def test_core_722_a_provider_by_hand
    f = Chef::Resource::File.new(path('x'), @context)
    f.content('hello')
    provider = Chef::Provider::File.new(f, @context)
    provider.run_action(:create)
    assert_equal 'hello', File.read(path('x'))
    assert f.updated_by_last_action?
    assert_instance_of Chef::Resource::File, provider.current_resource
  end

  def test_subclasses_call_super
    seen = []
    klass = Class.new(Chef::Provider::File) do
      define_method(:load_current_resource) do
        super()
        seen << current_resource.class
      end
      define_method(:action_create) do
        seen << :before
        super()
        seen << :after
      end
    end
    f = declare('File', path('x')) { content 'x' }
    f.provider(klass)
    converge
    assert_equal [Chef::Resource::File, :before, :after], seen
    assert f.updated_by_last_action?
    assert_equal 'x', File.read(path('x'))
  end

  def test_a_run_action_of_a_cookbook_may_take_little
    seen = []
    [proc { |c| c.define_method(:run_action) { seen << action } },
     proc { |c| c.define_method(:run_action) { |a = nil| seen << a } },
     proc { |c| c.define_method(:run_action) { |a| seen << a } }].each_with_index do |add, i|
      klass = Class.new(Chef::Provider::File)
      add.call(klass)
      declare('File', path(i.to_s)).provider(klass)
    end
    converge
    assert_equal %w[create create create], seen.map(&:to_s)
  end

  def test_core_650_why_run_changes_nothing_and_says_so
    Chef::Config[:why_run] = true
    f = declare('File', path('x')) { content 'x' }
    converge
    refute File.exist?(path('x'))
    assert f.updated_by_last_action?
    assert_includes @events.words, "update_applied #{f}"
  end

  def test_core_650_a_provider_without_why_run_is_bypassed
    Chef::Config[:why_run] = true
    l = declare('Log', 'a message')
    converge
    assert_includes @events.words, "bypassed #{l}"
    refute_includes @log.string, "INFO: a message\n"
  end

  def test_core_652_a_requirement_is_told_and_raised
    f = declare('File', path('no/x')) { content 'x' }
    e = assert_raises(Chef::Exceptions::EnclosingDirectoryDoesNotExist) do
      converge
    end
    assert_includes e.message, f.to_s
    assert(@events.lines.any? { |l| l[0] == :provider_requirement_failed })
  end

  def test_core_652_in_why_run_it_is_assumed
    Chef::Config[:why_run] = true
    declare('File', path('no/x')) { content 'x' }
    converge
    assert(@events.lines.any? { |l| l[0] == :whyrun_assumption })
  end

  def test_res_execute_4_a_failed_command_raises_the_shells_error
    declare('Execute', 'sh -c "echo out; echo err >&2; exit 3"')
    e = assert_raises(Mixlib::ShellOut::ShellCommandFailed) { converge }
    assert_match(/received '3'/, e.message)
    assert_match(/out/, e.message)
  end

  def test_errno_of_the_system_is_the_exception
    Dir.mkdir(path('full'))
    File.write(path('full/x'), '')
    declare('Directory', path('full')).action(:delete)
    assert_raises(Errno::ENOTEMPTY) { converge }
  end

  def test_an_exception_of_a_block_comes_through
    klass = Class.new(StandardError)
    declare('RubyBlock', 'x') { block { raise klass, 'mine' } }
    e = assert_raises(klass) { converge }
    assert_match(/ruby_block\[x\].*mine/, e.message)
  end

  def test_lazy_values_are_read_when_the_action_runs
    value = 'early'
    text = Chef::DelayedEvaluator.new { value }
    f = declare('File', path('x')) { content text }
    value = 'late'
    converge
    assert_equal 'late', File.read(f.path)
  end

  def test_a_nul_byte_cuts_no_path_short
    [["#{path('x')}\0.txt", {}], [path('y'), { path: "#{path('x')}\0" }],
     [path('z'), { owner: "root\0x" }]].each do |name, properties|
      f = Chef::Resource::File.new(name, @context)
      assert_raises(ArgumentError) do
        properties.each { |word, value| f.public_send(word, value) }
        f.run_action(:create)
      end
    end
    assert_empty Dir.children(@dir)
    f = Chef::Resource::File.new(path('bin'), @context)
    f.content("a\0b")
    f.run_action(:create)
    assert_equal "a\0b", File.binread(path('bin'))
  end

  def test_a_throw_reaches_its_catch
    seen = catch(:out) do
      declare('RubyBlock', 'x') { block { throw :out, :thrown } }
      converge
      :finished
    end
    assert_equal :thrown, seen
  end

  def test_the_collector_may_run_at_any_time
    f = Chef::Resource::File.new(path('x'), @context)
    f.content('x' * 100)
    table = Chef::Provider::File.new(f, @context)
    f.run_action(:create) # loads what loads late
    File.delete(f.path)
    GC.start
    GC.stress = true
    table.run_action(:create)
    GC.stress = false
    assert_equal 'x' * 100, File.read(f.path)
  ensure
    GC.stress = false
  end
end
