# SPDX-License-Identifier: MIT
#
# Evaluates a guard's text by a script resource (CORE-524).

class Chef
  class GuardInterpreter
    class ResourceGuardInterpreter
      INHERITED = %i[cwd environment group path user umask].freeze

      def initialize(parent, command, options, interpreter)
        @parent = parent
        @command = command
        @options = options || {}
        @interpreter = interpreter
        @script_class = script_class
      end

      # True when the script succeeds.
      def evaluate
        resource = build
        action = Array(resource.action).first
        resource.run_action(action.to_sym)
        resource.updated?
      rescue Mixlib::ShellOut::ShellCommandFailed
        false
      end

      private

      def script_class
        found = @parent.run_context.resource_class(@interpreter)
        if found.nil?
          raise ArgumentError, 'Specified guard_interpreter resource ' \
                               "#{@interpreter} unknown for this platform"
        end
        return found if found <= Chef::Resource::Script

        raise ArgumentError, 'Specified guard interpreter class ' \
                             "#{found} must be a kind of Chef::Resource::Script"
      end

      # In a run context of its own: nothing of it is reported.
      def build
        context = Chef::RunContext.new(
          @parent.node, {}, Chef::EventDispatch::Dispatcher.new
        )
        @parent.node.run_context = @parent.run_context
        resource = @script_class.new('Guard resource', context)
        resource.code(@command)
        inherit(resource)
        @options.each { |name, value| resource.public_send(name, value) }
        resource
      end

      def inherit(resource)
        return unless @parent.is_a?(Chef::Resource::Execute)

        INHERITED.each do |name|
          value = @parent.public_send(name)
          resource.public_send(name, value) unless value.nil?
        end
      end
    end
  end
end
