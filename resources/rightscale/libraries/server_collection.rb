# SPDX-License-Identifier: MIT
#
# server_collection 'name': node[:server_collection]['name'] becomes
# { id => [tag, ...] } of the instances that carry any of the tags. The result
# belongs to this run: it lives at the automatic level and each load replaces
# it.
#
# With mandatory_tags or empty_ok false the provider asks again (with growing
# pauses, at most 10 seconds) until there are instances and each of them has
# all mandatory tags; the time-out raises and says what was missing.
require File.expand_path('../agent_provider', __FILE__)

class Chef
  class Resource
    class ServerCollection < Chef::Resource
      include RightLink::AgentResource
      RightLink::AgentResource.declare(self, :server_collection)

      def initialize(name, run_context = nil)
        super
        setup(:server_collection, Chef::Provider::ServerCollection, [:load])
        @timeout = 120
        @empty_ok = true
        @mandatory_tags = []
      end

      def tags(arg = nil)
        text_list(:tags, arg)
      end

      def agent_ids(arg = nil)
        text_list(:agent_ids, arg)
      end

      def mandatory_tags(arg = nil)
        text_list(:mandatory_tags, arg)
      end
      alias_method :secondary_tags, :mandatory_tags

      def empty_ok(arg = nil)
        set_or_return(:empty_ok, arg, :kind_of => [TrueClass, FalseClass])
      end

      # Seconds.
      def timeout(arg = nil)
        set_or_return(:timeout, arg, :kind_of => Integer,
                                     :callbacks => positive)
      end
    end

    # The cookbook-level name with its own default time-out.
    class RightscaleServerCollection < Chef::Resource::ServerCollection
      RightLink::AgentResource.declare(self, :rightscale_server_collection)

      def initialize(name, run_context = nil)
        super
        @resource_name = :rightscale_server_collection
        @timeout = 60
      end
    end
  end

  class Provider
    class ServerCollection < Chef::Provider
      include RightLink::AgentProvider

      def action_load
        publish({})
        return if wanted_tags.empty? && agent_ids.empty?
        publish(collect)
      end

      private

      def publish(found)
        name = new_resource.name
        node.automatic_attrs['server_collection'] =
          (node['server_collection'] || {}).to_hash.merge(name => found)
      end

      def agent_ids
        new_resource.agent_ids || []
      end

      # "ns:" and "ns:predicate" without a value mean any value.
      def wanted_tags
        (new_resource.tags || []).map { |tag| any_value(tag) }
      end

      def any_value(tag)
        return "#{tag}*" if tag =~ /\A[^:=]+:(?:[^=]+=)?\z/
        tag =~ /\A[^:=]+:[^=]+\z/ ? "#{tag}=*" : tag
      end

      def collect
        deadline = now + new_resource.timeout
        pause = 1
        loop do
          found = query(deadline)
          problem = problem_with(found)
          return found if problem.nil? || whyrun?
          expired(problem) if now + pause > deadline
          Chef::Log.info("#{new_resource}: #{problem}, asking again")
          sleep(pause)
          pause = [pause * 2, 10].min
        end
      end

      def query(deadline)
        left = [deadline - now, 1].max
        fields = { 'tags' => wanted_tags, 'match' => 'any' }
        fields['ids'] = agent_ids unless agent_ids.empty?
        reply = ask('tag_query', fields, left)
        reply['instances'].each_with_object({}) do |(id, one), all|
          all[id] = one['tags']
        end
      end

      def problem_with(found)
        if found.empty?
          return new_resource.empty_ok ? nil : 'no server found'
        end
        lacking = new_resource.mandatory_tags.map do |tag|
          ids = found.keys.reject { |id| tagged?(found[id], any_value(tag)) }
          "#{ids.join(', ')} without tag #{tag}" unless ids.empty?
        end.compact
        lacking.empty? ? nil : lacking.join('; ')
      end

      def tagged?(tags, pattern)
        tags.any? { |tag| ::File.fnmatch(pattern, tag, ::File::FNM_DOTMATCH) }
      end

      def expired(problem)
        raise RightLink::AgentError.new('ERR_TIMEOUT', "#{new_resource}: " \
          "after #{new_resource.timeout} seconds: #{problem}")
      end

      def now
        RightLink::AgentSocket.now
      end
    end
  end
end
