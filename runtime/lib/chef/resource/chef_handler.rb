# SPDX-License-Identifier: MIT
#
# chef_handler of Chef 14 and later (before it, of the cookbook of that name).

class Chef
  class Resource
    class ChefHandler < Chef::Resource
      unified_mode true
      description 'a handler that is told how runs end'
      examples <<~RECIPE
        chef_handler "MyCompany::Report" do
          source "/var/lib/handlers/report.rb"
          type report: true, exception: true
          action :enable
        end
      RECIPE

      property :class_name, String, name_property: true, regex: /\A[A-Z]\w*(::[A-Z]\w*)*\z/,
               description: 'name of the class of the handler'
      property :source, String, description: 'file that has the class; unset: it is loaded already'
      property :arguments, [Array, Hash], default: [], description: 'what it is made with'
      property :type, Hash, default: { report: true, exception: true }, coerce: proc { |h| h.transform_keys(&:to_sym) },
               description: 'which ends it is told: report (good), exception (bad), start'
      property :supports, Hash, skip_docs: true

      default_action :enable

      action :enable, description: 'register the handler' do
        kinds.each do |kind|
          converge_by("enable #{class_name} as a #{kind} handler") do
            forget(kind)
            list(kind) << handler
          end
        end
      end

      action :disable, description: 'forget the handler' do
        kinds.each do |kind|
          next if list(kind).none? { |h| h.class.name == class_name }

          converge_by("disable #{class_name} as a #{kind} handler") { forget(kind) }
        end
      end

      action_class do
        def class_name
          new_resource.class_name
        end

        # The cookbook called the property supports.
        def kinds
          type = new_resource.property_is_set?(:supports) && !new_resource.supports.empty? ? new_resource.supports : new_resource.type
          type.select { |_, wanted| wanted }.keys.map(&:to_sym)
        end

        def list(kind)
          Chef::Config[:"#{kind}_handlers"] ||= []
        end

        def forget(kind)
          list(kind).reject! { |h| h.class.name == class_name }
        end

        def handler
          source = new_resource.source
          load(source.end_with?('.rb') ? source : "#{source}.rb") if source
          klass = class_name.split('::').inject(::Object) { |scope, part| scope.const_get(part) }
          arguments = new_resource.arguments
          arguments.is_a?(Hash) ? klass.new(arguments) : klass.new(*arguments)
        end
      end
    end
  end
end
