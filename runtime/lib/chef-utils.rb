# SPDX-License-Identifier: MIT
# frozen_string_literal: true

# The gem's name of chef_utils.
require "chef_utils"
