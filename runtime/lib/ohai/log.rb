# SPDX-License-Identifier: MIT
# frozen_string_literal: true

# Ohai::Log is the log of the run.
require "ohai"
