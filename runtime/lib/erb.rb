# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require "rightlink/ageing"
RightLink::Ageing.standard("erb", __FILE__)

# ERB.new(text, safe_level, trim_mode, eoutvar) by position.
class ERB
  unless method_defined?(:initialize_by_name) || private_method_defined?(:initialize_by_name)
    alias_method :initialize_by_name, :initialize

    def initialize(text, _safe_level = nil, old_trim = nil, old_eoutvar = nil, trim_mode: nil, eoutvar: nil)
      initialize_by_name(text, trim_mode: trim_mode || old_trim, eoutvar: eoutvar || old_eoutvar || "_erbout")
    end
  end
end
