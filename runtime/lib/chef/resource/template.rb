# SPDX-License-Identifier: MIT
#
# Helpers of templates (CORE-903).

class Chef
  class Resource
    class Template
      # helper(:name) { |x| … }
      def helper(name, &block)
        unless name.is_a?(Symbol) && block
          raise Chef::Exceptions::ValidationFailed,
                '`helper(:name)` requires a Symbol and a block, as in ' \
                'helper(:app_name) { ... }'
        end
        template_helpers << Module.new { define_method(name, &block) }
        nil
      end

      # helpers(Module) or helpers { def … end }
      def helpers(module_name = nil, &block)
        if module_name.nil? == block.nil?
          raise Chef::Exceptions::ValidationFailed,
                'Pass either a module or a block to helpers(), not both'
        end
        unless block || module_name.instance_of?(Module)
          raise Chef::Exceptions::ValidationFailed,
                "helpers() needs a Module, not #{module_name.inspect}"
        end
        named_helpers << module_name if module_name
        template_helpers << Module.new(&block) if block
        nil
      end

      # Inline ones first, then named modules: the later wins.
      def helper_modules
        template_helpers + named_helpers
      end

      private

      def template_helpers
        @inline_helpers ||= []
      end

      def named_helpers
        @helper_modules ||= []
      end
    end
  end
end
