# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require "rightlink/ageing"
RightLink::Ageing.standard("openssl", __FILE__)

# The doubled class names of the first bindings. Where Ruby still has them they
# step aside, so that their use is noticed.
module RightLink
  module Ageing
    module OldOpenSSL
      def const_missing(name)
        word = "OpenSSL::#{name}::#{name}"
        return super unless word == "#{self.name}::#{name}"

        Ageing.note(word)
        Ageing.inner[[self, name]] || self
      end
    end
    words(OldOpenSSL)
    [[OpenSSL::Cipher, :Cipher], [OpenSSL::Digest, :Digest]].each do |owner, name|
      Switch.replace(owner, name)
      owner.extend(OldOpenSSL)
    end
  end
end
