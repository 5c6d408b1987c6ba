# SPDX-License-Identifier: MIT
require 'minitest/autorun'

class TestClassFiles < Minitest::Test
  def test_core_820_files_of_generated_classes_count_as_loaded
    %w[resource/directory resource/apt_package provider/service
       provider/service/debian provider/package/apt].each do |name|
      assert_equal false, require("chef/#{name}"), name
    end
  end

  def test_core_820_other_names_are_still_missing
    assert_raises(LoadError) { require 'chef/resource/no_such_thing' }
  end
end
