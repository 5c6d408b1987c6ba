# SPDX-License-Identifier: MIT
require_relative 'harness'

# Keys with packets of every header form: only their lengths matter here.
def packet(tag, body, form)
  case form
  when :old1 then [0x80 | (tag << 2), body.bytesize].pack('CC') + body
  when :old2 then [0x81 | (tag << 2), body.bytesize].pack('Cn') + body
  when :old4 then [0x82 | (tag << 2), body.bytesize].pack('CN') + body
  when :new1 then [0xc0 | tag, body.bytesize].pack('CC') + body
  when :new2
    size = body.bytesize - 192
    [0xc0 | tag, (size >> 8) + 192, size & 0xff].pack('CCC') + body
  when :new5 then [0xc0 | tag, 255, body.bytesize].pack('CCN') + body
  end
end

KEY4 = "\x04#{'k' * 300}".b
PRINT4 = Digest::SHA1.hexdigest([0x99, 301].pack('Cn') + KEY4).upcase

test 'pgp_key_reads_headers_old_and_new' do
  %i[old2 old4 new2 new5].each do |form|
    bytes = packet(6, KEY4, form) + packet(13, 'name <a@b>', :old1) + packet(13, 'n', :new1)
    eq([PRINT4], RightLink::PgpKey.new(bytes).fingerprints, form)
  end
  eq(2, RightLink::PgpKey.new(packet(6, KEY4, :old2) + packet(6, "\x06#{'k' * 50}", :old2)).fingerprints.size)
end

test 'pgp_key_takes_armour_off_with_and_without_headers' do
  bytes = packet(6, KEY4, :old2)
  text = [bytes].pack('m')
  ["\n", "Version: x 1\nComment: c\n\n", ''].each do |headers|
    block = "-----BEGIN PGP PUBLIC KEY BLOCK-----\n#{headers}#{text}=abcd\n-----END PGP PUBLIC KEY BLOCK-----\n"
    eq(bytes, RightLink::PgpKey.new("noise\n#{block}").bytes, headers)
    eq(bytes * 2, RightLink::PgpKey.new(block * 2).bytes)
  end
end

test 'pgp_key_matches_ids_long_and_short_and_no_other' do
  key = RightLink::PgpKey.new(packet(6, KEY4, :old2))
  [PRINT4, PRINT4.downcase, "0x#{PRINT4[-16..]}", PRINT4[-8..], PRINT4.scan(/..../).join(' ')].each do |id|
    ok key.match?(id), id
  end
  eq(false, key.match?('DEADBEEF'))
end

test 'pgp_key_refuses_what_is_none' do
  good = packet(6, KEY4, :old2)
  ['', 'text', "\x99", "\x83abc", good[0..100], "\xc6\xff".b, "\xc6\xe1\x00".b, packet(13, 'n', :new1),
   "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n!!!\n-----END PGP PUBLIC KEY BLOCK-----\n"].each do |bytes|
    raises(ArgumentError, /no OpenPGP public key/) { RightLink::PgpKey.new(bytes) }
  end
end
