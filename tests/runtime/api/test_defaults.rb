# SPDX-License-Identifier: MIT
require 'minitest/autorun'

class TestDefaults < Minitest::Test
  def test_res_remote_directory_1_files_mode_is_octal
    assert_equal 0o644,
                 Chef::Resource::RemoteDirectory.new('/x').files_mode
  end
end
