# SPDX-License-Identifier: MIT
# frozen_string_literal: true

# RubyGems, loaded when the first gem is needed: what `chef_gem` installs lies
# in a directory of its own, before the gems of the system.

require "rubygems"

module RightLink
  module Gems
    def self.directory
      Chef::Config[:chef_gem_dir]
    end

    # Also after an installation, so that the new gem is found.
    def self.refresh
      found = Gem.default_path - [directory]
      Gem.paths = { "GEM_HOME" => directory, "GEM_PATH" => [directory, *found].join(":") }
    end
  end
end

RightLink::Gems.refresh
