# SPDX-License-Identifier: MIT
#
# Command line options by the table of the C side (CORE 1.1). One that was not
# given leaves the settings file alone (CORE-103).

class Chef
  class Application
    class Options
      class Wrong < StandardError
      end

      def initialize(table)
        @table = table.map { |entry| normalize(entry) }
      end

      # {key => value} of what argv asks for; a repeated option with a list
      # value collects. Raises Wrong.
      def parse(argv)
        values = {}
        rest = argv.dup
        until rest.empty?
          word = rest.shift
          if word == '--'
            break
          elsif word.start_with?('--')
            take_long(word, rest, values)
          elsif word.start_with?('-') && word.size > 1
            take_short(word, rest, values)
          else
            (values[:arguments] ||= []) << word
          end
        end
        (values[:arguments] ||= []).concat(rest) unless rest.empty?
        values
      end

      # The lines of --help, sorted, help last.
      def help
        lines = @table.sort_by { |o| [o[:long] == 'help' ? 1 : 0, o[:long]] }
        lines.map { |option| help_line(option) }.join("\n")
      end

      private

      def normalize(entry)
        long = entry[:long].to_s.delete_prefix('--')
        negatable = long.start_with?('[no-]') || entry[:negatable]
        { long: long.delete_prefix('[no-]'), negatable: negatable,
          short: entry[:short] && entry[:short].to_s.delete_prefix('-'),
          arg: entry[:arg].to_s.empty? ? nil : entry[:arg],
          key: entry[:key].to_sym, help: entry[:help] }
      end

      def take_long(word, rest, values)
        name, value = word.delete_prefix('--').split('=', 2)
        option, state = find_long(name)
        if option[:arg]
          store(option, value || next_value(option, rest), values)
        elsif value
          raise Wrong, "option --#{name} takes no argument"
        else
          store(option, state, values)
        end
      end

      def take_short(word, rest, values)
        letters = word[1..]
        until letters.empty?
          letter = letters.slice!(0)
          option = @table.find { |o| o[:short] == letter }
          raise Wrong, "unknown option -#{letter}" unless option

          if option[:arg]
            value = letters.empty? ? next_value(option, rest) : letters
            return store(option, value.delete_prefix('='), values)
          end
          store(option, true, values)
        end
      end

      # The option and what its presence means; unique beginnings will do.
      def find_long(name)
        exact = @table.find { |o| o[:long] == name }
        return [exact, true] if exact

        plain = name.delete_prefix('no-')
        negated = @table.find { |o| o[:negatable] && o[:long] == plain }
        return [negated, false] if negated && plain != name

        near = @table.select { |o| o[:long].start_with?(name) }
        return [near[0], true] if near.size == 1

        raise Wrong, "unknown option --#{name}" +
                     RightLink::Suggest.phrase(name, @table.map { |o| o[:long] })
      end

      def next_value(option, rest)
        value = rest.shift
        raise Wrong, "option --#{option[:long]} needs an argument" if value.nil?

        value
      end

      def store(option, value, values)
        if option[:key] == :formatters
          (values[:formatters] ||= []) << value
        else
          values[option[:key]] = value
        end
      end

      def help_line(option)
        long = option[:negatable] ? "[no-]#{option[:long]}" : option[:long]
        long += " #{option[:arg]}" if option[:arg]
        short = option[:short] ? "-#{option[:short]}, " : '    '
        format('    %<flag>-34s %<help>s', flag: "#{short}--#{long}",
                                           help: option[:help])
      end
    end
  end
end
