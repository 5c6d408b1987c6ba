# SPDX-License-Identifier: MIT
require_relative 'world'

def render(template, declaration = '', more = {})
  files = { 'templates/default/x.erb' => template,
            'recipes/default.rb' => "template \"\#{node['root']}/out\" do\n  source 'x.erb'\n#{declaration}\nend" }
  cookbook('t', files.merge(more))
  converge
  File.read("#{directory}/out")
end

test 'core_901_trim_rules_of_erubis' do
  out = render("a\n<% if true %>\nb\n<% end %>\n<%= 1 -%>\nc <%# gone %>\n<%% x %>\n<%== '<' %>\n% plain\n<%= nil %>|\n")
  eq("a\nb\n1c \n<% x %>\n&lt;\n% plain\n|\n", out)
end

test 'core_902_variables_and_node' do
  out = render('<%= @a %> <%= @b %> <%= node.name %> <%= @node.name %>', "  variables :a => 1, 'b' => 2, :node => 3")
  eq('1 2 n.example n.example', out)
end

test 'core_903_helpers' do
  out = render('<%= one %> <%= two(2) %> <%= three %> <%= mod %>',
               "  helper(:one) { 'uno' }\n  helper(:two) { |x| x * 2 }\n" \
               "  helpers do\n    def three\n      @v\n    end\n  end\n  helpers(TplMod)\n  variables :v => 'drei'",
               'libraries/m.rb' => "module TplMod\n  def mod\n    'm'\n  end\nend")
  eq('uno 4 drei m', out)
  template = Chef::Resource::Template.new('/x')
  raises(Chef::Exceptions::ValidationFailed) { template.helper('a') { 1 } }
  raises(Chef::Exceptions::ValidationFailed) { template.helper(:a) }
  raises(Chef::Exceptions::ValidationFailed) { template.helpers(5) }
  raises(Chef::Exceptions::ValidationFailed) { template.helpers }
end

test 'core_904_partials_keep_node_and_take_variables' do
  out = render("<%= render 'p.erb' %><%= render 'q.erb', :variables => { :w => 1 } %>", '  variables :v => 5',
               'templates/default/p.erb' => 'p<%= @v %>', 'templates/default/q.erb' => 'q<%= @w %><%= @v.inspect %><%= node.name %>')
  eq('p5q1niln.example', out)
end

test 'core_907_errors_name_the_line' do
  raises(StandardError, /undefined method `nope'/) { render("a\nb\n<%= nil.nope %>\nc\n") }
  match(/on line #3/, text.string)
  match(/^\s+3: <%= nil\.nope %>$/, text.string)
end

test 'core_907_syntax_errors_are_template_errors' do
  error = raises(Chef::Mixin::Template::TemplateError) { render("<% if true %>\nx\n") }
  match(/had an error/, error.message)
end

test 'core_901_constants_are_those_of_top_level' do
  eq('File Dir', render('<%= File.name %> <%= Dir.name %>'))
end
