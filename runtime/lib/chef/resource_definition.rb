# SPDX-License-Identifier: MIT
#
# A definition: a recipe macro with parameters (CORE-56x). Instances are copied
# for each call; the call's block fills the parameters.

require 'chef/mixin/from_file'

class Chef
  class ResourceDefinition
    include Chef::Mixin::FromFile

    attr_accessor :name, :params, :recipe, :node, :source_line

    def initialize(node = nil)
      @name = nil
      @params = {}
      @recipe = nil
      @node = node
    end

    def define(resource_name, prototype_params = nil, &block)
      unless resource_name.is_a?(Symbol)
        raise ArgumentError,
              'You must pass a symbol to define a new resource!'
      end
      unless prototype_params.nil? || prototype_params.is_a?(Hash)
        raise ArgumentError,
              'You must pass a hash as the prototype parameters for a ' \
              'definition.'
      end
      unless block
        raise ArgumentError, 'You must pass a block to a definition.'
      end

      @name = resource_name
      @params = prototype_params ? prototype_params.dup : {}
      @recipe = block
      true
    end

    # With a fresh set of parameters for one call.
    def for_call(node)
      copy = dup
      copy.node = node
      copy.params = @params.transform_values do |value|
        value.is_a?(Array) || value.is_a?(Hash) ? value.dup : value
      end
      copy
    end

    def method_missing(word, *args)
      args = args[0] if args.size == 1
      @params[word] = args
    end

    def respond_to_missing?(_word, _include_private = false)
      false
    end

    def to_s
      name.to_s
    end
  end
end
