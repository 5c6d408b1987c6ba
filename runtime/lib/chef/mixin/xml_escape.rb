# SPDX-License-Identifier: MIT
# frozen_string_literal: true

class Chef
  module Mixin
    module XMLEscape
      ENTITIES = { "&" => "&amp;", "<" => "&lt;", ">" => "&gt;", '"' => "&quot;" }.freeze

      extend self

      # Plain ASCII with numeric entities for the rest.
      def xml_escape(text)
        text.to_s.gsub(/[&<>"]/, ENTITIES).gsub(/[^\u0000-\u007f]/) { |c| "&##{c.ord};" }
      end

      def xml_escape_char(char)
        xml_escape(char)
      end
    end
  end
end
