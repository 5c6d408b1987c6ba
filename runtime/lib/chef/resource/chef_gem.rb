# SPDX-License-Identifier: MIT
# frozen_string_literal: true

# A gem for recipes themselves (RES-gem): installed as soon as it is declared,
# so that the same recipe can require it.

class Chef
  class Resource
    class ChefGem
      def gem_binary(arg = nil)
        return "gem" if arg.nil?

        raise ArgumentError, "The chef_gem resource is restricted to the current gem environment, " \
                             "use gem_package to install to other environments."
      end

      def after_created
        return if compile_time == false

        Array(action).each { |one| run_action(one) }
        RightLink::Gems.refresh
      end

      # That was it.
      def run_at_compile_time; end
    end
  end
end
