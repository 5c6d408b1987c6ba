# SPDX-License-Identifier: MIT
# frozen_string_literal: true

class Chef
  # The query class that libraries reopen or call (CORE-480).
  class Search
    class Query
      def initialize(*) end

      # [rows, start, total], or true when a block gets the rows. What needs a
      # server raises as with chef-solo, where there is no key for one: recipes
      # rescue that.
      def search(type, query = "*:*", *rest, &block)
        require "chef/search/local"
        unless Local.bag?(type)
          raise Chef::Exceptions::PrivateKeyMissing,
                "search(#{type.inspect}, #{query.inspect}) needs a server, and " \
                "a solo run has none. Guard it with `unless Chef::Config[:solo]`, " \
                "or keep the items in a data bag named #{type}"
        end

        rows, start, total = Local.search(type, query, *rest)
        return [rows, start, total] unless block

        rows.each(&block)
        true
      end
    end
  end
end
