# SPDX-License-Identifier: MIT
#
# The callbacks of a deployment (a path or a block), and its directories.

class Chef
  class Resource
    class Deploy
      %i[before_migrate before_symlink before_restart
         after_restart].each do |name|
        define_method(name) do |arg = nil, &block|
          set_or_return(name, block || arg, kind_of: [Proc, String])
        end
      end

      def restart_command(arg = nil, &block)
        set_or_return(:restart_command, block || arg,
                      kind_of: [Proc, String])
      end
      alias restart restart_command

      # A String names the environment of the usual frameworks.
      def environment(arg = nil)
        if arg.is_a?(String)
          arg = %w[RAILS_ENV RACK_ENV MERB_ENV].to_h { |key| [key, arg] }
        end
        set_or_return(:environment, arg, kind_of: Hash)
      end

      def shared_path
        "#{deploy_to}/shared"
      end

      def current_path
        "#{deploy_to}/current"
      end

      # The repository cache.
      def destination
        "#{shared_path}/#{repository_cache}"
      end
    end
  end
end
