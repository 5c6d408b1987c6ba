# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require_relative "harness"
require "rightlink_native"
require "rightlink/ageing"
require "mixlib/shellout"
require "chef/node"
require "chef/mixin/shell_out"
require "chef/mixin/command"
require "chef/digester"
require "chef/http/simple"
require "chef/whitelist"
require "chef/dsl/data_query"
require "ohai"

def sh(*args)
  Mixlib::ShellOut.new(*args).run_command
end

test "core_814_output_and_status" do
  s = sh("echo out; echo err >&2; exit 3")
  eq(["out\n", "err\n", 3, Process::Status, true], [s.stdout, s.stderr, s.exitstatus, s.status.class, s.error?])
  ok(s.status.pid.positive?)
  ok(s.execution_time >= 0)
  error = raises(Mixlib::ShellOut::ShellCommandFailed) { s.error! }
  eq(["Expected process to exit with [0], but received '3'",
      "---- Begin output of echo out; echo err >&2; exit 3 ----", "STDOUT: out", "STDERR: err",
      "---- End output of echo out; echo err >&2; exit 3 ----",
      "Ran echo out; echo err >&2; exit 3 returned 3"], error.message.split("\n"))
end

test "core_814_options" do
  eq(directory, sh("pwd", cwd: directory).stdout.strip)
  eq("b C\n", sh("echo $A $LC_ALL", environment: { "A" => "b" }).stdout)
  eq(ENV.fetch("LC_ALL", "unset"), sh("echo ${LC_ALL-unset}", env: { "LC_ALL" => nil }).stdout.strip)
  eq("given", sh("cat", input: "given").stdout)
  eq("$HOME a b\n", sh("echo", "$HOME", "a b").stdout)
  sh("exit 2", returns: [0, 2]).error!
  eq("0077", sh("umask", umask: 0o77).stdout.strip)
  eq("0022", sh("umask", umask: "022").stdout.strip)
  live = +""
  sh("echo live", live_stream: live)
  eq("live\n", live)
  eq(["nobody", 1], [sh("id -un", user: "nobody").stdout.strip, sh("true", user: "no_such_user").exitstatus])
end

test "core_814_what_cannot_run" do
  raises(Errno::ENOENT) { sh("/no/such/program") }
  raises(Mixlib::ShellOut::InvalidCommandOption, /\Aoption ':wat' is not a valid option for Mixlib::ShellOut\z/) { sh("true", wat: 1) }
  error = raises(Mixlib::ShellOut::CommandTimeout) { sh("echo before; sleep 30", timeout: 1) }
  match(/\ACommand timed out after 1s:\n---- Begin output/, error.message)
  match(/STDOUT: before/, error.message)
  killed = sh("kill -KILL $$")
  eq([nil, 9], [killed.exitstatus, killed.status.termsig])
end

test "core_813_mixin" do
  m = Chef::Mixin::ShellOut
  eq("ok\n", m.shell_out!("echo ok").stdout)
  raises(Mixlib::ShellOut::ShellCommandFailed) { m.shell_out!("exit 1") }
  match(/command_log_level is deprecated/, logged { m.shell_out("true", command_log_level: :debug) })
end

test "core_815_old_commands" do
  c = Chef::Mixin::Command
  raises(Chef::Exceptions::Exec, /\Aexit 3 returned 3, expected 0/) { c.run_command(command: "exit 3") }
  eq(3, c.run_command(command: "exit 3", returns: 3).exitstatus)
  status, out, err = c.run_command_and_return_stdout_stderr(command: "echo out; echo err >&2")
  eq([0, "out", "err"], [status.exitstatus, out, err])
  seen = nil
  status = c.popen4("cat") { |_pid, i, o, _e| i.write("x"); i.close; seen = o.read }
  eq(["x", 0], [seen, status.exitstatus])
  eq(false, c.run_command(command: "exit 9", creates: "/"))
end

test "core_125_checksums" do
  path = write("f", "abc")
  eq("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", Chef::Digester.checksum_for_file(path))
  eq("900150983cd24fb0d6963f7d28e17f72", Chef::Digester.md5_checksum_for_file(path))
end

test "core_835_old_words" do
  eq([Integer, Integer], [Fixnum, Bignum])
  eq([true, true], [File.exists?("/"), Dir.exists?("/")])
  eq("a%20b", URI.escape("a b"))
  eq(:a, { a: 1 }.index(1))
  eq("x", "x".taint.untaint)
  eq(Timeout::Error, TimeoutError)
  ok(OpenSSL::Cipher::Cipher <= OpenSSL::Cipher)
  ok(OpenSSL::Digest::Digest <= OpenSSL::Digest)
  eq({ a: [1, 1] }, YAML.load("---\n:a:\n- &x 1\n- *x\n"))
  eq("a1b", ERB.new("a<%= 1 -%>\nb", nil, "-").result)
  eq([1, 3], SortedSet.new([3, 1]).to_a)
  eq("text", open(write("plain", "text"), &:read))
  ok(Gem::Version.new("1.10") > Gem::Version.new("1.9"))
