# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require "chef/file_access_control"

class Chef
  module Mixin
    # For providers of cookbooks that manage a file themselves.
    module EnforceOwnershipAndPermissions
      def access_controls
        @access_controls ||= FileAccessControl.new(current_resource, new_resource, self)
      end

      def enforce_ownership_and_permissions
        access_controls.set_all
        new_resource.updated_by_last_action(true) if access_controls.modified?
      end
    end
  end
end
