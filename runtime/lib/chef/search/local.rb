# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require "chef/data_bag"
require "chef/data_bag_item"

class Chef
  class Search
    # search(:bag, query) without a server: the items of the data bag of that
    # name (CORE-480). Queries: field:value with * and ?, "quoted", ranges
    # [a TO b] and {a TO b}, AND, OR, NOT, parentheses.
    module Local
      # A query that cannot be read.
      class BadQuery < ArgumentError; end

      TOKEN = /\G\s*(?:
        (?<open>\() | (?<close>\)) |
        (?<and>AND\b|&&) | (?<or>OR\b|\|\|) | (?<not>NOT\b|!|-(?=[\w*"(])) |
        (?<field>[\w.*?\-\/@]+)\s*:\s*(?:
          "(?<text>(?:\\.|[^"\\])*)" |
          (?<range>[\[{]\s*\S+\s+TO\s+\S+?\s*[\]}]) |
          (?<word>(?:\\.|[^\s()"\\])+)
        )
      )/x

      LIMIT = 100 # nested parentheses

      module_function

      # Is there a bag that such a search can be answered from?
      def bag?(type)
        name = type.to_s
        name.match?(DataBag::VALID_NAME) &&
          Array(Config[:data_bag_path]).any? { |d| d && File.directory?("#{d}/#{name}") }
      end

      def search(type, query = "*:*", _sort = nil, start = 0, rows = 1000)
        test = Reader.new((query || "*:*").to_s).read
        found = DataBag.load(type.to_s).sort_by { |id, _| id.to_s }.filter_map do |_, data|
          item(type, data) if test.call(fields(data))
        end
        [found.drop(start.to_i).first(rows.to_i), start.to_i, found.size]
      end

      def item(type, data)
        DataBagItem.from_hash(data).tap { |i| i.data_bag(type.to_s) }
      end

      # name => texts; a nested key answers to its own name and to its path
      # joined with underscores.
      def fields(data)
        out = Hash.new { |hash, key| hash[key] = [] }
        flatten(data, nil, out)
        out.default_proc = nil
        out
      end

      def flatten(value, path, out)
        case value
        when Hash
          value.each do |key, inner|
            flatten(inner, path ? "#{path}_#{key}" : key.to_s, out)
            flatten(inner, key.to_s, out) if path
          end
        when Array then value.each { |inner| flatten(inner, path, out) }
        else out[path] << value.to_s
        end
      end

      # Makes a callable of a query, by descent.
      class Reader
        def initialize(text)
          @text = text
          @at = 0
          @depth = 0
        end

        def read
          advance
          test = alternatives
          wrong unless @token.nil?
          test
        end

        private

        def advance
          if @text[@at..].to_s.strip.empty?
            @token = nil
          else
            @token = TOKEN.match(@text, @at)
            wrong if @token.nil?
            @at = @token.end(0)
          end
        end

        def wrong
          raise BadQuery, "search query #{@text.inspect} cannot be read at " \
                          "#{@text[@at..].to_s.strip.inspect}: " \
                          "write field:value, joined by AND, OR, NOT"
        end

        def is?(kind)
          !@token.nil? && !@token[kind].nil?
        end

        def alternatives
          tests = [conjunction]
          while is?(:or)
            advance
            tests << conjunction
          end
          tests.size == 1 ? tests[0] : ->(fields) { tests.any? { |t| t.call(fields) } }
        end

        def conjunction
          tests = [negation]
          while is?(:and) || is?(:not)
            advance if is?(:and)
            tests << negation
          end
          tests.size == 1 ? tests[0] : ->(fields) { tests.all? { |t| t.call(fields) } }
        end

        def negation
          return primary unless is?(:not)

          advance
          test = deeper { negation }
          ->(fields) { !test.call(fields) }
        end

        def primary
          return group if is?(:open)

          wrong unless is?(:field)
          token = @token
          advance
          comparison(token[:field], value_test(token))
        end

        def group
          advance
          test = deeper { alternatives }
          wrong unless is?(:close)
          advance
          test
        end

        def deeper
          @depth += 1
          raise BadQuery, "search query is nested deeper than #{LIMIT}" if @depth > LIMIT

          result = yield
          @depth -= 1
          result
        end

        def comparison(field, value)
          return ->(fields) { fields.fetch(field, []).any?(&value) } unless field.match?(/[*?]/)

          name = glob(field)
          ->(fields) { fields.any? { |key, texts| name.match?(key) && texts.any?(&value) } }
        end

        def value_test(token)
          if token[:text]
            text = unescape(token[:text])
            ->(v) { v == text }
          elsif token[:range]
            range_test(token[:range])
          else
            pattern = glob(token[:word])
            ->(v) { pattern.match?(v) }
          end
        end

        def range_test(text)
          low, high = text[1...-1].strip.split(/\s+TO\s+/)
          inclusive = text.start_with?("[")
          lambda do |v|
            above = low == "*" || (inclusive ? v >= low : v > low)
            above && (high == "*" || (inclusive ? v <= high : v < high))
          end
        end

        def unescape(text)
          text.gsub(/\\(.)/, '\1')
        end

        # * and ? stand for any text and any character; a backslash takes the
        # meaning away.
        def glob(word)
          parts = word.scan(/\\.|[*?]|[^*?\\]+/).map do |part|
            case part
            when "*" then ".*"
            when "?" then "."
            else Regexp.escape(unescape(part))
            end
          end
          Regexp.new("\\A#{parts.join}\\z", Regexp::MULTILINE)
        end
      end
    end
  end
end
