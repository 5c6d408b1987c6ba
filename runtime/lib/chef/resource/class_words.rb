# SPDX-License-Identifier: MIT
#
# The class side of resources: words of the recipe language and the classes
# behind them (CORE-502, CORE-503, CORE-824).

class Chef
  class Resource
    module ClassWords
      ON_PLATFORM = %i[on_platform on_platforms platform].freeze

      def resource_classes
        Chef::Resource.instance_variable_get(:@resource_classes)
      end

      def inherited(subclass)
        super
        Chef::Resource.instance_variable_get(:@resource_classes) << subclass
        Chef::Resource.forget_words
      end

      # What words mean may have changed; caches of it are stale.
      def forget_words
        @generation = Chef::Resource.generation + 1 if equal?(Chef::Resource)
      end

      def generation
        @generation || 0
      end

      def platform_map
        Chef::Resource.instance_variable_get(:@platform_map)
      end

      # provides :word, :on_platforms => %w{ubuntu}; 12 and later:
      # provides :word, platform: / platform_family: / os: / platform_version:
      # and a block that is asked with the node.
      def provides(word, options = {}, &test)
        word = word.to_sym
        platforms = options.values_at(*ON_PLATFORM).compact.first
        platform_map.set(
          short_name: word, resource: self, platform: platforms,
          platform_family: options[:platform_family], os: options[:os],
          version: options[:platform_version], test: test
        )
        provided_words << word
        Chef::DSL::Words.define(word)
        true
      end

      def provided_words
        @provided_words ||= []
      end

      def resource_for_platform(word, platform = nil, version = nil)
        resource_class_for(word, platform, version, nil) ||
          raise_no_type(word)
      end

      def resource_for_node(word, node)
        resource_matching_node(word, node) || raise_no_type(word)
      end

      # The class, or nil.
      def resource_matching_node(word, node)
        platform = node && node['platform']
        version = node && node['platform_version']
        resource_class_for(word, platform, version, node)
      end

      def resource_class_for(word, platform, version, node)
        platform_map.find(word, platform, version, node) ||
          class_by_name(word)
      end

      # Chef::Resource::MyApp for my_app; only real resources count, never a
      # constant found at top level (CORE-502).
      def class_by_name(word)
        name = Chef::Resource.class_name_of(word)
        return nil unless name
        unless Chef::Resource.const_defined?(name, false)
          return Chef::Resource.later_class(name)
        end

        found = Chef::Resource.const_get(name, false)
        found if found.is_a?(Class) && found < Chef::Resource
      end

      # A resource of a later release, loaded when it is first named; nil when
      # there is none. Not by autoload: a cookbook's class of that name shall
      # find nothing in its place.
      def later_class(name)
        return nil if Chef::Config[:strict_chef11]

        file = LATER[name.to_sym] || LATER_WORDS[name.to_sym]
        return nil unless file

        require "chef/resource/#{file}"
        Chef::Resource.const_get(class_name_of(file), false)
      end

      def const_missing(name)
        Chef::Resource.later_class(name) || super
      end

      # my-app_multi -> MyAppMulti; nil when no constant can be named so.
      def class_name_of(word)
        name = word.to_s.gsub(/[^A-Za-z0-9]+/, '_').sub(/\A_+/, '')
                   .split('_').map(&:capitalize).join
        name if name.match?(/\A[A-Z]/)
      end

      def dsl_name
        convert_to_snake_case(name.to_s.split('::').last.to_s).to_sym
      end

      def provider_base(value = nil)
        @provider_base = value if value
        return @provider_base if @provider_base
        return Chef::Provider unless superclass.respond_to?(:provider_base)

        superclass.provider_base
      end

      def state_attrs(*names)
        @state_attrs = names unless names.empty?
        own = @state_attrs || []
        return own unless superclass.respond_to?(:state_attrs)

        superclass.state_attrs | own
      end

      # Words of the tables whose values are never printed.
      def secret_property?(ivar)
        word = ivar.to_s.delete_prefix('@').to_sym
        return true if (@secret_attrs || []).include?(word)

        superclass.respond_to?(:secret_property?) && superclass.secret_property?(ivar)
      end

      def identity_attr(name = nil)
        @identity_attr = name if name
        return @identity_attr if @identity_attr

        superclass.identity_attr if superclass.respond_to?(:identity_attr)
      end

      # 12 and later: words that make a resource and its provider in one file.
      # They are loaded when a cookbook first uses them.
      def own_actions?
        false
      end

      %i[property property_type action action_class load_current_value default_action
         allowed_actions resource_name unified_mode use description introduced
         examples preview_resource target_mode deprecated].each do |word|
        define_method(word) do |*args, **options, &block|
          if Chef::Config[:strict_chef11]
            raise NoMethodError.new("undefined method `#{word}' for #{self} " \
                                    '(strict_chef11 is on)', word, args)
          end
          require 'chef/resource/custom'
          __send__(word, *args, **options, &block)
        end
      end

      private

      def raise_no_type(word)
        raise Chef::Exceptions::NoSuchResourceType,
              "Cannot find a resource for #{word}" +
              RightLink::Suggest.phrase(word, Chef::DSL::Words.known)
      end
    end

    @resource_classes = []
    @generation = 0
    @platform_map = PlatformMap.new
  end
end
