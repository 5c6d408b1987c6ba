# SPDX-License-Identifier: MIT
#
# Hands each event to the subscribers that define it. One list per event, made
# at registration, so that an event nobody hears costs one empty loop: the
# per-action events are sent many thousand times in a run.

require 'chef/event_dispatch/base'
require 'rightlink/end_run'

class Chef
  module EventDispatch
    class Dispatcher < Base
      EVENTS = Base.instance_methods(false).freeze

      attr_reader :subscribers, :notifier

      def initialize(*subscribers)
        @subscribers = []
        @notifier = nil
        @listeners = {}
        EVENTS.each { |event| @listeners[event] = [] }
        @starts = @listeners[:resource_action_start]
        @loads = @listeners[:resource_current_state_loaded]
        @unchanged = @listeners[:resource_up_to_date]
        @ends = @listeners[:resource_completed]
        subscribers.each { |subscriber| register(subscriber) }
      end

      def register(subscriber)
        return subscriber if @subscribers.include?(subscriber)

        @subscribers << subscriber
        subscriber.dispatcher = self if subscriber.respond_to?(:dispatcher=)
        @listeners.each do |event, list|
          list << subscriber if hears?(subscriber, event)
        end
        subscriber
      end

      # True when somebody would notice the event.
      def listens?(event)
        !@listeners.fetch(event).empty?
      end

      # Those that hear the event; the list is live.
      def subscribers_for(event)
        @listeners.fetch(event)
      end

      # The four of every action, written out: no argument array.
      # As ever, a delayed action does not tell who asked for it; `notifier` does.
      def resource_action_start(resource, action, type = nil, notifier = nil)
        @notifier = notifier
        notifier = nil if type == :delayed
        @starts.each do |s|
          s.resource_action_start(resource, action, type, notifier)
        end
      end

      def resource_current_state_loaded(resource, action, current)
        @loads.each do |s|
          s.resource_current_state_loaded(resource, action, current)
        end
      end

      def resource_up_to_date(resource, action)
        @unchanged.each { |s| s.resource_up_to_date(resource, action) }
      end

      def resource_completed(resource)
        @ends.each { |s| s.resource_completed(resource) }
      end

      # A resource that ends the run as wanted has done what it should.
      def resource_failed(resource, action, exception)
        return send_on(:resource_failed, resource, action, exception) unless exception.is_a?(RightLink::EndRun)

        resource_updated(resource, action) if resource.updated_by_last_action?
      end

      # Nor has the file of a cookbook failed that ran one while it was read.
      EVENTS.grep(/_file_load_failed\z/).each do |event|
        define_method(event) do |path, exception|
          send_on(event, path, exception) unless exception.is_a?(RightLink::EndRun)
        end
      end

      (EVENTS - instance_methods(false)).each do |event|
        define_method(event) do |*arguments|
          @listeners[event].each { |s| s.public_send(event, *arguments) }
        end
      end

      private

      def send_on(event, *arguments)
        @listeners[event].each { |s| s.public_send(event, *arguments) }
      end

      def hears?(subscriber, event)
        return false unless subscriber.respond_to?(event)

        subscriber.method(event).owner != Base
      end
    end
  end
end
