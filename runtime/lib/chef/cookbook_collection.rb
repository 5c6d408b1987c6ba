# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require "mash"
require "chef/exceptions"

class Chef
  # name => CookbookVersion. A cookbook is known by its directory and, when
  # that differs, by the name in its metadata (CORE-302).
  class CookbookCollection < Mash
    def initialize(cookbook_versions = {})
      super(nil)
      @aliases = {}
      cookbook_versions.each { |name, version| self[name] = version }
    end

    def []=(name, version)
      super
      own = version.respond_to?(:metadata_name) && version.metadata_name
      @aliases[own] = version if own && own != name.to_s
    end

    def default(key = nil)
      name = key.to_s
      return self[name] if key.is_a?(Symbol) && regular_key?(name)

      @aliases.fetch(name) do
        raise Exceptions::CookbookNotFound,
              "Cookbook #{name} not found. If you're loading #{name} from another cookbook, " \
              "make sure you configure the dependency in your metadata"
      end
    end

    def key?(name)
      super || @aliases.key?(name.to_s)
    end
    alias_method :has_key?, :key?
    alias_method :include?, :key?
    alias_method :member?, :key?
  end
end
