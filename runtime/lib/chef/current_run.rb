# SPDX-License-Identifier: MIT
#
# The run at hand, for libraries: 12 and later (CORE-1115).

class Chef
  class << self
    attr_accessor :run_context
    attr_writer :run_events

    def node
      run_context && run_context.node
    end

    def event_handler(&block)
      require 'chef/event_dispatch/dsl'
      EventDispatch::Dsl.new(@run_events).instance_eval(&block)
    end

    def log_deprecation(message, location = nil)
      Chef::Log.warn(location ? "#{message} at #{location}" : message)
    end
    alias deprecated log_deprecation
  end
end
