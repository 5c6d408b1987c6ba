# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require "chef/digester"

class Chef
  module Mixin
    # CORE-125
    module Checksum
      def checksum(file)
        Digester.checksum_for_file(file)
      end

      def short_cksum(checksum)
        checksum.nil? ? "none" : checksum.slice(0, 6)
      end
    end
  end
end
