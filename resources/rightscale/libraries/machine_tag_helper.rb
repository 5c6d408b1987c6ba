# SPDX-License-Identifier: MIT
#
# tag_list and tag_search as the machine_tag cookbook offers them, for
# cookbooks that use the functions without bringing that cookbook. When it is
# there, its own definitions count.
require 'set'
require File.expand_path('../agent_provider', __FILE__)

module RightLink
  # A tag with its parts; nil parts when it is not ns:predicate=value.
  class Tag < String
    attr_reader :namespace, :predicate, :value

    def initialize(text)
      super
      match = /\A([^:=]+):([^=]+)=(.*)\z/m.match(text)
      @namespace, @predicate, @value = match.captures if match
    end

    def machine_tag?
      !namespace.nil?
    end

    def namespace_and_predicate
      "#{namespace}:#{predicate}" if machine_tag?
    end
  end

  # Tags of one instance, indexed by "ns", "ns:predicate" or a pattern.
  class TagSet < Set
    def [](index)
      self.class.new(select { |tag| matches?(tag, index) })
    end

    private

    def matches?(tag, index)
      return index =~ tag if index.is_a?(Regexp)
      return false unless tag.machine_tag?
      [tag.namespace, tag.namespace_and_predicate].include?(index.to_s)
    end
  end

  module TagFunctions
    # The tags of this instance.
    def tag_list(_node = nil)
      reply = RightLink::AgentSocket.request('tag_list', {}, 120)
      RightLink::TagFunctions.set_of(reply['tags'])
    end

    # One set for each instance that has any of the tags. Options:
    # :required_tags (asked again until every instance has them),
    # :query_timeout in seconds (default 120).
    def tag_search(_node, query, options = {})
      RightLink::TagFunctions.search(Array(query),
                                     Array(options[:required_tags]),
                                     options[:query_timeout] || 120)
    end

    class << self
      def set_of(tags)
        RightLink::TagSet.new(tags.map { |tag| RightLink::Tag.new(tag) })
      end

      def search(query, required, seconds)
        deadline = RightLink::AgentSocket.now + seconds
        pause = 1
        loop do
          sets = ask(query, deadline)
          lacking = required.reject { |tag| sets.all? { |s| has?(s, tag) } }
          return sets if lacking.empty?
          expired(lacking, seconds) if late?(pause, deadline)
          sleep(pause)
          pause = [pause * 2, 10].min
        end
      end

      private

      def ask(query, deadline)
        left = [deadline - RightLink::AgentSocket.now, 1].max
        tags = query.map { |tag| any_value(tag) }
        reply = RightLink::AgentSocket.request(
          'tag_query', { 'tags' => tags, 'match' => 'any' }, left
        )
        reply['instances'].values.map { |one| set_of(one['tags']) }
      end

      def late?(pause, deadline)
        RightLink::AgentSocket.now + pause > deadline
      end

      def any_value(tag)
        tag =~ /\A[^:=]+:[^=]+\z/ ? "#{tag}=*" : tag
      end

      def has?(set, tag)
        pattern = any_value(tag)
        set.any? { |one| File.fnmatch(pattern, one, File::FNM_DOTMATCH) }
      end

      def expired(lacking, seconds)
        raise RightLink::AgentError.new(
          'ERR_TIMEOUT', "tag search: after #{seconds} seconds not every " \
          "server has #{lacking.join(', ')}"
        )
      end
    end
  end
end

class Chef
  unless const_defined?(:MachineTagHelper)
    module MachineTagHelper
      include RightLink::TagFunctions
      extend RightLink::TagFunctions
    end

    class Recipe
      include RightLink::TagFunctions
    end
  end
end
