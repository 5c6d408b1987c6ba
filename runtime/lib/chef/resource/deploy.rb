# SPDX-License-Identifier: MIT
#
# The callbacks of a deployment: a path or a block.

class Chef
  class Resource
    class Deploy
      %i[before_migrate before_symlink before_restart
         after_restart].each do |name|
        define_method(name) do |arg = nil, &block|
          set_or_return(name, block || arg, kind_of: [Proc, String])
        end
      end
    end
  end
end