end

def plugins
  Ohai::Loader.forget
  Ohai::Config.reset
  Ohai::Config[:plugin_path] << File.join(directory, "plugins")
end

test "core_828_plugins_of_the_newer_syntax" do
  plugins
  write("n", "1")
  write("plugins/a.rb", <<~RUBY)
    Ohai.plugin(:Counted) do
      provides "counted", "kernel/extra"
      depends "kernel"
      collect_data(:default) do
        counted Mash.new
        counted[:value] = File.read("#{directory}/n")
        kernel[:extra] = kernel[:name]
      end
    end
  RUBY
  node = Chef::Node.new
  node.automatic_attrs = Ohai::System.new
  eq(["1", "Linux"], [node["counted"]["value"], node["kernel"]["extra"]])
  write("n", "2")
  again = Ohai::System.new
  again.all_plugins("counted")
  node.automatic_attrs.merge!(again.data)
  eq("2", node["counted"]["value"])
end

test "core_828_plugins_of_the_older_syntax" do
  plugins
  write("plugins/old.rb", "provides 'old'\nrequire_plugin 'kernel'\nold Mash.new\nold[:os] = kernel[:name]\n" \
                          "old[:from] = from('echo said')\nold[:hint] = hint?('none').inspect")
  eq({ "os" => "Linux", "from" => "said", "hint" => "nil" }, Ohai::System.new["old"].to_hash)
end

test "core_828_a_broken_plugin_only_warns" do
  plugins
  write("plugins/bad.rb", "Ohai.plugin(:Bad) do\nprovides 'bad'\ncollect_data { raise 'oops' }\nend")
  write("plugins/syntax.rb", "Ohai.plugin(:Worse do")
  value = :unset
  log = logged { value = Ohai::System.new["bad"] }
  eq(nil, value)
  match(/plugin Bad failed: RuntimeError: oops/, log)
  match(%r{plugin .*/syntax\.rb could not be read}, log)
end

test "core_828_disabled_plugins_are_left_out" do
  plugins
  write("plugins/off.rb", "Ohai.plugin(:Off) do\nprovides 'off'\ncollect_data { off 1 }\nend")
  Ohai::Config[:disabled_plugins] = [:Off]
  eq(nil, Ohai::System.new["off"])
  eq(false, Ohai::System.new.ohai_keys.include?("off"))
end

test "core_480_search_says_what_is_missing" do
  Chef::Config.data_bag_path(directory)
  raises(Chef::Exceptions::PrivateKeyMissing, /search\(:node, "\*:\*"\) needs a server/) { Object.new.extend(Chef::DSL::DataQuery).search(:node) }
end

test "core_827_whitelist" do
  data = { "a" => { "b" => 1, "c" => 2 }, "d" => 3 }
  eq({ "a" => { "b" => 1 }, "d" => 3 }, Chef::Whitelist.filter(data, ["a/b", ["d"]]))
  match(/Could not find whitelist attribute z/, logged { Chef::Whitelist.filter(data, ["z"]) })
end

# Libraries reopen these with `class`.
test "core_801_names_that_are_classes" do
  require "chef"
  %i[Application Client Config Cookbook CookbookLoader CookbookVersion Daemon DataBag DataBagItem Digester
     EncryptedDataBagItem Environment Exceptions FileAccessControl FileCache Handler HTTP JSONCompat Log Node
     Platform Provider REST Recipe Resource ResourceCollection ResourceDefinition Role RunContext RunList
     RunStatus Runner Search ShellOut Util Version VersionConstraint Whitelist].each do |name|
    eq(Class, Chef.const_get(name).class, name)
  end
  %i[DSL EventDispatch Mixin].each { |name| eq(Module, Chef.const_get(name).class, name) }
end

# In a process of its own: nothing may be loaded before the words are used.
test "core_835_words_of_libraries_that_were_always_there" do
  program = 'require "rightlink/ageing"; print({ a: 1 }.to_json, :s.to_json, [1].to_yaml, "a b".shellescape, ' \
            'Time.parse("2020-01-02").year, Time.at(0).utc.iso8601)'
  lib = $LOAD_PATH.find { |d| File.exist?(File.join(d, "rightlink/ageing.rb")) }
  out = IO.popen([RbConfig.ruby, "--disable=gems", "-I", lib, "-e", program], &:read)
  eq("{\"a\":1}\"s\"---\n- 1\na\\ b20201970-01-01T00:00:00Z", out)
end
