# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require "rightlink/ageing"
RightLink::Ageing.standard("uri", __FILE__)

# URI.escape and friends, gone since Ruby 3.0.
module URI
  class << self
    unless method_defined?(:escape)
      def escape(*args)
        DEFAULT_PARSER.escape(*args)
      end
      alias_method :encode, :escape
    end

    unless method_defined?(:unescape)
      def unescape(*args)
        DEFAULT_PARSER.unescape(*args)
      end
      alias_method :decode, :unescape
    end
  end
end
