# SPDX-License-Identifier: MIT
# frozen_string_literal: true

RightLink::Ageing::Switch.define(:TRUE, true)
