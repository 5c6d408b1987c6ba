# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require "timeout"

TimeoutError = Timeout::Error unless Object.const_defined?(:TimeoutError, false) && !Object.autoload?(:TimeoutError)
