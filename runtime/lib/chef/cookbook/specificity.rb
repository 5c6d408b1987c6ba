# SPDX-License-Identifier: MIT
# frozen_string_literal: true

class Chef
  class Cookbook
    # Which of several files a node gets (CORE-340): host, platform with its
    # version and ever shorter parts of it, platform, default, and last the
    # file directly below the segment (12 and later).
    module Specificity
      module_function

      def candidates(node, segment, path, root_level = true)
        list = []
        fqdn = node[:fqdn]
        list << "#{segment}/host-#{fqdn}/#{path}" if fqdn
        platform, version = platform_of(node)
        if platform
          list.concat(versions(version).map { |v| "#{segment}/#{platform}-#{v}/#{path}" })
          list << "#{segment}/#{platform}/#{path}"
        end
        list << "#{segment}/default/#{path}"
        list << "#{segment}/#{path}" if root_level
        list
      end

      # What the message of a missing file names (CORE-341).
      def listed(node, segment, path)
        platform, version = platform_of(node)
        ["#{segment}/#{platform}-#{version}/#{path}", "#{segment}/#{platform}/#{path}",
         "#{segment}/default/#{path}"]
      end

      def of(segment, relative)
        parts = relative.split("/")
        %i[files templates].include?(segment) && parts.size > 2 ? parts[1] : "default"
      end

      def platform_of(node)
        [node[:platform], node[:platform_version]]
      end

      # 12.04.5 -> 12.04.5, 12.04, 12
      def versions(version)
        parts = version.to_s.split(".")
        parts.size.downto(1).map { |n| parts.first(n).join(".") }
      end
    end
  end
end
