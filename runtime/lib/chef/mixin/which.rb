# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require "chef_utils"

class Chef
  module Mixin
    # which and where under their older name.
    Which = ChefUtils::Paths
  end
end
