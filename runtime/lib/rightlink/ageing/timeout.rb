# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require "timeout"

if Object.autoload?(:TimeoutError) || !Object.const_defined?(:TimeoutError)
  TimeoutError = Timeout::Error
end
