# SPDX-License-Identifier: MIT
#
# shell_out without including anything, as from Chef 12 on (CORE-1114).

class Chef
  module DSL
    module Commands
      %i[shell_out shell_out! shell_out_with_systems_locale].each do |name|
        define_method(name) do |*command_args|
          Chef::Mixin::ShellOut.public_send(name, *command_args)
        end
      end
    end
  end
end
