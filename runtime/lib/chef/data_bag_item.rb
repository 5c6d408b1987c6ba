# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require "mash"
require "chef/config"
require "chef/exceptions"
require "chef/data_bag"

class Chef
  # One item of a data bag: a Mash with its methods (CORE-471).
  class DataBagItem
    include Enumerable

    VALID_ID = /^[\.\-[:alnum:]_]+$/

    attr_reader :raw_data

    def self.validate_id!(id)
      return if id && id.to_s.match?(VALID_ID)

      raise Exceptions::InvalidDataBagItemID,
            "Data Bag items must have an id matching #{VALID_ID.inspect}, you gave: #{id.inspect}"
    end

    class << self
      def load(data_bag, name)
        bag = DataBag.load(data_bag)
        item = new
        item.raw_data = bag[name]
        item.data_bag(data_bag)
        item
      end

      def from_hash(hash)
        item = new
        item.raw_data = hash
        item
      end

      def json_create(hash)
        item = new
        bag = hash.delete("data_bag")
        item.data_bag(bag) if bag
        item.raw_data = hash["raw_data"] || hash.reject { |k, _| %w[chef_type json_class name].include?(k) }
        item
      end

      def object_name(data_bag_name, id)
        "data_bag_item_#{data_bag_name}_#{id}"
      end
    end

    def initialize(*)
      @data_bag = nil
      @raw_data = Mash.new
    end

    def raw_data=(new_data)
      new_data = new_data.to_hash if !new_data.is_a?(Hash) && new_data.respond_to?(:raw_data)
      unless new_data.is_a?(Hash)
        raise Exceptions::ValidationFailed, "Data Bag Items must contain a Hash or Mash!"
      end

      DataBagItem.validate_id!(new_data["id"] || new_data[:id])
      @raw_data = Mash.new(new_data)
    end

    def data_bag(arg = nil)
      return @data_bag if arg.nil?

      DataBag.validate_name!(arg)
      @data_bag = arg
    end

    def id
      @raw_data["id"]
    end

    def name
      object_name
    end

    def object_name
      raise Exceptions::ValidationFailed, "You must have an 'id' or :id key in the raw data" unless id
      unless @data_bag
        raise Exceptions::ValidationFailed,
              "You must have declared what bag this item belongs to!"
      end

      DataBagItem.object_name(@data_bag, id)
    end

    %i[[] []= key? has_key? include? member? keys values each each_pair fetch
       values_at length size empty? delete dig each_key each_value
       value? has_value? update merge clear index key store
       select reject sort].each do |name|
      define_method(name) { |*args, &block| @raw_data.public_send(name, *args, &block) }
    end

    def to_hash
      hash = @raw_data
      hash["chef_type"] = "data_bag_item"
      hash["data_bag"] = @data_bag.to_s
      hash.to_hash
    end
    alias_method :to_h, :to_hash

    def to_json(*args)
      require "chef/json_compat"
      data = { "name" => object_name, "json_class" => "Chef::DataBagItem",
               "chef_type" => "data_bag_item", "data_bag" => @data_bag, "raw_data" => @raw_data }
      JSONCompat.to_json(data, *args)
    end

    def ==(other)
      other.respond_to?(:to_hash) && other.respond_to?(:data_bag) &&
        other.raw_data == @raw_data && other.data_bag == @data_bag
    end

    def save(*)
      unless Config[:why_run]
        raise Chef::Exceptions::PrivateKeyMissing, "data bag items are read from disk here: " \
                                   "there is no server to save them on"
      end

      Log.warn("In why-run mode, so NOT performing data bag item save.")
      self
    end
    alias_method :create, :save
    alias_method :destroy, :save

    def to_s
      "data_bag_item[#{id}]"
    end

    def inspect
      "data_bag_item[#{@data_bag.inspect}, #{id.inspect}, #{@raw_data.inspect}]"
    end
  end
end
