# SPDX-License-Identifier: MIT
# The classes and accessors that C makes from the resource tables.
require 'minitest/autorun'

class TestResources < Minitest::Test
  def file(name = '/tmp/x')
    Chef::Resource::File.new(name)
  end

  def test_res_core_7_reads_without_argument_or_with_nil
    f = file
    assert_equal '/tmp/x', f.path
    f.mode('0644')
    assert_equal '0644', f.mode
    f.mode(nil)
    assert_equal '0644', f.mode
  end

  def test_res_core_7_false_is_a_value
    f = file
    f.backup(false)
    assert_equal false, f.backup
  end

  def test_core_512_lazy_values_are_called_and_checked_at_each_read
    f = file
    calls = 0
    f.content(Chef::DelayedEvaluator.new { calls += 1; "v#{calls}" })
    assert_equal 0, calls
    assert_equal 'v1', f.content
    assert_equal 'v2', f.content
    f.content(Chef::DelayedEvaluator.new { 5 })
    assert_raises(Chef::Exceptions::ValidationFailed) { f.content }
  end

  def test_res_core_8_wrong_kinds_are_named
    e = assert_raises(Chef::Exceptions::ValidationFailed) { file.mode([]) }
    assert_match(/Option mode must be a kind of \[String, Integer\]!  You passed \[\]\./,
                 e.message)
    e = assert_raises(Chef::Exceptions::ValidationFailed) { file.content(Object) }
    assert_includes e.message, 'You passed Object.'
  end

  def test_res_acl_2_mode_is_octal_text
    assert_raises(ArgumentError) { file.mode('u+x') }
    assert_raises(ArgumentError) { file.mode('8888') }
  end

  def test_res_core_10_default_actions_are_as_chef_11_has_them
    assert_equal 'create', file.action
    assert_equal 'run', Chef::Resource::Execute.new('x').action
    assert_equal 'nothing', Chef::Resource::Service.new('x').action
    assert_equal [:sync], Chef::Resource::Git.new('/x').action
  end

  def test_core_707_defaults_are_not_shared
    a = Chef::Resource::Template.new('/a')
    a.variables[:x] = 1
    assert_equal({}, Chef::Resource::Template.new('/b').variables)
  end

  def test_res_core_10_first_action_of_an_object_is_its_own
    a = file
    a.action << 'x'
    assert_equal 'create', file.action
  end

  def test_subclasses_inherit_properties_and_may_call_super
    klass = Class.new(Chef::Resource::Execute) do
      def command(arg = nil)
        arg ? super("nice #{arg}") : super
      end
    end
    r = klass.new('ls')
    r.command('ls -l')
    assert_equal 'nice ls -l', r.command
    assert_equal 'ls', r.name
  end

  def test_res_ruby_1_inheritance_is_chefs
    assert_equal Chef::Resource::File, Chef::Resource::Template.superclass
    assert_equal Chef::Resource::Script, Chef::Resource::Bash.superclass
    assert_equal Chef::Provider::Service::Init,
                 Chef::Provider::Service::Debian.superclass
    assert_equal Chef::Provider::Service::Debian,
                 Chef::Provider::Service::Init::Debian
    assert_operator Chef::Provider::Template, :<, Chef::Provider::File
    assert_equal Chef::Provider, Chef::Provider::Log::ChefLog.superclass
  end

  def test_unknown_words_are_no_properties
    assert_raises(NoMethodError) { file.contnt('x') }
    assert_raises(ArgumentError) { file.content('a', 'b') }
  end

  def test_objects_survive_the_collector
    GC.stress = true
    f = file
    f.content('kept')
    f.owner('root')
    GC.stress = false
    assert_equal %w[kept root], [f.content, f.owner]
  ensure
    GC.stress = false
  end
end
