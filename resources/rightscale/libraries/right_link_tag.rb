# SPDX-License-Identifier: MIT
#
# right_link_tag 'ns:predicate=value': publish (default) or remove a tag of
# this instance; load puts the instance's tags into node[:right_link_tags].
require File.expand_path('../agent_provider', __FILE__)

class Chef
  class Resource
    class RightLinkTag < Chef::Resource
      include RightLink::AgentResource
      RightLink::AgentResource.declare(self, :right_link_tag)

      def initialize(name, run_context = nil)
        super
        setup(:right_link_tag, Chef::Provider::RightLinkTag,
              [:publish, :remove, :load])
        @timeout = 120
      end

      # Seconds.
      def timeout(arg = nil)
        set_or_return(:timeout, arg, :kind_of => Integer,
                                     :callbacks => positive)
      end
    end
  end

  class Provider
    class RightLinkTag < Chef::Provider
      include RightLink::AgentProvider

      def action_publish
        return if own_tags.include?(tag)
        converge_by("publish tag #{tag}") do
          change('tag_publish', 'Add tag failed')
        end
      end

      def action_remove
        return if own_tags.none? { |t| covers?(t) }
        converge_by("remove tag #{tag}") do
          change('tag_remove', 'Remove tag failed')
        end
      end

      def action_load
        node.automatic_attrs['right_link_tags'] = own_tags
      end

      private

      def tag
        new_resource.name
      end

      # ns:predicate=* stands for every value.
      def covers?(other)
        return other == tag unless tag.end_with?('=*')
        other.start_with?(tag[0..-2])
      end

      def own_tags
        ask('tag_list', {}, new_resource.timeout)['tags']
      end

      def change(type, failure)
        ask(type, { 'tag' => tag }, new_resource.timeout)
      rescue RightLink::AgentError => e
        raise RightLink::AgentError.new(e.code, "#{failure}: #{e.message}")
      end
    end
  end
end
