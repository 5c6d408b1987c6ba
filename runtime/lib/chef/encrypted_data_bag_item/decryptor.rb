# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require "openssl"
require "chef/json_compat"

class Chef
  class EncryptedDataBagItem
    # One class for each format of a value (CORE-476). Base64 with or without
    # line breaks is read.
    module Decryptor
      module_function

      def for(encrypted_value, key)
        version = encrypted_value.respond_to?(:key?) ? encrypted_value["version"] : 0
        assert_acceptable(version)
        klass = { 0 => Version0, 1 => Version1, 2 => Version2, 3 => Version3 }[version]
        unless klass
          raise UnsupportedEncryptedDataBagItemFormat,
                "This version does not support encrypted data bag item format version '#{version}'"
        end
        klass.new(encrypted_value, key)
      end

      def assert_acceptable(version)
        minimum = Config[:data_bag_decrypt_minimum_version]
        return unless version.is_a?(Integer) && version < minimum

        raise UnacceptableEncryptedDataBagItemFormat,
              "The format of the data bag item is version #{version}, and the config setting " \
              "'data_bag_decrypt_minimum_version' requires version #{minimum} or greater"
      end

      # What the formats have in common.
      class Base
        def initialize(encrypted, key)
          @encrypted = encrypted
          @key = key
        end

        private

        def decode(text)
          text.to_s.unpack1("m")
        end

        def failed(error)
          raise DecryptionFailure,
                "Error decrypting data bag value: '#{error.message}'. " \
                "Most likely the provided key is incorrect"
        end
      end

      # A YAML document; key and iv derived from the secret with MD5.
      class Version0 < Base
        def for_decrypted_item
          require "yaml"
          YAML.safe_load(plain, permitted_classes: [Symbol, Time], aliases: true)
        rescue Psych::Exception => e
          failed(e)
        end

        private

        def plain
          cipher = OpenSSL::Cipher.new(ALGORITHM)
          cipher.decrypt
          cipher.pkcs5_keyivgen(@key)
          cipher.update(decode(@encrypted)) << cipher.final
        rescue OpenSSL::Cipher::CipherError => e
          failed(e)
        end
      end

      # JSON in AES-256-CBC.
      class Version1 < Base
        def for_decrypted_item
          JSONCompat.parse(plain.force_encoding("UTF-8"))["json_wrapper"]
        rescue Exceptions::JSON::ParseError, NoMethodError
          raise DecryptionFailure,
                "Error decrypting data bag value. Most likely the provided key is incorrect"
        end

        private

        def algorithm
          ALGORITHM
        end

        def plain
          cipher = OpenSSL::Cipher.new(algorithm)
          assert_cipher
          cipher.decrypt
          cipher.key = OpenSSL::Digest::SHA256.digest(@key)
          cipher.iv = decode(@encrypted["iv"])
          tag(cipher)
          cipher.update(decode(@encrypted["encrypted_data"])) << cipher.final
        rescue OpenSSL::Cipher::CipherError, ArgumentError => e
          failed(e)
        end

        def tag(_cipher); end

        def assert_cipher
          return if @encrypted["cipher"] == algorithm

          raise UnsupportedCipher,
                "Cipher '#{@encrypted['cipher']}' is not supported by this " \
                "version. Available ciphers: ['#{algorithm}']"
        end
      end

      # As 1, and an HMAC over the text of the encrypted data, checked first.
      class Version2 < Version1
        private

        def plain
          raw = OpenSSL::HMAC.digest("SHA256", @key, @encrypted["encrypted_data"])
          given = decode(@encrypted["hmac"])
          unless given.bytesize == raw.bytesize && OpenSSL.fixed_length_secure_compare(raw, given)
            raise DecryptionFailure,
                  "Error decrypting data bag value: invalid hmac. Most likely the provided key is incorrect"
          end
          super
        end
      end

      # AES-256-GCM.
      class Version3 < Version1
        private

        def algorithm
          AEAD_ALGORITHM
        end

        def tag(cipher)
          tag = decode(@encrypted["auth_tag"])
          raise DecryptionFailure, "Error decrypting data bag value: bad auth_tag" unless tag.bytesize == 16

          cipher.auth_tag = tag
          cipher.auth_data = ""
        end
      end
    end
  end
end
