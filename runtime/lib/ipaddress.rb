# SPDX-License-Identifier: MIT
#
# The part of the ipaddress library that cookbooks use; it came with Ohai, so
# they never required it. Built on the standard library's IPAddr.

require 'ipaddr'

module IPAddress
  PRIVATE = %w[10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 fc00::/7]
            .map { |net| IPAddr.new(net) }.freeze
  private_constant :PRIVATE

  class << self
    # An IPv4 or IPv6 object; "address" or "address/prefix".
    def parse(text)
      text.to_s.include?(':') ? IPv6.new(text) : IPv4.new(text)
    end

    def valid?(text)
      valid_ipv4?(text) || valid_ipv6?(text)
    end

    def valid_ipv4?(text)
      IPAddr.new(text).ipv4? && !text.include?('/')
    rescue IPAddr::Error, NoMethodError
      false
    end

    def valid_ipv6?(text)
      IPAddr.new(text).ipv6? && !text.include?('/')
    rescue IPAddr::Error, NoMethodError
      false
    end
  end

  # One address with the network it stands in.
  class Base
    include Comparable
    attr_reader :address, :prefix

    def initialize(text)
      @address, prefix = text.to_s.split('/', 2)
      @addr = IPAddr.new(@address)
      @prefix = prefix ? prefix_of(prefix) : bits
      unless @prefix.between?(0, bits)
        raise ArgumentError, "Invalid prefix in #{text.inspect}"
      end
      @net = @addr.mask(@prefix)
    rescue IPAddr::Error, NoMethodError
      raise ArgumentError, "Unknown IP Address #{text}"
    end

    def to_s
      @addr.to_s
    end

    def to_string
      "#{self}/#{prefix}"
    end

    def to_i
      @addr.to_i
    end

    def private?
      PRIVATE.any? { |net| net.family == @addr.family && net.include?(@addr) }
    end

    def loopback?
      @addr.loopback?
    end

    def network
      self.class.new("#{@net}/#{prefix}")
    end

    def network?
      @net.to_i == to_i && prefix < bits
    end

    def include?(other)
      @net.include?(IPAddr.new(other.to_s))
    end

    def <=>(other)
      [to_i, prefix] <=> [other.to_i, other.prefix]
    end

    def ipv4?
      false
    end

    def ipv6?
      false
    end

    private

    def prefix_of(text)
      text.include?('.') ? IPAddr.new(text).to_i.digits(2).sum : Integer(text, 10)
    end
  end

  class IPv4 < Base
    def ipv4?
      true
    end

    def netmask
      IPAddr.new('255.255.255.255').mask(prefix).to_s
    end

    def broadcast
      self.class.new("#{@net.to_range.last}/#{prefix}")
    end

    private

    def bits
      32
    end
  end

  class IPv6 < Base
    def ipv6?
      true
    end

    private

    def bits
      128
    end
  end
end
