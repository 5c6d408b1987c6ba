# SPDX-License-Identifier: MIT
#
# One edge "when NOTIFIER changed, run ACTION of RESOURCE" (CORE-610). The
# resource may be a text or a hash until the references are resolved.

class Chef
  class Resource
    # Stands for a notifier that is known only by its text (CORE-616).
    NotifierText = Struct.new(:text) do
      def to_s
        text
      end
      alias_method :inspect, :to_s
    end

    class Notification
      attr_accessor :resource, :action, :notifying_resource

      def initialize(resource, action, notifying_resource)
        @resource = resource
        @action = action
        @notifying_resource = notifying_resource
      end

      # The same target object and the same action value (CORE-612).
      def duplicates?(other)
        unless other.respond_to?(:resource) && other.respond_to?(:action)
          raise ArgumentError, 'only duck-types of Chef::Resource::' \
                               'Notification can be checked for duplication ' \
                               "got '#{other.inspect}'"
        end
        other.resource.equal?(resource) && other.action == action
      end

      def resolved?
        resource.is_a?(Chef::Resource) &&
          notifying_resource.is_a?(Chef::Resource)
      end

      def resolve_resource_reference(collection)
        resolve_target(collection) unless resource.is_a?(Chef::Resource)
        return if notifying_resource.is_a?(Chef::Resource)

        resolve_notifier(collection)
      end

      def ==(other)
        other.is_a?(Notification) && other.resource == resource &&
          other.action == action &&
          other.notifying_resource == notifying_resource
      end

      private

      def resolve_target(collection)
        found = collection.find(resource)
        if found.is_a?(Array)
          raise Chef::Exceptions::InvalidResourceReference,
                "resource #{notifying_resource} is configured to notify " \
                "more than one resource with #{resource.inspect}; write one " \
                'notifies line for each of them'
        end
        self.resource = found
      rescue Chef::Exceptions::ResourceNotFound
        raise missing(collection)
      rescue Chef::Exceptions::InvalidResourceSpecification => e
        raise Chef::Exceptions::InvalidResourceSpecification,
              "Resource #{notifying_resource} is configured to notify " \
              "#{resource.inspect} with action #{action.inspect}, but " \
              "#{e.message}"
      end

      # A notifier text that never was declared simply never fires.
      def resolve_notifier(collection)
        found = collection.peek(notifying_resource.to_s)
        self.notifying_resource = found if found
      end

      def missing(collection)
        target = resource
        if target.is_a?(Hash)
          target = target.map { |type, name| "#{type}[#{name}]" }.join(', ')
        end
        text = "resource #{notifying_resource} is configured to notify " \
               "resource #{target} with action #{action}, but #{target} " \
               'cannot be found in the resource collection. ' \
               "#{notifying_resource} is defined in " \
               "#{notifying_resource.source_line}"
        Chef::Exceptions::ResourceNotFound.new(
          text + RightLink::Suggest.phrase(target.to_s, collection.keys)
        )
      end
    end
  end
end
