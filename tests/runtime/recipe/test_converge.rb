# SPDX-License-Identifier: MIT
require_relative 'world'

BLOCK = "ruby_block 'hit' do\n  block { $notes << :hit }\n  action :nothing\nend\n"

test 'core_611_immediate_before_delayed_and_each_once' do
  recipe "%w[now late].each { |n| ruby_block(n) { block { $notes << n }; action :nothing } }\n" \
         "2.times { |i| ruby_block(\"r\#{i}\") do block { $notes << i }; " \
         "notifies :run, 'ruby_block[late]'; notifies :run, 'ruby_block[now]', :immediately end }"
  converge
  eq([0, 'now', 1, 'now', 'late'], notes)
end

test 'core_616_subscribes_to_what_comes_later' do
  recipe "ruby_block('s') { block { $notes << :s }; action :nothing; " \
         "subscribes :run, 'ruby_block[n]', :immediately }\n" \
         "ruby_block('n') { block { $notes << :n } }"
  converge
  eq(%i[n s], notes)
end

test 'core_615_missing_target_is_told_with_place_and_nearest_name' do
  recipe BLOCK + "file '/x' do\n  notifies :run, 'ruby_block[hti]'\nend"
  error = raises(Chef::Exceptions::ResourceNotFound) { converge }
  match(/resource file\[\/x\] is configured to notify resource ruby_block\[hti\] with action run, but ruby_block\[hti\] cannot be found/,
        error.message)
  match(/defined in .*default\.rb:5/, error.message)
  match(/did you mean `ruby_block\[hit\]'/, error.message)
end

test 'core_610_bad_timing_and_bad_target' do
  recipe "file('/x') { notifies :run, 'ruby_block[hit]', :soon }"
  raises(ArgumentError, /invalid timing: soon/) { compile }
  recipe "file('/x') { notifies :run, 'hit' }"
  raises(Chef::Exceptions::InvalidResourceSpecification, /The string `hit' is not valid/) { compile }
end

test 'core_520_first_blocking_guard_is_told' do
  recipe "log('a') { only_if { $notes << 1; true }; not_if { $notes << 2; true }; not_if { $notes << 3; true } }"
  converge
  eq([1, 2], notes)
  eq(['skipped log[a] write not_if'], listener.lines)
end

test 'core_605_retries_then_success' do
  recipe "n = 0\nruby_block 'r' do\n  retries 2\n  retry_delay 0\n  block { n += 1; $notes << n; raise 'no' if n < 3 }\nend"
  converge
  eq([1, 2, 3], notes)
  eq(['updated ruby_block[r] run'], listener.lines)
end

test 'core_605_ignore_failure_goes_on' do
  recipe "ruby_block('f') { ignore_failure true; block { raise 'no' } }\nruby_block('g') { block { $notes << :g } }"
  converge
  eq([:g], notes)
end

test 'core_185_failure_names_resource_and_place' do
  recipe "ruby_block 'f' do\n  block { raise 'no' }\nend"
  raises(RuntimeError, /\Aruby_block\[f\] \(t::default line 1\) had an error: RuntimeError: no\z/) { converge }
end

test 'core_640_inserted_resources_run_next_in_order' do
  recipe "ruby_block 'i' do\n  block do\n" \
         "    %w[a b].each { |n| r = Chef::Resource::RubyBlock.new(n, run_context); r.block { $notes << n }; " \
         "run_context.resource_collection.insert(r) }\n  end\nend\nruby_block('z') { block { $notes << 'z' } }"
  converge
  eq(%w[a b z], notes)
end

test 'core_712_inline_resources_update_their_parent' do
  cookbook('t', 'resources/thing.rb' => "actions :go\ndefault_action :go\nattribute :change, :default => true",
                'providers/thing.rb' => "use_inline_resources\naction :go do\n  change = new_resource.change\n" \
                                        "  ruby_block 'in' do\n    block { $notes << :in }\n    only_if { change }\n  end\nend",
                'recipes/default.rb' => "t_thing 'a'\nt_thing('b') { change false }")
  converge
  eq([:in], notes)
  eq(['updated ruby_block[in] run', 'updated t_thing[a] go',
      'skipped ruby_block[in] run only_if', 'up_to_date t_thing[b] go'], listener.lines)
end

test 'core_712_inline_resources_may_notify_outer_ones' do
  cookbook('t', 'resources/thing.rb' => "actions :go\ndefault_action :go",
                'providers/thing.rb' => "use_inline_resources\naction :go do\n  ruby_block 'in' do\n" \
                                        "    block { $notes << :in }\n    notifies :run, 'ruby_block[hit]', :immediately\n  end\nend",
                'recipes/default.rb' => "#{BLOCK}t_thing 'a'")
  converge
  eq(%i[in hit], notes)
end

test 'core_711_without_inline_they_follow_in_the_outer_collection' do
  cookbook('t', 'resources/default.rb' => "actions :go\ndefault_action :go",
                'providers/default.rb' => "action :go do\n  ruby_block('in') { block { $notes << :in } }\nend",
                'recipes/default.rb' => "t 'a'\nruby_block('z') { block { $notes << :z } }")
  converge
  eq(%i[in z], notes)
  eq(false, resource('t[a]').updated?)
end

test 'core_701_hyphenated_cookbooks_have_a_word' do
  cookbook('my-app', 'resources/default.rb' => "actions :go\ndefault_action :go",
                     'providers/default.rb' => "action :go do\n  $notes << new_resource.to_s\nend",
                     'recipes/default.rb' => "my_app 'x'")
  converge('my-app')
  eq(['my-app[x]'], notes)
  eq('my-app[x]', resource('my_app[x]').to_s)
end

test 'core_651_why_run_tells_and_changes_nothing' do
  Chef::Config[:why_run] = true
  recipe "file \"\#{node['root']}/f\" do\n  content 'x'\nend"
  converge
  eq(false, File.exist?("#{directory}/f"))
  match(%r{- Would create new file .*/f$}, text.string)
end

test 'core_165_doc_shape' do
  recipe "log('a') { action :nothing }\nruby_block('b') { block { nil } }\nlog('c') { only_if { false } }"
  converge
  lines = text.string.lines(chomp: true)
  eq(['Converging 3 resources', 'Recipe: t::default',
      '  * log[a] action nothing (skipped due to action :nothing)',
      '  * ruby_block[b] action run', '    - execute the ruby block b',
      '  * log[c] action write (skipped due to only_if)'],
     lines.drop_while { |l| !l.start_with?('Converging') })
end

test 'core_181_block_of_a_failed_resource' do
  recipe "# first\nruby_block 'f' do\n  block do\n    raise 'broken'\n  end\nend\n"
  raises(RuntimeError) { converge }
  shown = text.string
  match(/Error executing action `run` on resource 'ruby_block\[f\]'/, shown)
  match(%r{^    # In .*/recipes/default\.rb$}, shown)
  match(/^      2: ruby_block 'f' do\n      3:   block do\n      4:     raise 'broken'\n      5:   end\n      6: end$/, shown)
  match(/^    ruby_block\("f"\) do$/, shown)
end

test 'core_182_block_of_a_recipe_that_does_not_parse' do
  recipe "log 'a'\nlog 'b' do\n"
  raises(SyntaxError) { compile }
  match(%r{Recipe Compile Error in .*/recipes/default\.rb}, text.string)
  match(/^  [23]>> /, text.string)
end

%w[exit throw(:x) raise(Interrupt)].each do |code|
  test "core_112_#{code[/\w+/]}_in_a_recipe_is_explained" do
    recipe "log 'a'\n#{code}"
    raises(Exception) { compile }
    match(/^  2>> /, text.string)
    match(/The cookbook called exit|found no catch|was interrupted/, text.string)
  end
end

test 'core_112_recursion_without_end_is_one_line_of_trace' do
  recipe "def a\n  a\nend\na"
  raises(SystemStackError) { compile }
  match(/default\.rb:2:in `a' \(\d+ times\)/, text.string)
  ok(text.string.lines.size < 40, 'a short report')
end

test 'core_1106_before_runs_ahead_of_a_change_and_only_then' do
  recipe "ruby_block('stop') { block { $notes << ::File.exist?(node['root'] + '/f') }; action :nothing }\n" \
         "file \"\#{node['root']}/f\" do\n  content 'x'\n  notifies :run, 'ruby_block[stop]', :before\nend"
  converge
  eq([false], notes)
  eq(["updated ruby_block[stop] run", "updated file[#{directory}/f] create"],
     listener.lines.reject { |l| l.start_with?('skipped') })
  converge
  eq([false], notes)
end

test 'core_712_delayed_to_an_outer_resource_waits_for_the_end_of_the_run' do
  cookbook('t', 'resources/thing.rb' => "actions :go\ndefault_action :go",
                'providers/thing.rb' => "use_inline_resources\naction :go do\n  name = new_resource.name\n" \
                                        "  ruby_block('local') { block { $notes << :local }; action :nothing }\n" \
                                        "  ruby_block name do\n    block { $notes << name }\n" \
                                        "    notifies :run, 'ruby_block[hit]'\n    notifies :run, 'ruby_block[local]'\n  end\nend",
                'recipes/default.rb' => "#{BLOCK}t_thing 'a'\nt_thing 'b'\nruby_block('z') { block { $notes << :z } }")
  converge
  eq(['a', :local, 'b', :local, :z, :hit], notes)
end

test 'core_652_requirements_fail_or_are_assumed' do
  provider = "action :go do\n  converge_by('go') { $notes << :went }\nend\ndef whyrun_supported?\n  true\nend\n" \
             "def define_resource_requirements\n  requirements.assert(:go) do |a|\n    a.assertion { $ready }\n" \
             "    a.failure_message 'not ready'\n    a.whyrun('assume ready') { $ready = true }\n  end\nend"
  cookbook('t', 'resources/thing.rb' => "actions :go\ndefault_action :go", 'providers/thing.rb' => provider,
                'recipes/default.rb' => "t_thing 'a'")
  $ready = false
  raises(Chef::Exceptions::AssertionFailure, /not ready/) { converge }
  match(/^    \* not ready$/, text.string)
  Chef::Config[:why_run] = true
  converge
  match(/^    \* assume ready\n    - Would go$/, text.string)
  eq([], notes)
end
