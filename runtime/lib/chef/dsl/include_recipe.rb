# SPDX-License-Identifier: MIT
#
# include_recipe and its relatives (CORE-331).

class Chef
  module DSL
    module IncludeRecipe
      def include_recipe(*names)
        run_context.include_recipe(*names, current_cookbook: cookbook_name)
      end

      def load_recipe(name)
        run_context.load_recipe(name, current_cookbook: cookbook_name)
      end

      def require_recipe(*names)
        Chef::Log.warn('require_recipe is deprecated and will be removed in ' \
                       'a future release, please use include_recipe')
        include_recipe(*names)
      end
    end
  end
end
