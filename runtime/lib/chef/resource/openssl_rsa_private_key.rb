# SPDX-License-Identifier: MIT
#
# openssl_rsa_private_key of Chef 14 and later.

require 'rightlink/pki'

class Chef
  class Resource
    class OpensslRsaPrivateKey < Chef::Resource
      unified_mode true
      description 'a private key (RSA) in a PEM file'
      examples <<~RECIPE
        openssl_rsa_private_key "/etc/app/key.pem" do
          owner "app"
        end
      RECIPE

      property :path, String, name_property: true, description: 'the file'
      property :key_length, Integer, default: 2048, equal_to: [1024, 2048, 4096, 8192], description: 'bits of the key'
      property :key_pass, String, sensitive: true, desired_state: false, description: 'passphrase of the file'
      property :key_cipher, String, default: 'des3', equal_to: OpenSSL::Cipher.ciphers, desired_state: false,
               description: 'cipher of a file with a passphrase'
      property :owner, [String, Integer], description: 'owner of the file'
      property :group, [String, Integer], description: 'group of the file'
      property :mode, [String, Integer], default: '0600', description: 'permissions of the file'
      property :force, [true, false], default: false, desired_state: false, description: 'make a new key where one is'

      action :create, description: 'make a key unless the file has one' do
        r = new_resource
        key = RightLink::Pki.key_of(r.path, r.key_pass) unless r.force
        text = key ? nil : RightLink::Pki.pem(RightLink::Pki.new_key('rsa', r.key_length, nil), r.key_pass, r.key_cipher)
        file(r.path) do
          content text if text
          sensitive true
          mode r.mode
          owner r.owner
          group r.group
        end
      end
    end
  end
end
