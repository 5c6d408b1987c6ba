# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require 'chef/application'
require 'chef/application/solo'
require 'chef/client'
require 'rightlink/explain/trace'

module RightLink
  module Explain
    # A solo run that stops before it converges. Resources that a recipe runs
    # while it compiles are only simulated (why-run); handlers are not called.
    class Compile < Chef::Application::Solo
      # A wrong configuration; its cause was told.
      class Wrong < StandardError
      end

      class Client < Chef::Client
        # Run context and node stay with the client, also after an error.
        def compile
          build_node
          start_run
          setup_run_context
        end

        private

        def notify(_hooks); end
      end

      attr_reader :error

      def initialize(argv)
        super()
        @argv = argv
      end

      def node
        @client&.node
      end

      def run_context
        @client&.run_context
      end

      def roles
        node ? Array(node.automatic[:roles]) : []
      end

      def json_file
        Chef::Config[:json_attribs]
      end

      # Compiles; what went wrong is in error.
      def run
        prepare
        Trace.start
        @client = Client.new(@chef_client_json, override_runlist: @config[:override_runlist])
        aside { @client.compile }
      rescue Wrong
        raise
      rescue Exception => e # a recipe may raise anything, exit too
        @error = e
      end

      def parse_options(_argv = nil)
        super(@argv)
      end

      private

      def prepare
        reconfigure
        setup_application
        Chef::Config[:why_run] = true
        Chef::Config[:formatters] = [[:null, nil]]
        Chef::Config[:event_handlers] = []
      rescue SystemExit => e
        raise Wrong, e.message
      end

      def configure_logging
        Chef::Log.init($stderr)
        Chef::Log.level = :error
      end

      # What recipes and their commands print goes to standard error: standard
      # output is the answer's.
      def aside
        saved = $stdout.dup
        $stdout.flush
        $stdout.reopen($stderr)
        yield
      ensure
        $stdout.flush
        $stdout.reopen(saved)
        saved.close
      end
    end
  end
end
