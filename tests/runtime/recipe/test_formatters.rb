# SPDX-License-Identifier: MIT
require_relative 'world'
require 'chef/client'

RED = "\e[31m".freeze
GREEN = "\e[32m".freeze
YELLOW = "\e[33m".freeze
OFF = "\e[0m".freeze

# A formatter that already shows a running action, and its text.
def running(name, colors: false)
  Chef::Config[:color] = colors
  formatter = Chef::Formatters.new(name, text, text)
  resource = Chef::Resource::Log.new('r', nil)
  formatter.resource_action_start(resource, :write)
  text.truncate(0)
  text.rewind
  [formatter, resource]
end

test 'core_167_update_lines' do
  doc, resource = running(:doc, colors: true)
  doc.resource_update_applied(resource, :write, ['did it', nil, ['--- a', '+++ b']])
  eq("\n    #{GREEN}- did it#{OFF}\n    --- a\n    +++ b\n", text.string)
end

test 'core_167_in_why_run_they_say_would' do
  Chef::Config[:why_run] = true
  doc, resource = running(:doc, colors: true)
  doc.resource_update_applied(resource, :write, 'do it')
  doc.whyrun_assumption(:write, resource, 'Assuming x')
  doc.provider_requirement_failed(:write, resource, RuntimeError, 'needs y')
  eq("\n    #{GREEN}- Would do it#{OFF}\n    #{YELLOW}* Assuming x#{OFF}\n    #{YELLOW}* needs y#{OFF}\n", text.string)
end

test 'core_167_a_failed_requirement_is_red' do
  doc, resource = running(:doc, colors: true)
  doc.provider_requirement_failed(:write, resource, RuntimeError, 'needs y')
  eq("\n    #{RED}* needs y#{OFF}\n", text.string)
end

test 'core_167_an_update_without_lines_is_an_empty_one' do
  recipe("execute 'true'\nlog 'x'\n")
  converge
  match(/^  \* log\[x\] action write\n\s*\n/, text.string)
end

test 'core_169_streams_under_the_indent_and_apart' do
  doc, = running(:doc)
  out = Object.new
  err = Object.new
  doc.stream_output(out, "one\ntw")
  doc.stream_output(out, "o\n")
  doc.stream_output(out, 'half')
  doc.stream_output(err, "wrong\n")
  doc.stream_output(out, 'last')
  doc.puts_line('- done')
  eq("\n    one\n    two\n    half\n    wrong\n    last\n    - done\n", text.string)
end

test 'core_170_lines_without_colour_have_no_codes' do
  Chef::Config[:color] = true
  out = Chef::Formatters::Outputter.new(text, text)
  out.puts_line('plain')
  out.puts_line('good', :green)
  eq("plain\n#{GREEN}good#{OFF}\n", text.string)
end

test 'core_171_indent_stays_behind_an_action_without_why_run' do
  Chef::Config[:why_run] = true
  cookbook('t', 'resources/r.rb' => "actions :go\ndefault_action :go\n",
                'providers/r.rb' => "action(:go) { raise 'must not run' }\n")
  recipe("t_r 'one'\nexecute 'true'\nt_r 'two'\nexecute 'true'\n")
  converge
  starts = text.string.lines.grep(/^ *\* (t_r|execute)/)
  eq(4, starts.size)
  ok(starts.all? { |line| line.start_with?('  * ') }, starts.inspect)
  match(/^    \* Whyrun not supported for t_r\[one\], bypassing load\.$/, text.string)
  match(/^    \(Skipped: whyrun not supported by provider \S+\)$/, text.string)
end

def minimal(text_of_recipe)
  recipe(text_of_recipe)
  context = compile
  context.events.register(Chef::Formatters.new(:min, @min = StringIO.new, @min))
  context.events.converge_start(context)
  Chef::Runner.new(context).converge
ensure
  context.events.converge_complete
end

test 'core_173_min_formatter' do
  minimal("execute 'true'\nexecute('no') { only_if { false } }\n" \
          "directory node['root']\nfile \"\#{node['root']}/f\"\n")
  eq("Converging 4 resources\nUS.U\n\nSystem converged.\n\nresources updated this run:\n" \
     "* execute[true]\n  - execute true\n* file[#{directory}/f]\n  - create new file #{directory}/f\n", @min.string)
end

test 'core_173_min_formatter_without_updates' do
  minimal("directory node['root']\n")
  eq("Converging 1 resources\n.\n\nSystem converged.\n\nno resources updated\n", @min.string)
end

