# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require "chef/log"

class Chef
  # Keeps the named paths of a tree: "a/b/c" or ["a", "b"] (CORE-827).
  class Whitelist
    def self.filter(data, whitelist = nil)
      return data if whitelist.nil?

      whitelist.each_with_object({}) do |item, out|
        path = item.is_a?(Array) ? item : item.to_s.split("/")
        copy(data, out, path, item)
      end
    end

    def self.copy(data, out, path, item)
      path.each_with_index do |key, depth|
        unless data.is_a?(Hash) && data.key?(key)
          Log.warn("Could not find whitelist attribute #{item}.")
          return
        end
        data = data[key]
        if depth == path.size - 1
          out[key] = data
        else
          out = out[key] ||= {}
        end
      end
    end
    private_class_method :copy
  end
end
