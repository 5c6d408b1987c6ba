# SPDX-License-Identifier: MIT
# frozen_string_literal: true

# Words that left Ruby between the days of the cookbooks and today's Ruby
# (CORE-835); the table of them is rightlink/ageing/table.rb. Methods stand in
# modules, so that the setting `ruby_ageing` can take them away again.

module RightLink
  module Ageing
    autoload :Notes, "rightlink/ageing/notes"
    autoload :Switch, "rightlink/ageing/switch"
    autoload :TABLE, "rightlink/ageing/table"

    # Constants of Object and the files that define them at their first use.
    CONSTANTS = {
      Fixnum: "fixnum", Bignum: "bignum", NIL: "nil", TRUE: "true", FALSE: "false",
      TimeoutError: "timeout_error"
    }.freeze

    @on = true
    @noted = {}
    @own = {}
    @inner = {}
    @shown = []
    @modules = []

    class << self
      # own: constants of Object that this Ruby has itself; inner: those inside
      # of others, by [owner, name]; modules: those of old methods.
      attr_reader :own, :inner, :modules

      def on?
        @on
      end

      # Before the cookbooks load: takes the setting, forgets the last run.
      def start_run(wanted)
        wanted = wanted ? true : false
        unless wanted == @on
          wanted ? Switch.on : Switch.off
          @on = wanted
        end
        @noted.clear
        hide unless @shown.empty?
      end

      # Once for each word in a run, and only where somebody reads it.
      def note(word)
        return unless defined?(Chef::Log) && Chef::Log.debug? && !@noted.key?(word)

        @noted[word] = true
        Notes.tell(word, caller_locations(2))
      end

      # The constant appears when it is named.
      def offer(name)
        Object.autoload(name, "rightlink/ageing/constant/#{CONSTANTS[name]}")
      end

      # For the files of the constants.
      def define(name, value)
        Object.const_set(name, value)
        @shown << name
        note(name.name)
      end

      # A module of old methods takes part in the switch.
      def words(words)
        @modules << words
        Switch.take(words) unless @on
        words
      end

      # A constant of Ruby that a const_missing among the words answers for.
      def replace(owner, name)
        return unless owner.const_defined?(name, false)

        @inner[[owner, name]] = owner.const_get(name)
        owner.send(:remove_const, name) if @on
      end

      # Some files of our directory stand before those of the standard library
      # and add to them; they load the original with this.
      def standard(name, ours)
        own = File.realpath(ours)
        path = $LOAD_PATH.lazy.map { |d| File.join(d.to_s, "#{name}.rb") }
                         .find { |f| File.file?(f) && File.realpath(f) != own }
        raise LoadError, "cannot load such file -- #{name}" unless path

        require path
      end

      # Takes the constants that appeared away: one that is there would not be
      # noticed again.
      def hide
        $LOADED_FEATURES.delete_if { |f| f.include?("/rightlink/ageing/constant/") }
        @shown.each do |name|
          Object.send(:remove_const, name)
          offer(name)
        end
        @shown.clear
      end
    end

    CONSTANTS.each_key do |name|
      @own[name] = Object.send(:remove_const, name) if Object.const_defined?(name, false)
      offer(name)
    end
  end
end

require "rightlink/late_gems"
autoload :URI, "uri" unless defined?(URI)
autoload :OpenSSL, "openssl" unless defined?(OpenSSL)
autoload :Timeout, "timeout" unless defined?(Timeout)
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

# Ohai brought the ipaddress library and its conversion function.
module Kernel
  def IPAddress(text)
    ::IPAddress.parse(text)
  end
  private :IPAddress
end

module RightLink
  module Ageing
    %w[File Dir FileTest].each do |name|
      word = "#{name}.exists?"
      exists = Module.new do
        define_method(:exists?) do |path|
          Ageing.note(word)
          exist?(path)
        end
      end
      Object.const_get(name).singleton_class.prepend(words(exists))
    end

    module OldHash
      def index(value)
        Ageing.note("Hash#index")
        key(value)
      end
    end
    Hash.include(words(OldHash))

    module OldIO
      def lines(*args, **options, &block)
        Ageing.note("IO#lines")
        each_line(*args, **options, &block)
      end

      def chars(&block)
        Ageing.note("IO#chars")
        each_char(&block)
      end

      def bytes(&block)
        Ageing.note("IO#bytes")
        each_byte(&block)
      end
    end
    IO.include(words(OldIO))

    # Of every object. Tainting does nothing; `open` of a URL fetches it, as
    # open-uri once arranged.
    module OldObject
      { taint: nil, untaint: nil, trust: nil, untrust: nil, tainted?: false, untrusted?: false }
        .each do |name, answer|
        word = name.name
        define_method(name) do
          Ageing.note(word)
          answer.nil? ? self : answer
        end
      end

      private

      def open(name, *rest, **options, &block)
        if name.is_a?(String) && name.match?(%r{\A(https?|ftp)://})
          Ageing.note("open of a URL")
          require "open-uri"
          return URI.open(name, *rest, **options, &block)
        end
        super
      end
    end
    Object.include(words(OldObject))
  end
end
