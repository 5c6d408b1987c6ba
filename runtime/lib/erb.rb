# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require "rightlink/ageing"
RightLink::Ageing.standard("erb", __FILE__)

# ERB.new(text, safe_level, trim_mode, eoutvar) by position.
module RightLink
  module Ageing
    module OldERB
      def initialize(text, *old, **options)
        return super if old.empty?

        Ageing.note("ERB.new with arguments by position")
        _safe_level, trim_mode, eoutvar = old
        super(text, **{ trim_mode: trim_mode, eoutvar: eoutvar || "_erbout" }.merge(options))
      end
    end
    ERB.prepend(words(OldERB))
  end
end
