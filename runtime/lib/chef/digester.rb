# SPDX-License-Identifier: MIT
# frozen_string_literal: true

class Chef
  # Checksums: SHA-256 of content, MD5 in manifests (CORE-125).
  class Digester
    class << self
      def instance
        self
      end

      def checksum_for_file(path)
        file_digest(:sha256, path)
      end
      alias_method :generate_checksum, :checksum_for_file

      def md5_checksum_for_file(path)
        file_digest(:md5, path)
      end
      alias_method :generate_md5_checksum_for_file, :md5_checksum_for_file

      def generate_md5_checksum(io)
        digest_class(:md5).hexdigest(io.read)
      end

      private

      def file_digest(kind, path)
        return RightLink::Native.digest(kind, path) if native?

        digest_class(kind).file(path).hexdigest
      end

      def native?
        defined?(RightLink::Native) && RightLink::Native.respond_to?(:digest)
      end

      def digest_class(kind)
        require "digest"
        kind == :md5 ? Digest::MD5 : Digest::SHA256
      end
    end
  end
end
