# SPDX-License-Identifier: MIT
#
# How a resource ends the run as wanted: `rs_shutdown` with `immediately true`
# (RightLink 6, section 1.7). What follows the resource is left out; nothing
# has failed. It is a SystemExit, so that recipes which rescue errors do not
# stop it, and what knows nothing of it sees an exit with 0.

module RightLink
  class EndRun < SystemExit
    def initialize(reason = 'the end of the run was asked for')
      super(0, reason)
    end
  end
end
