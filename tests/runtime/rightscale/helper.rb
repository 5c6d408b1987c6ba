# SPDX-License-Identifier: MIT
#
# Loads the injected cookbook's libraries as Chef does and gives tests a run to
# declare resources in.
require 'minitest/autorun'
require_relative 'agent_double'

# Loaded, not required: that is what Chef does with libraries.
COOKBOOK = File.expand_path('../../../resources/rightscale', __dir__)
Dir[File.join(COOKBOOK, 'libraries', '*.rb')].sort.each { |f| load f }
Chef::Log.level = :fatal

class InjectedTest < Minitest::Test
  def setup
    Chef::Config[:why_run] = false
    @node = Chef::Node.new
    @node.name('self')
    @run = Chef::RunContext.new(@node, {}, Chef::EventDispatch::Dispatcher.new)
  end

  def teardown
    @agent.close if @agent
    Chef::Config[:why_run] = false
  end

  def agent(&answer)
    @agent = AgentDouble.new(&answer)
  end

  def resource(type, name, &settings)
    made = Chef::Resource.const_get(type).new(name, @run)
    made.instance_eval(&settings) if settings
    made
  end

  def act(resource, action = resource.action)
    Array(action).each { |one| resource.run_action(one) }
    resource
  end
end
