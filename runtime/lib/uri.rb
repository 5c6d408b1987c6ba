# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require "rightlink/ageing"
RightLink::Ageing.standard("uri", __FILE__)

# URI.escape and friends, gone since Ruby 3.0.
module RightLink
  module Ageing
    module OldURI
      { escape: :escape, encode: :escape, unescape: :unescape, decode: :unescape }.each do |name, parsers|
        word = "URI.#{name}"
        define_method(name) do |*args|
          Ageing.note(word)
          URI::DEFAULT_PARSER.public_send(parsers, *args)
        end
      end
    end
    URI.extend(words(OldURI))
  end
end
