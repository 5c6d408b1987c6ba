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
      alternatives apt_preference apt_repository apt_update archive_file
      build_essential chef_handler chef_sleep cron_access cron_d hostname
      kernel_module locale ohai_hint openssl_dhparam openssl_ec_private_key
      openssl_ec_public_key openssl_rsa_private_key openssl_rsa_public_key
      openssl_x509_certificate openssl_x509_request reboot ssh_known_hosts_entry
      sudo swap_file sysctl systemd_unit timezone user_ulimit yum_repository
    ].to_h { |word| [class_name_of(word).to_sym, word] }.freeze

    # Second words of some.
    LATER_WORDS = { SysctlParam: 'sysctl', LibarchiveFile: 'archive_file' }.freeze
  end
end

require 'chef/resource/ruby_block'
require 'chef/resource/file'
require 'chef/resource/template'
require 'chef/resource/remote_file'
require 'chef/resource/deploy'
require 'chef/resource/chef_gem'
