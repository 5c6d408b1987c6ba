# SPDX-License-Identifier: MIT
#
# remote_recipe 'name': run a recipe on other instances. The receiver finds
# {"tags" => ..., "from" => sender's id} in node[:remote_recipe], merged
# deeply with the attributes given here. Afterwards `receipt` of the resource
# tells who was asked: {"request_ids", "matched", "ids"}. Nobody matched is a
# warning, not an error.
require File.expand_path('../agent_provider', __FILE__)

class Chef
  class Resource
    class RemoteRecipe < Chef::Resource
      include RightLink::AgentResource
      RightLink::AgentResource.declare(self, :remote_recipe)

      # nil until the resource has run.
      attr_accessor :receipt

      def initialize(name, run_context = nil)
        super
        setup(:remote_recipe, Chef::Provider::RemoteRecipe, [:run])
        @scope = :all
        @timeout = 120
      end

      def recipe(arg = nil)
        set_or_return(:recipe, arg, :kind_of => String)
      end

      def attributes(arg = nil)
        set_or_return(:attributes, arg, :kind_of => Hash)
      end

      def recipients(arg = nil)
        text_list(:recipients, arg)
      end

      def recipients_tags(arg = nil)
        text_list(:recipients_tags, arg)
      end

      def scope(arg = nil)
        set_or_return(:scope, arg.is_a?(String) ? arg.to_sym : arg,
                      :equal_to => [:single, :all])
      end

      # Seconds that the request may take, not the run that it starts.
      def timeout(arg = nil)
        set_or_return(:timeout, arg, :kind_of => Integer,
                                     :callbacks => positive)
      end
    end
  end

  class Provider
    class RemoteRecipe < Chef::Provider
      include RightLink::AgentProvider

      def action_run
        check
        converge_by("run recipe #{new_resource.recipe} on #{audience}") do
          replies = targets.map { |target| send_to(target) }
          new_resource.receipt = receipt_of(replies)
          report(new_resource.receipt)
        end
      end

      private

      def ids
        new_resource.recipients || []
      end

      def tags
        new_resource.recipients_tags || []
      end

      def check
        if new_resource.recipe.nil?
          raise Chef::Exceptions::ValidationFailed,
                "#{new_resource}: recipe is required"
        end
        return unless ids.empty? && tags.empty?
        raise Chef::Exceptions::ValidationFailed,
              "#{new_resource}: recipients or recipients_tags is required"
      end

      def audience
        parts = []
        parts << ids.join(', ') unless ids.empty?
        unless tags.empty?
          count = new_resource.scope == :single ? 'one server' : 'all servers'
          parts << "#{count} tagged #{tags.join(' ')}"
        end
        parts.join(' and ')
      end

      # Ids and tags name separate audiences, so each is a request.
      def targets
        list = []
        list << { 'recipients' => ids, 'scope' => 'all' } unless ids.empty?
        unless tags.empty?
          list << { 'recipients_tags' => tags,
                    'scope' => new_resource.scope.to_s }
        end
        list
      end

      def send_to(target)
        fields = target.merge('recipe' => new_resource.recipe,
                              'attributes' => attributes)
        RightLink::AgentSocket.request('remote_run', fields,
                                       new_resource.timeout)
      end

      def attributes
        own = { 'remote_recipe' => { 'tags' => tags, 'from' => own_id } }
        merge(own, plain(new_resource.attributes || {}))
      end

      def own_id
        @own_id ||= ask('state_get', {}, new_resource.timeout)['id']
      end

      # String keys all the way down: JSON has no others.
      def plain(value)
        case value
        when Hash
          value.each_with_object({}) { |(k, v), h| h[k.to_s] = plain(v) }
        when Array then value.map { |v| plain(v) }
        when Symbol then value.to_s
        else value
        end
      end

      def merge(base, other)
        base.merge(other) do |_, old, new|
          old.is_a?(Hash) && new.is_a?(Hash) ? merge(old, new) : new
        end
      end

      def receipt_of(replies)
        { 'request_ids' => replies.map { |r| r['request_id'] },
          'matched' => replies.map { |r| r['matched'] }.inject(0, :+),
          'ids' => replies.map { |r| r['ids'] }.flatten }
      end

      def report(receipt)
        if receipt['matched'].zero?
          Chef::Log.warn("#{new_resource}: no server matched")
        else
          Chef::Log.info("#{new_resource}: sent to " \
            "#{receipt['ids'].join(', ')} (#{receipt['request_ids'].join(', ')})")
        end
      end
    end
  end
end
