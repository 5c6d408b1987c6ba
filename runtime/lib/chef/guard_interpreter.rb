# SPDX-License-Identifier: MIT
class Chef
  class GuardInterpreter
    autoload :ResourceGuardInterpreter,
             'chef/guard_interpreter/resource_guard_interpreter'
  end
end
