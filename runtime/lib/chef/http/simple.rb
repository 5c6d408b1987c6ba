# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require "chef/http"

class Chef
  class HTTP
    # Bodies as they are.
    class Simple < HTTP
    end
  end
end
