# SPDX-License-Identifier: MIT
#
# Base of start, report and exception handlers, and how they are run
# (CORE-191, CORE-192).

require 'forwardable'
require 'chef/config'
require 'chef/log'

class Chef
  class Handler
    autoload :ErrorReport, 'chef/handler/error_report'
    autoload :JsonFile, 'chef/handler/json_file'

    extend Forwardable

    class << self
      def start_handlers
        Array(Chef::Config[:start_handlers])
      end

      def report_handlers
        Array(Chef::Config[:report_handlers])
      end

      def exception_handlers
        Array(Chef::Config[:exception_handlers])
      end

      def run_start_handlers(run_status)
        Chef::Log.info('Running start handlers')
        start_handlers.each { |handler| handler.run_report_safely(run_status) }
        Chef::Log.info('Start handlers complete.')
      end

      def run_report_handlers(run_status)
        Chef::Log.info('Running report handlers')
        run_all(report_handlers, run_status)
        Chef::Log.info('Report handlers complete')
      end

      def run_exception_handlers(run_status)
        Chef::Log.error('Running exception handlers')
        run_all(exception_handlers, run_status)
        Chef::Log.error('Exception handlers complete')
      end

      private

      def run_all(handlers, run_status)
        events = run_status.events
        events.handlers_start(handlers.size)
        handlers.each do |handler|
          handler.run_report_safely(run_status)
          events.handler_executed(handler)
        end
        events.handlers_completed
      end
    end

    attr_reader :run_status

    def_delegators :@run_status, :start_time, :end_time, :elapsed_time,
                   :run_context, :exception, :backtrace, :node,
                   :all_resources, :updated_resources, :success?, :failed?

    def report
      raise NotImplementedError, "#{self.class} must implement report"
    end

    def data
      @run_status.to_hash
    end

    def run_report_unsafe(run_status)
      @run_status = run_status
      report
    end

    # A handler that raises does not fail the run.
    def run_report_safely(run_status)
      run_report_unsafe(run_status)
    rescue Exception => e # exit in a handler included
      Chef::Log.error("Report handler #{self.class.name} raised #{e.inspect}")
      Array(e.backtrace).each { |line| Chef::Log.error(line) }
    ensure
      @run_status = nil
    end
  end
end
