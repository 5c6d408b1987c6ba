# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require "chef/log"
require "chef/exceptions"

class Chef
  module DSL
    # data_bag, data_bag_item and search (CORE-470, CORE-471, CORE-480).
    # Libraries replace these methods, so callers go through self.
    module DataQuery
      def data_bag(bag)
        require "chef/data_bag"
        DataBag.validate_name!(bag.to_s)
        DataBag.load(bag.to_s).keys
      rescue StandardError
        Log.error("Failed to list data bag items in data bag: #{bag.inspect}")
        raise
      end

      # An item whose values all look encrypted is decrypted when there is a
      # secret (CORE-478).
      def data_bag_item(bag, item, secret = nil)
        require "chef/data_bag_item"
        DataBag.validate_name!(bag.to_s)
        DataBagItem.validate_id!(item)
        loaded = DataBagItem.load(bag.to_s, item.to_s)
        decrypted(loaded, secret)
      rescue StandardError
        Log.error("Failed to load data bag item: #{bag.inspect} #{item.inspect}")
        raise
      end

      # Answered from the data bag of that name when there is one: a block
      # gets each row, four and more arguments give [rows, start, total].
      def search(*args, &block)
        require "chef/search/query"
        Search::Query.new.search(*args, &block).then do |rows, start, total|
          next true if block

          args.size >= 4 ? [rows, start, total] : rows
        end
      end

      private

      def decrypted(item, secret)
        require "chef/encrypted_data_bag_item"
        return item unless EncryptedDataBagItem.encrypted?(item.raw_data)

        secret ||= EncryptedDataBagItem.load_secret if Config[:encrypted_data_bag_secret]
        return item unless secret

        plain = EncryptedDataBagItem.new(item.raw_data, secret).to_hash
        DataBagItem.from_hash(plain).tap { |i| i.data_bag(item.data_bag) }
      end
    end
  end
end
