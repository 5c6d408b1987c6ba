# SPDX-License-Identifier: MIT
# frozen_string_literal: true

# The version that cookbooks compare with (CORE-812).
class Chef
  VERSION = "11.18.12"
  CHEF_ROOT = File.expand_path("..", __dir__)
end
