# SPDX-License-Identifier: MIT
class Chef
  module Mixin
    # For providers: resources of the block converge at once, and the provider's
    # resource is updated when one of them is.
    module NotifyingBlock
      def notifying_block(&block)
        require 'chef/provider/inline_resources'
        Chef::Provider::InlineResources.evaluate(self, &block)
      end
    end
  end
end
