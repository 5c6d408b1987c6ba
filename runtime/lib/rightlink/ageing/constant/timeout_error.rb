# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require "timeout"
RightLink::Ageing::Switch.define(:TimeoutError, Timeout::Error)
