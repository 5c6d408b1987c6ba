# SPDX-License-Identifier: MIT
#
# Changes that a provider makes or, in a why-run, only tells (CORE-651,
# CORE-652).

require 'chef/exceptions'

class Chef
  module Mixin
    module WhyRun
      # The changes of one action.
      class ConvergeActions
        attr_reader :actions

        def initialize(resource, run_context, action)
          @resource = resource
          @run_context = run_context
          @action = action
          @actions = []
        end

        def empty?
          @actions.empty?
        end

        # Runs the block unless this is a why-run, then tells about it.
        def add_converge_action(descriptions, &block)
          block.call if block && !Chef::Config[:why_run]
          @actions << [descriptions, block]
          @run_context.events.resource_update_applied(@resource, @action,
                                                      descriptions)
        end
      end

      # Conditions that must hold before an action.
      class ResourceRequirements
        class Assertion
          # The same for providers in C.
          AssertionFailure = Chef::Exceptions::AssertionFailure

          def initialize
            @assertion = nil
            @failure = nil
            @whyrun_messages = []
            @modifier = nil
            @blocks = false
            @blocked = false
          end

          def block_action!
            @blocks = true
          end

          def block_action?
            @blocks
          end

          # True after run when the action must not go on.
          def action_blocked?(_action = nil)
            @blocked
          end

          def assertion(&block)
            @assertion = block
          end

          def failure_message(*args)
            case args.size
            when 1 then @failure = [AssertionFailure, args[0]]
            when 2 then @failure = args
            else
              raise ArgumentError, '#failure_message expects one or two ' \
                                   "arguments, got #{args.size}"
            end
          end

          def whyrun(message, &modifier)
            @whyrun_messages = Array(message)
            @modifier = modifier
          end

          def run(action, events, resource)
            return true if @assertion && @assertion.call

            @blocked = @blocks
            klass, message = @failure || [AssertionFailure, 'requirement']
            error = klass.new(message)
            whyrun = Chef::Config[:why_run] && !@whyrun_messages.empty?
            if @failure
              events.provider_requirement_failed(action, resource, klass,
                                                 message)
            end
            raise error unless whyrun || !@failure
            return true unless whyrun

            assume(action, events, resource)
          end

          private

          def assume(action, events, resource)
            events.whyrun_assumption(action, resource, @whyrun_messages)
            @modifier.call if @modifier
            true
          end
        end

        def initialize(resource, run_context)
          @resource = resource
          @run_context = run_context
          @assertions = Hash.new { |hash, key| hash[key] = [] }
          @blocked_actions = []
        end

        def assert(*actions)
          assertion = Assertion.new
          yield assertion
          actions.each { |action| @assertions[action] << assertion }
        end

        def action_blocked?(action)
          @blocked_actions.include?(action)
        end

        def run(action)
          @assertions.fetch(action.to_sym, []).each do |assertion|
            assertion.run(action, @run_context.events, @resource)
            if assertion.action_blocked?
              @blocked_actions << action
              return nil
            end
          end
        end
      end
    end
  end
end
