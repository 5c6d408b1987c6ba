# SPDX-License-Identifier: MIT
#
# Declaring, finding and changing resources by type and name (CORE-504,
# CORE-505, CORE-1107).

class Chef
  module DSL
    module DeclareResource
      def declare_resource(type, name, created_at = nil, run_context: nil,
                           create_if_missing: false, &block)
        if create_if_missing
          Chef::Log.warn('create_if_missing is deprecated: use edit_resource')
          return edit_resource(type, name, created_at,
                               run_context: run_context, &block)
        end
        created_at ||= caller_locations(1, 1)[0]
        context = run_context || self.run_context
        put_resource(type, name, created_at, context, &block)
      end

      def build_resource(type, name, created_at = nil, run_context: nil,
                         &block)
        created_at ||= caller_locations(1, 1)[0]
        context = run_context || self.run_context
        make_resource(type, name, created_at, context, &block)
      end

      def find_resource!(type, name, run_context: nil)
        context = run_context || self.run_context
        context.resource_collection.lookup("#{type}[#{name}]")
      end

      # The resource; without a block nil when absent, else it is declared.
      def find_resource(type, name, created_at: nil, run_context: nil, &block)
        context = run_context || self.run_context
        found = context.resource_collection.peek("#{type}[#{name}]")
        return found if found || block.nil?

        put_resource(type, name, created_at || caller_locations(1, 1)[0],
                     context, &block)
      end

      def edit_resource!(type, name, _created_at = nil, run_context: nil,
                         &block)
        resource = find_resource!(type, name, run_context: run_context)
        configure_resource(resource, &block) if block
        resource
      end

      def edit_resource(type, name, created_at = nil, run_context: nil,
                        **_attributes, &block)
        context = run_context || self.run_context
        found = context.resource_collection.peek("#{type}[#{name}]")
        unless found
          return put_resource(type, name,
                              created_at || caller_locations(1, 1)[0],
                              context, &block)
        end
        configure_resource(found, &block) if block
        found
      end

      def delete_resource(type, name, run_context: self.run_context)
        run_context.resource_collection.delete("#{type}[#{name}]")
      end

      def delete_resource!(type, name, run_context: self.run_context)
        delete_resource(type, name, run_context: run_context) ||
          run_context.resource_collection.lookup("#{type}[#{name}]")
      end

      # :root, :parent or a run context, for the block.
      def with_run_context(which)
        saved = @run_context
        @run_context =
          case which
          when :root then saved.root_run_context
          when :parent then saved.parent_run_context
          when Chef::RunContext then which
          else raise ArgumentError, "#{which.inspect} is not a run context"
          end
        yield @run_context
      ensure
        @run_context = saved
      end

      def resources(*specs)
        run_context.resource_collection.find(*specs)
      end

      private

      # A word of the language with its arguments as written.
      def declare_word(word, args, location, &block)
        name = args[0]
        if name.nil?
          klass = run_context.resource_class(word)
          unless args.empty? && klass && klass.own_actions?
            raise ArgumentError, 'You must supply a name when declaring a ' \
                                 "#{word} resource"
          end
          name = ''
        end
        put_resource(word, name, args[1] || location, run_context, &block)
      end

      def put_resource(type, name, created_at, context, &block)
        resource = make_resource(type, name, created_at, context, &block)
        context.resource_collection.insert(resource)
        note_second_name(resource, type, context)
        context.declared(resource) if context.unified_mode
        resource
      end

      def make_resource(type, name, created_at, context, &block)
        if name.nil?
          raise ArgumentError, 'You must supply a name when declaring a ' \
                               "#{type} resource"
        end
        klass = context.resource_class(type) || raise_unknown_type(type)
        resource = klass.new(name, context)
        resource.source_line = created_at
        join_names(resource, name) if name.is_a?(Array)
        if context.cloning &&
           (prior = context.resource_collection.prior(resource.to_s)) &&
           context.clones?(cookbook_name) && !unified_action?
          resource.load_prior_resource(prior)
        end
        adopt_resource(resource, type)
        configure_resource(resource, &block) if block
        resource.after_created
        resource.run_at_compile_time if resource.compile_time
        resource
      end

      # Is this an action of a resource in unified mode, whatever the context?
      def unified_action?
        return false unless is_a?(Chef::Provider) && new_resource

        klass = new_resource.class
        klass.respond_to?(:custom_name) && klass.unified_mode ? true : false
      end

      # The block of a resource gets that resource.
      def configure_resource(resource, &block)
        resource.instance_eval(&block)
      end

      # Declared by another word than its own name (CORE-1103).
      def note_second_name(resource, type, context)
        return if type.to_s == resource.resource_name.to_s

        context.known_as("#{type}[#{resource.name}]", resource)
      end

      # package %w(a b) is called package[a, b] (CORE-1124); what its name
      # stands for keeps the list.
      def join_names(resource, names)
        return if Chef::Config[:strict_chef11]

        resource.instance_variable_set(:@name, names.join(', '))
      end

      def adopt_resource(resource, type)
        if resource.respond_to?(:created_as_type=)
          resource.created_as_type = type
        end
        unless type.to_s == resource.resource_name.to_s
          resource.declared_type = type.to_sym
        end
        resource.cookbook_name = cookbook_name
        resource.recipe_name = recipe_name
        resource.enclosing_provider = self if is_a?(Chef::Provider)
        resource.params = params
      end

      def raise_unknown_type(type)
        raise Chef::Exceptions::NoSuchResourceType,
              "Cannot find a resource for #{type}" +
              RightLink::Suggest.phrase(type, Words.known)
      end
    end
  end
end
