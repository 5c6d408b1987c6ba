# SPDX-License-Identifier: MIT
# frozen_string_literal: true

# Chef::NIL_ARGUMENT lives with the validation.
require "chef/mixin/params_validate"
