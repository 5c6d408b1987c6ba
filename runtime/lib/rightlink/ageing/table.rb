# SPDX-License-Identifier: MIT
# frozen_string_literal: true

module RightLink
  module Ageing
    # One word of Ruby that left or changed. kind: :constant, :call (of a
    # constant), :method (of any receiver, without arguments), :other (only a
    # run can tell). by: the Ruby that no longer has it or changed it; an older
    # Ruby below still has its own. instead: nil for what does nothing. error:
    # how a Ruby without it shows, for kind :other.
    Word = Struct.new(:kind, :word, :by, :fate, :instead, :error) do
      def advice
        instead ? "write #{instead}" : "it does nothing; leave it out"
      end

      # "Hash#index" has owner "Hash" and name "index".
      def owner
        word[/\A(.+)(?:::|[.#])[^:.#]+\z/, 1] unless kind == :method
      end

      def name
        word[/[^:.#]+\z/]
      end
    end

    # What stands in for Ruby's old words: docs/ageing.md shows this table,
    # lint reads it, notes and hints quote it.
    TABLE = [
      [:constant, "Fixnum", "3.2", "gone", "Integer"],
      [:constant, "Bignum", "3.2", "gone", "Integer"],
      [:constant, "NIL", "3.1", "gone", "nil"],
      [:constant, "TRUE", "3.1", "gone", "true"],
      [:constant, "FALSE", "3.1", "gone", "false"],
      [:constant, "TimeoutError", "3.1", "gone", "Timeout::Error"],
      [:constant, "OpenSSL::Cipher::Cipher", "2.4", "deprecated", "OpenSSL::Cipher"],
      [:constant, "OpenSSL::Digest::Digest", "2.4", "deprecated", "OpenSSL::Digest"],
      [:constant, "SortedSet", "3.0", "gone", "Set, sorted when read",
       ["Exception", /SortedSet|-- sorted_set\z/]],
      [:constant, "Net::HTTPServerException", "2.6", "renamed", "Net::HTTPClientException"],
      [:call, "File.exists?", "3.2", "gone", "File.exist?"],
      [:call, "Dir.exists?", "3.2", "gone", "Dir.exist?"],
      [:call, "FileTest.exists?", "3.2", "gone", "FileTest.exist?"],
      [:call, "URI.escape", "3.0", "gone", "URI::DEFAULT_PARSER.escape or ERB::Util.url_encode"],
      [:call, "URI.encode", "3.0", "gone", "URI::DEFAULT_PARSER.escape or ERB::Util.url_encode"],
      [:call, "URI.unescape", "3.0", "gone", "URI::DEFAULT_PARSER.unescape or URI.decode_www_form_component"],
      [:call, "URI.decode", "3.0", "gone", "URI::DEFAULT_PARSER.unescape or URI.decode_www_form_component"],
      [:method, "taint", "3.2", "gone", nil],
      [:method, "untaint", "3.2", "gone", nil],
      [:method, "tainted?", "3.2", "gone", nil],
      [:method, "trust", "3.2", "gone", nil],
      [:method, "untrust", "3.2", "gone", nil],
      [:method, "untrusted?", "3.2", "gone", nil],
      [:other, "Hash#index", "3.0", "gone", "Hash#key"],
      [:other, "IO#lines", "3.0", "gone", "IO#each_line"],
      [:other, "IO#chars", "3.0", "gone", "IO#each_char"],
      [:other, "IO#bytes", "3.0", "gone", "IO#each_byte"],
      [:other, "open of a URL", "3.0", "changed: takes it for a file's name", "URI.open after require \"open-uri\"",
       ["Errno::ENOENT", %r{(?:https?|ftp)://}]],
      [:other, "ERB.new with arguments by position", "2.6", "changed: trim_mode and eoutvar are keywords",
       "ERB.new(text, trim_mode: \"-\")", ["ArgumentError", /\Awrong number of arguments .*expected 1\)/]],
      [:other, "YAML.load of dates, symbols, ranges, expressions and aliases", "3.1", "changed: refuses them",
       "YAML.load(text, permitted_classes: [Date], aliases: true)",
       ["Psych::Exception", /\ATried to load unspecified class|\AUnknown alias/]],
      [:other, "YAML.load with arguments by position", "3.1", "changed: filename is a keyword",
       "YAML.load(text, filename: path)", ["ArgumentError", /\Awrong number of arguments .*expected 1\)/]],
      [:other, "YAML.safe_load with arguments by position", "3.1",
       "changed: permitted_classes, permitted_symbols, aliases and filename are keywords",
       "YAML.safe_load(text, permitted_classes: [Symbol], aliases: true)",
       ["ArgumentError", /\Awrong number of arguments .*expected 1\)/]]
    ].map { |row| Word.new(*row).freeze }.freeze

    BY_WORD = TABLE.to_h { |word| [word.word, word] }.freeze
  end
end
