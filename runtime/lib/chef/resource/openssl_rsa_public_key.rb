# SPDX-License-Identifier: MIT
#
# openssl_rsa_public_key of Chef 14 and later.

require 'rightlink/pki'

class Chef
  class Resource
    class OpensslRsaPublicKey < Chef::Resource
      unified_mode true
      description 'the public key of a private key (RSA) in a PEM file'
      examples <<~RECIPE
        openssl_rsa_public_key "/etc/app/key.pub" do
          private_key_path "/etc/app/key.pem"
        end
      RECIPE

      property :path, String, name_property: true, description: 'the file'
      property :private_key_path, String, description: 'file of the private key'
      property :private_key_content, String, sensitive: true, description: 'the private key, instead of its file'
      property :private_key_pass, String, sensitive: true, desired_state: false, description: 'its passphrase'
      property :owner, [String, Integer], description: 'owner of the file'
      property :group, [String, Integer], description: 'group of the file'
      property :mode, [String, Integer], default: '0640', description: 'permissions of the file'

      action :create, description: 'write the public key' do
        r = new_resource
        text = RightLink::Pki.public_pem(r, r.private_key_path, r.private_key_content, r.private_key_pass)
        file(r.path) do
          content text
          mode r.mode
          owner r.owner
          group r.group
        end
      end
    end
  end
end
