# SPDX-License-Identifier: MIT
# frozen_string_literal: true

# Provider classes are made when they are named.
require "chef"
