# SPDX-License-Identifier: MIT
require_relative 'world'

test 'core_501_unknown_word_names_recipe_and_nearest_word' do
  recipe "fil '/x' do\nend"
  error = raises(NoMethodError) { compile }
  match(/No resource or method named `fil' for `Chef::Recipe "default"'/,
        error.message)
  match(/did you mean `file'/, error.message)
  match(%r{recipes/default\.rb:1}, error.backtrace.first)
end

test 'core_501_unknown_bare_word_is_a_name_error' do
  recipe 'undefined_thing'
  error = raises(NameError) { compile }
  match(/No resource, method, or local variable named `undefined_thing'/,
        error.message)
end

test 'core_507_unknown_property_names_the_class_and_nearest_property' do
  recipe "file '/x' do\n  contnt 'a'\nend"
  error = raises(NoMethodError) { compile }
  match(/undefined method `contnt' for Chef::Resource::File/, error.message)
  match(/did you mean `content'/, error.message)
end

test 'core_502_top_level_constants_are_not_resources' do
  recipe "string 'x'"
  raises(NoMethodError, /No resource or method named `string'/) { compile }
end

test 'core_504_nil_name_is_refused' do
  recipe 'file(nil)'
  raises(ArgumentError, /must supply a name when declaring a file/) { compile }
end

test 'core_504_resource_knows_where_it_was_declared' do
  recipe "\nlog 'a' do\n  action :nothing\nend"
  compile
  log = resource('log[a]')
  eq([:t, 'default', '2'],
     [log.cookbook_name, log.recipe_name, log.source_line_number])
  eq('t::default line 2', log.defined_at)
end

test 'core_505_declare_and_build_resource' do
  recipe "a = declare_resource(:log, 'a') { action :nothing }\n" \
         "b = build_resource(:log, 'b')\n$notes << [a, b].map(&:to_s)"
  compile
  eq([%w[log[a] log[b]]], notes)
  eq(%w[log[a]], @context.resource_collection.map(&:to_s))
end

test 'core_1107_find_edit_and_delete_resource' do
  recipe "edit_resource(:log, 'a') { message 'one' }\n" \
         "edit_resource(:log, 'a') { message 'two' }\n" \
         "$notes << find_resource(:log, 'b') << find_resource!(:log, 'a').message\n" \
         "delete_resource(:log, 'a')"
  compile
  eq([nil, 'two'], notes)
  ok(@context.resource_collection.empty?)
end

test 'core_331_include_recipe_loads_once_and_returns_what_it_loaded' do
  recipe "a = include_recipe('t::b', '::b')\nb = include_recipe('t::b')\n" \
         '$notes << a.size << b'
  recipe "$notes << :loaded", 'b'
  compile
  eq([:loaded, 1, []], notes)
end

test 'core_332_unknown_recipe_suggests_one' do
  recipe "include_recipe 't::conifg'"
  recipe '', 'config'
  error = raises(Chef::Exceptions::RecipeNotFound) { compile }
  match(/could not find recipe conifg for cookbook t/, error.message)
  match(/did you mean `config'/, error.message)
end

test 'core_333_return_ends_a_recipe' do
  recipe "log 'a'\nreturn\nlog 'b'"
  compile
  eq(1, @context.resource_collection.size)
end

test 'core_320_dependencies_compile_first_and_cycles_are_tolerated' do
  cookbook('t', 'recipes/default.rb' => '', 'metadata.rb' => "depends 'z'\ndepends 'b'",
                'libraries/l.rb' => '$notes << :t')
  cookbook('b', 'metadata.rb' => "depends 't'", 'recipes/default.rb' => '',
                'libraries/l.rb' => '$notes << :b')
  cookbook('z', 'recipes/default.rb' => '', 'libraries/l.rb' => '$notes << :z')
  compile
  eq(%i[b z t], notes)
end

test 'core_320_a_circle_of_dependencies_is_told_with_its_place' do
  cookbook('t', 'recipes/default.rb' => '', 'metadata.rb' => "depends 'b'")
  cookbook('b', 'metadata.rb' => "depends 'c'", 'recipes/default.rb' => '')
  cookbook('c', 'metadata.rb' => "depends 'b'", 'recipes/default.rb' => '')
  @log_level = :warn
  log = logged { compile }
  eq(1, log.lines.grep(/circle/).size, log)
  match(%r{circle: b -> c -> b \(.*/c/metadata\.rb\); c is loaded before b}, log)
end

test 'core_320_a_missing_dependency_is_told_with_who_asks' do
  cookbook('t', 'recipes/default.rb' => '', 'metadata.rb' => "depends 'gone'")
  error = raises(Chef::Exceptions::CookbookNotFound, /Cookbook gone not found/) { compile }
  match(%r{/t/metadata\.rb says that t depends on gone}, error.message)
end

test 'core_560_definitions_fill_parameters' do
  cookbook('t', 'definitions/d.rb' => "define :site, :port => 80, :list => [] do\n" \
                                      "  $notes << params\n  log params[:name] do\n    action :nothing\n  end\nend",
                'recipes/default.rb' => "site 'a' do\n  port 81\n  tags 1, 2\nend\nsite 'b'")
  compile
  eq([{ port: 81, list: [], tags: [1, 2], name: 'a' },
      { port: 80, list: [], name: 'b' }], notes)
  eq(%w[log[a] log[b]], @context.resource_collection.map(&:to_s))
end

test 'core_560_definition_misuse' do
  list = Chef::ResourceDefinitionList.new
  raises(ArgumentError, /symbol/) { list.define('x') { nil } }
  raises(ArgumentError, /hash/) { list.define(:x, 5) { nil } }
  raises(ArgumentError, /block/) { list.define(:x) }
end

test 'core_530_lookup_forms' do
  recipe "log('a') { action :nothing }\nlog('b') { action :nothing }"
  compile
  c = @context.resource_collection
  eq('log[a]', c.find('log[a]').to_s)
  eq(%w[log[a] log[b]], c.find('log[a,b]').map(&:to_s))
  eq(%w[log[b] log[a]], c.find(log: %w[b a]).map(&:to_s))
  raises(Chef::Exceptions::ResourceNotFound, /did you define it first/) { c.find('log[z]') }
  raises(ArgumentError, /Bad string format/) { c.find('nonsense') }
  raises(Chef::Exceptions::InvalidResourceSpecification) { c.find(5) }
end

test 'core_550_a_second_declaration_starts_as_a_clone' do
  recipe "log('a') { message 'm'; level :debug; only_if { true }; action :nothing }\nlog('a') { level :warn }"
  compile
  clone = @context.resource_collection.to_a.last
  eq(['m', :warn, [], :write], [clone.message, clone.level, clone.only_if, clone.action])
end

test 'core_540_text_of_a_resource' do
  recipe "execute 'x' do\n  command 'true'\n  not_if 'false'\n  only_if { true }\nend"
  compile
  text = resource('execute[x]').to_text
  match(%r{\A# Declared in .*/default\.rb:1:in `from_file'\n\nexecute\("x"\) do\n}, text)
  match(/  command "true"\n/, text)
  match(/  not_if "false"\n  only_if \{ #code block \}\nend\n\z/, text)
end

test 'core_540_a_sensitive_resource_has_no_text' do
  recipe "execute('x') { sensitive true }"
  compile
  eq('suppressed sensitive resource output', resource('execute[x]').to_text)
end

test 'res_cbfile_1_sources_start_as_the_last_part_of_the_name' do
  recipe "template('/etc/a.conf') {}\ncookbook_file('/etc/b') {}\nremote_directory('/srv/c') { source 'd' }"
  compile
  words = ['template[/etc/a.conf]', 'cookbook_file[/etc/b]', 'remote_directory[/srv/c]']
  eq(%w[a.conf.erb b d], words.map { |word| resource(word).source })
end

test 'core_540_secret_words_are_not_shown' do
  recipe "user('x') { password '$6$hash' }\nsubversion('/x') { svn_password 'word' }"
  compile
  texts = [resource('user[x]'), resource('subversion[/x]')].map(&:to_text).join
  match(/  password \*\*\*\*\*\n/, texts)
  match(/  svn_password \*\*\*\*\*\n/, texts)
  eq(nil, texts[/hash|word'/])
end

test 'core_513_actions_are_checked_at_declaration' do
  recipe "file('/x') { action :explode }"
  raises(Chef::Exceptions::ValidationFailed,
         /Option action must be equal to one of: nothing, create, .*!  You passed :explode\./) { compile }
end

test 'core_521_guard_forms_are_checked' do
  log = Chef::Resource::Log.new('x')
  raises(ArgumentError, /Invalid only_if\/not_if command: 5 \(Integer\)/) { log.not_if(5) }
  eq([], log.not_if)
  log.only_if('true')
  eq([true, 1], [log.only_if.first.continue?, log.only_if.size])
end

test 'core_1114_shell_out_is_a_word_everywhere' do
  recipe "$notes << shell_out('echo a').stdout\nlog('x') { message shell_out!('echo b').stdout }"
  compile
  eq(["a\n", "b\n"], notes + [resource('log[x]').message])
end

test 'core_502_a_word_may_mean_another_class_on_a_platform' do
  cookbook('t', 'libraries/w.rb' => "class Chef::Resource::GeneralWord < Chef::Resource; provides :a_word; end\n" \
                                    "class Chef::Resource::DebianWord < Chef::Resource; provides :a_word, on_platforms: ['debian']; end\n" \
                                    "class Chef::Resource::OtherWord < Chef::Resource; provides(:a_word, platform_family: 'rhel'); end",
                'recipes/default.rb' => "$notes << a_word('x').class.name")
  compile
  eq(['Chef::Resource::DebianWord'], notes)
end

test 'core_1124_a_list_of_names_is_joined' do
  recipe "package(%w[a b]) { action :nothing }"
  compile
  eq(['a, b', %w[a b]], [resource('package[a, b]').name, resource('package[a, b]').package_name])
end
