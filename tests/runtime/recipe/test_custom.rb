# SPDX-License-Identifier: MIT
require_relative 'world'

def custom(body)
  cookbook('t', 'resources/box.rb' => "resource_name :box\n#{body}")
end

# First: the words are not loaded yet.
test 'strict_chef11_knows_no_properties' do
  Chef::Config[:strict_chef11] = true
  custom 'property :x'
  recipe ''
  raises(NoMethodError, /undefined method `(resource_name|property)'.*strict_chef11/) { compile }
end

PLAIN = "property :title, String, name_property: true\nproperty :size, Integer, default: 3\n" \
        "action :make do\n  $notes << new_resource.title << new_resource.size\nend\n"

test 'core_1101_types_defaults_and_name' do
  custom PLAIN
  recipe "box 'a'\nbox('b') { size 5 }"
  converge
  eq(['a', 3, 'b', 5], notes)
  recipe "box('c') { size 'x' }"
  raises(Chef::Exceptions::ValidationFailed, /size/) { compile }
end

test 'core_1101_callbacks_of_properties_answer_with_anything_true' do
  custom "property :level, String, callbacks: { 'is no level' => ->(v) { v.match(/^debug \\d$/) } }\naction(:make) { nil }"
  recipe "box('a') { level 'debug 3' }"
  compile
  recipe "box('a') { level 'loud' }"
  raises(Chef::Exceptions::ValidationFailed, /Option level's value loud is no level!/) { compile }
end

test 'core_706_expressions_in_lists_of_lists' do
  custom "property :owner, String, regex: [Chef::Config[:user_valid_regex]]\naction(:make) { nil }"
  recipe "box('a') { owner 'alice' }"
  compile
  recipe "box('a') { owner '-alice' }"
  raises(Chef::Exceptions::ValidationFailed, /does not match regular expression/) { compile }
end

test 'core_1101_a_type_shared_by_properties' do
  custom "FLAG = property_type(is: [true, false], default: false)\nproperty :a, FLAG\nproperty :b, FLAG, default: true\n" \
         "action(:make) { $notes << [new_resource.a, new_resource.b] }"
  recipe "box 'x'"
  converge
  eq([[false, true]], notes)
  recipe "box('x') { a 1 }"
  raises(Chef::Exceptions::ValidationFailed) { compile }
end

test 'core_1102_the_action_of_a_custom_resource_is_a_list' do
  custom "action(:make) { $notes << new_resource.action }\naction(:drop) { $notes << new_resource.action }"
  recipe "box 'x'\nbox('y') { action :drop }"
  converge
  eq([[:make], [:drop]], notes)
end

test 'core_1101_coerce_lazy_and_set' do
  custom "property :n, Integer, coerce: proc { |v| v.to_i }\nproperty :text, String, default: lazy { \"<\#{n}>\" }\n" \
         "action :make do\n  $notes << new_resource.n << new_resource.text\nend"
  recipe "box('a') { n '7' }\nbox('b') { n lazy { '8' } }\n" \
         "$notes << resources('box[a]').property_is_set?(:n) << resources('box[a]').property_is_set?(:text)"
  converge
  eq([true, false, 7, '<7>', 8, '<8>'], notes)
end

test 'core_1101_defaults_are_not_shared' do
  custom "property :list, Array, default: []\naction :make do\n  $notes << new_resource.list\nend"
  recipe "box('a') { list << 1 }\nbox 'b'"
  converge
  eq([[1], []], notes)
end

test 'core_1101_required_is_checked_when_the_action_runs' do
  custom "property :must, String, required: true\naction :make do\n  nil\nend"
  recipe "box 'a'"
  compile
  raises(Chef::Exceptions::ValidationFailed, /must is a required property of box\[a\]/) { converge }
end

test 'core_1101_unknown_options_are_refused' do
  custom 'property :x, String, requird: true'
  raises(ArgumentError, /Unknown option :requird of property x; did you mean `required'/) do
    recipe ''
    compile
  end
end

test 'core_1102_first_action_is_the_default_and_resources_are_inline' do
  custom "action :make do\n  ruby_block('in') { block { $notes << helper } }\nend\naction :drop do\n  $notes << :drop\nend\n" \
         "action_class do\n  def helper\n    :helped\n  end\nend"
  recipe "box 'a'\nbox('b') { action :drop }"
  converge
  eq([:drop], notes - [:helped])
  eq(['updated ruby_block[in] run', 'updated box[a] make', 'up_to_date box[b] drop'], listener.lines)
end

test 'core_1102_converge_if_changed_compares_with_the_current_value' do
  custom "property :value, String\nproperty :path, String, name_property: true\n" \
         "load_current_value do |wanted|\n  current_value_does_not_exist! unless ::File.exist?(wanted.path)\n" \
         "  value ::File.read(wanted.path)\nend\n" \
         "action :make do\n  converge_if_changed(:value) { ::File.write(new_resource.path, new_resource.value) }\nend"
  recipe "box(\"\#{node['root']}/v\") { value 'one' }"
  converge
  match(/- set value to "one"$/, text.string)
  converge
  recipe "box(\"\#{node['root']}/v\") { value 'two' }"
  converge
  match(/- set value to "two" \(was "one"\)$/, text.string)
  eq('two', File.read("#{directory}/v"))
  eq(%w[updated up_to_date updated], listener.lines.map { |l| l[/\w+/] })
end

test 'core_1102_the_current_value_knows_how_it_is_to_be_done' do
  custom "property :key, String, name_property: true\nproperty :value, String\nproperty :scope, String, desired_state: false\n" \
         "load_current_value { $notes << [key, value, scope] }\naction(:make) { converge_if_changed { nil } }"
  recipe "box('k') { value 'v'; scope lazy { 'system' } }"
  converge
  eq([['k', nil, 'system']], notes)
end

test 'core_1109_no_cloning_where_nobody_expects_it' do
  twice = "log('l') { level :debug }\nlog('l') { $notes << level }"
  cookbook('t', 'metadata.rb' => "name 't'\nchef_version '>= 13'", 'recipes/default.rb' => twice)
  eq(false, told { compile }.include?('Cloning'))
  cookbook('t', 'metadata.rb' => "name 't'\nchef_version '>= 12.7'")
  match(/Cloning resource attributes for log\[l\]/, told { compile })
  eq(%i[info debug], notes)
  cookbook('t', 'resources/box.rb' => "resource_name :box\nunified_mode true\naction(:make) do\n#{twice}\n" \
                                      "with_run_context(:root) do\n#{twice}\nend\nend",
                'recipes/default.rb' => "box 'a'")
  eq(false, told { converge }.include?('Cloning'))
end

test 'core_1107_resources_find_and_declare_others' do
  cookbook('t', 'libraries/l.rb' => "class Pair < Chef::Resource\n  provides :pair\n  property :x, String\n" \
                                    "  def after_created\n    find_resource(:log, 'one') { level :debug }\n" \
                                    "    declare_resource(:log, 'two')\n  end\n  action(:go) { nil }\nend",
                'recipes/default.rb' => "pair 'a'\npair 'b'")
  compile
  eq(%w[log[one] log[two] pair[a] log[two] pair[b]], @context.resource_collection.map(&:to_s))
  eq(:t, resource('log[one]').cookbook_name)
end

test 'core_1110_unified_mode_converges_at_declaration' do
  custom "unified_mode true\naction :make do\n" \
         "  ruby_block('x') { block { $notes << 1 }; notifies :run, 'ruby_block[later]', :immediately; notifies :run, 'ruby_block[end]' }\n" \
         "  $notes << 2\n  ruby_block('later') { block { $notes << 3 }; action :nothing }\n" \
         "  ruby_block('end') { block { $notes << 5 }; action :nothing }\n  $notes << 4\nend"
  recipe "box 'a'"
  converge
  eq([1, 2, 3, 4, 5], notes)
end

test 'core_1103_library_class_with_words_of_its_own' do
  cookbook('t', 'libraries/r.rb' => "class LibBox < Chef::Resource\n  resource_name :lib_box\n  provides :other_box\n" \
                                    "  property :v, String\n  action(:go) { $notes << new_resource.v }\nend",
                'recipes/default.rb' => "lib_box('a') { v 'x' }\nother_box('b') { v 'y' }")
  converge
  eq(%w[x y], notes)
end

test 'core_1102_actions_may_return_and_ask_for_what_is_set' do
  custom "property :a, String\nproperty :b, String, default: 'x'\n" \
         "load_current_value do |wanted|\n  return if wanted.a\n  a 'never'\nend\n" \
         "action :make do\n  $notes << [property_is_set?(:a), property_is_set?(:b), property_is_set?(:sensitive)]\n" \
         "  return if new_resource.a\n  $notes << :late\nend"
  recipe "box('a') { a 'v' }\nbox('b') { sensitive true }"
  converge
  eq([[true, false, false], [false, false, true], :late], notes)
end

test 'core_1119_parts_are_shared_and_no_resources_of_their_own' do
  cookbook('t', 'resources/partial/_common.rb' => 'property :shared, Integer, default: 4',
                'resources/box.rb' => "resource_name :box\nuse 'partial/common'\n" \
                                      "deprecated_property_alias 'old', 'shared', 'use shared'\n" \
                                      "action :make do\n  $notes << new_resource.shared\nend",
                'recipes/default.rb' => "box 'a'\nbox('b') { old 5 }")
  converge
  eq([4, 5], notes)
  eq(false, Chef::Resource.const_defined?(:TCommon, false))
end

test 'res_apt_update_1_tells_what_it_would_refresh' do
  Chef::Config[:why_run] = true
  recipe "apt_update\napt_update('now') { action :update }\napt_update('soon') { frequency 1 << 40 }"
  converge
  match(/\* apt_update\[now\] action update\n    - Would force update new lists of packages$/, text.string)
  eq(86_400, resource('apt_update[]').frequency)
end

test 'delayed_action_runs_once_at_the_end_and_notifies' do
  custom "unified_mode true\naction :make do\n  with_run_context(:root) do\n" \
         "    edit_resource(:ruby_block, 'all') do\n      block { $notes << :all }\n      action :nothing\n" \
         "      delayed_action :run\n      notifies :run, 'ruby_block[after]'\n    end\n  end\nend"
  recipe "ruby_block('after') { block { $notes << :after }; action :nothing }\n" \
         "box 'a'\nbox 'b'\nruby_block('z') { block { $notes << :z } }"
  converge
  eq(%i[z all after], notes)
end

test 'core_1102_actions_see_the_helpers_of_the_resource_class' do
  cookbook('t', 'libraries/h.rb' => "module BoxHelp\n  def box_path\n    \"/etc/\#{title}\"\n  end\nend",
                'resources/box.rb' => "resource_name :box\ninclude BoxHelp\nproperty :title, String, name_property: true\n" \
                                      "action :make do\n  $notes << box_path\n  log('in') { message box_path }\nend",
                'recipes/default.rb' => "box 'a'")
  converge
  eq(['/etc/a'], notes)
end

test 'core_835_keywords_reach_helpers_through_resources_and_actions' do
  custom "action :make do\n  $notes << joined(a: 1, b: 2)\n  log 'inner' do\n    message between(left: 'x', right: 'y')\n" \
         "    $notes << message\n  end\nend\n" \
         "def joined(a:, b:)\n  [a, b]\nend\n" \
         "action_class do\n  def between(left:, right:)\n    left + right\n  end\nend"
  recipe "box 'a'"
  converge
  eq([[1, 2], 'xy'], notes)
end

test 'core_835_options_of_a_property_in_braces' do
  custom "property :n, Integer, { default: 4 }\nproperty :m, { default: 5 }\n" \
         "action :make do\n  $notes << new_resource.n << new_resource.m\nend"
  recipe "box 'a'"
  converge
  eq([4, 5], notes)
end
