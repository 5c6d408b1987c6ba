# SPDX-License-Identifier: MIT
# frozen_string_literal: true

class Chef
  # Empty on this system (CORE-827).
  module ReservedNames
  end
end
