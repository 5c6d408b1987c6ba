# SPDX-License-Identifier: MIT
#
# Loads what every run needs; the rest loads at first use. Start-up is a
# feature: think before adding a require.

require 'rightlink_native' unless defined?(RightLink::Native)

module RightLink
  autoload :Suggest, 'rightlink/suggest'
  autoload :Services, 'rightlink/services'
  autoload :PgpKey, 'rightlink/pgp_key'
end

class Chef
  # Loaded when a cookbook or the run first names them.
  {
    'Application' => 'application', 'ApiClient' => 'api_client',
    'Client' => 'client', 'Daemon' => 'daemon',
    'DataBag' => 'data_bag', 'DataBagItem' => 'data_bag_item',
    'Digester' => 'digester',
    'EncryptedDataBagItem' => 'encrypted_data_bag_item',
    'Environment' => 'environment', 'FileCache' => 'file_cache',
    'FileAccessControl' => 'file_access_control',
    'GuardInterpreter' => 'guard_interpreter',
    'Handler' => 'handler', 'HTTP' => 'http', 'REST' => 'rest',
    'ReservedNames' => 'reserved_names', 'Role' => 'role',
    'RunLock' => 'run_lock', 'RunStatus' => 'run_status',
    'ScanAccessControl' => 'scan_access_control', 'Search' => 'search',
    'ShellOut' => 'shell_out', 'Whitelist' => 'whitelist',
    'CookbookLoader' => 'cookbook_loader',
    'CookbookCollection' => 'cookbook_collection',
    'JSONCompat' => 'json_compat',
    'CookbookVersion' => 'cookbook_version',
    'ResourceDefinition' => 'resource_definition',
    'ResourceDefinitionList' => 'resource_definition_list',
    'Checksum' => 'checksum', 'Formatters' => 'formatters',
    'VersionConstraint' => 'version_constraint',
    'Version' => 'version_class'
  }.each { |name, file| autoload name, "chef/#{file}" }

  module Mixin
    {
      'ShellOut' => 'shell_out', 'Command' => 'command',
      'Checksum' => 'checksum', 'CreatePath' => 'create_path',
      'Template' => 'template', 'XMLEscape' => 'xml_escape',
      'PathSanity' => 'path_sanity', 'Securable' => 'securable',
      'Deprecation' => 'deprecation',
      'EnforceOwnershipAndPermissions' =>
        'enforce_ownership_and_permissions',
      'Which' => 'which',
      'GetSourceFromPackage' => 'get_source_from_package',
      'NotifyingBlock' => 'notifying_block',
      'DeepMerge' => 'deep_merge'
    }.each { |name, file| autoload name, "chef/mixin/#{file}" }
  end

  class Cookbook
    autoload :Metadata, 'chef/cookbook/metadata'
    autoload :Chefignore, 'chef/cookbook/chefignore'
    autoload :Segments, 'chef/cookbook/segments'
    autoload :Specificity, 'chef/cookbook/specificity'
  end

  class Util
    autoload :Editor, 'chef/util/editor'
    autoload :FileEdit, 'chef/util/file_edit'
    autoload :Diff, 'chef/util/diff'
    autoload :PathHelper, 'chef/util/path_helper'
    autoload :Selinux, 'chef/util/selinux'
    autoload :Backup, 'chef/util/backup'
  end
end

autoload :Ohai, 'ohai'
autoload :ChefUtils, 'chef_utils'

module Mixlib
  autoload :ShellOut, 'mixlib/shellout'
end

require 'mash'
require 'chef/version'
require 'chef/exceptions'
require 'chef/log'
require 'chef/config'
require 'chef/mixin/params_validate'
require 'chef/platform'
require 'chef/node'
require 'chef/run_list'
require 'chef/event_dispatch/dispatcher'
require 'chef/provider'
require 'chef/resource'
require 'chef/recipe'
require 'chef/run_context'
require 'chef/current_run'
require 'chef/runner'
require 'chef/provider/lwrp_base'
require 'chef/resource/lwrp_base'
require 'rightlink/ageing'
require 'rightlink/class_files'
