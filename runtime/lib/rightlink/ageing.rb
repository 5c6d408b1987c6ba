# SPDX-License-Identifier: MIT
# frozen_string_literal: true

# Words that left Ruby between the days of the cookbooks and today's Ruby
# (CORE-835). Each is added only where it is missing.

module RightLink
  # Some files of our directory stand before those of the standard library and
  # add to them; they load the original with this.
  module Ageing
    def self.standard(name, ours)
      own = File.realpath(ours)
      path = $LOAD_PATH.lazy.map { |d| File.join(d.to_s, "#{name}.rb") }
                       .find { |f| File.file?(f) && File.realpath(f) != own }
      raise LoadError, "cannot load such file -- #{name}" unless path

      require path
    end
  end
end

Fixnum = Integer unless defined?(Fixnum)
Bignum = Integer unless defined?(Bignum)
NIL = nil unless defined?(NIL)
TRUE = true unless defined?(TRUE)
FALSE = false unless defined?(FALSE)

require "rightlink/late_gems"
autoload :URI, "uri" unless defined?(URI)
autoload :OpenSSL, "openssl" unless defined?(OpenSSL)
autoload :Timeout, "timeout" unless defined?(Timeout)
autoload :TimeoutError, "rightlink/ageing/timeout"
autoload :Set, "set" unless defined?(Set)
autoload :SortedSet, "sorted_set" unless defined?(SortedSet)
autoload :JSON, "json" unless defined?(JSON)
autoload :YAML, "yaml" unless defined?(YAML)
autoload :Psych, "psych" unless defined?(Psych)
autoload :ERB, "erb" unless defined?(ERB)
autoload :FileUtils, "fileutils" unless defined?(FileUtils)
autoload :Pathname, "pathname" unless defined?(Pathname)
autoload :Tempfile, "tempfile" unless defined?(Tempfile)
autoload :Etc, "etc" unless defined?(Etc)
autoload :Digest, "digest" unless defined?(Digest)
autoload :Base64, "base64" unless defined?(Base64)
autoload :SecureRandom, "securerandom" unless defined?(SecureRandom)
autoload :Shellwords, "shellwords" unless defined?(Shellwords)
autoload :StringIO, "stringio" unless defined?(StringIO)
autoload :OpenStruct, "ostruct" unless defined?(OpenStruct)
autoload :Socket, "socket" unless defined?(Socket)
autoload :IPAddr, "ipaddr" unless defined?(IPAddr)
autoload :IPAddress, "ipaddress" unless defined?(IPAddress)
autoload :Erubis, "erubis" unless defined?(Erubis)
autoload :Forwardable, "forwardable" unless defined?(Forwardable)
autoload :Singleton, "singleton" unless defined?(Singleton)
autoload :Open3, "open3" unless defined?(Open3)
autoload :Logger, "logger" unless defined?(Logger)
autoload :Date, "date" unless defined?(Date)
autoload :DateTime, "date" unless defined?(DateTime)
autoload :BigDecimal, "bigdecimal" unless defined?(BigDecimal)
autoload :Net, "net/http" unless defined?(Net)
autoload :RbConfig, "rbconfig" unless defined?(RbConfig)
autoload :Resolv, "resolv" unless defined?(Resolv)
autoload :Zlib, "zlib" unless defined?(Zlib)
autoload :Find, "find" unless defined?(Find)
autoload :Benchmark, "benchmark" unless defined?(Benchmark)
autoload :StringScanner, "strscan" unless defined?(StringScanner)
autoload :SimpleDelegator, "delegate" unless defined?(SimpleDelegator)
autoload :OptionParser, "optparse" unless defined?(OptionParser)
autoload :CSV, "csv" unless defined?(CSV)
autoload :PTY, "pty" unless defined?(PTY)

[File.singleton_class, Dir.singleton_class, FileTest.singleton_class].each do |klass|
  next if klass.method_defined?(:exists?)

  klass.class_eval { alias_method :exists?, :exist? }
end

class Hash
  alias_method :index, :key unless method_defined?(:index)
end

# What json, yaml, time and shellwords add to the core classes was always there
# in a Chef process. The first use of such a word brings its library, which then
# answers by itself.
module RightLink
  module Ageing
    # The owner forgets the stand-in before the library defines its own.
    def self.stand_in(owner, name, library)
      return if owner.method_defined?(name) || owner.private_method_defined?(name)

      owner.define_method(name) do |*args, **options, &block|
        owner.send(:remove_method, name) if owner.instance_method(name).source_location&.first == __FILE__
        require library
        public_send(name, *args, **options, &block)
      end
    end
  end

  Ageing.stand_in(Object, :to_json, "json")
  Ageing.stand_in(Object, :to_yaml, "psych")
  Ageing.stand_in(String, :shellescape, "shellwords")
  Ageing.stand_in(String, :shellsplit, "shellwords")
  Ageing.stand_in(Array, :shelljoin, "shellwords")
  Ageing.stand_in(Time, :iso8601, "time")
  Ageing.stand_in(Time, :xmlschema, "time")
  Ageing.stand_in(Time, :httpdate, "time")
  Ageing.stand_in(Time, :rfc2822, "time")
  Ageing.stand_in(Time.singleton_class, :parse, "time")
  Ageing.stand_in(Time.singleton_class, :strptime, "time")
  Ageing.stand_in(Time.singleton_class, :iso8601, "time")
  Ageing.stand_in(Dir.singleton_class, :tmpdir, "tmpdir")
  Ageing.stand_in(Dir.singleton_class, :mktmpdir, "tmpdir")
  Ageing.stand_in(Array, :to_set, "set")
  Ageing.stand_in(Time, :to_date, "date")
  Ageing.stand_in(Time, :to_datetime, "date")
end

# Tainting is gone; the words do nothing.
module Kernel
  %i[taint untaint trust untrust].each do |name|
    define_method(name) { self } unless method_defined?(name)
  end
  %i[tainted? untrusted?].each do |name|
    define_method(name) { false } unless method_defined?(name)
  end
end

# Ohai brought the ipaddress library and its conversion function.
module Kernel
  def IPAddress(text)
    ::IPAddress.parse(text)
  end
  private :IPAddress
end

# Kernel#open of a URL fetches it, as open-uri once arranged.
module Kernel
  unless private_method_defined?(:open_without_urls)
    alias_method :open_without_urls, :open
    private :open_without_urls

    def open(name, *rest, **options, &block)
      if name.is_a?(String) && name.match?(%r{\A(https?|ftp)://})
        require "open-uri"
        return URI.open(name, *rest, **options, &block)
      end
      open_without_urls(name, *rest, **options, &block)
    end
    private :open
  end
end
