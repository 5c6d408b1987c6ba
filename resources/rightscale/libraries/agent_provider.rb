# SPDX-License-Identifier: MIT
#
# What the resources and providers of this cookbook share. May be evaluated
# twice (see agent_socket.rb).
require File.expand_path('../agent_socket', __FILE__)

module RightLink
  # In a Chef::Resource: name, actions (the first is the default) and provider
  # in one call of `setup` from initialize.
  module AgentResource
    def self.declare(klass, name)
      return if Chef::VERSION.to_i < 12
      klass.provides(name)
      klass.resource_name(name) if klass.respond_to?(:resource_name)
    end

    private

    def setup(name, provider, actions)
      @resource_name = name
      @provider = provider
      @action = actions.first
      @allowed_actions = [:nothing] + actions
    end

    def positive
      { 'must be greater than 0' => proc { |n| n.nil? || n > 0 } }
    end

    # "text" or ["texts"], as a list when read.
    def text_list(key, value)
      value = [value] if value.is_a?(String)
      set_or_return(key, value, :kind_of => Array, :callbacks => {
        'must hold only strings' => proc { |l| l.nil? || l.all? { |t| t.is_a?(String) } }
      })
    end
  end

  # In a Chef::Provider. Why-run asks questions but changes nothing.
  module AgentProvider
    def whyrun_supported?
      true
    end

    def load_current_resource
      @current_resource = new_resource
    end

    private

    # The agent keeps the deadline itself; the grace lets its own answer
    # ("timed out") arrive.
    def ask(type, fields, seconds)
      fields = fields.merge('timeout_ms' => (seconds * 1000).to_i) if seconds
      RightLink::AgentSocket.request(type, fields, seconds && seconds + 5)
    end

    def whyrun?
      Chef::Config[:why_run] ? true : false
    end

    # Ends the run as wanted: the agent knows that a shutdown was asked for.
    # A real chef-solo has no other word for it than exit.
    def end_run(reason)
      return if whyrun?
      raise RightLink::EndRun, reason if defined?(RightLink::EndRun)

      Chef::Log.info("#{reason}: ending the run")
      exit(0)
    end
  end
end
