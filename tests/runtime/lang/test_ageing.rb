# SPDX-License-Identifier: MIT
# frozen_string_literal: true

# Ruby's old words: each works, is noted once, and is gone when switched off.

require_relative "harness"
require "open3"
require "rightlink/net_errors"

AGEING = RightLink::Ageing
RUNTIME = $LOAD_PATH.find { |d| File.exist?("#{d}/rightlink_native.so") }
PROGRAM = File.expand_path("../../../bin/rightlink", RUNTIME)
DATED = "{ a: [&1 2020-01-02, *1] }"

# word: the code, what it gives, the error when switched off (nil: Ruby 3.1
# still has it).
SAMPLES = {
  "Fixnum" => ["Fixnum", Integer, nil],
  "Bignum" => ["Bignum", Integer, nil],
  "NIL" => ["[NIL]", [nil], NameError],
  "TRUE" => ["TRUE", true, NameError],
  "FALSE" => ["FALSE", false, NameError],
  "TimeoutError" => ["TimeoutError.name", "Timeout::Error", NameError],
  "OpenSSL::Cipher::Cipher" => ["OpenSSL::Cipher::Cipher.new('aes-256-cbc').key_len", 32, nil],
  "OpenSSL::Digest::Digest" => ["OpenSSL::Digest::Digest.new('sha1').digest_length", 20, nil],
  "SortedSet" => ["SortedSet.new([3, 1]).to_a", [1, 3], :child],
  "Net::HTTPServerException" => ["begin; raise Net::HTTPClientException.new('x', nil); " \
                                 "rescue Net::HTTPServerException; 1; end", 1, :stays],
  "File.exists?" => ["File.exists?('/')", true, nil],
  "Dir.exists?" => ["Dir.exists?('/etc/hosts')", false, nil],
  "FileTest.exists?" => ["FileTest.exists?('/')", true, nil],
  "URI.escape" => ["URI.escape('a b')", "a%20b", NoMethodError],
  "URI.encode" => ["URI.encode('a[b', /\\[/)", "a%5Bb", NoMethodError],
  "URI.unescape" => ["URI.unescape('a%20b')", "a b", NoMethodError],
  "URI.decode" => ["URI.decode('a%20b')", "a b", NoMethodError],
  "taint" => ["'x'.taint", "x", nil],
  "untaint" => ["'x'.untaint", "x", nil],
  "tainted?" => ["'x'.tainted?", false, nil],
  "trust" => ["'x'.trust", "x", nil],
  "untrust" => ["'x'.dup.untrust", "x", nil],
  "untrusted?" => ["'x'.untrusted?", false, nil],
  "Hash#index" => ["{ a: 1 }.index(1)", :a, NoMethodError],
  "IO#lines" => ["File.open(__FILE__).lines.first", "\n", NoMethodError],
  "IO#chars" => ["File.open(__FILE__).chars.first", "\n", NoMethodError],
  "IO#bytes" => ["File.open(__FILE__).bytes.first", 10, NoMethodError],
  "open of a URL" => ["open('http://127.0.0.1:PORT/').read", "served", Errno::ENOENT],
  "ERB.new with arguments by position" => ["ERB.new(\"a<%= 1 -%>\\nb\", nil, '-').result", "a1b", nil],
  "YAML.load of dates, symbols, ranges, expressions and aliases" =>
    ["YAML.load('#{DATED}')['a'].map(&:to_s)", %w[2020-01-02 2020-01-02], Psych::Exception],
  "YAML.load with arguments by position" => ["YAML.load('[1]', 'x.yml')", [1], ArgumentError],
  "YAML.safe_load with arguments by position" =>
    ["YAML.safe_load('--- :a', [Symbol])", :a, ArgumentError]
}.freeze

class Harness
  # The code as line 3 of a recipe.
  def in_recipe(code)
    path = write("cookbooks/t/recipes/default.rb", "\n\n#{code}\n")
    Chef::Config[:cookbook_path] = [File.join(directory, "cookbooks")]
    code = code.sub("PORT", @port.to_s)
    Object.new.instance_eval("\n\n#{code}\n", path, 1)
  end

  # One answer to one request, "served".
  def serving
    require "socket"
    server = TCPServer.new("127.0.0.1", 0)
    @port = server.addr[1]
    thread = Thread.new do
      client = server.accept
      nil until client.gets.to_s.strip.empty?
      client.write("HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\nserved")
      client.close
    end
    yield
  ensure
    thread&.kill
    server&.close
  end

  def switched_off
    AGEING.start_run(false)
    yield
  ensure
    AGEING.start_run(true)
  end

  # rightlink solo with a recipe and more settings: output and status.
  def solo(recipe, settings = "")
    write("cookbooks/t/recipes/default.rb", recipe)
    config = write("solo.rb", "cookbook_path '#{directory}/cookbooks'\nfile_cache_path '#{directory}/cache'\n" \
                              "cache_path '#{directory}'\nlockfile '#{directory}/lock'\n#{settings}\n")
    Open3.capture2e(PROGRAM, "solo", "-c", config, "-o", "t", "-l", "debug", "--force-formatter", "-F", "doc")
  end
end

test "core_835_every_word_of_the_table_has_a_sample" do
  eq(AGEING::TABLE.map(&:word), SAMPLES.keys)
  eq([], AGEING::TABLE.map(&:kind).uniq - %i[constant call method other])
end

