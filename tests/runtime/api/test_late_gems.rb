# SPDX-License-Identifier: MIT
#
# In a cook without RubyGems, so in a child of its own.
require 'minitest/autorun'
require 'open3'
require 'tmpdir'

class TestLateGems < Minitest::Test
  LIB = $LOAD_PATH.find { |d| File.exist?("#{d}/rightlink/late_gems.rb") }

  def bare(script)
    out, status = Open3.capture2e('ruby', '--disable=gems', '-I', LIB, '-r',
                                  'chef', '-e', script)
    assert status.success?, out
    out
  end

  def test_core_835_a_gem_is_found_at_the_first_require
    assert_equal "false true\n",
                 bare('print !RightLink.late_gems?, " "; ' \
                      'puts require("minitest/mock")')
  end

  def test_core_835_a_miss_is_the_same_error_as_ever
    assert_equal "no/such: cannot load such file -- no/such\n",
                 bare('begin; require "no/such"; rescue LoadError => e; ' \
                      'puts "#{e.path}: #{e.message}"; end')
  end

  def test_core_835_a_file_that_misses_another_is_not_tried_twice
    Dir.mktmpdir do |dir|
      File.write("#{dir}/outer.rb", "puts :outer\nrequire 'inner/missing'\n")
      assert_equal "outer\ninner/missing\n",
                   bare("$LOAD_PATH << '#{dir}'\nbegin; require 'outer'; " \
                        'rescue LoadError => e; puts e.path; end')
    end
  end
end
