# SPDX-License-Identifier: MIT
#
# openssl_ec_private_key of Chef 14.4 and later.

require 'rightlink/pki'

class Chef
  class Resource
    class OpensslEcPrivateKey < Chef::Resource
      unified_mode true
      description 'a private key (elliptic curve) in a PEM file'
      examples <<~RECIPE
        openssl_ec_private_key "/etc/app/key.pem" do
          owner "app"
        end
      RECIPE

      property :path, String, name_property: true, description: 'the file'
      property :key_curve, String, default: 'prime256v1', description: 'name of the curve'
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
        text = key ? nil : RightLink::Pki.pem(RightLink::Pki.new_key('ec', nil, r.key_curve), r.key_pass, r.key_cipher)
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
