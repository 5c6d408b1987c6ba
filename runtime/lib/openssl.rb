# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require "rightlink/ageing"
RightLink::Ageing.standard("openssl", __FILE__)

# The doubled class names of the first bindings.
[OpenSSL::Cipher, OpenSSL::Digest].each do |klass|
  name = klass.name.split("::").last
  klass.const_set(name, klass) unless klass.const_defined?(name, false)
end
