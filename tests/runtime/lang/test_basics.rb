# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require_relative "harness"
require "mash"
require "chef/config"
require "chef/log"
require "chef/json_compat"
require "chef/mixin/params_validate"
require "chef/mixin/convert_to_class_name"
require "chef/mixin/deep_merge"
require "chef/version_constraint"

test "core_460_mash_treats_symbols_as_strings" do
  m = Mash.new(a: { b: [{ c: 1 }] })
  m[:z] = :sym
  eq([1, 1], [m["a"]["b"][0]["c"], m[:a][:b].first[:c]])
  eq(%w[a z], m.keys.sort)
  eq([true, :sym, :none], [m.key?(:z), m.fetch(:z), m.fetch(:q, :none)])
  eq([1, nil], Mash.new(x: 1).values_at(:x, :y))
  eq(Hash, m.to_hash.class)
  ok(m == { "a" => { "b" => [{ "c" => 1 }] }, "z" => :sym })
  copy = m.dup
  copy[:a][:n] = 1
  eq(false, m[:a].key?(:n))
  eq({ "z" => :sym }, m.except(:a))
  eq(5, m.merge(z: 5)[:z])
  eq(:sym, m.delete(:z))
end

test "core_150_config_words_set_and_read" do
  c = Chef::Config
  c.from_string("my_key 'v1'\nmy_list 'a', 'b'\nself[:direct] = 1\nChef::Config['str'] = 2\nmy_eq = 3", "solo.rb")
  eq("v1", c[:my_key])
  eq("v1", c["my_key"])
  eq(%w[a b], c.my_list)
  eq([1, 2, nil], [c[:direct], c.str, c[:never]])
  eq(true, c.key?(:my_key))
  c.delete(:my_key)
  eq(nil, c[:my_key])
  raises(IOError) { c.from_file("/no/such/solo.rb") }
end

test "core_151_paths_follow_the_cookbook_path" do
  c = Chef::Config
  c.cookbook_path("/x/cookbooks")
  eq("/x/roles", c.role_path)
  eq("/x/data_bags", c[:data_bag_path])
  c.cookbook_path(["/x/cookbooks", "/y/site"])
  eq(["/x/roles", "/y/roles"], c.role_path)
  c.reset
  c.cache_path("/c")
  eq(["/c/cookbooks", "/c/site-cookbooks"], c.cookbook_path)
  eq("/c/cache/chef-client-running.pid", c.lockfile)
  c.file_cache_path("/f")
  eq("/f/chef-client-running.pid", c.lockfile)
  c.chef_repo_path("/r")
  eq("/r/cookbooks", c.cookbook_path)
end

test "core_151_lists_can_be_appended_to" do
  Chef::Config.report_handlers << 1
  Chef::Config[:report_handlers] << 2
  eq([1, 2], Chef::Config[:report_handlers])
  Chef::Config.add_formatter(:doc)
  eq([[:doc, nil]], Chef::Config.formatters)
  Chef::Config.reset
  eq([], Chef::Config.report_handlers)
end

test "core_128_certificates_are_verified_by_default" do
  eq(:verify_peer, Chef::Config[:ssl_verify_mode])
end

test "core_161_log_lines_have_time_and_level" do
  text = logged(:info) do
    Chef::Log.info("plain")
    Chef::Log.warn { "block" }
    Chef::Log.debug("hidden")
    Chef::Log.error([1])
  end
  match(/\A\[\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d\] INFO: plain$/, text)
  match(/WARN: block$/, text)
  match(/ERROR: \[1\]$/, text)
  ok(!text.include?("hidden"))
end

