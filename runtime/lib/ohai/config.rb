# SPDX-License-Identifier: MIT
# frozen_string_literal: true

# Ohai::Config is defined with the module.
require "ohai"
