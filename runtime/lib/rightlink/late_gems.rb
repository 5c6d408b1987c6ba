# SPDX-License-Identifier: MIT
# frozen_string_literal: true

# The first `require` that finds nothing brings RubyGems, which then looks
# among the gems. A Ruby that started with RubyGems needs none of this.

autoload :Gem, "rightlink/gems" unless defined?(Gem)

module RightLink
  autoload :Gems, "rightlink/gems"

  def self.late_gems?
    !Object.autoload?(:Gem).nil?
  end
end

if RightLink.late_gems?
  module Kernel
    alias_method :require_without_gems, :require

    def require(path)
      require_without_gems(path)
    rescue LoadError => e
      raise unless RightLink.late_gems? && e.path == path.to_s

      require_without_gems("rightlink/gems")
      require(path)
    end
    private :require, :require_without_gems
  end
end
