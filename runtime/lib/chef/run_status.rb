# SPDX-License-Identifier: MIT
#
# What a run is and how it went; handlers read it (CORE-190).

class Chef
  class RunStatus
    attr_reader :events, :run_context, :start_time, :end_time
    attr_accessor :node, :exception, :run_id
    attr_writer :run_context

    def initialize(node, events)
      @node = node
      @events = events
      @run_context = nil
      @start_time = nil
      @end_time = nil
      @exception = nil
      @run_id = nil
    end

    def start_clock
      @start_time = Time.now
    end

    def stop_clock
      @end_time = Time.now
    end

    def elapsed_time
      @start_time && @end_time ? @end_time - @start_time : nil
    end

    def all_resources
      @run_context && @run_context.resource_collection.all_resources
    end

    def updated_resources
      all_resources && all_resources.select(&:updated?)
    end

    def backtrace
      @exception && @exception.backtrace
    end

    def formatted_exception
      @exception && "#{@exception.class.name}: #{@exception.message}"
    end

    def success?
      @exception.nil?
    end

    def failed?
      !success?
    end

    def to_hash
      { node: node, success: success?, start_time: start_time,
        end_time: end_time, elapsed_time: elapsed_time,
        all_resources: all_resources, updated_resources: updated_resources,
        exception: formatted_exception, backtrace: backtrace,
        run_id: run_id }
    end
  end
end