test 'core_173_ends_of_the_min_formatter' do
  min = Chef::Formatters.new('minimal', text, text)
  min.run_start('1')
  min.library_load_start(0)
  min.recipe_load_complete
  min.resource_failed(nil, :run, RuntimeError.new('hidden'))
  min.run_completed(nil)
  min.run_failed(nil)
  eq("Starting RightLink, version 1\nCompiling cookbooks\ndone.\nRightLink finished, 0 resources updated\n" \
     "RightLink failed. 0 resources updated\n", text.string)
end

test 'core_180_frame_of_an_error' do
  Chef::Config[:color] = true
  block = Chef::Formatters::ErrorDescription.new('What failed')
  block.section('Why:', "one\ntwo\n")
  block.section('Where', 'here')
  block.display(Chef::Formatters::Outputter.new(text, text))
  line = '=' * 80
  eq("\n#{line}\n#{RED}What failed#{OFF}\n#{line}\n\nWhy:\n----\none\ntwo\n\nWhere\n-----\nhere\n\n", text.string)
end

# Notes the events that end a run, and what handlers and hooks saw.
class Ends < Chef::EventDispatch::Base
  %i[converge_start converge_complete run_completed run_failed handlers_completed].each do |event|
    define_method(event) { |*| $notes << event }
  end
end

class Seen < Chef::Handler
  def initialize(as)
    super()
    @as = as
  end

  def report
    $notes << [@as, run_context.nil?]
  end
end

# A whole run of the recipe; what was noted.
def run_client(text_of_recipe)
  recipe(text_of_recipe)
  Chef::Config[:solo] = true
  Chef::Config[:cache_path] = "#{directory}/cache"
  Chef::Config[:cookbook_path] = [cookbook_path]
  Chef::Config[:node_name] = 'n.example'
  Chef::Config[:formatters] = [[:null, "#{directory}/text"]]
  Chef::Log.level = :fatal
  client = Chef::Client.new({ 'run_list' => ['t'] }, event_handlers: [Ends.new])
  logged(:fatal) { yield client }
  notes
end

test 'core_186_converge_complete_and_run_failed_last' do
  run_client("execute 'false'") { |client| raises(StandardError) { client.run } }
  eq(%i[converge_start converge_complete handlers_completed run_failed], notes)
end

test 'core_186_a_good_run_ends_with_run_completed' do
  run_client("execute 'true'", &:run)
  eq(%i[converge_start converge_complete handlers_completed run_completed], notes)
end

test 'core_192_start_handlers_see_no_run_context' do
  Chef::Config[:start_handlers] = [Seen.new(:start)]
  run_client("Chef::Config[:report_handlers] << Seen.new(:report)\n" \
             "Chef::Config[:start_handlers] << Seen.new(:too_late)\n", &:run)
  eq([[:start, true], [:report, false]], notes.grep(Array))
end

test 'core_192_exception_handlers_may_come_from_a_recipe' do
  run_client("Chef::Config[:exception_handlers] << Seen.new(:exception)\nexecute 'false'\n") do |client|
    raises(StandardError) { client.run }
  end
  eq([[:exception, false]], notes.grep(Array))
end

test 'core_193_hooks_of_the_client' do
  hooks = %i[run_start_notifications run_completed_successfully_notifications run_failed_notifications]
  before = hooks.map { |name| Chef::Client.public_send(name).dup }
  Chef::Client.when_run_starts { |status| $notes << [:starts, status.node.name] }
  Chef::Client.when_run_completes_successfully { |status| $notes << [:completes, status.success?] }
  Chef::Client.when_run_fails { |status| $notes << [:fails, status.exception.class] }
  run_client('', &:run)
  run_client("raise IOError, 'x'") { |client| raises(IOError) { client.run } }
  eq([[:starts, 'n.example'], [:completes, true], [:starts, 'n.example'], [:fails, IOError]], notes.grep(Array))
  hooks.zip(before) { |name, list| Chef::Client.public_send(name).replace(list) }
end

test 'core_906_templates_and_variables_are_utf_8' do
  cookbook('t', 'templates/default/x.erb' => "Straße <%= @v %> <%= 'é' %>\n")
  recipe("template \"\#{node['root']}/out\" do\n  source 'x.erb'\n  variables :v => \"gr\\u00fcn\"\nend\n")
  before = Encoding.default_external
  verbose, $VERBOSE = $VERBOSE, nil
  Encoding.default_external = Encoding::US_ASCII
  begin
    converge
  ensure
    Encoding.default_external = before
    $VERBOSE = verbose
  end
  eq("Straße grün é\n", File.read("#{directory}/out", encoding: 'UTF-8'))
end
