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
