# SPDX-License-Identifier: MIT
# frozen_string_literal: true

# chef_gem and the late RubyGems (RES-gem).

require_relative "../lang/harness"
require "fileutils"
require "open3"
require "rbconfig"

class Harness
  # A Ruby without RubyGems that has our library, in a process of its own.
  def fresh_ruby(code)
    lib = File.dirname($LOADED_FEATURES.grep(%r{/chef\.rb\z}).first)
    out, status = Open3.capture2e(RbConfig.ruby, "--disable=gems", "-I", lib, "-r", "chef", "-e", code)
    raise Failure, out unless status.success?

    out
  end
end

test "res_gem_chef_gem_installs_when_declared" do
  gem = Chef::Resource::ChefGem.new("x")
  done = []
  gem.define_singleton_method(:run_action) { |action| done << action }
  gem.after_created
  eq [:install], done
  gem.compile_time(false)
  gem.after_created
  eq [:install], done
  eq "gem", gem.gem_binary
  raises(ArgumentError, /gem_package/) { gem.gem_binary("/usr/bin/gem") }
end

test "res_gem_require_that_misses_finds_gems_of_our_directory" do
  home = "#{directory}/cache/gems"
  write("cache/gems/gems/probe-1.0/lib/right_probe.rb", "RIGHT_PROBE = 1\n")
  write("cache/gems/specifications/probe-1.0.gemspec",
        "Gem::Specification.new { |s| s.name = 'probe'; s.version = '1.0'; s.summary = 'x'; s.authors = ['x'] }\n")
  text = fresh_ruby(<<~RUBY)
    Chef::Config[:file_cache_path] = "#{directory}/cache"
    print RightLink.late_gems?
    require "right_probe"
    print RIGHT_PROBE, RightLink.late_gems?, Gem.dir
  RUBY
  eq "true1false#{home}", text
end

test "res_gem_missing_file_is_still_a_load_error" do
  match(/cannot load such file -- no_such_gem_here/, fresh_ruby(<<~RUBY))
    begin
      require "no_such_gem_here"
    rescue LoadError => e
      print e.message
    end
  RUBY
end

# A gem in a file, and a `gem` that installs it from there only.
test "core_1113_gems_of_metadata_are_there_before_the_libraries" do
  write("src/lib/rl_probe.rb", "RL_PROBE = 7\n")
  write("src/probe.gemspec", "Gem::Specification.new { |s| s.name = 'rl_probe'; s.version = '1.5'; s.summary = 'x'; " \
                             "s.authors = ['x']; s.files = ['lib/rl_probe.rb'] }\n")
  out, status = Open3.capture2e("gem", "build", "probe.gemspec", chdir: "#{directory}/src")
  ok status.success?, out
  real = ChefUtils.which("gem")
  tool = write("bin/gem", <<~SHELL)
    #!/bin/sh
    case "$*" in
    install*rl_probe*) exec #{real} install --local --no-document #{directory}/src/rl_probe-1.5.gem;;
    install*) echo "no such gem" >&2; exit 2;;
    *-r*|*--remote*) echo "rl_probe (1.5)"; echo "rl_none (1.5)"; exit 0;;
    esac
    exec #{real} "$@"
  SHELL
  File.chmod(0o755, tool)
  write("cookbooks/g/metadata.rb", "name 'g'\ngem 'rl_probe', '~> 1.2'\ngem 'rl_none', '>= 1', '< 2'\n")
  write("cookbooks/g/libraries/l.rb", "require 'rl_probe'\n")
  write("cookbooks/g/recipes/default.rb", "log \"probe \#{RL_PROBE}\"\n")
  config = write("solo.rb", "cookbook_path '#{directory}/cookbooks'\nfile_cache_path '#{directory}/cache'\n" \
                            "cache_path '#{directory}'\nlockfile '#{directory}/lock'\n")
  runtime = $LOAD_PATH.find { |d| File.exist?("#{d}/rightlink_native.so") }
  program = File.expand_path("../../../bin/rightlink", runtime)
  out, status = Open3.capture2e({ "PATH" => "#{directory}/bin:#{ENV['PATH']}" }, program, "solo", "-c", config, "-o", "g", "-l", "info")
  match(/INFO: probe 7/, out)
  match(/cookbook g asks for the gem rl_none, which cannot be installed/, out)
  ok status.success?, out
end
