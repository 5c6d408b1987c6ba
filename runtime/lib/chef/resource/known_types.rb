# SPDX-License-Identifier: MIT
#
# The classes of the built-in types come from the resource tables; what a few
# types have beyond tables is Ruby and reopens their class.

require 'chef/dsl/words'

class Chef
  class Resource
    RightLink::Native.define_resource_classes
    resource_classes.each do |klass|
      type = klass.native_type
      Chef::DSL::Words.define(type) if type
    end

    # Written with the words of later releases.
    autoload :AptUpdate, 'chef/resource/apt_update'
  end
end

require 'chef/resource/ruby_block'
require 'chef/resource/template'
require 'chef/resource/remote_file'
require 'chef/resource/deploy'
require 'chef/resource/chef_gem'
