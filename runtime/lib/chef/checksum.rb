# SPDX-License-Identifier: MIT
# frozen_string_literal: true

class Chef
  # A checksum as an object, kept for json_class (CORE-833).
  class Checksum
    attr_reader :checksum

    def initialize(checksum = nil)
      @checksum = checksum
    end

    def self.json_create(hash)
      new(hash["checksum"])
    end

    def to_json(*args)
      require "chef/json_compat"
      JSONCompat.to_json({ checksum: @checksum, json_class: "Chef::Checksum" }, *args)
    end
  end
end
