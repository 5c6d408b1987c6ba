# SPDX-License-Identifier: MIT
#
# A framed error: title and sections (CORE-180).

class Chef
  module Formatters
    class ErrorDescription
      LINE = '=' * 80

      attr_reader :title, :sections

      def initialize(title)
        @title = title
        @sections = []
      end

      def section(heading, text)
        @sections << [heading.to_s, text.to_s]
      end

      def display(out)
        out.puts_line ''
        out.puts_line LINE
        out.puts_line mask(title), :red
        out.puts_line LINE
        out.puts_line ''
        sections.each do |heading, text|
          out.puts_line heading
          out.puts_line '-' * heading.length
          out.puts_line mask(text.chomp)
          out.puts_line ''
        end
      end

      def for_json
        { 'title' => title, 'sections' => sections.map { |h, t| { h => t } } }
      end

      private

      def mask(text)
        RightLink::Native.mask(text)
      end
    end
  end
end
