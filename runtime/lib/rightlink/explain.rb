# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require 'json'
require 'chef'
require 'rightlink/explain/compile'
require 'rightlink/explain/attribute'
require 'rightlink/explain/resource'

module RightLink
  # `rightlink explain`: where attributes and resources come from.
  module Explain
    # cook --explain text|json|jsonl SOLO-OPTIONS -- attribute|resource WHAT...
    # Status 0, 1 when something is absent or the recipes do not compile, 43 for
    # a wrong configuration, 64 for a wrong call.
    class Command
      FAILED = 1
      CONFIG = 43
      USAGE = 64
      SHOWN = 200 # characters of a value in text
      SUBJECTS = { 'attribute' => Attribute, 'resource' => Resource }.freeze

      def run
        @form, *argv = ARGV
        @from = Dir.pwd
        options = argv.take_while { |word| word != '--' }
        Process.exit(status(options, *argv.drop(options.size + 1)))
      end

      private

      def status(options, subject = nil, *names)
        kind = SUBJECTS[subject]
        return wrong_call(subject) if kind.nil? || names.empty? || names.any? { |name| kind.keys(name).empty? }

        compile = Compile.new(options)
        compile.run
        answer(compile, kind, names)
      rescue Compile::Wrong
        CONFIG
      end

      def answer(compile, kind, names)
        tell_error(compile.error) if compile.error
        return FAILED if compile.node.nil? || (kind == Resource && compile.run_context.nil?)

        answers = names.map { |name| kind.new(compile, name) }
        answers.each { |one| print_answer(one) }
        $stdout.flush
        compile.error || answers.any? { |one| !one.found? } ? FAILED : 0
      end

      def wrong_call(subject)
        near = Suggest.phrase(subject.to_s, SUBJECTS.keys)
        warn "rightlink: explain: say what: `attribute a.b' or `resource type[name]'#{near}"
        USAGE
      end

      def tell_error(error)
        place = (error.backtrace || []).find { |line| !line.start_with?(*Trace::FOREIGN) }
        text = "#{error.class}: #{error.message.lines.first.to_s.strip}"
        text += " (#{shown(place[/\A.*?:\d+/])})" if place
        warn "rightlink: explain: the recipes do not compile, so this is what was known until then: #{mask(text)}"
      end

      def print_answer(one)
        unless one.found?
          what = one.is_a?(Attribute) ? 'attribute' : 'resource'
          return warn("rightlink: explain: no #{what} `#{one.name}' after the compile phase#{one.suggestion}")
        end
        return puts(mask(JSON.generate(one.to_h))) unless @form == 'text'

        one.is_a?(Attribute) ? print_attribute(one) : print_resource(one)
      end

      # --- attributes --------------------------------------------------------

      def print_attribute(one)
        puts "#{one.name} = #{value(one.value)}"
        one.rows.each do |row|
          sign = { 'winner' => '*', 'merged' => '+' }.fetch(row.role, ' ')
          puts "  #{sign} #{row.level.name.ljust(14)} #{value(row.value)}"
          row.from.each { |from| puts "      #{place(from.file, from.line)}#{"  (#{from.path})" if from.path}" }
        end
      end

      def value(value)
        text = mask(JSON.generate(value))
        text.size > SHOWN ? "#{text[0, SHOWN]}... (#{text.size} characters)" : text
      end

      # --- resources ---------------------------------------------------------

      def print_resource(one)
        puts one.name
        one.declarations.each { |declaration| print_declaration(declaration) }
        print_edges('notifies', one.notifies)
        print_edges('notified by', one.notified_by)
      end

      def print_declaration(one)
        recipe = " in #{one['recipe']}" if one['recipe']
        recipe += ', of the run list' if recipe && one['included'].empty?
        puts "  declared at #{place(one['file'], one['line'])}#{recipe}"
        one['included'].each { |step| puts "    #{step['recipe']} included at #{place(step['file'], step['line'])}" }
        puts "    action #{one['action'].join(', ')}"
        one['guards'].each { |guard| puts mask("    #{guard}") }
      end

      def print_edges(title, edges, indent = '  ')
        edges.each do |edge|
          puts "#{indent}#{title} #{edge['resource']}: #{edge['action']}, #{edge['timing']} " \
               "(#{place(edge['file'], edge['line'])})"
          print_edges(title, edge['notified_by'] || [], "#{indent}  ")
        end
      end

      def place(file, line)
        file ? "#{shown(file)}:#{line}" : 'unknown place'
      end

      # Relative to where the person is.
      def shown(path)
        path.delete_prefix("#{@from.chomp('/')}/")
      end

      def mask(text)
        RightLink::Native.mask(text)
      end
    end
  end
end
