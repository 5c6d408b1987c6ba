# SPDX-License-Identifier: MIT
class Chef
  class Resource
    class RubyBlock
      def block(&block)
        block ? @block = block : @block
      end
    end
  end
end
