# SPDX-License-Identifier: MIT
# frozen_string_literal: true

class Chef
  # The query class that libraries reopen or call (CORE-480).
  class Search
    class Query
      def initialize(*) end

      def search(type, query = "*:*", *_rest)
        raise NotImplementedError,
              "search(#{type.inspect}, #{query.inspect}) needs a server, and a solo run has none. Guard it " \
              "with `unless Chef::Config[:solo]`, or use data_bag and data_bag_item"
      end
    end
  end
end