test "core_161_time_can_be_left_out_and_files_are_appended_to" do
  path = File.join(directory, "x.log")
  before = Chef::Log.loggers
  Chef::Log::Formatter.show_time = false
  Chef::Log.init(path)
  Chef::Log.fatal(RuntimeError.new("boom"))
  Chef::Log::Formatter.show_time = true
  Chef::Log.use_log_devices(before)
  match(/\A# .*\nFATAL: boom \(RuntimeError\)\n/, File.read(path))
end

test "core_810_levels" do
  was = Chef::Log.level
  Chef::Log.level = :error
  eq([:error, true, false], [Chef::Log.level, Chef::Log.error?, Chef::Log.warn?])
  raises(ArgumentError) { Chef::Log.level = :silly }
  raises(ArgumentError) { Chef::Log.level = :auto }
  evaluated = false
  Chef::Log.info { evaluated = true }
  eq(false, evaluated, "a block below the level does not run")
  Chef::Log.level = was
end

test "core_822_json_reads_comments_and_duplicates_and_writes_symbols" do
  j = Chef::JSONCompat
  eq({ "a" => 2 }, j.from_json("{\"a\":1, /* note */ \"a\":2}\n// end\n"))
  eq('{"a":"b"}', j.to_json({ a: :b }))
  eq("{\n  \"a\": [\n    1\n  ]\n}", j.to_json_pretty({ a: [1] }))
  eq(3, j.parse("3"))
  raises(Chef::Exceptions::JSON::ParseError) { j.from_json("{") }
end

test "core_822_what_is_no_json_is_told_with_line_and_column" do
  {
    "" => "1 column 1: a value expected, but the text ends",
    "{" => "1 column 2: a name in double quotes expected, but the text ends",
    "{\n \"a\" 1}" => "2 column 6: ':' expected, found \"1\"",
    "{\"a\": 1\n \"b\": 2}" => "2 column 2: ',' or '}' expected, found \"\\\"b\\\"\"",
    "[1,\n]" => "2 column 1: a value expected, found \"]\"",
    "{\"a\": 1,}" => "1 column 9: a name in double quotes expected, found \"}\"",
    "/* x\n */ {\"a\": nope}" => "2 column 11: a value expected, found \"nope\"",
    "[\"a\nb\"]" => "1 column 2: a string begins here and does not end, or holds a control character",
    "[1] 2" => "1 column 5: the end expected, found \"2\"",
  }.each do |text, message|
    error = raises(Chef::Exceptions::JSON::ParseError) { Chef::JSONCompat.parse(text) }
    eq("line #{message}", error.message)
  end
end

test "core_833_unknown_json_class_is_an_error" do
  raises(Chef::Exceptions::JSON::ParseError, /Unsupported `json_class` type 'Evil'/) do
    Chef::JSONCompat.from_json('{"x":{"json_class":"Evil"}}')
  end
  eq("Evil", Chef::JSONCompat.parse('{"json_class":"Evil"}')["json_class"])
end

test "core_503_class_names" do
  c = Chef::Mixin::ConvertToClassName
  eq(%w[MyThing MyAppX MyAppMulti], %w[my_thing my-app_x my-app_multi].map { |n| c.convert_to_class_name(n) })
  eq(%w[remote_file h_t_t_p_req], %w[RemoteFile HTTPReq].map { |n| c.convert_to_snake_case(n) })
  eq(%w[cb cb_sub], %w[default.rb resources/sub.rb].map { |f| c.filename_to_qualified_string("cb", f) })
end

test "core_443_deep_merge_module" do
  d = Chef::Mixin::DeepMerge
  eq({ "a" => [1, 2], "h" => { "x" => 1, "y" => 2 }, "s" => "s" },
     d.merge({ "a" => [1], "h" => { "x" => 1 }, "s" => 1 }, { "a" => [1, 2], "h" => { "y" => 2 }, "s" => "s" }))
  eq({ "a" => [2], "h" => { "x" => 1, "y" => 2 } },
     d.hash_only_merge({ "a" => [1], "h" => { "x" => 1 } }, { "a" => [2], "h" => { "y" => 2 } }))
  eq(1, d.hash_only_merge(1, nil))
end

class Validated
  include Chef::Mixin::ParamsValidate

  def initialize
    @name = "n"
  end

  def self.option(key, rules)
    define_method(key) { |arg = nil| set_or_return(key, arg, rules) }
  end

  option :kind, kind_of: [String, Symbol]
  option :one, equal_to: [1, 2]
  option :shape, regex: /\Aa/
  option :must, required: true
  option :list, default: []
  option :late, default: Chef::DelayedEvaluator.new { 7 }
  option :named, name_attribute: true
  option :check, callbacks: { "is odd" => ->(v) { v.even? } }
  option :speak, respond_to: :each
  option :flag, kind_of: [TrueClass, FalseClass]
  option :bad, nonsense: 1
end

test "core_706_validation_messages" do
  failed = Chef::Exceptions::ValidationFailed
  v = Validated.new
  raises(failed, /\AOption kind must be a kind of \[String, Symbol\]!  You passed 1\.\z/) { v.kind(1) }
  raises(failed, /\AOption one must be equal to one of: 1, 2!  You passed 3\.\z/) { v.one(3) }
  raises(failed, %r{\AOption shape's value b does not match regular expression /\\Aa/\z}) { v.shape("b") }
  raises(failed, /\ARequired argument must is missing!\z/) { v.must }
  raises(failed, /\AOption check's value 3 is odd!\z/) { v.check(3) }
  raises(failed, /\AOption speak must have a each method!\z/) { v.speak(3) }
  raises(ArgumentError, /\AValidation map has unknown check: nonsense\z/) { v.bad(1) }
end

test "core_707_reading_fills_defaults" do
  v = Validated.new
  eq([[], 7, "n", nil], [v.list, v.late, v.named, v.flag])
  v.list << 1
  eq([1], v.list)
  eq([], Validated.new.list, "a literal default is not shared")
  v.flag(false)
  eq(false, v.flag)
end

test "core_512_lazy_values_are_checked_at_each_read" do
  v = Validated.new
  n = 0
  v.kind(Chef::DelayedEvaluator.new { n += 1; n == 1 ? "text" : n })
  eq("text", v.kind)
  raises(Chef::Exceptions::ValidationFailed) { v.kind }
end

test "core_313_constraints" do
  c = Chef::VersionConstraint
  rows = { ">= 1.2" => %w[1.10 0.9], "~> 1.2" => %w[1.9.9 2.0], "~> 1.2.3" => %w[1.2.9 1.3.0],
           "= 1.0" => %w[1.0.0 1.0.1], "<2.0" => %w[1.9.9 2.0.0], "1.0.0" => %w[1.0.0 2.0.0] }
  rows.each do |text, (good, bad)|
    eq([true, false], [c.new(text).include?(good), c.new(text).include?(bad)], text)
  end
  eq("= 1.0.0", c.new("1.0.0").to_s)
  eq(">= 0.0.0", c.new(nil).to_s)
  raises(Chef::Exceptions::InvalidVersionConstraint) { c.new(">= x") }
  raises(Chef::Exceptions::InvalidCookbookVersion, /'1' does not match 'x\.y\.z' or 'x\.y'/) { c.new(">= 1") }
end

test "core_820_versions" do
  eq(-1, Chef::Version.new("1.2.3") <=> Chef::Version.new("1.10.0"))
  eq("1.2.0", Chef::Version.new("1.2").to_s)
  raises(Chef::Exceptions::InvalidCookbookVersion) { Chef::Version.new("1") }
  eq([true, false], %w[6.5 7].map { |v| Chef::VersionConstraint::Platform.new("~> 6").include?(v) })
end

test "a_log_that_cannot_be_written_does_not_end_the_run" do
  reader, writer = IO.pipe
  reader.close
  device = Chef::Log::Device.new(writer)
  err = File.join(directory, "err")
  before = $stderr.dup
  $stderr.reopen(err)
  2.times { device.add(1, "x") }
  $stderr.reopen(before)
  match(/\Alog output: Broken pipe; further lines may be missing\n\z/, File.read(err))
end
