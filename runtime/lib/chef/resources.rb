# SPDX-License-Identifier: MIT
# frozen_string_literal: true

# Resource classes are made when they are named.
require "chef"
