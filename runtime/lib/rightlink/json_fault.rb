# SPDX-License-Identifier: MIT
#
# Where a text stops being JSON, and why: the library tells neither line nor
# column. Used only after it has refused a text; comments are fine (CORE-822).

require 'strscan'

module RightLink
  class JsonFault
    BLANK = %r{(?:[ \t\r\n]+|//[^\n]*|/\*.*?\*/)*}m
    STRING = /"(?:[^"\\\x00-\x1f]|\\[^\x00-\x1f])*"/
    SCALAR = /(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)\b/
    CLOSING = { '{' => '}', '[' => ']' }.freeze
    FOUND = /[^\s,:{}\[\]]{1,20}|./m

    # "line 2 column 7: ':' expected, found '1'"; nil when nothing is found.
    def self.text(source)
      new(source).text
    end

    def initialize(source)
      @text = source.dup.force_encoding(Encoding::UTF_8).scrub("\0")
      @scanner = StringScanner.new(@text)
      @open = [] # the '{' and '[' that are not closed yet
    end

    def text
      why = catch(:fault) { walk }
      why && "#{place}: #{why}"
    end

    private

    # Value by value; what follows each depends on what is open.
    def walk
      value
      until @open.empty?
        if take(/,/)
          entry
        else
          expect(/#{Regexp.escape(CLOSING[@open.last])}/,
                 "',' or '#{CLOSING[@open.last]}'")
          @open.pop
        end
      end
      skip
      fault('the end') unless @scanner.eos?
    end

    # A scalar, an empty list or map, or all that opens up to a first scalar.
    def value
      loop do
        return if take(STRING) || take(SCALAR)

        opened = take(/[{\[]/)
        no_value unless opened
        return if take(/#{Regexp.escape(CLOSING[opened])}/)

        @open.push(opened)
        name if opened == '{'
      end
    end

    def entry
      name if @open.last == '{'
      value
    end

    def name
      expect(STRING, 'a name in double quotes')
      expect(/:/, "':'")
    end

    def take(pattern)
      skip
      @scanner.scan(pattern)
    end

    def skip
      @scanner.skip(BLANK)
    end

    def expect(pattern, what)
      take(pattern) || fault(what)
    end

    def no_value
      fault('a value') unless @scanner.check(/"/)
      throw :fault, 'a string begins here and does not end, or holds a ' \
                    'control character'
    end

    def fault(what)
      found = @scanner.check(FOUND)
      throw :fault, found ? "#{what} expected, found #{found.inspect}" : "#{what} expected, but the text ends"
    end

    def place
      before = @text[0, @scanner.charpos]
      line = before.count("\n") + 1
      "line #{line} column #{before.size - (before.rindex("\n") || -1)}"
    end
  end
end
