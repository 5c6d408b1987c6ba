# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require "chef/version_class"

class Chef
  class Version
    # The version of a platform: 6, 6.0 or 6.0.1; what follows is left out.
    class Platform < Version
      private

      def parse(text)
        match = /\A(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:\D.*)?\z/.match(text)
        unless match
          raise Exceptions::InvalidPlatformVersion,
                "'#{text}' does not match 'x.y.z', 'x.y' or 'x'"
        end
        match.captures.map(&:to_i)
      end
    end
  end
end
