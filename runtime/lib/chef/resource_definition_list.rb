# SPDX-License-Identifier: MIT
#
# The object that a definitions file is evaluated on.

require 'chef/mixin/from_file'
require 'chef/resource_definition'

class Chef
  class ResourceDefinitionList
    include Chef::Mixin::FromFile

    attr_accessor :defines

    def initialize
      @defines = {}
    end

    def define(resource_name, prototype_params = nil, &block)
      definition = ResourceDefinition.new
      definition.define(resource_name, prototype_params, &block)
      @defines[resource_name] = definition
      true
    end
  end
end
