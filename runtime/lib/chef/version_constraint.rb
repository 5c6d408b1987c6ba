# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require "chef/version_class"

class Chef
  # One operator and one version (CORE-313). A bare version means `=`.
  class VersionConstraint
    DEFAULT_CONSTRAINT = ">= 0.0.0"
    OPS = %w[< > = <= >= ~>].freeze
    SHAPE = /\A(<=|>=|~>|<|>|=)?\s*([\w.\-+]+)\z/
    VERSION_CLASS = Version

    autoload :Platform, "chef/version_constraint/platform"

    attr_reader :op, :version, :raw_version

    def initialize(spec = DEFAULT_CONSTRAINT)
      case spec
      when nil then parse(DEFAULT_CONSTRAINT)
      when Array then parse_list(spec)
      when String then parse(spec)
      else invalid("VersionConstraint should be created from a String. You gave: #{spec.inspect}")
      end
    end

    def include?(candidate)
      candidate = candidate.version if candidate.respond_to?(:version)
      candidate = self.class::VERSION_CLASS.new(candidate.to_s) unless candidate.is_a?(Version)
      case @op
      when "=" then candidate == @version
      when "~>" then candidate >= @version && candidate < @ceiling
      else candidate.public_send(@op, @version)
      end
    end
    alias_method :satisfied_by?, :include?

    def inspect
      "(#{self})"
    end

    # The version as it was written.
    def to_s
      "#{@op} #{@raw_version}"
    end

    def ==(other)
      other.is_a?(VersionConstraint) && other.op == @op && other.version == @version
    end
    alias_method :eql?, :==

    def hash
      [@op, @version].hash
    end

    private

    def invalid(text)
      raise Exceptions::InvalidVersionConstraint, text
    end

    def parse_list(list)
      if list.size > 1
        invalid("only one version constraint operation is supported, " \
                "but you gave #{list.size}: #{list.inspect}")
      end
      list.empty? ? parse(DEFAULT_CONSTRAINT) : parse(list.first.to_s)
    end

    def parse(text)
      match = SHAPE.match(text.strip)
      invalid("'#{text}' is not an operator and a version") unless match && match[2].match?(/\A\d/)

      @op = match[1] || "="
      @raw_version = match[2]
      @version = self.class::VERSION_CLASS.new(@raw_version)
      @ceiling = ceiling if @op == "~>"
    end

    # ~> 1.2 stops before 2, ~> 1.2.3 before 1.3.
    def ceiling
      text = if @raw_version.count(".") >= 2
               "#{@version.major}.#{@version.minor + 1}.0"
             else
               "#{@version.major + 1}.0.0"
             end
      self.class::VERSION_CLASS.new(text)
    end
  end
end
