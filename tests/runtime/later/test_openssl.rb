# SPDX-License-Identifier: MIT
require_relative 'world'
require 'openssl'

class Harness
  def at(name)
    "#{directory}/#{name}"
  end

  def cert(name)
    OpenSSL::X509::Certificate.new(File.read(at(name)))
  end

  def facts(cert)
    cert.extensions.to_h { |e| [e.oid, e.value] }
  end
end

test 'core_1101_openssl_keys_are_made_once_and_their_public_halves_follow' do
  eq([%w[updated] * 4, %w[up_to_date] * 4],
     twice("openssl_rsa_private_key('#{at('r')}') { key_length 1024; key_pass 'hush' }\n" \
           "openssl_rsa_public_key('#{at('rp')}') { private_key_path '#{at('r')}'; private_key_pass 'hush' }\n" \
           "openssl_ec_private_key('#{at('e')}') { key_curve 'secp384r1'; mode '0640' }\n" \
           "openssl_ec_public_key('#{at('ep')}') { private_key_content lazy { File.read('#{at('e')}') } }"))
  key = OpenSSL::PKey.read(File.read(at('r')), 'hush')
  eq([1024, key.public_to_pem], [key.n.num_bits, File.read(at('rp'))])
  eq(OpenSSL::PKey.read(File.read(at('e'))).public_to_pem, File.read(at('ep')))
  eq(%w[0600 0640], [mode(at('r')), mode(at('e'))])
  eq(false, text.string.match?(/BEGIN (RSA|EC)/), 'keys are not shown')
  recipe "openssl_rsa_public_key('#{at('x')}') { private_key_path '#{at('r')}'; private_key_pass 'wrong' }"
  raises(Chef::Exceptions::ValidationFailed, /the private key cannot be read/) { converge }
  eq([%w[updated], %w[updated]], twice("openssl_ec_private_key('#{at('e')}') { force true }"))
end

test 'core_1101_openssl_certificate_by_itself' do
  made = "openssl_x509_certificate('#{at('a.crt')}') { common_name 'a.example'; org 'Org'; key_length 1024; expire 10; " \
         "subject_alt_name ['DNS:www.example', 'IP:10.0.0.1']; " \
         "extensions 'keyUsage' => { 'values' => %w[keyEncipherment digitalSignature], 'critical' => true }"
  eq([%w[updated], %w[up_to_date]], twice("#{made} }"))
  one = cert('a.crt')
  ok one.verify(OpenSSL::PKey.read(File.read(at('a.key'))))
  eq('/O=Org/CN=a.example', one.subject.to_s)
  eq(['DNS:www.example, IP Address:10.0.0.1', 'Digital Signature, Key Encipherment', 'CA:TRUE'],
     facts(one).values_at('subjectAltName', 'keyUsage', 'basicConstraints'))
  eq([10, '0600'], [((one.not_after - Time.now) / 86_400).round, mode(at('a.key'))])
  eq([%w[up_to_date], %w[up_to_date]], twice("#{made}; renew_before_expiry 9 }"))
  eq([%w[updated], %w[updated]], twice("#{made}; renew_before_expiry 11 }"))
  eq(one.public_key.to_pem, cert('a.crt').public_key.to_pem, 'the key stays')
end

test 'core_1101_openssl_request_and_an_authority' do
  twice("openssl_x509_certificate('#{at('ca.crt')}') { common_name 'Authority'; key_type 'ec' }\n" \
        "openssl_x509_request('#{at('b.csr')}') { common_name 'b.example'; country 'DE' }\n" \
        "openssl_x509_certificate('#{at('b.crt')}') { csr_file '#{at('b.csr')}'; " \
        "ca_cert_file '#{at('ca.crt')}'; ca_key_file '#{at('ca.key')}' }")
  authority = cert('ca.crt')
  signed = cert('b.crt')
  ok signed.verify(authority.public_key)
  eq(['/C=DE/CN=b.example', '/CN=Authority', nil],
     [signed.subject.to_s, signed.issuer.to_s, facts(signed)['basicConstraints']])
  eq(OpenSSL::PKey.read(File.read(at('b.key'))).public_to_pem, signed.public_key.public_to_pem)
end

test 'core_1101_openssl_says_what_is_missing' do
  recipe "openssl_x509_certificate('#{at('c.crt')}')"
  raises(Chef::Exceptions::ValidationFailed, /needs common_name or csr_file/) { converge }
  write('d.key', 'no key')
  recipe "openssl_x509_certificate('#{at('d.crt')}') { common_name 'd' }"
  raises(Chef::Exceptions::ValidationFailed, /d\.key is no private key, or key_pass does not open it/) { converge }
  eq('no key', File.read(at('d.key')))
end

test 'core_1101_openssl_dhparam_keeps_what_is_there' do
  small = OpenSSL::PKey::DH.new(512)
  write('dh.pem', small.to_pem)
  eq([%w[updated], %w[up_to_date]], twice("openssl_dhparam('#{at('dh.pem')}')"))
  eq([small.to_pem, '0640'], [File.read(at('dh.pem')), mode(at('dh.pem'))])
end
