# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require "chef/search/query"
