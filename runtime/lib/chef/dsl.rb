# SPDX-License-Identifier: MIT
# frozen_string_literal: true

# Every module of the recipe language.
require "chef/dsl/recipe"
require "chef/dsl/include_recipe"
require "chef/dsl/include_attribute"
