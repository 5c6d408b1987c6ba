# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require "rightlink/ageing"
RightLink::Ageing.standard("psych", __FILE__)

# YAML.load is strict since Psych 4: symbols, dates and aliases of old files
# are read again; other objects are not made.
module Psych
  class << self
    unless method_defined?(:load_strictly)
      alias_method :load_strictly, :load

      def load(yaml, *args, **options)
        require "date"
        classes = [Symbol, Date, Time, Regexp, Range]
        load_strictly(yaml, *args, **{ permitted_classes: classes, aliases: true }.merge(options))
      end
    end
  end
end
