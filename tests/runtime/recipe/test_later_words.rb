# SPDX-License-Identifier: MIT
#
# Words that later releases gave to resources of Chef 11.
require_relative 'world'

def checked(words)
  "file(\"\#{node['root']}/a.conf\") do\n  content 'new'\n#{words}\nend"
end

test 'res_verify_1_by_command_block_and_name_before_the_file_is_there' do
  recipe checked("verify \"grep -q new %{path} && ! test -e \#{node['root']}/a.conf\"\n  verify \"test -f %{file}\"\n" \
                 "  verify { |path| $notes << path; File.read(path) == 'new' }")
  converge
  eq('new', File.read("#{directory}/a.conf"))
  eq('a.conf', File.basename(notes[0]))
  eq(false, File.exist?(File.dirname(notes[0])), 'the scratch file is gone')
  converge
  eq(1, notes.size, 'what does not change is not checked')
  recipe "file(\"\#{node['root']}/x.json\") { content '[1]'; verify :json }"
  converge
  eq('[1]', File.read("#{directory}/x.json"))
end

test 'res_verify_1_refuses_and_leaves_the_old_file' do
  write('a.conf', 'old')
  recipe checked('verify "echo wrong here >&2; false %{path}"')
  e = raises(Chef::Exceptions::ValidationFailed, /Proposed content for .*a\.conf failed verification echo wrong/) { converge }
  match(/wrong here/, e.message)
  recipe checked('verify { false }')
  raises(Chef::Exceptions::ValidationFailed, /failed verification: the block said no/) { converge }
  recipe "file(\"\#{node['root']}/a.conf\") { content '{'; verify :json }"
  raises(Chef::Exceptions::ValidationFailed, /failed verification json: /) { converge }
  recipe checked("sensitive true\n  verify \"echo new; false %{path}\"")
  e = raises(Chef::Exceptions::ValidationFailed, /failed verification/) { converge }
  eq(false, e.message.include?("\nnew"), e.message)
  eq('old', File.read("#{directory}/a.conf"))
  eq([], Dir.glob("#{directory}/.*a.conf*"))
  recipe checked('verify 1')
  raises(ArgumentError, /verify takes a command, a block or one of json, yaml, systemd_unit, not 1/) { compile }
end

test 'res_verify_1_of_templates_and_of_names_with_blanks' do
  cookbook('t', 'templates/default/t.erb' => '<%= 1 + 1 %>', 'files/default/f' => 'file')
  recipe "template(\"\#{node['root']}/a b\") { source 't.erb'; verify 'grep -q 2 %{path}' }\n" \
         "cookbook_file(\"\#{node['root']}/f\") { source 'f'; verify 'grep -q nothing %{path}' }"
  raises(Chef::Exceptions::ValidationFailed, %r{Proposed content for .*/f failed}) { converge }
  eq('2', File.read("#{directory}/a b"))
  eq(false, File.exist?("#{directory}/f"))
end

test 'core_650_verify_is_not_asked_in_why_run' do
  Chef::Config[:why_run] = true
  recipe checked('verify { $notes << 1 }')
  converge
  eq([], notes)
end

test 'core_1101_execute_takes_input_and_shows_output_as_it_comes' do
  recipe "execute('cat') { input 'from within'; live_stream true; default_env true }\nexecute('echo unseen')"
  converge
  match(/^ +from within$/, text.string)
  eq(false, text.string.match?(/^ +unseen$/))
end

test 'core_1103_declared_type_is_the_word_of_the_recipe' do
  cookbook('t', 'resources/box.rb' => "resource_name :box\nprovides :crate\naction(:make) { $notes << new_resource.declared_type }",
                'recipes/default.rb' => "box 'a'\ncrate 'b'\nlog('c') { $notes << declared_type }")
  converge
  eq(%i[log box crate], notes)
  eq(false, resource('crate[b]').to_text.include?('declared_type'))
end

test 'core_1113_compile_time_runs_where_it_is_declared_and_never_again' do
  recipe "file(\"\#{node['root']}/early\") { content 'x'; compile_time true }\n$notes << File.exist?(\"\#{node['root']}/early\")\n" \
         "file(\"\#{node['root']}/late\") { content 'x'; compile_time false }\n$notes << File.exist?(\"\#{node['root']}/late\")"
  converge
  eq([true, false], notes)
  eq(["updated file[#{directory}/early] create", "skipped file[#{directory}/early] nothing action :nothing",
      "updated file[#{directory}/late] create"], listener.lines)
end

# In Chef 11 the action was nil here.
test 'core_662_updates_of_converge_by_carry_their_action' do
  cookbook('t', 'resources/box.rb' => "resource_name :box\naction(:make) { converge_by('make it') { nil } }",
                'recipes/default.rb' => "box 'a'")
  heard = []
  listener.define_singleton_method(:resource_update_applied) { |resource, action, text| heard << [resource.to_s, action, text] }
  converge
  eq([['box[a]', :make, 'make it']], heard)
end

test 'core_1122_a_recipe_may_be_data' do
  cookbook('t', 'recipes/default.yml' => "include_recipes:\n- t::other\nresources:\n- type: log\n  name: said\n  level: :warn\n" \
                                         "- type: directory\n  name: /no/where\n  recursive: true\n  action: nothing\n",
                'recipes/other.json' => '{"resources": [{"type": "log", "name": "first"}]}')
  compile
  eq(['log[first]', 'log[said]', 'directory[/no/where]'], @context.resource_collection.map(&:to_s))
  eq([:warn, [:nothing]], [resource('log[said]').level, resource('directory[/no/where]').action])
  recipe '$notes << :ruby'
  compile
  eq([:ruby], notes)
end

test 'core_1122_data_that_is_no_recipe_says_why' do
  { "- a\n" => /has no list `resources'/, "resource: []\nresources: []\n" => /has "resource"; did you mean `resources'/,
    "resources:\n- type: log\n" => /resource 1 needs a type and a name/, "a: [\n" => /cannot be used: / }.each do |text, why|
    cookbook('t', 'recipes/default.yml' => text)
    raises(ArgumentError, why) { compile }
  end
  cookbook('t', 'recipes/default.yml' => "resources:\n- type: log\n  name: a\n  levl: warn\n")
  raises(NoMethodError, /undefined method `levl' for Chef::Resource::Log; did you mean `level'/) { compile }
end

test 'core_907_an_unknown_word_of_a_template_names_the_template' do
  cookbook('t', 'templates/default/a.erb' => '<%= nope %>', 'recipes/default.rb' => "template(\"\#{node['root']}/o\") { source 'a.erb' }")
  e = raises(Chef::Mixin::Template::TemplateError) { converge }
  match(%r{undefined local variable or method `nope' for #<template .*/templates/default/a\.erb>}, e.message)
end
