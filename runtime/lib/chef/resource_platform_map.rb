# SPDX-License-Identifier: MIT
#
# Which resource class a word of the recipe language means on a node
# (CORE-502, CORE-824, CORE-1103). Later registrations win; one that names
# platforms wins over one that names none.

class Chef
  class Resource
    class PlatformMap
      Entry = Struct.new(:resource, :platforms, :families, :systems,
                         :version, :test) do
        def general?
          platforms.nil? && families.nil? && systems.nil? &&
            version.nil? && test.nil?
        end

        def serves?(platform, version_now, family, system, node)
          return false unless includes?(platforms, platform)
          return false unless includes?(families, family)
          return false unless includes?(systems, system)
          return false unless version.nil? || version_fits?(version_now)

          test.nil? || (node ? test.call(node) : false)
        end

        private

        def includes?(list, value)
          list.nil? || list.any? do |item|
            item.is_a?(Regexp) ? item.match?(value.to_s) : item == value.to_s
          end
        end

        def version_fits?(version_now)
          return false if version_now.nil?

          Array(version).any? do |text|
            next true if text.to_s == version_now.to_s

            Chef::VersionConstraint::Platform.new(text.to_s)
                                             .include?(version_now.to_s)
          end
        end
      end

      attr_reader :map

      def initialize
        @map = {}
      end

      # args: :short_name, :resource, and optionally :platform (one, a list,
      # :default or :all), :version, :platform_family, :os, :test (a proc of
      # the node).
      def set(args)
        short_name = args[:short_name].to_sym
        (@map[short_name] ||= []).unshift(
          Entry.new(args[:resource], words_of(args[:platform]),
                    words_of(args[:platform_family]), words_of(args[:os]),
                    args[:version], args[:test])
        )
        Chef::Resource.forget_words
      end

      # The class, or nil when nothing was registered for the word.
      def find(short_name, platform = nil, version = nil, node = nil)
        entries = @map[short_name.to_sym]
        return nil unless entries

        family = node && node['platform_family']
        system = node && node['os']
        platform &&= platform.to_s.downcase.tr(' ', '_')
        special, general = entries.partition { |entry| !entry.general? }
        hit = special.find do |entry|
          entry.serves?(platform, version, family, system, node)
        end
        (hit || general.first)&.resource
      end

      def get(short_name, platform = nil, version = nil)
        find(short_name, platform, version) ||
          raise(Chef::Exceptions::NoSuchResourceType,
                "Cannot find a resource for #{short_name} on #{platform} " \
                "version #{version}")
      end

      def words
        @map.keys
      end

      private

      def words_of(value)
        list = Array(value).map do |item|
          next item if item.is_a?(Regexp)

          item.to_s.downcase.tr(' ', '_')
        end
        return nil if list.empty? || list.include?('default')

        list.include?('all') ? nil : list
      end
    end
  end
end
