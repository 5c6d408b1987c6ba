# SPDX-License-Identifier: MIT
#
# Cookbooks of today: custom resources whose words work together.
require_relative 'world'

PART = <<-'RUBY'.freeze
property :root, String, default: lazy { node['root'] }, desired_state: false
property :owner, [String, Integer], coerce: proc { |o| o.to_s }, default: 'root',
                                    callbacks: { 'must not be empty' => ->(o) { !o.empty? } }, desired_state: false
action_class do
  def path_of(name)
    ::File.join(new_resource.root, name)
  end
end
RUBY

SITE = <<-'RUBY'.freeze
# frozen_string_literal: true
unified_mode true
resource_name :site
provides :site
provides :vhost, platform: 'debian'
description 'A site of the server'
introduced '2.0'
examples 'site "a"'
use 'partial/_base'
property :title, String, name_property: true, identity: true
property :port, [Integer, String], coerce: proc { |p| p.to_i }, default: 80,
                                   callbacks: { 'must be a port' => ->(p) { (1..65_535).cover?(p) } }
property :kind, Symbol, equal_to: %i[plain tls], default: lazy { |r| r.port == 443 ? :tls : :plain }
property :key, String, sensitive: true

load_current_value do |wanted|
  file = ::File.join(wanted.root, "#{wanted.title}.site")
  current_value_does_not_exist! unless ::File.exist?(file)
  port ::File.read(file)
end

action :create do
  converge_if_changed :port, :key do
    file site_file do
      content new_resource.port.to_s
    end
  end
  notify_group 'told' do
    notifies :run, 'ruby_block[tell]', :delayed
    action :run
  end
end

action :delete, description: 'removes it' do
  file(site_file) { action :delete }
end

action :replace do
  action_delete
  action_create
end

action_class do
  def site_file
    path_of("#{new_resource.title}.site")
  end
end
RUBY

APP = <<-'RUBY'.freeze
unified_mode true
provides :app
property :port, Integer, required: [:install]
default_action :install

action :install do
  site new_resource.name do
    port new_resource.port
    notifies :run, 'ruby_block[inner]', :immediately
  end
  ruby_block('inner') { block { $notes << :inner }; action :nothing }
  $notes << find_resource(:log, 'none') << find_resource!(:ruby_block, 'tell').name
  with_run_context(:root) do
    edit_resource(:template, "#{node['root']}/all") do |new_resource|
      cookbook 't'
      source 'all.erb'
      variables[:names] ||= []
      variables[:names] << new_resource.name
      action :nothing
      delayed_action :create
    end
  end
end
RUBY

def styled(recipe)
  cookbook('s', 'resources/partial/_base.rb' => PART, 'resources/site.rb' => SITE,
                'metadata.rb' => "name 's'\nversion '2.0.0'\n")
  cookbook('t', 'resources/app.rb' => APP, 'metadata.rb' => "name 't'\ndepends 's'\n",
                'templates/all.erb' => '<%= @names.join(" ") %>',
                'recipes/default.rb' => "ruby_block('tell') { block { $notes << :told }; action :nothing }\n#{recipe}")
end

test 'core_1107_resources_of_two_cookbooks_work_together' do
  styled "app('one') { port 8080 }\napp('two') { port 443 }"
  converge
  eq([nil, 'tell', :inner, nil, 'tell', :inner, :told].sort_by(&:to_s), notes.sort_by(&:to_s))
  eq(:told, notes.last)
  eq(%w[8080 443], %w[one two].map { |n| File.read("#{directory}/#{n}.site") })
  eq('one two', File.read("#{directory}/all"))
  ok(!text.string.include?('set key'))
end

test 'core_1103_a_second_name_is_found_by_notifications' do
  styled "ruby_block('s') { block { $notes << :s }; action :nothing; subscribes :run, 'vhost[v]', :immediately }\n" \
         "vhost('v') { action :nothing; port '81' }\n" \
         "ruby_block('r') { block { $notes << :r }; notifies :create, 'vhost[v]', :immediately }\n" \
         "$notes << find_resource(:vhost, 'v').port"
  converge
  eq([81, :r, :s, :told], notes)
  eq('81', File.read("#{directory}/v.site"))
end

test 'core_1101_values_are_checked_where_they_are_set' do
  failed = Chef::Exceptions::ValidationFailed
  { "site('x') { port 99_999 }" => /must be a port/, "site('x') { owner '' }" => /must not be empty/,
    "site('x') { kind :odd }" => /kind/, "site('x') { key 5 }" => /key/ }.each do |recipe, pattern|
    styled recipe
    raises(failed, pattern) { compile }
  end
  styled "app 'x'"
  raises(failed, /port is a required property/) { converge }
