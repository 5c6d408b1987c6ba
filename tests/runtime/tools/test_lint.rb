# SPDX-License-Identifier: MIT
# rightlink lint: what it finds, and what it must leave alone.
require 'minitest/autorun'
require 'fileutils'
require 'json'
require 'open3'
require 'tmpdir'
require 'rightlink/lint'

class TestLint < Minitest::Test
  RUNTIME = $LOAD_PATH.find { |d| File.exist?("#{d}/rightlink_native.so") }
  PROGRAM = File.expand_path('../../../bin/rightlink', RUNTIME)
  METADATA = "name 'web'\nversion '1.0.0'\n"

  def setup
    @dir = Dir.mktmpdir('rightlink-lint')
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

  # "file:line rule" of what is found in cookbooks below one path; the cookbook
  # web gets sound metadata unless some is given.
  def found(files, metadata: METADATA)
    write({ 'web/metadata.rb' => metadata }.merge(files))
    @report = RightLink::Lint.report([@dir])
    @report.findings.map { |f| "#{f.file.delete_prefix("#{@dir}/")}:#{f.line} #{f.rule}" }
  end

  def recipe(text, more = {})
    found({ 'web/recipes/default.rb' => text }.merge(more))
  end

  def messages
    @report.findings.map(&:message)
  end

  def test_a_sound_cookbook_has_no_finding
    text = <<~RUBY
      package 'nginx' do
        action [:install, :upgrade]
        only_if { File.exist?('/x') }
      end
      %w(a b).each do |name|
        template "/etc/\#{name}" do
          mode '0644'
          variables(:name => name)
          notifies :restart, 'service[nginx]' if name == 'a'
        end
      end
      open('/etc/hosts') do |file|
        file.read
      end
    RUBY
    assert_empty recipe(text, 'web/templates/default/a.erb' => "<% if x %>\n<%= x -%>\n<% end %>\n<% return %>")
  end

  def test_ruby_and_templates_that_do_not_compile
    list = recipe("package 'x'\nfile 'y' do\n", 'web/templates/default/a.erb' => "a\n<% if x %>\nb\n",
                                                'web/spec/a.rb' => "def\n")
    assert_includes list, 'web/recipes/default.rb:2 syntax'
    assert_includes list, 'web/templates/default/a.erb:3 template-syntax'
    # What the run does not load is no error.
    assert_equal 'warning', @report.findings.find { |f| f.file.include?('/spec/') }.level
    assert_equal 2, @report.count('error')
  end

  def test_metadata
    list = found({}, metadata: "nam 'web'\nversion 'one'\ndepends 'db', 'about 1'\ndepends 'web2'\n" \
                               "%w(x y).each { |c| depends c }\nsupports 'debian', '>= 1', '< 9'\n")
    assert_equal ['web/metadata.rb:1 metadata-name', 'web/metadata.rb:1 metadata-word',
                  'web/metadata.rb:2 metadata-version', 'web/metadata.rb:3 metadata-constraint',
                  'web/metadata.rb:3 missing-dependency', 'web/metadata.rb:4 missing-dependency',
                  'web/metadata.rb:5 missing-dependency', 'web/metadata.rb:5 missing-dependency',
                  'web/metadata.rb:6 metadata-constraint'], list
    assert_includes messages.join, "metadata has no word `nam'; did you mean `name'?"
    assert_includes messages.join, "depends on 'web2', which is not in the given path; did you mean `web'?"
  end

  def test_metadata_that_is_absent_or_json
    list = found({ 'db/recipes/default.rb' => '', 'app/metadata.json' => '{"name": "app", "dependencies": {"no": "~> x"}}',
                   'bad/metadata.json' => '{' })
    assert_includes list, 'db/metadata.rb:1 metadata-missing'
    assert_includes list, 'app/metadata.json:1 metadata-version'
    assert_includes list, 'app/metadata.json:1 missing-dependency'
    assert_includes list, 'app/metadata.json:1 metadata-constraint'
    assert_includes list, 'bad/metadata.json:1 syntax'
  end

  def test_a_version_that_does_not_fit
    list = found({ 'db/metadata.rb' => "name 'db'\nversion '2.0.0'" }, metadata: "#{METADATA}depends 'db', '~> 1.0'")
    assert_equal ['web/metadata.rb:3 dependency-version'], list
  end

  def test_unknown_words_with_did_you_mean
    list = recipe("pakage 'x' do\n  action :install\nend\nfile '/x' do\n  contents 'y'\n  action :creat\nend\n")
    assert_equal ['web/recipes/default.rb:1 unknown-resource', 'web/recipes/default.rb:5 unknown-property',
                  'web/recipes/default.rb:6 unknown-action'], list
    assert_equal ["no resource or method `pakage'; did you mean `package'?",
                  "file has no property `contents'; did you mean `content'?",
                  "file has no action :creat; did you mean `create'?"], messages
  end

  def test_what_cookbooks_define_is_known
    list = found(
      { 'db/metadata.rb' => "name 'db'\nversion '1.0.0'",
        'db/resources/user.rb' => "actions :add\nattribute :secret_name\ndef host(x = nil); end\n",
        'db/definitions/thing.rb' => "define :db_thing, :a => 1 do\n  file params[:name] do\n    mode '0644'\n  end\nend\n",
        'db/libraries/a.rb' => "class Chef::Recipe\n  def helper(x); yield; end\nend\n" \
                               "class Chef::Resource::Heavy < Chef::Resource\n  provides :db_heavy\nend\n",
        'web/recipes/default.rb' => "def own(x); yield; end\n" \
                                    "db_user 'a' do\n  host 'x'\n  secret_name 'y'\n  action :add\nend\n" \
                                    "db_thing 'b' do\n  anything 1\nend\n" \
                                    "helper('c') do\nend\nown 'd' do\nend\ndb_heavy 'e' do\n  all 1\nend\n" \
                                    "db_user 'f' do\n  hots 'x'\n  action :ad\nend\n" },
      metadata: "#{METADATA}depends 'db'\n"
    )
    assert_equal ['web/recipes/default.rb:18 unknown-property', 'web/recipes/default.rb:19 unknown-action'], list
  end

  def test_words_that_may_be_from_elsewhere_are_no_errors
    list = recipe("db_user 'a' do\nend\n", 'db/metadata.rb' => "name 'db'\nversion '1.0.0'",
                                           'db/resources/user.rb' => "actions :add\n")
    assert_equal ['web/recipes/default.rb:1 undeclared-dependency'], list
    found({ 'web/recipes/default.rb' => "nowhere_x 'a' do\nend\n" }, metadata: "#{METADATA}depends 'nowhere'\n")
    assert_equal 'warning', @report.findings.find { |f| f.rule == 'unknown-resource' }.level
  end

  def test_conditions_about_this_chef_and_other_systems
    list = recipe("if respond_to?(:some_later)\n  some_later 'a' do\n  end\nend\n" \
                  "chef_gem 'x' do\n  compile_thyme true if respond_to?(:compile_thyme)\nend\n" \
                  "windows_thing 'a' do\nend\ndirectory '/x' do\n  inherits true\nend\n")
    assert_equal ['web/recipes/default.rb:8 other-platform'], list.reject { |l| l.include?(':11 ') }
    assert_equal 0, @report.count('error')
  end

  def test_blocks_of_properties_are_no_resources
    assert_empty recipe("template '/x' do\n  helper('h') { 1 }\n  not_if('test -e /x') { true }\nend\n")
    assert_equal ['web/recipes/default.rb:2 unknown-property'], recipe("file '/x' do\n  link '/y' do\n  end\nend\n")
  end

  def test_a_bundle_is_the_path_of_its_cookbooks
    write('bundle/attributes/web.json' => '{}', 'bundle/cookbooks/web/metadata.rb' => METADATA,
          'bundle/cookbooks/web/recipes/default.rb' => "Fixnum\n")
    findings = RightLink::Lint.report(["#{@dir}/bundle"]).findings
    assert_equal ["#{@dir}/bundle/cookbooks/web/recipes/default.rb"], findings.map(&:file)
  end

  def test_included_recipes
    list = recipe("include_recipe 'web::extra'\ninclude_recipe 'web::extr'\ninclude_recipe 'db'\n" \
                  "include_recipe \"web::\#{node['x']}\"\ninclude_recipe '::extra'\n",
                  'web/recipes/extra.rb' => '')
    assert_equal ['web/recipes/default.rb:2 missing-recipe', 'web/recipes/default.rb:3 undeclared-dependency'], list
    assert_includes messages.first, "did you mean `extra'?"
  end

  def test_core_835_old_words_of_ruby_are_those_of_the_ageing_table
    words = RightLink::Ageing::TABLE.reject { |word| word.kind == :other }
    recipe(words.map { |word| word.kind == :method ? "x.#{word.word}\n" : "#{word.word}#{"('x')" if word.kind == :call}\n" }.join)
    assert_equal words.map { |word| "#{word.word} is out of use: #{word.advice}" }, messages
  end

  def test_old_words
    list = recipe("node.set['a'] = 1\nFile.exists?('x')\n::Dir.exists?('x')\nx = Fixnum\n" \
                  "Chef::ShellOut.new('x')\nrequire_recipe 'web'\nURI.escape('x')\n'x'.untaint\nother.set('x')\n")
    assert_equal (1..8).map { |n| "web/recipes/default.rb:#{n} deprecated" }, list
    assert_includes messages, 'node.set is out of use: write node.normal'
    assert_includes messages, 'untaint is out of use: it does nothing; leave it out'
  end

  def test_compatibility_level
    found({ 'web/resources/x.rb' => "property :a\naction :run do\n  converge_if_changed { }\nend\n" })
    assert_equal ["cookbook 'web' needs Chef 12: `property' came with 12.5"], messages
    found({ 'web/resources/x.rb' => "unified_mode true\nproperty :a\n" })
    assert_equal ["cookbook 'web' needs a Chef later than 12: `unified_mode' came with 15.3"], messages
    found({ 'web/resources/x.rb' => "actions :a\n" }, metadata: "#{METADATA}gem 'x' if respond_to?(:gem)")
    assert_empty messages
  end

  def test_secrets_are_found_and_not_printed
    list = recipe("file '/x' do\n  content ''\nend\n",
                  'web/attributes/default.rb' => "default['db']['password'] = 'tops3cret'\ndefault['db']['password_file'] = '/x'\n" \
                                                 "default['a']['api_key'] = ''\ndefault['b']['secret'] = node['x']\n" \
                                                 "default['c']['password'] = 'changeme'\n" \
                                                 "default['d'] = { 'secret_key' => 'tops3cret' }\n",
                  'web/files/default/k.pem' => "a\n-----BEGIN RSA PRIVATE KEY-----\n")
    assert_equal ['web/attributes/default.rb:1 secret', 'web/attributes/default.rb:6 secret',
                  'web/files/default/k.pem:2 secret'], list
    refute_includes messages.join, 'tops3cret'
  end

  def test_a_comment_silences_a_rule_on_its_line
    assert_empty recipe("File.exists?('x') # lint: ignore deprecated\n")
    assert_equal 1, recipe("File.exists?('x') # lint: ignore syntax\n").size
  end

  def test_nothing_is_executed
    mark = "#{@dir}/mark"
    found({ 'web/recipes/default.rb' => "File.write('#{mark}', '')", 'web/libraries/a.rb' => "File.write('#{mark}', '')",
            'web/attributes/default.rb' => "File.write('#{mark}', '')" },
          metadata: "#{METADATA}File.write('#{mark}', '')")
    refute File.exist?(mark)
  end

  def test_no_file_brings_it_down
    write('web/metadata.rb' => METADATA, 'web/recipes/binary.rb' => "\xff\xfe\x00x".b,
          'web/recipes/latin.rb' => "# encoding: nonsense\n'\xe9'".b, 'web/templates/default/b.erb' => "\xff<%= 1 %>".b)
    File.symlink('nowhere', "#{@dir}/web/recipes/gone.rb")
    assert_operator RightLink::Lint.report([@dir]).count('error'), :>=, 2
  end

  def test_deep_nesting_is_told
    text = "x = #{(['1'] * 5000).join(' + ')}\n"
    assert_equal ['web/recipes/default.rb:1 unreadable'], recipe(text)
    assert_empty recipe("x = #{(['1'] * 900).join(' + ')}\n")
  end

  def lint(*arguments)
    out, err, status = Open3.capture3(PROGRAM, 'lint', *arguments, chdir: @dir)
    [status.exitstatus, out, err]
  end

  def test_command_status_and_forms
    write('books/web/metadata.rb' => METADATA, 'books/web/recipes/default.rb' => "File.exists?('x')\n")
    line = "books/web/recipes/default.rb:1: warning: deprecated: File.exists? is out of use: write File.exist?\n"
    assert_equal [0, line, "0 errors, 1 warning, 0 infos\n"], lint('books')
    assert_equal [0, line, "0 errors, 1 warning, 0 infos\n"], lint('books/web')
    write('books/web/recipes/default.rb' => "fil 'x' do\nend\n")
    status, out, = lint('--output', 'json', 'books')
    data = JSON.parse(out)
    assert_equal [1, { 'error' => 1, 'warning' => 0, 'info' => 0 }], [status, data['summary']]
    assert_equal({ 'file' => 'books/web/recipes/default.rb', 'line' => 1, 'level' => 'error', 'rule' => 'unknown-resource',
                   'message' => "no resource or method `fil'; did you mean `file'?" }, data['findings'][0])
    assert_equal data['findings'][0], JSON.parse(lint('-o', 'jsonl', 'books')[1])
    status, _, err = lint('nowhere')
    assert_equal [64, "rightlink: lint: 'nowhere' is not a directory\n"], [status, err]
  end

  def test_every_rule_is_in_the_manual
    manual = File.read(File.expand_path('../../../docs/lint.md', __dir__))
    RightLink::Lint::RULES.each { |name, level, _| assert_match(/^\| `#{name}` \| #{level} \|/, manual) }
  end
end
