# SPDX-License-Identifier: MIT
# frozen_string_literal: true

module RightLink
  # OpenPGP keys as apt keeps them: bytes without armour, and their
  # fingerprints, so that a key from a server is the one that was asked for.
  class PgpKey
    ARMOUR = /^-----BEGIN PGP PUBLIC KEY BLOCK-----\s*\n(.*?)^-----END PGP PUBLIC KEY BLOCK-----/m.freeze
    PUBLIC_KEY = 6

    attr_reader :bytes

    # Armoured or not; ArgumentError when it is no public key.
    def initialize(text)
      text = text.dup.force_encoding(Encoding::BINARY)
      blocks = text.scan(ARMOUR).flatten
      @bytes = blocks.empty? ? text : blocks.map { |block| PgpKey.strip(block) }.join
      raise ArgumentError, "no OpenPGP public key" unless fingerprints.any?
    end

    # Of the primary keys, in capital hexadecimal.
    def fingerprints
      @fingerprints ||= packets.filter_map do |tag, body|
        next unless tag == PUBLIC_KEY

        require "digest"
        case body.getbyte(0)
        when 4 then Digest::SHA1.hexdigest([0x99, body.bytesize].pack("Cn") + body).upcase
        when 6 then Digest::SHA256.hexdigest([0x9b, body.bytesize].pack("CN") + body).upcase
        end
      end
    end

    # Is one of them what this id, long or short, means?
    def match?(id)
      wanted = id.delete(" ").delete_prefix("0x").upcase
      fingerprints.any? { |print| print.end_with?(wanted) }
    end

    # Headers end at an empty line; a line that begins with = is the checksum.
    def self.strip(block)
      lines = block.lines.map(&:strip)
      lines = lines.drop(lines.index("").to_i + 1) if lines.any? { |l| l.include?(": ") }
      lines.take_while { |l| !l.start_with?("=") }.join.unpack1("m")
    end

    private

    def packets
      list = []
      at = 0
      while at < bytes.bytesize
        tag, start, size = header(at)
        break if tag.nil? || start + size > bytes.bytesize

        list << [tag, bytes.byteslice(start, size)]
        at = start + size
      end
      list
    end

    # Tag, start and size of the packet at an offset; nil where there is none.
    def header(at)
      first = bytes.getbyte(at)
      return nil unless first & 0x80 == 0x80

      first & 0x40 == 0x40 ? new_header(first & 0x3f, at + 1) : old_header(first, at + 1)
    end

    def new_header(tag, at)
      size = bytes.getbyte(at)
      case size
      when nil, 224..254 then nil
      when 255 then [tag, at + 5, bytes.byteslice(at + 1, 4).to_s.unpack1("N").to_i]
      when 192..223 then [tag, at + 2, ((size - 192) << 8) + bytes.getbyte(at + 1).to_i + 192]
      else [tag, at + 1, size]
      end
    end

    def old_header(first, at)
      width = { 0 => 1, 1 => 2, 2 => 4 }[first & 3]
      return nil unless width

      size = bytes.byteslice(at, width).to_s.bytes.inject(0) { |sum, byte| (sum << 8) + byte }
      [(first >> 2) & 0xf, at + width, size]
    end
  end
end
