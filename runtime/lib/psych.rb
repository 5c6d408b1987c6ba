# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require "rightlink/ageing"
RightLink::Ageing.standard("psych", __FILE__)

# YAML.load is strict since Psych 4: symbols, dates and aliases of old files
# are read again; other objects are not made.
module RightLink
  module Ageing
    module OldPsych
      def load(yaml, *old, **options)
        Ageing.note("YAML.load with arguments by position") unless old.empty?
        options = { filename: old[0] }.merge(options) unless old.empty?
        yaml = yaml.read if yaml.respond_to?(:read)
        super(yaml, **options)
      rescue Psych::DisallowedClass, Psych::BadAlias
        Ageing.note("YAML.load of dates, symbols, ranges, expressions and aliases")
        require "date"
        super(yaml, **{ permitted_classes: [Symbol, Date, Time, Regexp, Range], aliases: true }.merge(options))
      end

      def safe_load(yaml, *old, **options)
        return super if old.empty?

        Ageing.note("YAML.safe_load with arguments by position")
        names = %i[permitted_classes permitted_symbols aliases filename]
        super(yaml, **names.zip(old).first(old.size).to_h.merge(options))
      end
    end
    Psych.singleton_class.prepend(words(OldPsych))
  end
end
