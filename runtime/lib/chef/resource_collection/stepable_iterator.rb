# SPDX-License-Identifier: MIT
#
# A walk over an array that may grow under it and that can be paused, resumed
# and moved (CORE-642).

class Chef
  class ResourceCollection
    class StepableIterator
      attr_reader :collection
      attr_accessor :position

      def self.for_collection(collection)
        new(collection)
      end

      def initialize(collection = [])
        @collection = collection
        @position = 0
        @paused = false
      end

      def size
        @collection.size
      end

      def each(&block)
        each_with_index { |element, _index| block.call(element) }
      end

      def each_index(&block)
        each_with_index { |_element, index| block.call(index) }
      end

      def each_with_index(&block)
        @block = block
        resume
      end

      def paused?
        @paused
      end

      def pause
        @paused = true
      end

      def resume
        @paused = false
        step until @paused || @position >= @collection.size
      end

      # One element; the position afterwards, nil at the end.
      def step
        return nil if @position >= @collection.size

        index = @position
        @position += 1
        @block.call(@collection[index], index)
        @position
      end

      def rewind
        @position = 0
      end

      def skip_back(count = 1)
        @position = [@position - count, 0].max
      end

      def skip_forward(count = 1)
        @position += count
      end
    end
  end
end
