# SPDX-License-Identifier: MIT
#
# openssl_dhparam of Chef 14 and later.

require 'rightlink/pki'

class Chef
  class Resource
    class OpensslDhparam < Chef::Resource
      unified_mode true
      description 'parameters of a Diffie-Hellman exchange in a PEM file'
      examples <<~RECIPE
        openssl_dhparam "/etc/nginx/dhparam.pem" do
          key_length 2048
        end
      RECIPE

      property :path, String, name_property: true, description: 'the file'
      property :key_length, Integer, default: 2048, equal_to: [1024, 2048, 4096, 8192],
               description: 'bits; many take long'
      property :generator, Integer, default: 2, equal_to: [2, 5], desired_state: false, description: 'the generator'
      property :owner, [String, Integer], description: 'owner of the file'
      property :group, [String, Integer], description: 'group of the file'
      property :mode, [String, Integer], default: '0640', description: 'permissions of the file'

      action :create, description: 'make parameters unless the file has some' do
        r = new_resource
        text = there? ? nil : made
        file(r.path) do
          content text if text
          mode r.mode
          owner r.owner
          group r.group
        end
      end

      action_class do
        def there?
          OpenSSL::PKey::DH.new(::File.read(new_resource.path)).params_ok?
        rescue SystemCallError, OpenSSL::PKey::PKeyError
          false
        end

        # Not in why-run: it takes its time.
        def made
          return '' if whyrun_mode?

          OpenSSL::PKey::DH.new(new_resource.key_length, new_resource.generator).to_pem
        end
      end
    end
  end
end
