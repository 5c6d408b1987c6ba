# SPDX-License-Identifier: MIT
# rightlink explain: levels and lines of attributes, declarations and
# notifications of resources, without converging.
require 'minitest/autorun'
require 'fileutils'
require 'json'
require 'open3'
require 'tmpdir'

class TestExplain < Minitest::Test
  RUNTIME = $LOAD_PATH.find { |d| File.exist?("#{d}/rightlink_native.so") }
  PROGRAM = File.expand_path('../../../bin/rightlink', RUNTIME)

  def setup
    @dir = File.realpath(Dir.mktmpdir('rightlink-explain'))
    write('solo.rb' => "cookbook_path '#{@dir}/books'\nrole_path '#{@dir}/roles'\nenvironment_path '#{@dir}/env'\n" \
                       "environment 'prod'\nfile_cache_path '#{@dir}/cache'\nnode_name 'n'\n",
          'env/prod.json' => "{\"name\": \"prod\",\n \"override_attributes\": {\"web\": {\n  \"mode\": \"prod\"}}}\n",
          'roles/web.rb' => "name 'web'\nrun_list 'web'\ndefault_attributes 'web' => {\n  'port' => 81,\n  'list' => ['b'] }\n",
          'roles/top.json' => "{\"name\": \"top\", \"run_list\": [\"role[web]\"],\n \"default_attributes\": {\"web\": {\n" \
                              "   \"from\": \"top\"}}}\n",
          'node.json' => "{\"run_list\": [\"role[top]\"],\n \"web\": {\"port\": 8080,\n  \"deep\": {\"x\": 1}}}\n",
          'books/base/metadata.rb' => "name 'base'\nversion '1.0.0'\n",
          'books/base/recipes/default.rb' => "template '/nowhere/y'\n",
          'books/web/metadata.rb' => "name 'web'\nversion '1.0.0'\ndepends 'base'\n",
          'books/web/attributes/default.rb' => "default['web']['port'] = 80\ndefault['web']['list'] = %w(a)\n" \
                                               "default['web']['deep']['y'] = 2\noverride['web']['mode'] = 'x'\n" \
                                               "default['web']['a.b'] = 1\ndefault['web']['twice'] = 1\n" \
                                               "default['web'] = { 'twice' => 2 }.merge(default['web'].to_hash)\n" \
                                               "default['web']['twice'] = 3\n")
    recipe(<<~RUBY)
      include_recipe 'base'
      puts 'noise'
      system 'echo louder'
      node.default['web']['list'] << 'z'
      file '#{@dir}/x' do
        only_if 'true'
        notifies :restart, 'service[nginx]'
      end
      service 'nginx' do
        action [:enable, :start]
        subscribes :reload, 'template[/nowhere/y]', :immediately
      end
      file('#{@dir}/mark') { action :nothing }.run_action(:create)
    RUBY
  end

  def teardown
    FileUtils.rm_rf(@dir)
  end

  def write(files)
    files.each do |path, text|
      FileUtils.mkdir_p(File.dirname("#{@dir}/#{path}"))
      File.write("#{@dir}/#{path}", text)
    end
  end

  def recipe(text)
    write('books/web/recipes/default.rb' => text)
  end

  def explain(*arguments, json: 'node.json')
    out, err, status = Open3.capture3(PROGRAM, 'explain', *arguments, '-c', 'solo.rb', '-j', json, chdir: @dir)
    @err = err
    [status.exitstatus, out]
  end

  # {level => [value, counts, ["file:line path"]]}
  def levels(name)
    status, out = explain('attribute', name, '-o', 'json')
    assert_equal 0, status, @err
    JSON.parse(out)['levels'].to_h do |row|
      from = row['from'].map { |f| "#{f['file'].delete_prefix("#{@dir}/")}:#{f['line']} #{f['path']}".strip }
      [row['level'], [row['value'], row['counts'], from]]
    end
  end

  def test_each_level_with_its_line_and_the_winner
    assert_equal({ 'default' => [80, nil, ['books/web/attributes/default.rb:7']],
                   'role_default' => [81, nil, ['roles/web.rb:4']],
                   'normal' => [8080, 'winner', ['node.json:2']] }, levels('web.port'))
    assert_equal({ 'override' => ['x', nil, ['books/web/attributes/default.rb:4']],
                   'env_override' => ['prod', 'winner', ['env/prod.json:3']] }, levels('web.mode'))
    assert_equal({ 'role_default' => ['top', 'winner', ['roles/top.json:3']] }, levels('web.from'))
  end

  def test_the_last_write_counts
    assert_equal({ 'default' => [3, 'winner', ['books/web/attributes/default.rb:8']] }, levels('web.twice'))
  end

  def test_what_is_merged
    assert_equal({ 'default' => [%w[a z], 'merged', ['books/web/attributes/default.rb:7', 'books/web/recipes/default.rb:4']],
                   'role_default' => [['b'], 'merged', ['roles/web.rb:5']] }, levels('web.list'))
    assert_equal %w[merged merged], levels('web.deep').values.map { |row| row[1] }
    assert_equal({ 'normal' => [1, 'winner', ['node.json:3']] }, levels('web.deep.x'))
  end

  def test_other_ways_to_write_a_path
    assert_equal [1], levels("['web']['a.b']").values.map(&:first)
    assert_equal ['a'], levels('node.web.list.0').values_at('default').map(&:first)
    assert_equal %w[default], levels("node['web']['twice']").keys
    assert_equal %w[automatic], levels('platform').keys
  end

  def test_text
    status, out = explain('attribute', 'web.port')
    assert_equal [0, <<~TEXT], [status, out]
      web.port = 8080
          default        80
            books/web/attributes/default.rb:7
          role_default   81
            roles/web.rb:4
        * normal         8080
            node.json:2
    TEXT
    assert_equal "noise\nlouder\n", @err
  end

  def test_long_values_are_cut_in_text_alone
    write('node.json' => JSON.generate('run_list' => [], 'long' => 'x' * 1000))
    assert_equal ["long = \"#{'x' * 199}... (1002 characters)", "  * normal         \"#{'x' * 199}... (1002 characters)"],
                 explain('attribute', 'long')[1].lines(chomp: true).first(2)
    assert_equal ['x' * 1000], levels('long').values.map(&:first)
  end

  def test_an_attribute_that_is_not_there
    status, out = explain('attribute', 'web.prt', 'web.mode')
    assert_equal 1, status
    assert_includes @err, "no attribute `web.prt' after the compile phase; did you mean `web.port'?"
    assert_includes out, 'web.mode = "prod"'
  end

  def test_resources_and_their_notifications
    status, out = explain('resource', 'service[nginx]', "file[#{@dir}/x]", 'template[/nowhere/y]')
    assert_equal [0, <<~TEXT], [status, out]
      service[nginx]
        declared at books/web/recipes/default.rb:9 in web::default, of the run list
          action enable, start
        notified by template[/nowhere/y]: reload, immediate (books/web/recipes/default.rb:11)
        notified by file[#{@dir}/x]: restart, delayed (books/web/recipes/default.rb:7)
      file[#{@dir}/x]
        declared at books/web/recipes/default.rb:5 in web::default, of the run list
          action create
          only_if "true"
        notifies service[nginx]: restart, delayed (books/web/recipes/default.rb:7)
      template[/nowhere/y]
        declared at books/base/recipes/default.rb:1 in base::default
          base::default included at books/web/recipes/default.rb:1
          action create
        notifies service[nginx]: reload, immediate (books/web/recipes/default.rb:11)
    TEXT
  end

  def test_chains_of_notifications
    recipe("log 'a' do\n  notifies :write, 'log[b]'\nend\nlog 'b' do\n  notifies :write, 'log[c]', :immediately\nend\n" \
           "log 'c' do\n  notifies :write, 'log[b]'\n  not_if { true }\nend\n")
    status, out = explain('resource', 'log[c]')
    assert_equal [0, <<~TEXT], [status, out]
      log[c]
        declared at books/web/recipes/default.rb:7 in web::default, of the run list
          action write
          not_if { #code block }
        notifies log[b]: write, delayed (books/web/recipes/default.rb:8)
        notified by log[b]: write, immediate (books/web/recipes/default.rb:5)
          notified by log[a]: write, delayed (books/web/recipes/default.rb:2)
          notified by log[c]: write, delayed (books/web/recipes/default.rb:8)
    TEXT
  end

  def test_resources_as_json_and_absent_ones
    _, out = explain('resource', 'service[nginx]', '-o', 'json')
    data = JSON.parse(out)
    assert_equal ['web::default', 9, %w[enable start]], data['declarations'][0].values_at('recipe', 'line', 'action')
    assert_equal ["file[#{@dir}/x]"], data['notified_by'].select { |e| e['timing'] == 'delayed' }.map { |e| e['resource'] }
    status, = explain('resource', 'service[ngins]')
    assert_equal 1, status
    assert_includes @err, "did you mean `service[nginx]'?"
  end

  def test_nothing_is_changed
    explain('attribute', 'web.port')
    refute File.exist?("#{@dir}/x")
    refute File.exist?("#{@dir}/mark")
  end

  def test_recipes_that_do_not_compile
    recipe("node.default['web']['late'] = 1\nraise 'no'\n")
    status, out = explain('attribute', 'web.late')
    assert_equal [1, "web.late = 1\n  * default        1\n      books/web/recipes/default.rb:1\n"], [status, out]
    assert_match(/do not compile, .*RuntimeError: no \(books\/web\/recipes\/default.rb:2\)/, @err)
  end

  def test_wrong_calls_and_configurations
    assert_equal [64, ''], explain('atribute', 'x')
    assert_includes @err, "did you mean `attribute'?"
    assert_equal [64, ''], explain
    assert_equal [64, ''], explain('attribute', '')
    assert_equal [64, ''], explain('resource', '')
    assert_equal 43, explain('attribute', 'x', json: 'nowhere.json')[0]
    write('solo.rb' => 'raise "x"')
    assert_equal 43, explain('attribute', 'x')[0]
  end
end
