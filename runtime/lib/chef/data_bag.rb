# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require "mash"
require "chef/log"
require "chef/config"
require "chef/exceptions"

class Chef
  # A directory of JSON items below data_bag_path (CORE-470, CORE-472).
  class DataBag
    VALID_NAME = /^[\.\-[:alnum:]_]+$/

    def self.validate_name!(name)
      return if name.is_a?(String) && name.match?(VALID_NAME)

      raise Exceptions::InvalidDataBagName,
            "DataBags must have a name matching #{VALID_NAME.inspect}, you gave #{name.inspect}"
    end

    class << self
      # name => name
      def list(_inflate = false)
        directories.flat_map { |d| Dir.children(d).select { |c| File.directory?("#{d}/#{c}") } }
                   .sort.to_h { |name| [name, name] }
      end

      # id => Hash; nothing for a bag without a directory.
      def load(name)
        validate_name!(name)
        require "chef/json_compat"
        directories.flat_map { |d| Dir.glob("#{d}/#{name}/*.json").sort }.each_with_object({}) do |path, bag|
          item = read(path)
          bag[item["id"]] = item
        end
      end

      def json_create(hash)
        bag = new
        bag.name(hash["name"])
        bag
      end

      private

      def directories
        paths = Array(Config[:data_bag_path])
        found = paths.select { |path| path && File.directory?(path) }
        return found if found.any?

        raise Exceptions::InvalidDataBagPath, "Data bag path '#{paths.join(', ')}' is invalid"
      end

      def read(path)
        item = JSONCompat.map_to_rb_obj(JSONCompat.object_from_file(path, "a data bag item"))
        item.respond_to?(:raw_data) ? item.raw_data : item
      end
    end

    def initialize(*)
      @name = ""
    end

    def name(arg = nil)
      return @name if arg.nil?

      DataBag.validate_name!(arg)
      @name = arg
    end

    def to_hash
      { "name" => @name, "json_class" => "Chef::DataBag", "chef_type" => "data_bag" }
    end

    def to_json(*args)
      require "chef/json_compat"
      JSONCompat.to_json(to_hash, *args)
    end

    %i[save create destroy].each do |verb|
      define_method(verb) do |*|
        raise Chef::Exceptions::PrivateKeyMissing, "data bags are read from disk here: there is no server to #{verb} them on"
      end
    end

    def to_s
      "data_bag[#{@name}]"
    end
  end
end
