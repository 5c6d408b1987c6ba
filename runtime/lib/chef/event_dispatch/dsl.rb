# SPDX-License-Identifier: MIT
#
# Chef.event_handler { on(:run_failed) { |error| … } } (CORE-1115).

require 'chef/event_dispatch/base'

class Chef
  module EventDispatch
    class Dsl
      def initialize(dispatcher)
        @dispatcher = dispatcher
      end

      def on(event, &block)
        unless Dispatcher::EVENTS.include?(event)
          raise ArgumentError, "There is no event #{event.inspect}" +
                               RightLink::Suggest.phrase(
                                 event, Dispatcher::EVENTS
                               )
        end
        listener = Base.new
        listener.define_singleton_method(event) do |*arguments|
          block.call(*arguments)
        end
        @dispatcher.register(listener)
      end
    end
  end
end
