# SPDX-License-Identifier: MIT
# frozen_string_literal: true

# Mixins load when they are named.
require "chef"
