# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require "chef/config"
require "chef/exceptions"
require "chef/data_bag_item"

class Chef
  # A data bag item whose values are encrypted with a shared secret, formats
  # 0 to 3 (CORE-475 to CORE-478). `id` never is.
  class EncryptedDataBagItem
    ALGORITHM = "aes-256-cbc"
    AEAD_ALGORITHM = "aes-256-gcm"
    DEFAULT_SECRET_FILE = "/etc/chef/encrypted_data_bag_secret"

    class UnacceptableEncryptedDataBagItemFormat < StandardError; end
    class UnsupportedEncryptedDataBagItemFormat < StandardError; end
    class DecryptionFailure < StandardError; end
    class UnsupportedCipher < StandardError; end
    class EncryptedDataBagRequirementsFailure < StandardError; end

    autoload :Decryptor, "chef/encrypted_data_bag_item/decryptor"
    autoload :Encryptor, "chef/encrypted_data_bag_item/encryptor"

    class << self
      def encrypt_data_bag_item(plain_hash, secret)
        plain_hash.each_with_object({}) do |(key, value), out|
          out[key] = key == "id" || value.nil? ? value : Encryptor.new(value, secret).for_encrypted_item
        end
      end

      def load(data_bag, name, secret = nil)
        raw = DataBagItem.load(data_bag, name)
        new(raw, secret || load_secret)
      end

      def load_secret(path = nil)
        path ||= Config[:encrypted_data_bag_secret]
        unless path
          raise ArgumentError, "No secret specified and no secret found at #{DEFAULT_SECRET_FILE}"
        end

        secret = (path.match?(%r{\A\w+://}) ? remote_secret(path) : file_secret(path)).strip
        raise ArgumentError, "invalid zero length secret in '#{path}'" if secret.empty?

        secret
      end

      # Whether every value but the id looks encrypted (CORE-478).
      def encrypted?(raw_data)
        values = raw_data.reject { |key, _| %w[id chef_type data_bag].include?(key) }.values
        !values.empty? && values.all? do |value|
          value.is_a?(Hash) && value.key?("encrypted_data") && value.key?("version") && value.key?("iv")
        end
      end

      private

      def file_secret(path)
        unless File.exist?(path)
          raise Errno::ENOENT, "file not found '#{path}'"
        end

        File.read(path)
      end

      def remote_secret(url)
        require "chef/http/simple"
        HTTP::Simple.new(url).get("")
      rescue SystemCallError, RuntimeError => e
        raise ArgumentError, "Remote key not available from '#{url}': #{e.message}"
      end
    end

    def initialize(enc_hash, secret)
      @enc_hash = enc_hash
      @secret = secret
    end

    def [](key)
      value = @enc_hash[key]
      key.to_s == "id" || value.nil? ? value : decrypt(value)
    end

    def []=(_key, _value)
      raise ArgumentError, "assignment not supported for #{self.class}"
    end

    def to_hash
      hash = @enc_hash.respond_to?(:raw_data) ? @enc_hash.raw_data : @enc_hash
      hash.each_with_object({}) do |(key, value), out|
        next if %w[chef_type data_bag].include?(key)

        out[key] = key == "id" || value.nil? ? value : decrypt(value)
      end
    end
    alias_method :to_h, :to_hash

    def keys
      to_hash.keys
    end

    def each(&block)
      to_hash.each(&block)
    end

    def key?(key)
      @enc_hash.key?(key)
    end

    def inspect
      "#<#{self.class} id=#{@enc_hash['id'].inspect}>"
    end

    private

    def decrypt(value)
      Decryptor.for(value, @secret).for_decrypted_item
    end
  end
end
