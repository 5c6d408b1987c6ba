# SPDX-License-Identifier: MIT
#
# What the C providers ask of the Ruby side: templates, cookbook files, blocks,
# attributes, resources inside a resource. Called by the bridge.

require 'chef/mixin/template'

module RightLink
  module Services
    class << self
      # Live output of a command.
      def output(run_context, _resource, stream, chunk)
        run_context.events.stream_output(stream, chunk)
      end

      # RES-execute-3; an agent always listens.
      def wants_output?
        return true if RightLink::Native.run_spec

        $stdout.tty? && !Chef::Config[:daemonize] && Chef::Log.info?
      end

      # The text of a template resource.
      def render(resource, path)
        context = Chef::Mixin::Template::TemplateContext.new(
          ready(resource.variables || {}, resource)
        )
        fill(context, resource, path)
        context._extend_modules(resource.helper_modules)
        context.render_template(path)
      end

      def cookbook_file(resource, cookbook, segment, source)
        cookbook_of(resource, cookbook).preferred_filename_on_disk_location(
          resource.node, segment.to_sym, source
        )
      end

      def cookbook_file?(resource, segment, source)
        cookbook_file(resource, nil, segment, source)
        true
      rescue Chef::Exceptions::FileNotFound
        false
      end

      def cookbook_directory(resource, cookbook, source)
        cookbook_of(resource, cookbook).relative_filenames_in_preferred_directory(
          resource.node, :files, source
        )
      end

      def call_block(resource, property)
        block = resource.instance_variable_get("@#{property}")
        if block.nil?
          raise NoMethodError, "#{resource} has no #{property}: write " \
                               "#{property} { ... } in its declaration"
        end
        block.call
      end

      # 12 and later: the checks of a file's content (verify).
      def verify(resource, path)
        resource.verify.each { |check| check.ask(path) }
      end

      def attribute(run_context, path)
        run_context.node.read(*path.split('/'))
      end

      # A resource made and run inside another one's action (RES-core-6).
      def run_resource(parent, type, name, properties, action)
        context = parent.run_context
        klass = context.resource_class(type.to_sym)
        resource = klass.new(name, context)
        properties.each do |property, value|
          resource.public_send(property, value)
        end
        resource.run_action(action.to_sym)
        resource.updated_by_last_action?
      end

      # RES-ohai-1.
      def reload_attributes(run_context, plugin)
        source = attribute_source
        keys = source.ohai_keys
        plugin = nil unless keys.include?(plugin)
        RightLink::Native.ohai_reload(plugin)
        node = run_context.node
        (plugin ? [plugin] : keys).each do |key|
          value = source.ohai_fetch(key)
          node.automatic[key] = value unless value.nil?
        end
      end

      private

      # 12 and later: single variables may be lazy.
      def ready(variables, resource)
        variables.transform_values do |value|
          next value unless value.is_a?(Chef::DelayedEvaluator)

          value.value_for(resource)
        end
      end

      # A fresh collection; with plugins once someone named Ohai.
      def attribute_source
        return Chef::Client::LazyOhai if Object.autoload?(:Ohai)

        Ohai::System.new
      end

      def fill(context, resource, path)
        context[:cookbook_name] ||= resource.cookbook_name
        context[:recipe_name] ||= resource.recipe_name
        context[:template_path] ||= path
        context[:node] = resource.node
        context[:template_finder] = Chef::Mixin::Template::TemplateFinder.new(
          resource.run_context, resource.cookbook || resource.cookbook_name,
          resource.node
        )
      end

      def cookbook_of(resource, name)
        name ||= resource.cookbook_name
        if name.nil?
          raise Chef::Exceptions::CookbookNotFound,
                "#{resource} is declared outside a cookbook: say which " \
                "cookbook has its files with `cookbook 'name'`"
        end
        resource.run_context.cookbook_collection[name]
      end
    end
  end
end
