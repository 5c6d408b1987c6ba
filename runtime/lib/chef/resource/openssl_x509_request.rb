# SPDX-License-Identifier: MIT
#
# openssl_x509_request of Chef 14.4 and later.

require 'rightlink/pki'

class Chef
  class Resource
    class OpensslX509Request < Chef::Resource
      unified_mode true
      description 'a request for a certificate, and its key'
      examples <<~RECIPE
        openssl_x509_request "/etc/app/app.csr" do
          common_name "app.example.com"
          key_file "/etc/app/app.key"
        end
      RECIPE

      property :path, String, name_property: true, description: 'the file'
      property :common_name, String, required: true, description: 'CN of the subject'
      { country: 'C', state: 'ST', city: 'L', org: 'O', org_unit: 'OU', email: 'emailAddress' }.each do |word, short|
        property word, String, description: "#{short} of the subject"
      end
      property :subject_alt_name, Array, default: [], description: 'further names, such as DNS:www.example.com'
      property :key_file, String, default: lazy { path.sub(/\.[^.\/]*\z/, '') + '.key' }, default_description: 'path with .key',
               description: 'file of the key; made when it is not there'
      property :key_pass, String, sensitive: true, desired_state: false, description: 'its passphrase'
      property :key_type, String, default: 'ec', equal_to: %w[rsa ec], desired_state: false, description: 'kind of a new key'
      property :key_length, Integer, default: 2048, equal_to: [1024, 2048, 4096, 8192], desired_state: false,
               description: 'bits of a new RSA key'
      property :key_curve, String, default: 'prime256v1', desired_state: false, description: 'curve of a new EC key'
      property :owner, [String, Integer], description: 'owner of the files'
      property :group, [String, Integer], description: 'group of the files'
      property :mode, [String, Integer], default: '0644', description: 'permissions of the request'

      action :create, description: 'make the request unless the file is there' do
        next if ::File.exist?(new_resource.path)

        key, made = RightLink::Pki.key_for(new_resource)
        write_key(key) if made
        extensions = RightLink::Pki.extensions({}, new_resource.subject_alt_name)
        text = RightLink::Pki.request(RightLink::Pki.subject(new_resource), key, extensions).to_pem
        put(new_resource.path, text, new_resource.mode, false)
      end

      action_class do
        def write_key(key)
          put(new_resource.key_file, RightLink::Pki.pem(key, new_resource.key_pass), '0600', true)
        end

        def put(path, text, permissions, secret)
          r = new_resource
          file(path) do
            content text
            mode permissions
            owner r.owner
            group r.group
            sensitive secret
          end
        end
      end
    end
  end
end
