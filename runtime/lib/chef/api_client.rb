# SPDX-License-Identifier: MIT
# frozen_string_literal: true

class Chef
  # A client of a server, as data (CORE-833).
  class ApiClient
    attr_accessor :name, :public_key, :private_key, :admin, :validator

    def self.json_create(hash)
      client = new
      %w[name public_key private_key admin validator].each { |key| client.public_send(:"#{key}=", hash[key]) }
      client
    end

    def to_hash
      { "name" => @name, "public_key" => @public_key, "admin" => @admin,
        "validator" => @validator, "json_class" => "Chef::ApiClient", "chef_type" => "client" }
    end

    def to_json(*args)
      require "chef/json_compat"
      JSONCompat.to_json(to_hash, *args)
    end

    def to_s
      "client[#{@name}]"
    end
  end
end
