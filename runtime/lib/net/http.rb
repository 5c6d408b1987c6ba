# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require "rightlink/ageing"
RightLink::Ageing.standard("net/http", __FILE__)
require "rightlink/net_errors"
