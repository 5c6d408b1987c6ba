# SPDX-License-Identifier: MIT
#
# Base of the providers in providers/*.rb of a cookbook (CORE-701, CORE-710).

require 'chef/provider'
require 'chef/dsl/include_recipe'

class Chef
  class Provider
    class LWRPBase < Provider
      include Chef::DSL::IncludeRecipe

      # Reads a file of a cookbook into a new class, Chef::Provider::MyApp for
      # my-app/providers/default.rb.
      def self.build_from_file(cookbook_name, filename, _run_context)
        word = filename_to_qualified_string(cookbook_name, filename)
        klass = Class.new(self)
        klass.extend(Chef::Mixin::FromFile)
        klass.class_from_file(filename)
        name = convert_to_class_name(word)
        Chef::Resource::LWRPBase.replace_constant(
          Chef::Provider, name, klass, "#{word} Provider", filename
        )
        klass
      end

      def self.action(name, &block)
        define_body(:"action_#{name}", block)
      end

      def load_current_resource; end
    end
  end
end
