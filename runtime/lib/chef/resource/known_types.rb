# SPDX-License-Identifier: MIT
#
# The classes of the built-in types come from the resource tables; what a few
# types have beyond tables is Ruby and reopens their class here.

class Chef
  class Resource
    RightLink::Native.define_resource_classes
  end
end
