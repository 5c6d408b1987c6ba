# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require "openssl"

module RightLink
  # Keys and certificates for the openssl_ resources: made, read, written as
  # PEM.
  module Pki
    SUBJECT = { country: "C", state: "ST", city: "L", org: "O", org_unit: "OU", common_name: "CN", email: "emailAddress" }.freeze
    DIGEST = "SHA256"
    # Serial numbers are positive and no more than 20 bytes.
    SERIAL_BITS = 159
    DAY = 86_400

    module_function

    # A private key from a file; nil when there is none or it is not one that
    # the passphrase opens.
    def key_of(path, pass = nil)
      return nil unless path && File.file?(path)

      key = OpenSSL::PKey.read(File.read(path), pass.to_s)
      key if key.private?
    rescue OpenSSL::PKey::PKeyError, ArgumentError
      nil
    end

    # The key of a resource's file, or a new one, and whether it is new.
    def key_for(resource)
      have = key_of(resource.key_file, resource.key_pass)
      return [have, false] if have
      if File.exist?(resource.key_file)
        raise Chef::Exceptions::ValidationFailed,
              "#{resource}: #{resource.key_file} is no private key, or key_pass does not open it"
      end

      [new_key(resource.key_type, resource.key_length, resource.key_curve), true]
    end

    # Of a private key in a file or at hand.
    def public_pem(resource, path, text, pass)
      if path.nil? == text.nil?
        raise Chef::Exceptions::ValidationFailed, "#{resource} needs private_key_path or private_key_content"
      end
      key = OpenSSL::PKey.read(text || File.read(path), pass.to_s)
      raise ArgumentError, "no private key" unless key.private?

      key.public_to_pem
    rescue OpenSSL::PKey::PKeyError, ArgumentError => e
      raise e if e.is_a?(Chef::Exceptions::ValidationFailed)

      raise Chef::Exceptions::ValidationFailed, "#{resource}: the private key cannot be read: #{e.message}"
    end

    def new_key(type, length, curve)
      type == "ec" ? OpenSSL::PKey::EC.generate(curve) : OpenSSL::PKey::RSA.new(length)
    end

    def pem(key, pass = nil, cipher = nil)
      return key.to_pem if pass.nil? || pass.empty?

      key.to_pem(OpenSSL::Cipher.new(cipher || "aes-256-cbc"), pass)
    end

    # The names that are set, in their usual order.
    def subject(resource)
      parts = SUBJECT.filter_map do |property, word|
        value = resource.public_send(property)
        [word, value] unless value.nil? || value.empty?
      end
      OpenSSL::X509::Name.new(parts)
    end

    def request(subject, key, extensions)
      request = OpenSSL::X509::Request.new
      request.version = 0
      request.subject = subject
      request.public_key = public_part(key)
      unless extensions.empty?
        set = OpenSSL::ASN1::Set([OpenSSL::ASN1::Sequence(extensions)])
        %w[extReq msExtReq].each { |word| request.add_attribute(OpenSSL::X509::Attribute.new(word, set)) }
      end
      request.sign(key, OpenSSL::Digest.new(DIGEST))
    end

    # Signed by the authority, or by its own key when there is none.
    def certificate(request, days, extensions, key, authority = nil)
      cert = OpenSSL::X509::Certificate.new
      cert.version = 2
      cert.serial = OpenSSL::BN.rand(SERIAL_BITS)
      cert.not_before = Time.now
      cert.not_after = cert.not_before + days * DAY
      cert.subject = request.subject
      cert.public_key = request.public_key
      cert.issuer = authority ? authority.subject : request.subject
      add_extensions(cert, authority || cert, extensions)
      cert.sign(key, OpenSSL::Digest.new(DIGEST))
    end

    def add_extensions(cert, issuer, extensions)
      factory = OpenSSL::X509::ExtensionFactory.new(issuer, cert)
      given = extensions.map(&:oid)
      usual = { "subjectKeyIdentifier" => ["hash", false], "authorityKeyIdentifier" => ["keyid:always", false] }
      usual["basicConstraints"] = ["CA:TRUE", true] if issuer.equal?(cert)
      usual.each do |word, (value, critical)|
        cert.add_extension(factory.create_extension(word, value, critical)) unless given.include?(word)
      end
      extensions.each { |extension| cert.add_extension(extension) }
    end

    # { "keyUsage" => { "values" => […], "critical" => true } } and names such
    # as DNS:example.com.
    def extensions(map, names)
      factory = OpenSSL::X509::ExtensionFactory.new
      list = map.map do |word, options|
        options = options.transform_keys(&:to_s)
        factory.create_extension(word.to_s, Array(options["values"]).join(","), options["critical"] ? true : false)
      end
      list << factory.create_extension("subjectAltName", names.join(","), false) unless names.empty?
      list
    end

    # In Ruby 3.1 the public key of an EC key object is a point.
    def public_part(key)
      OpenSSL::PKey.read(key.public_to_pem)
    end
  end
end
