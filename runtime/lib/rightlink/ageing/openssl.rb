# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require "openssl"

# The doubled class names of the first bindings.
module OpenSSL
  class Cipher
    Cipher = self unless const_defined?(:Cipher, false)
  end

  class Digest
    Digest = self unless const_defined?(:Digest, false)
  end
end