end

test 'core_1102_secret_values_are_not_shown' do
  styled "site('x') { key 'the-secret' }"
  converge
  match(/- set key to \(suppressed sensitive/, text.string)
  ok(!text.string.include?('the-secret'))
end

test 'core_1102_actions_call_each_other' do
  styled "site('x') { port 1; action :replace }"
  converge
  eq('1', File.read("#{directory}/x.site"))
  eq([:told], notes)
end

test 'core_1125_why_run_tells_what_all_of_them_would_do' do
  Chef::Config[:why_run] = true
  styled "site('x') { port 1 }"
  converge
  match(/Would set port to 1/, text.string)
  eq([], Dir["#{directory}/*.site"])
end

test 'core_1101_frozen_defaults_and_values_set_again' do
  cookbook('t', 'resources/box.rb' => "unified_mode true\nprovides :box\nproperty :list, Array, default: %w[x].freeze\n" \
                                      "property :on, [true, false], default: false\nproperty :any, [String, nil]\n" \
                                      "action :go do\n  new_resource.list += %w[y]\n  $notes << new_resource.list << new_resource.on? rescue $notes << :none\n" \
                                      "  new_resource.any = nil\n  $notes << property_is_set?(:any)\n" \
                                      "  new_resource.reset_property(:list)\n  $notes << new_resource.list\nend",
                'recipes/default.rb' => "box('a') { any 'v'; on true }")
  converge
  eq([%w[x y], :none, true, %w[x]], notes)
end

test 'core_1110_subscriptions_to_what_ran_before' do
  cookbook('t', 'resources/box.rb' => "unified_mode true\nprovides :box\naction :go do\n" \
                                      "  ruby_block('x') { block { $notes << 1 } }\n" \
                                      "  ruby_block('late') { block { $notes << 4 }; action :nothing; subscribes :run, 'ruby_block[x]' }\n" \
                                      "  ruby_block('now') { block { $notes << 2 }; action :nothing; " \
                                      "subscribes :run, 'ruby_block[x]', :immediately }\n  $notes << 3\nend",
                'recipes/default.rb' => "box 'a'")
  converge
  eq([1, 2, 3, 4], notes)
end

test 'core_1101_properties_are_copied_from_an_outer_resource' do
  cookbook('t', 'resources/box.rb' => "provides :box\nproperty :v, String\nproperty :w, Integer\nproperty :own, String\naction :go do\n" \
                                      "  t_in('i') { |outer| copy_properties_from(outer, exclude: %i[w]) }\nend",
                'resources/in.rb' => "provides :t_in\nproperty :v, String\nproperty :w, Integer\n" \
                                     "action(:go) { $notes << new_resource.v << new_resource.w }",
                'recipes/default.rb' => "box('a') { v 'x'; w 1; own 'y' }")
  converge
  eq(['x', nil], notes)
end

test 'core_1125_actions_of_a_provider_class_are_inline' do
  cookbook('t', 'libraries/l.rb' => "class Chef::Resource::ClassBox < Chef::Resource\n  provides :class_box\n" \
                                    "  property :v, String\n  allowed_actions :go, :stop\n  default_action :go\nend\n" \
                                    "class Chef::Provider::ClassBox < Chef::Provider\n  provides :class_box\n" \
                                    "  def load_current_resource; end\n  action :go do\n" \
                                    "    ruby_block('in') { block { $notes << :in } }\n    $notes << new_resource.v\n  end\nend",
                'recipes/default.rb' => "class_box('a') { v 'x' }\nruby_block('z') { block { $notes << :z } }")
  converge
  eq(['x', :in, :z], notes)
  eq('updated class_box[a] go', listener.lines[1])
end

test 'core_1102_an_action_with_a_parameter_gets_the_provider' do
  cookbook('t', 'resources/box.rb' => "provides :box\ndeprecated 'use crate'\naction(:go) { |me| $notes << me.new_resource.name }",
                'resources/old.rb' => "actions :go\ndefault_action :go",
                'providers/old.rb' => "action(:go) { |me| $notes << me.new_resource.name }",
                'recipes/default.rb' => "box 'a'\nt_old 'b'")
  log = told { converge }
  eq(%w[a b], notes)
  match(/WARN.*use crate/, log)
end
