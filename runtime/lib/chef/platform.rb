# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require "chef/log"
require "chef/exceptions"
require "chef/mixin/convert_to_class_name"

class Chef
  # Which provider serves a resource on a platform (CORE-603, CORE-823). What
  # cookbooks set wins; else the native table chooses; else the provider that
  # has the resource's name.
  class Platform
    autoload :ServiceHelpers, "chef/platform/service_helpers"

    # platform => { default: { word => provider }, "constraint" => {…} }
    @platforms = { default: {} }
    # word => [[class, options, test]], newest first
    @provider_words = Hash.new { |table, word| table[word] = [] }

    class << self
      attr_accessor :platforms
      attr_reader :provider_words

      def set(args)
        word = short_name(args.fetch(:resource))
        provider = args.fetch(:provider)
        platform = args[:platform] ? args[:platform].to_s.downcase.to_sym : :default
        table = @platforms[platform] ||= {}
        if platform == :default
          table[word] = provider
        else
          version = args[:version] || :default
          (table[version] ||= {})[word] = provider
        end
        @chosen = nil
      end

      # The words set for a platform and version, strongest last.
      def find(name, version)
        words = (@platforms[:default] || {}).dup
        table = name && @platforms[name.to_s.downcase.tr(" ", "_").to_sym]
        return words unless table

        words.update(table[:default]) if table[:default]
        table.each do |constraint, own|
          next if constraint == :default

          words.update(own) if version_matches?(constraint, version)
        end
        words
      end

      def find_platform_and_version(node)
        platform = node[:platform] || node[:os]
        raise ArgumentError, "Cannot find a platform for #{node}" if platform.nil?

        version = node[:platform_version] || node[:os_version] || node[:os_release]
        raise ArgumentError, "Cannot find a version for #{node}" if version.nil?

        [platform, version]
      end

      def provider_for_resource(resource, action = :nothing)
        provider = find_provider_for_resource(resource, action).new(resource, resource.run_context)
        provider.action = action
        provider
      end
      alias_method :provider_for_node, :provider_for_resource

      def find_provider_for_resource(resource, action = :nothing)
        node = resource.run_context&.node
        named = provided(resource, node, action)
        return named if named

        find_provider_for_node(node, resource)
      end

      def find_provider_for_node(node, resource)
        explicit = resource.provider if resource.respond_to?(:provider)
        return explicit if explicit
        return find_provider(nil, nil, resource) if node.nil?
        return Provider::Service::Systemd if word_of(resource) == :service && node[:init_package] == "systemd"

        platform, version = find_platform_and_version(node)
        find_provider(platform, version, resource, node[:platform_family])
      end

      def find_provider(platform, version, resource, family = nil)
        set_here(platform, version, resource) ||
          native_choice(platform, version, family, resource) ||
          of_same_name(resource) ||
          raise(ArgumentError, "Cannot find a provider for #{resource} on #{platform} version #{version}")
      end

      def windows?
        false
      end

      private

      def short_name(resource)
        return resource.to_s.to_sym unless resource.is_a?(Class)

        Mixin::ConvertToClassName.convert_to_snake_case(resource.name.split("::").last).to_sym
      end

      def word_of(resource)
        case resource
        when Symbol, String then resource.to_sym
        when Class then short_name(resource)
        else resource.resource_name&.to_sym
        end
      end

      def set_here(platform, version, resource)
        return if @platforms.size == 1 && @platforms[:default].empty?

        words = find(platform, version)
        found = words[word_of(resource)]
        return found if found || resource.is_a?(Symbol) || resource.is_a?(String)

        words[short_name(resource.is_a?(Class) ? resource : resource.class)]
      end

      def version_matches?(constraint, version)
        require "chef/version_constraint/platform"
        VersionConstraint::Platform.new(constraint.to_s).include?(version.to_s)
      rescue Exceptions::InvalidVersionConstraint, Exceptions::InvalidPlatformVersion
        constraint.to_s == version.to_s
      end

      # The answer for a type is the same all through a run, but for services,
      # whose name counts.
      def native_choice(platform, version, family, resource)
        word = word_of(resource)
        return if word.nil?

        name = resource.name.to_s if word == :service && resource.respond_to?(:name)
        @chosen ||= {}
        key = [word, platform, version, family, name]
        @chosen.fetch(key) do
          text = RightLink::Native.provider_choose(word.name, platform.to_s, version.to_s, family&.to_s, name)
          @chosen[key] = text && constant(Provider, text)
        end
      end

      def of_same_name(resource)
        klass = resource.is_a?(Class) ? resource : resource.class
        last = klass.name&.split("::")&.last if klass <= Resource
        last ||= Mixin::ConvertToClassName.convert_to_class_name(word_of(resource).to_s)
        constant(Provider, last)
      end

      def constant(outer, text)
        text.split("::").inject(outer) do |at, part|
          return nil unless at.const_defined?(part, false)

          at.const_get(part, false)
        end
      end

      # Providers that said `provides :word`, with their conditions.
      def provided(resource, node, action)
        return if @provider_words.empty?

        word = resource.resource_name&.to_sym
        return unless word && @provider_words.key?(word)

        found = @provider_words[word].find do |klass, options, test|
          serves?(node, options) && (test.nil? || test.call(node)) &&
            (!klass.respond_to?(:supports?) || klass.supports?(resource, action))
        end
        found&.first
      end

      def serves?(node, options)
        { platform: :platform, platform_family: :platform_family, os: :os }.all? do |option, key|
          wanted = options[option]
          wanted.nil? || (node && Array(wanted).map(&:to_s).include?(node[key].to_s))
        end
      end
    end
  end
end
