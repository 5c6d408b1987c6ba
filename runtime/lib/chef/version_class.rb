# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require "chef/exceptions"

class Chef
  # A cookbook version: x.y or x.y.z (CORE-820).
  class Version
    include Comparable

    autoload :Platform, "chef/version_class/platform"

    attr_reader :major, :minor, :patch

    def initialize(text = "")
      @major, @minor, @patch = parse(text.to_s)
    end

    def to_s
      "#{@major}.#{@minor}.#{@patch}"
    end

    def inspect
      to_s
    end

    def <=>(other)
      return nil unless other.respond_to?(:major)

      [@major, @minor, @patch] <=> [other.major, other.minor, other.patch]
    end

    def hash
      [@major, @minor, @patch].hash
    end

    def eql?(other)
      other.is_a?(Version) && self == other
    end

    private

    def parse(text)
      match = /\A(\d+)\.(\d+)(?:\.(\d+))?\z/.match(text)
      unless match
        raise Exceptions::InvalidCookbookVersion,
              "'#{text}' does not match 'x.y.z' or 'x.y'"
      end
      match.captures.map(&:to_i)
    end
  end
end
