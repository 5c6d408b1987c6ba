# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require "openssl"
require "chef/json_compat"

class Chef
  class EncryptedDataBagItem
    # Writes the format of data_bag_encrypt_version (1, 2 or 3).
    module Encryptor
      module_function

      def new(value, secret, iv = nil)
        version = Config[:data_bag_encrypt_version]
        klass = { 1 => Version1, 2 => Version2, 3 => Version3 }[version]
        unless klass
          raise UnsupportedEncryptedDataBagItemFormat,
                "Invalid encrypted data bag format version `#{version}'. Valid versions: 1, 2, 3"
        end
        klass.new(value, secret, iv)
      end

      class Version1
        def initialize(value, secret, iv = nil)
          @value = value
          @secret = secret
          @cipher = OpenSSL::Cipher.new(algorithm)
          @cipher.encrypt
          @cipher.key = OpenSSL::Digest::SHA256.digest(secret)
          @iv = iv ? @cipher.iv = iv : @cipher.random_iv
        end

        def for_encrypted_item
          { "encrypted_data" => encrypted_data, "iv" => [@iv].pack("m"),
            "version" => version, "cipher" => algorithm }
        end

        private

        def algorithm
          ALGORITHM
        end

        def version
          1
        end

        # Base64 in lines of 60 characters (CORE-477).
        def encrypted_data
          @encrypted_data ||= begin
            text = JSONCompat.to_json({ "json_wrapper" => @value })
            [@cipher.update(text) << @cipher.final].pack("m")
          end
        end
      end

      class Version2 < Version1
        def for_encrypted_item
          raw = OpenSSL::HMAC.digest("SHA256", @secret, encrypted_data)
          super.merge("hmac" => [raw].pack("m"))
        end

        private

        def version
          2
        end
      end

      class Version3 < Version1
        def for_encrypted_item
          @cipher.auth_data = ""
          encrypted_data
          super.merge("auth_tag" => [@cipher.auth_tag].pack("m"))
        end

        private

        def algorithm
          AEAD_ALGORITHM
        end

        def version
          3
        end
      end
    end
  end
end
