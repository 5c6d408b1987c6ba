# SPDX-License-Identifier: MIT
#
# Where in the cookbooks an error comes from, and what a person should know
# about it. Loaded only when something failed.

module RightLink
  module Blame
    Place = Struct.new(:file, :line) do
      BEFORE = 7
      AFTER = 9

      # The lines around it, the culprit marked (CORE-182).
      def excerpt
        lines = Blame.lines_of(file)
        return nil unless lines && line.between?(1, lines.size + 1)

        first = [line - BEFORE, 1].max
        shown = lines[(first - 1)..(line + AFTER - 1)] || []
        text = shown.each_with_index.map do |content, index|
          number = first + index
          mark = number == line ? '>> ' : ':  '
          "#{number.to_s.rjust(3)}#{mark}#{content}"
        end
        "#{file}:\n\n#{text.join("\n")}"
      end

      def to_s
        "#{file}:#{line}"
      end
    end

    FRAME = /\A(.+?):(\d+)(?::|\z)/.freeze
    DECLARATION_LINES = 50
    FILE_LIMIT = 1_000_000 # bytes read for an excerpt
    MESSAGE_LIMIT = 10_000

    module_function

    # The first place in a cookbook, or in the file at hand; nil when unknown.
    def of(exception, path = nil)
      from_syntax(exception) || from_trace(exception, path)
    end

    def message(exception)
      text = exception.message.to_s
      text = text.dup.force_encoding('UTF-8').scrub('?')
      text = "#{text[0, MESSAGE_LIMIT]}..." if text.size > MESSAGE_LIMIT
      text
    rescue StandardError
      exception.class.name
    end

    # What a person should know beyond the message.
    def hint(exception)
      case exception
      when SystemExit
        "The cookbook called exit (status #{exception.status}). A recipe " \
        'cannot end the run this way: use `return` to leave a recipe early, ' \
        'or raise an error to fail the run.'
      when UncaughtThrowError
        'A throw found no catch. Use `return` to leave a recipe early.'
      when SystemStackError
        'A method or include calls itself without end.'
      when Interrupt, SignalException
        'The run was interrupted.'
      when NoMemoryError
        'The cookbook asked for more memory than there is.'
      else
        Ageing::Notes.hint(exception) unless Ageing.on?
      end
    end

    # Backtrace lines that are in cookbooks.
    def cookbook_trace(exception)
      lines = exception.backtrace || []
      roots = cookbook_roots
      lines.select { |line| roots.any? { |root| line.start_with?(root) } }
    end

    def cookbook_roots
      Array(Chef::Config[:cookbook_path]).flat_map do |path|
        plain = ::File.expand_path(path.to_s)
        [path.to_s, plain, real(plain)].compact.map { |p| "#{p.chomp('/')}/" }
      end.uniq
    end

    # The declaration as written (CORE-181), or nil.
    def declaration(source_line)
      match = FRAME.match(source_line.to_s)
      return nil unless match

      lines = lines_of(match[1])
      start = match[2].to_i
      return nil unless lines && start.between?(1, lines.size)

      shown = block_of(lines, start)
      text = shown.each_with_index.map do |content, index|
        "#{(start + index).to_s.rjust(3)}: #{content}"
      end
      "# In #{match[1]}\n\n#{text.join("\n")}"
    end

    def lines_of(file)
      return nil unless ::File.file?(file)

      ::File.read(file, FILE_LIMIT).to_s.force_encoding('UTF-8').scrub('?')
            .lines(chomp: true)
    rescue SystemCallError
      nil
    end

    def from_syntax(exception)
      return nil unless exception.is_a?(SyntaxError)

      match = FRAME.match(exception.message)
      match && Place.new(match[1], match[2].to_i)
    end

    def from_trace(exception, path)
      line = cookbook_trace(exception).first
      line ||= (exception.backtrace || []).find do |frame|
        path && frame.start_with?("#{path}:")
      end
      match = line && FRAME.match(line)
      match && Place.new(match[1], match[2].to_i)
    end

    # From the first line until its blocks are closed.
    def block_of(lines, start)
      depth = 0
      shown = []
      lines[(start - 1)..].each do |line|
        shown << line
        depth += opened(line) - closed(line)
        break if depth <= 0 || shown.size >= DECLARATION_LINES
      end
      shown
    end

    def opened(line)
      code = line.sub(/#[^{].*\z/, '')
      code.scan(/\bdo\b|\{|\A\s*(?:if|unless|case|begin|while|until|for|def)\b/)
          .size
    end

    def closed(line)
      line.sub(/#[^{].*\z/, '').scan(/\bend\b|\}/).size
    end

    def real(path)
      ::File.realpath(path)
    rescue SystemCallError
      nil
    end
  end
end
