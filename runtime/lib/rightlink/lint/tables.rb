# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require 'rightlink/ageing/table'

module RightLink
  # What lint knows, as tables: rules, words that went out of use, words that
  # came after Chef 11.
  module Lint
    # Rule, level, what it means (docs/lint.md has the same list).
    RULES = [
      ['syntax', 'error', 'Ruby cannot compile the file'],
      ['template-syntax', 'error', 'the code in a template cannot be compiled'],
      ['unreadable', 'error', 'a file cannot be read (nested too deeply: warning)'],
      ['metadata-missing', 'warning', 'the cookbook has no metadata'],
      ['metadata-name', 'warning', 'the metadata has no name, or one that is not the directory\'s'],
      ['metadata-version', 'error', 'the version is malformed (none at all: warning)'],
      ['metadata-constraint', 'error', 'a version constraint is malformed'],
      ['metadata-word', 'warning', 'a word that metadata does not know'],
      ['missing-dependency', 'error', 'a dependency is not in the given path (one cookbook given: warning)'],
      ['dependency-version', 'warning', 'the dependency in the path has another version'],
      ['undeclared-dependency', 'warning', 'a recipe of a cookbook that the metadata does not name is included'],
      ['missing-recipe', 'error', 'an included recipe does not exist'],
      ['unknown-resource', 'error', 'no resource, definition or method of that name (a dependency absent: warning)'],
      ['other-platform', 'info', 'a resource or property that only another operating system has'],
      ['unknown-property', 'error', 'the resource has no such property'],
      ['unknown-action', 'error', 'the resource has no such action'],
      ['deprecated', 'warning', 'a word that newer Ruby or Chef took away; RightLink still knows it'],
      ['secret', 'warning', 'what looks like a password, key or token stands in the cookbook'],
      ['compatibility', 'info', 'the oldest Chef that knows the words used']
    ].freeze

    LEVELS = RULES.to_h { |name, level, _| [name, level] }.freeze

    # The words of Ruby by their kind (docs/ageing.md).
    RUBY = Ageing::TABLE.group_by(&:kind).freeze

    # Calls on a constant: constant and method, what to write.
    OLD_CALLS = {
      ['Chef::Platform', 'set'] => '`provides` in the resource or provider'
    }.merge(RUBY[:call].to_h { |word| [[word.owner, word.name], word.instead] }).freeze

    # Calls on `node`.
    OLD_NODE_CALLS = { 'set' => 'node.normal', 'set_unless' => 'node.normal_unless' }.freeze

    # Words of recipes, resources and providers without a receiver.
    OLD_WORDS = {
      'require_recipe' => 'include_recipe', 'epic_fail' => 'ignore_failure',
      'valid_actions' => 'actions', 'run_command' => 'shell_out!',
      'run_command_with_systems_locale' => 'shell_out!'
    }.freeze

    # Methods on any receiver.
    OLD_METHODS = RUBY[:method].to_h { |word| [word.word, word.instead] }.freeze

    OLD_CONSTANTS = {
      'Chef::ShellOut' => 'Mixlib::ShellOut', 'Config::CONFIG' => 'RbConfig::CONFIG',
      'Chef::Mixin::Language' => 'Chef::DSL::DataQuery and Chef::DSL::PlatformIntrospection',
      'Chef::Mixin::LanguageIncludeRecipe' => 'Chef::DSL::IncludeRecipe',
      'Chef::Mixin::LanguageIncludeAttribute' => 'Chef::DSL::IncludeAttribute',
      'Chef::Mixin::RecipeDefinitionDSLCore' => 'Chef::DSL::Recipe',
      'Chef::Mixin::Command' => 'Chef::Mixin::ShellOut'
    }.merge(RUBY[:constant].to_h { |word| [word.word, word.instead] }).freeze

    # Words of later releases by the file they stand in, with the release.
    # Kinds: :metadata; :resource (body of resources/*.rb); :recipe (recipes,
    # providers, actions).
    FEATURES = {
      metadata: { 'source_url' => '12.0', 'issues_url' => '12.0', 'privacy' => '12.0',
                  'chef_version' => '12.6', 'ohai_version' => '12.6', 'gem' => '12.8',
                  'eager_load_libraries' => '15.5' },
      resource: { 'property' => '12.5', 'action' => '12.5', 'load_current_value' => '12.5',
                  'action_class' => '12.9', 'declare_action_class' => '12.9',
                  'resource_name' => '12.4', 'default_description' => '14.0',
                  'unified_mode' => '15.3', 'use' => '16.0' },
      recipe: { 'converge_if_changed' => '12.5', 'property_is_set?' => '12.5', 'reset_property' => '12.5',
                'declare_resource' => '12.7', 'build_resource' => '12.7', 'edit_resource' => '12.10',
                'edit_resource!' => '12.10', 'find_resource' => '12.10', 'find_resource!' => '12.10',
                'delete_resource' => '12.10', 'with_run_context' => '12.10', 'notify_group' => '15.8' }
    }.freeze

    # `notifies …, :before`.
    BEFORE_SINCE = '12.6'

    # Resources that came after Chef 11.
    LATER_RESOURCES = {
      '12.0' => %w[reboot windows_service],
      '12.4' => %w[ksh],
      '12.7' => %w[apt_update osx_profile],
      '12.8' => %w[launchd],
      '12.9' => %w[apt_repository],
      '12.11' => %w[systemd_unit],
      '12.14' => %w[yum_repository],
      '12.18' => %w[dnf_package],
      '13.3' => %w[apt_preference zypper_repository],
      '14.0' => %w[build_essential chef_handler dmg_package homebrew_cask homebrew_tap hostname ohai_hint
                   openssl_dhparam openssl_rsa_private_key openssl_rsa_public_key rhsm_register rhsm_repo
                   rhsm_subscription sudo swap_file sysctl windows_feature windows_font windows_pagefile
                   windows_printer windows_shortcut windows_share],
      '14.3' => %w[kernel_module ssh_known_hosts_entry],
      '14.4' => %w[cron_access cron_d openssl_x509_certificate openssl_x509_request openssl_x509_crl
                   openssl_ec_private_key openssl_ec_public_key],
      '14.5' => %w[locale windows_workgroup],
      '14.6' => %w[timezone],
      '14.7' => %w[windows_certificate],
      '15.0' => %w[archive_file windows_uac windows_dfs_namespace],
      '15.1' => %w[snap_package],
      '15.8' => %w[notify_group],
      '15.9' => %w[alternatives plist],
      '16.0' => %w[chef_client_config chef_client_cron chef_client_systemd_timer user_ulimit],
      '17.0' => %w[inspec_input]
    }.flat_map { |version, words| words.map { |word| [word, version] } }.to_h.freeze

    # Words of other operating systems; a recipe that runs here does not reach
    # them.
    OTHER_RESOURCES = /\A(?:windows_|dsc_|powershell_|osx_|homebrew_|macports_|dmg_|chocolatey_|cab_|msu_|
                       ips_|solaris_|smartos_|bff_|openbsd_|freebsd_|rhsm_|batch\z|env\z|
                       registry_key\z|launchd\z|plist\z)/x.freeze
    OTHER_PROPERTIES = %w[inherits rights deny_rights].freeze

    # Names of what must not be told, and what ends such a name harmlessly.
    SECRET_NAME = /(?:passw(?:or)?d|passphrase|secret|api_?key|private_?key|auth_?token|access_?key|credential)/i.freeze
    HARMLESS_NAME = /(?:_|\b)(?:file|path|dir|directory|url|uri|bag|item|name|type|length|size|user|id|age|days|
                     policy|prompt|authentication|auth|option|options|column|field|hash_type|expire|encryption|
                     label|cookbook|source|template|mode|owner|group|command|package|packages|regex|pattern|
                     format|database|query|enabled|required|min|max|host|port|key_name)\z/xi.freeze
    # Values that are no secret: references, switches, places to be filled.
    HARMLESS_VALUE = /\A(?:\s*|[~\/.].*|https?:.*|[<{%$].*|(?:true|false|yes|no|none|nil|null|on|off|x|\*+)|
                      .*(?:change.?me|example|placeholder|todo|fixme|redacted).*|your[ _-].*)\z/xi.freeze
    # What is a secret wherever it stands.
    SECRET_TEXT = {
      /-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----/ => 'a private key',
      /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/ => 'an AWS access key'
    }.freeze
  end
end
