# SPDX-License-Identifier: MIT
#
# Rules of the recipe and provider language that need a run to show.
require_relative 'world'

test 'core_323_libraries_are_plain_ruby_at_top_level' do
  cookbook('t', 'libraries/l.rb' => "$notes << self.to_s\nTOP_OF_T = 7\nmodule LibOfT; def self.x; 8; end; end\n" \
                                    "$notes << respond_to?(:node, true)",
                'recipes/default.rb' => '$notes << TOP_OF_T << LibOfT.x')
  compile
  eq(['main', false, 7, 8], notes)
end

test 'core_403_recipe_and_attribute_file_write_the_same_level' do
  cookbook('t', 'attributes/default.rb' => "default['a'] = 1\noverride['b'] = 1\nset['c'] = 1",
                'recipes/default.rb' => "node.default['a'] = 2\nnode.override['b'] = 2\nnode.set['c'] = 2")
  node = compile.node
  eq([{ 'a' => 2 }, { 'b' => 2 }, 2],
     [node.default.to_hash, node.override.to_hash, node.normal['c']])
end

test 'core_415_self_of_an_attribute_file_is_the_node' do
  cookbook('t', 'attributes/other.rb' => "default['o'] = 5",
                'attributes/default.rb' => "$notes << self.class << platform?('debian')\ndefault['x']['y'] = 1\nset['n'] = 2\n" \
                                           "override['z'] = node['x']['y'] + x.y\ninclude_attribute 't::other'\n" \
                                           "$notes << o << value_for_platform('debian' => { 'default' => :d })\n" \
                                           "%i[file log data_bag search].each { |w| $notes << w if respond_to?(w) && w != :file }",
                'recipes/default.rb' => '')
  node = compile.node
  eq([Chef::Node, true, 5, :d], notes)
  eq([2, 2], [node['z'], node['n']])
end

test 'core_415_attribute_files_have_no_resources' do
  cookbook('t', 'attributes/default.rb' => "log('x') { level :info }", 'recipes/default.rb' => '')
  raises(NoMethodError) { compile }
end

test 'core_427_paths_of_later_releases_are_known' do
  node = Chef::Node.build('n')
  node.default['a']['b'] = 1
  eq([1, nil, true, 1], [node.read('a', 'b'), node.read('a', 'z'), node.exist?('a', 'b'), node['a'].dig('b')])
end

