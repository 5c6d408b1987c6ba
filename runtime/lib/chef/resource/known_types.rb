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

    # Resources of later releases, each in a file of its name and written with
    # the words of those releases (CORE-1101).
    LATER = %w[
      apt_preference apt_repository apt_update build_essential systemd_unit
    ].to_h { |word| [class_name_of(word).to_sym, word] }.freeze
  end
end

require 'chef/resource/ruby_block'
require 'chef/resource/template'
require 'chef/resource/remote_file'
require 'chef/resource/deploy'
require 'chef/resource/chef_gem'