SAMPLES.each do |word, (code, value, _)|
  name = word.downcase.gsub(/\W+/, "_")
  test "core_835_#{name}_works_and_is_noted_once" do
    log = logged(:debug) do
      AGEING.start_run(true)
      run = -> { 2.times { eq(value, in_recipe(code)) } }
      if word == "open of a URL"
        serving { eq(value, in_recipe(code)) }
        serving { eq(value, in_recipe(code)) }
      else
        run.call
      end
    end
    lines = log.lines.grep(/Ruby word out of use: #{Regexp.escape(word)} \(/)
    eq(1, lines.size, log)
    match(%r{by Ruby #{AGEING::BY_WORD[word].by}\): .*, at .*/recipes/default\.rb:3$}, lines[0])
  end
end

SAMPLES.each do |word, (code, value, error)|
  next if %i[child stays].include?(error)

  name = word.downcase.gsub(/\W+/, "_")
  test "core_835_#{name}_is_what_ruby_has_when_switched_off" do
    switched_off do
      @port = 1
      log = logged(:debug) do
        if error
          e = raises(error) { in_recipe(code) }
          match(/\A#{Regexp.escape(word)} is of an older Ruby .*`ruby_ageing true`/, AGEING::Notes.hint(e))
        else
          was = $VERBOSE
          $VERBOSE = nil
          eq(value, in_recipe(code))
          $VERBOSE = was
        end
      end
      eq("", log)
    end
  end
end

test "core_835_switched_on_again" do
  switched_off { raises(NameError) { in_recipe("TRUE") } }
  eq([true, Integer, "a%20b", :a], in_recipe("[TRUE, Fixnum, URI.escape('a b'), { a: 1 }.index(1)]"))
end

test "core_835_the_next_run_notes_again" do
  2.times do
    AGEING.start_run(true)
    match(/Fixnum.*File\.exists\?/m, logged(:debug) { in_recipe("Fixnum; File.exists?('/')") })
  end
end

test "core_835_no_note_above_debug" do
  AGEING.start_run(true)
  eq("", logged(:info) { in_recipe("File.exists?('/')") })
end

test "core_835_a_reopened_fixnum_is_integer" do
  in_recipe("eval('class ::Fixnum; def ageing_twice; self * 2; end; end')")
  eq(8, 4.ageing_twice)
end

test "core_835_errors_of_today_get_no_hint" do
  switched_off do
    errors = [raises(NoMethodError) { in_recipe("Hash.escape") }, raises(NameError) { in_recipe("Cipher") },
              raises(ArgumentError) { in_recipe("File.exist?(1, 2)") },
              raises(Errno::ENOENT) { in_recipe("open('/no/such/file')") }]
    eq([nil] * 4, errors.map { |e| AGEING::Notes.hint(e) })
  end
end

test "core_835_modern_options_of_yaml_and_erb_pass" do
  log = logged(:debug) do
    eq({ a: 1 }, in_recipe("YAML.load('a: 1', symbolize_names: true)"))
    eq(:a, in_recipe("YAML.safe_load('--- :a', permitted_classes: [Symbol])"))
    eq("a1", in_recipe("ERB.new(\"a<%= 1 -%>\\n\", trim_mode: '-').result"))
    raises(Psych::DisallowedClass) { in_recipe("YAML.load('--- !ruby/object:Object {}')") }
    raises(Errno::ENOENT) { in_recipe("open('/no/such/file')") }
  end
  eq([], log.lines.grep(/ERB|safe_load|URL/))
end

test "core_835_setting_in_solo_rb" do
  out, status = solo("log URI.escape('a b')\nlog Fixnum.name")
  eq(0, status.exitstatus, out)
  match(%r{DEBUG: Ruby word out of use: URI\.escape \(gone by Ruby 3\.0\): write .*/recipes/default\.rb:1$}, out)
  match(%r{DEBUG: Ruby word out of use: Fixnum .*/recipes/default\.rb:2$}, out)
  out, status = solo("log URI.escape('a b')", "ruby_ageing false")
  eq(1, status.exitstatus, out)
  match(/NoMethodError/, out)
  match(/undefined method `escape' for URI:Module/, out)
  match(/URI\.escape is of an older Ruby \(gone by 3\.0\): write .*`ruby_ageing true`/, out)
end

test "core_835_net_https_brings_the_old_error_too" do
  out, status = solo("require 'net/https'\nbegin\n  raise Net::HTTPClientException.new('x', nil)\n" \
                     "rescue Net::HTTPServerException => e\n  log \"caught \#{e.message}\"\nend")
  eq(0, status.exitstatus, out)
  match(/log\[caught x\]/, out)
  match(%r{Ruby word out of use: Net::HTTPServerException .*/recipes/default\.rb:4$}, out)
end

test "core_835_sorted_set_switched_off" do
  out, status = solo("SortedSet.new", "ruby_ageing false")
  eq(1, status.exitstatus, out)
  match(/SortedSet is of an older Ruby/, out)
end

test "core_835_the_page_shows_the_table" do
  page = File.read(File.expand_path("../../../docs/ageing.md", __dir__), encoding: "UTF-8")
  rows = AGEING::TABLE.map { |w| "| #{w.word} | #{w.by} | #{w.fate} | #{w.instead || 'nothing: it does nothing'} |" }
  eq(rows, page.lines(chomp: true).grep(/\A\| (?!Word )/))
end