test 'core_502_a_word_never_means_a_constant_of_ruby' do
  recipe "string 'x'"
  raises(NoMethodError, /No resource or method named `string'/) { compile }
  recipe "json 'x'"
  raises(NoMethodError, /No resource or method named `json'/) { compile }
end

test 'core_506_what_a_recipe_answers' do
  recipe "$notes << cookbook_name << recipe_name << params << run_context.class << node.name\n" \
         "tag 'one', 'two'\nuntag 'two'\n$notes << tagged?('one') << tagged?('two')\n" \
         "log 'a'\n$notes << resources('log[a]').name << platform?('debian') << platform_family?('none')\n" \
         "$notes << %i[include_recipe load_recipe search data_bag data_bag_item reboot_pending? registry_key_exists? " \
         "from_file value_for_platform].reject { |w| respond_to?(w, true) }"
  compile
  eq([:t, 'default', {}, Chef::RunContext, 'n.example', true, false, 'a', true, false, []], notes)
end

test 'core_506_the_node_of_a_recipe_as_a_variable_is_warned_about' do
  recipe '$notes << @node.name'
  log = told { compile }
  eq(['n.example'], notes)
  match(/WARN.*@node/, log)
end

test 'core_522_a_guard_that_takes_too_long_is_false' do
  recipe "log('a') { only_if 'sleep 20', timeout: 1 }\nlog('b') { not_if 'sleep 20', timeout: 1 }"
  log = told { converge }
  eq(['skipped log[a] write only_if', 'log[b]'], [listener.lines[0], listener.lines[1].to_s[/log\[b\]/]])
  match(/WARN.*Command 'sleep 20' timed out/, log)
end

test 'core_562_a_definition_wins_over_a_resource' do
  cookbook('t', 'definitions/log.rb' => "define :directory, x: 1 do\n  $notes << [params[:name], params[:x]]\nend",
                'resources/box.rb' => "actions :go\ndefault_action :go",
                'providers/box.rb' => "use_inline_resources\naction :go do\n  directory('in') { x 3 }\nend",
                'recipes/default.rb' => "directory('/a') { x 2 }\nt_box 'b'")
  converge
  eq([['/a', 2], ['in', 3]], notes)
end

test 'core_617_one_subscription_to_several' do
  recipe "ruby_block('s') { block { $notes << :s }; action :nothing; subscribes :run, 'ruby_block[a,b]', :immediately }\n" \
         "%w[a b].each { |n| ruby_block(n) { block { $notes << n } } }"
  converge
  eq(['a', :s, 'b', :s], notes)
end

test 'core_654_light_weight_providers_say_whether_they_can_whyrun' do
  cookbook('t', 'resources/old.rb' => "actions :go\ndefault_action :go",
                'providers/old.rb' => "action(:go) { $notes << :old }",
                'resources/able.rb' => "actions :go\ndefault_action :go",
                'providers/able.rb' => "def whyrun_supported?; true; end\naction :go do\n  $notes << :able\n" \
                                       "  converge_by('act') { $notes << :acted }\nend",
                'recipes/default.rb' => "t_old 'a'\nt_able 'b'")
  Chef::Config[:why_run] = true
  converge
  eq([:able], notes)
end

test 'core_713_recipe_eval_is_one_line_of_what_it_would_do' do
  cookbook('t', 'resources/box.rb' => "actions :go\ndefault_action :go",
                'providers/box.rb' => "action :go do\n  recipe_eval do\n    ruby_block('in') { block { $notes << :in } }\n  end\nend",
                'recipes/default.rb' => "t_box 'a'")
  converge
  eq([:in], notes)
  eq('updated t_box[a] go', listener.lines.last)
  ok(text.string.include?('evaluate block'), text.string)
end

test 'core_721_a_light_weight_base_of_its_own' do
  cookbook('t', 'libraries/l.rb' => "class LoneBox < Chef::Resource::LWRPBase\n  self.resource_name = 'lone_box'\n" \
                                    "  provides :lone_box\n  actions :go\n  default_action :go\n  attribute :v, kind_of: String\nend\n" \
                                    "class LoneBoxProvider < Chef::Provider::LWRPBase\n  use_inline_resources\n" \
                                    "  action(:go) { $notes << new_resource.v }\nend",
                'recipes/default.rb' => "lone_box('a') { v 'x'; provider LoneBoxProvider }")
  converge
  eq(['x'], notes)
  eq(:lone_box, resource('lone_box[a]').resource_name.to_sym)
end

test 'core_1108_inner_lookups_reach_out_and_delayed_ones_wait_there' do
  cookbook('t', 'resources/box.rb' => "resource_name :box\naction :go do\n  ruby_block('in') do\n    block { $notes << :in }\n" \
                                      "    notifies :run, 'ruby_block[out]'\n  end\n" \
                                      "  $notes << resources('ruby_block[out]').name\nend",
                'recipes/default.rb' => "ruby_block('out') { block { $notes << :out }; action :nothing }\nbox 'a'\n" \
                                        "ruby_block('z') { block { $notes << :z } }")
  converge
  eq(['out', :in, :z, :out], notes)
end

test 'core_1109_cloning_is_a_switch' do
  text = "file('/x') { mode '600'; action :nothing }\nfile('/x') { owner 'root'; action :nothing }\n" \
         "$notes << run_context.resource_collection.to_a.last.mode"
  recipe text
  compile
  Chef::Config[:resource_cloning] = false
  compile
  eq(['600', nil], notes)
end

test 'core_1111_lazy_where_values_are' do
  cookbook('t', 'resources/box.rb' => "resource_name :box\nproperty :v, String, default: lazy { |r| \"of \#{r.name}\" }\n" \
                                      "action(:go) { $notes << new_resource.v }",
                'recipes/default.rb' => "box 'a'\nbox('b') { v lazy { |r| \"own \#{r.name}\" } }\n" \
                                        "log('c') { message lazy { node['late'] } }\nnode.default['late'] = 'l'\n" \
                                        "$notes << resources('log[c]').message")
  converge
  eq(['l', 'of a', 'own b'], notes)
end

test 'core_1113_compile_time_is_a_word_of_chef_gem' do
  recipe "chef_gem 'g' do\n  compile_time false\n  action :nothing\nend\nchef_gem 'h' do\n  compile_time true\n  action :nothing\nend"
  compile
  eq([false, true], %w[g h].map { |n| resource("chef_gem[#{n}]").compile_time })
end

test 'core_1115_events_and_the_run_by_name' do
  recipe "$notes << Chef.node.name << Chef.run_context.equal?(run_context)\n" \
         "Chef.event_handler do\n  on(:resource_updated) { |r, action| $notes << [r.to_s, action.to_s] }\n" \
         "  on(:run_failed) { |e| $notes << e.message }\nend\n" \
         "ruby_block('x') { block { nil } }"
  converge.events.run_failed(RuntimeError.new('why'))
  eq(['n.example', true, ['ruby_block[x]', 'run'], 'why'], notes)
  match(/old word/, logged { Chef.log_deprecation('old word') })
end

test 'core_1116_an_item_with_its_secret' do
  Chef::Config[:data_bag_path] = "#{directory}/bags"
  Chef::Config[:solo] = true
  path = write('secret', "a long secret\n")
  sealed = Chef::EncryptedDataBagItem.encrypt_data_bag_item({ 'id' => 'i', 'k' => 'open' }, 'a long secret')
  write('bags/b/i.json', Chef::JSONCompat.to_json(sealed))
  recipe "$notes << data_bag_item('b', 'i', 'a long secret')['k']\n$notes << data_bag_item('b', 'i')['k']"
  Chef::Config[:encrypted_data_bag_secret] = path
  compile
  eq(%w[open open], notes)
end

test 'core_1117_questions_about_the_machine_everywhere' do
  cookbook('t', 'attributes/default.rb' => "default['d'] = debian_platform?\ndefault['w'] = which('sh') ? true : false",
                'resources/box.rb' => "resource_name :box\nproperty :v, default: lazy { linux? }\n" \
                                      "action(:go) { $notes << debian? << new_resource.v << !which('sh').nil? }",
                'templates/default/a.erb' => '<%= debian_platform? %>',
                'recipes/default.rb' => "node.automatic['platform_family'] = 'debian'\nnode.automatic['os'] = 'linux'\n" \
                                        "node.automatic['kernel']['machine'] = 'x86_64'\n" \
                                        "$notes << [debian?, rhel?, suse?, windows?, linux?, macos?, rpm_based?, intel?, _64_bit?, arm?]\n" \
                                        "$notes << includes_recipe?('t') << which('sh').nil? << where('sh').empty? << default_paths.include?('/sbin')\n" \
                                        "$notes << ChefUtils.debian?(node) << cloud? << docker? << ec2?\nbox 'a'\n" \
                                        "template(\"\#{node['root']}/a\") { source 'a.erb' }")
  converge
  eq([[true, false, false, false, true, false, false, true, true, false],
      true, false, false, true, true, false, false, false, true, true, true], notes)
  eq(true, Class.new { include ChefUtils }.new.debian?(@context.node))
  eq('true', File.read("#{directory}/a"))
  eq([true, true], [@context.node['d'], @context.node['w']])
end

test 'core_1118_a_quiet_failure_is_not_told' do
  recipe "ruby_block('q') { ignore_failure :quiet; block { raise 'hushed' } }\nruby_block('g') { block { $notes << :g } }"
  log = told { converge }
  eq([:g], notes)
  ok(!(log + text.string).include?('hushed'), log + text.string)
end

test 'core_1121_a_recipe_of_the_same_cookbook' do
  cookbook('t', 'recipes/default.rb' => "include_recipe '::more'", 'recipes/more.rb' => '$notes << cookbook_name << recipe_name')
  compile
  eq([:t, 'more'], notes)
end

test 'core_1123_platform_questions_take_constraints_and_lists' do
  recipe "$notes << value_for_platform('debian' => { '>= 12' => :new, 'default' => :old })\n" \
         "$notes << value_for_platform('debian' => { '< 12' => :new, 'default' => :old })\n" \
         "$notes << value_for_platform(%w[ubuntu debian] => { '~> 12.0' => :near })\n" \
         "$notes << platform?(%w[ubuntu debian]) << platform?(%w[a], 'b')\n$notes << (node['platform_version'].to_i > 6)"
  compile
  eq([:new, :old, :near, true, false, true], notes)
end

test 'core_1125_custom_actions_can_whyrun_and_are_inline' do
  cookbook('t', 'resources/box.rb' => "resource_name :box\naction :go do\n  $notes << :asked\n" \
                                      "  ruby_block('in') { block { $notes << :never } }\nend",
                'recipes/default.rb' => "box 'a'")
  Chef::Config[:why_run] = true
  converge
  eq([:asked], notes)
  match(/Would/, text.string)
end

test 'core_1130_words_that_were_removed_later' do
  cookbook('t', 'recipes/default.rb' => "node.set['a'] = 1\nnode.set_unless['a'] = 2\n$notes << node.a\n" \
                                        "log('x') { supports({ y: true }); epic_fail true }\n" \
                                        "r = resources('log[x]')\n$notes << r.supports << r.ignore_failure\n" \
                                        "require_recipe 't::more'\n$notes << Chef::ShellOut.new('echo hi').run_command.stdout\n" \
                                        "log('y').updated = true\n$notes << resources('log[y]').updated?",
                'recipes/more.rb' => '$notes << :more')
  log = told { compile }
  eq([1, { y: true }, true, :more, "hi\n", true], notes)
  match(/WARN/, log)
end
