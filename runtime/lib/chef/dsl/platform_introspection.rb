# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require "chef_utils"

class Chef
  module DSL
    # Questions about the platform; the host object answers `node`
    # (CORE-445 to CORE-447).
    module PlatformIntrospection
      include ChefUtils

      # One table of value_for_platform: platform => version => value.
      class PlatformDependentValue
        def initialize(platform_hash)
          @values = {}
          platform_hash.each { |platforms, value| set(platforms, value) }
        end

        def value_for_node(node)
          platform = node[:platform].to_s
          versions = @values[platform]
          if versions
            found, value = match(versions, node[:platform_version].to_s)
            return value if found
            return versions["default"] if versions.key?("default")
          end
          @values["default"]
        end

        private

        def set(platforms, value)
          if platforms.to_s == "default"
            @values["default"] = value
            return
          end
          unless value.is_a?(Hash)
            raise ArgumentError, "platform dependent values must be specified in the format " \
                                 ":platform => {:version => value} you gave a value " \
                                 "#{value.inspect} for platform(s) #{platforms.inspect}"
          end
          versions = {}
          value.each { |keys, v| Array(keys).each { |key| versions[key.to_s] = v } }
          Array(platforms).each { |platform| @values[platform.to_s] = versions }
        end

        # An exact version first, then the constraints of 12 (CORE-1123).
        def match(versions, version)
          return [true, versions[version]] if versions.key?(version)

          versions.each do |key, value|
            next unless key.match?(/\A\s*([<>=]|~>)/)

            return [true, value] if constraint?(key, version)
          end
          [false, nil]
        end

        def constraint?(text, version)
          require "chef/version_constraint/platform"
          Chef::VersionConstraint::Platform.new(text).include?(version)
        rescue Exceptions::InvalidVersionConstraint, Exceptions::InvalidPlatformVersion
          false
        end
      end

      class PlatformFamilyDependentValue
        def initialize(family_hash)
          @values = {}
          family_hash.each do |families, value|
            Array(families).each { |family| @values[family.to_s] = value }
          end
        end

        def value_for_node(node)
          family = node[:platform_family]
          return @values[family.to_s] if family && @values.key?(family.to_s)

          @values["default"]
        end
      end

      def value_for_platform(platform_hash)
        PlatformDependentValue.new(platform_hash).value_for_node(node)
      end

      def value_for_platform_family(family_hash)
        PlatformFamilyDependentValue.new(family_hash).value_for_node(node)
      end

      def platform?(*names)
        current = node[:platform]
        names.flatten.any? { |name| name.to_s == current }
      end

      def platform_family?(*families)
        current = node[:platform_family]
        families.flatten.any? { |family| family.to_s == current }
      end
    end
  end
end
