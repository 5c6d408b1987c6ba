# SPDX-License-Identifier: MIT
# frozen_string_literal: true

# The name under which older code asks for Mash.
require "mash"
