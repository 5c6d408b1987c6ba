# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require "chef/log"
require "mixlib/shellout"

class Chef
  # The old name of Mixlib::ShellOut (CORE-801).
  class ShellOut < Mixlib::ShellOut
    def initialize(*args)
      Log.warn("Chef::ShellOut is deprecated, please use Mixlib::ShellOut")
      super
    end
  end
end
