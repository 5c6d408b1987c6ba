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
      # of others, by [owner, name]; shown: those of ours that were named;
      # modules: those of old methods; noted: words, until the next run.
      attr_reader :own, :inner, :shown, :modules, :noted
      attr_writer :on

      def on?
        @on
      end

      # Before the cookbooks load: takes the setting, forgets the last run.
      def start_run(wanted)
        Switch.turn(wanted) unless @on == wanted && @noted.empty? && @shown.empty?
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

      # A module of old methods takes part in the switch.
      def words(words)
        @modules << words
        Switch.take(words) unless @on
        words
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
    end

    CONSTANTS.each_key do |name|
      @own[name] = Object.send(:remove_const, name) if Object.const_defined?(name, false)
      offer(name)
    end
  end
end

require "rightlink/late_gems"
{
  URI: "uri", OpenSSL: "openssl", Timeout: "timeout", Set: "set", SortedSet: "sorted_set", JSON: "json",
  YAML: "yaml", Psych: "psych", ERB: "erb", FileUtils: "fileutils", Pathname: "pathname",
  Tempfile: "tempfile", Etc: "etc", Digest: "digest", Base64: "base64", SecureRandom: "securerandom",
  Shellwords: "shellwords", StringIO: "stringio", OpenStruct: "ostruct", Socket: "socket", IPAddr: "ipaddr",
  IPAddress: "ipaddress", Erubis: "erubis", Forwardable: "forwardable", Singleton: "singleton",
  Open3: "open3", Logger: "logger", Date: "date", DateTime: "date", BigDecimal: "bigdecimal",
  Net: "net/http", RbConfig: "rbconfig", Resolv: "resolv", Zlib: "zlib", Find: "find",
  Benchmark: "benchmark", StringScanner: "strscan", SimpleDelegator: "delegate", OptionParser: "optparse",
  CSV: "csv", PTY: "pty"
}.each { |name, library| Object.autoload(name, library) unless Object.const_defined?(name) }

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

  {
    Object => { to_json: "json", to_yaml: "psych" },
    String => { shellescape: "shellwords", shellsplit: "shellwords" },
    Array => { shelljoin: "shellwords", to_set: "set" },
    Time => { iso8601: "time", xmlschema: "time", httpdate: "time", rfc2822: "time", to_date: "date", to_datetime: "date" },
    Time.singleton_class => { parse: "time", strptime: "time", iso8601: "time" },
    Dir.singleton_class => { tmpdir: "tmpdir", mktmpdir: "tmpdir" }
  }.each { |owner, words| words.each { |name, library| Ageing.stand_in(owner, name, library) } }
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
      { lines: :each_line, chars: :each_char, bytes: :each_byte }.each do |name, today|
        word = "IO##{name}"
        define_method(name) do |*args, **options, &block|
          Ageing.note(word)
          public_send(today, *args, **options, &block)
        end
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
