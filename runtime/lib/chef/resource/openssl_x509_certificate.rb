# SPDX-License-Identifier: MIT
#
# openssl_x509_certificate of Chef 14.4 and later.

require 'rightlink/pki'

class Chef
  class Resource
    class OpensslX509Certificate < Chef::Resource
      unified_mode true
      description 'a certificate and its key, signed by itself or by an authority at hand'
      examples <<~RECIPE
        openssl_x509_certificate "/etc/app/app.crt" do
          common_name "app.example.com"
          subject_alt_name ["DNS:www.example.com"]
          renew_before_expiry 30
        end
      RECIPE

      property :path, String, name_property: true, description: 'the file'
      property :common_name, String, description: 'CN of the subject'
      { country: 'C', state: 'ST', city: 'L', org: 'O', org_unit: 'OU', email: 'emailAddress' }.each do |word, short|
        property word, String, description: "#{short} of the subject"
      end
      property :subject_alt_name, Array, default: [], description: 'further names, such as DNS:www.example.com'
      property :extensions, Hash, default: {}, description: 'X.509 extensions: name => { "values" => […], "critical" => true }'
      property :expire, Integer, default: 365, desired_state: false, description: 'days it is valid'
      property :renew_before_expiry, Integer, desired_state: false, description: 'make a new one so many days before its end'
      property :key_file, String, default: lazy { path.sub(/\.[^.\/]*\z/, '') + '.key' }, default_description: 'path with .key',
               description: 'file of the key; made when it is not there'
      property :key_pass, String, sensitive: true, desired_state: false, description: 'its passphrase'
      property :key_type, String, default: 'rsa', equal_to: %w[rsa ec], desired_state: false, description: 'kind of a new key'
      property :key_length, Integer, default: 2048, equal_to: [1024, 2048, 4096, 8192], desired_state: false,
               description: 'bits of a new RSA key'
      property :key_curve, String, default: 'prime256v1', desired_state: false, description: 'curve of a new EC key'
      property :csr_file, String, desired_state: false, description: 'a request to sign, instead of subject and key'
      property :ca_cert_file, String, desired_state: false, description: 'certificate of the authority'
      property :ca_key_file, String, desired_state: false, description: 'key of the authority'
      property :ca_key_pass, String, sensitive: true, desired_state: false, description: 'its passphrase'
      property :owner, [String, Integer], description: 'owner of the files'
      property :group, [String, Integer], description: 'group of the files'
      property :mode, [String, Integer], default: '0644', description: 'permissions of the certificate'

      action :create, description: 'make the certificate unless it is there and valid' do
        need_subject
        next unless wanted?

        key, made = new_resource.csr_file ? nil : RightLink::Pki.key_for(new_resource)
        put(new_resource.key_file, RightLink::Pki.pem(key, new_resource.key_pass), '0600', true) if made
        put(new_resource.path, certificate(key).to_pem, new_resource.mode, false)
      end

      action_class do
        def need_subject
          return if new_resource.common_name || new_resource.csr_file

          raise Chef::Exceptions::ValidationFailed, "#{new_resource} needs common_name or csr_file"
        end

        def wanted?
          have = OpenSSL::X509::Certificate.new(::File.read(new_resource.path))
          days = new_resource.renew_before_expiry
          !days.nil? && have.not_after - Time.now < days * RightLink::Pki::DAY
        rescue SystemCallError, OpenSSL::X509::CertificateError
          true
        end

        def certificate(key)
          r = new_resource
          extensions = RightLink::Pki.extensions(r.extensions, r.subject_alt_name)
          request = if r.csr_file then OpenSSL::X509::Request.new(::File.read(r.csr_file))
                    else RightLink::Pki.request(RightLink::Pki.subject(r), key, [])
                    end
          return RightLink::Pki.certificate(request, r.expire, extensions, authority_key, authority) if r.ca_key_file
          return RightLink::Pki.certificate(request, r.expire, extensions, key) if key

          raise Chef::Exceptions::ValidationFailed, "#{r}: signing #{r.csr_file} needs ca_key_file and ca_cert_file"
        end

        def authority
          path = new_resource.ca_cert_file
          raise Chef::Exceptions::ValidationFailed, "#{new_resource}: ca_key_file needs ca_cert_file" if path.nil?

          OpenSSL::X509::Certificate.new(::File.read(path))
        end

        def authority_key
          RightLink::Pki.key_of(new_resource.ca_key_file, new_resource.ca_key_pass) ||
            raise(Chef::Exceptions::ValidationFailed,
                  "#{new_resource}: #{new_resource.ca_key_file} is no private key, or ca_key_pass does not open it")
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
