# SPDX-License-Identifier: MIT
#
# One guard of a resource: a shell command or a block (CORE-520 … CORE-524).

class Chef
  class Resource
    class Conditional
      class << self
        private :new

        def only_if(parent, command = nil, opts = {}, &block)
          new(:only_if, parent, command, opts, &block)
        end

        def not_if(parent, command = nil, opts = {}, &block)
          new(:not_if, parent, command, opts, &block)
        end
      end

      attr_reader :positivity, :command, :command_opts, :block

      def initialize(positivity, parent, command = nil, opts = {}, &block)
        unless command || block
          raise ArgumentError,
                "#{positivity} requires either a command or a block"
        end
        unless command.nil? || command.is_a?(String) || command.is_a?(Array)
          raise ArgumentError, 'Invalid only_if/not_if command: ' \
                               "#{command.inspect} (#{command.class})"
        end
        @positivity = positivity
        @parent = parent
        @command = command
        @command_opts = opts || {}
        @block = block
      end

      # May the action go on, as far as this guard is concerned?
      def continue?
        @positivity == :only_if ? evaluate : !evaluate
      end

      def evaluate
        @command ? evaluate_command : evaluate_block
      end

      def evaluate_command
        interpreter = @parent ? @parent.guard_interpreter : :default
        return evaluate_with(interpreter) unless interpreter == :default

        require 'mixlib/shellout'
        options = @command_opts.reject { |key, _| key.to_sym == :returns }
        shell = Mixlib::ShellOut.new(*Array(@command), options)
        shell.run_command
        shell.exitstatus == 0
      rescue Mixlib::ShellOut::CommandTimeout
        Chef::Log.warn("Command '#{@command}' timed out")
        false
      end

      def evaluate_block
        @block.call
      end

      def short_description
        @positivity
      end

      # As it is written in a recipe (CORE-540).
      def to_text
        if @command
          "#{@positivity} #{@command.inspect}"
        else
          "#{@positivity} { #code block }"
        end
      end
      alias description to_text

      private

      def evaluate_with(interpreter)
        require 'chef/guard_interpreter/resource_guard_interpreter'
        GuardInterpreter::ResourceGuardInterpreter.new(
          @parent, @command, @command_opts, interpreter
        ).evaluate
      end
    end

    # Every resource's first guard: :nothing does nothing (CORE-520).
    class ConditionalActionNotNothing
      attr_reader :current_action

      def initialize(action)
        @current_action = action
      end

      def continue?
        @current_action != :nothing
      end

      def short_description
        'action :nothing'
      end

      def to_text
        "not_if { action == :nothing }"
      end
      alias description to_text
    end
  end
end
