# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require "chef/version_constraint"
require "chef/version_class/platform"

class Chef
  class VersionConstraint
    class Platform < VersionConstraint
      VERSION_CLASS = Version::Platform
    end
  end
end
