# SPDX-License-Identifier: MIT
require 'minitest/autorun'

class TestIPAddress < Minitest::Test
  def test_core_828_addresses_as_ohai_brought_them
    assert IPAddress('10.77.0.10').private?
    refute IPAddress('192.0.2.5').private?
    assert IPAddress('fd00::1').private?
    net = IPAddress('10.1.2.3/255.255.255.0')
    assert_equal 24, net.prefix
    assert_equal '10.1.2.0/24', net.network.to_string
    assert_equal '255.255.255.0', net.netmask
    assert_equal '10.1.2.255', net.broadcast.to_s
    assert_includes net, '10.1.2.9'
    refute_includes net, IPAddress('10.1.3.1')
  end

  def test_core_828_what_is_no_address
    assert IPAddress.valid?('::1')
    refute IPAddress.valid?('10.0.0.256')
    refute IPAddress.valid?('10.0.0.0/8')
    refute IPAddress.valid?(nil)
    ['', 'x', '10.0.0.1/33', '10.0.0.1/y'].each do |bad|
      assert_raises(ArgumentError, bad) { IPAddress(bad) }
    end
  end
end
