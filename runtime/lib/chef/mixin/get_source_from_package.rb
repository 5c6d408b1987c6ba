# SPDX-License-Identifier: MIT
# frozen_string_literal: true

class Chef
  module Mixin
    # A package named by a path to a file: the path is its source.
    module GetSourceFromPackage
      def initialize(new_resource, run_context)
        super
        return if new_resource.source || !new_resource.package_name.is_a?(String)
        return unless new_resource.package_name.include?("/") && File.exist?(new_resource.package_name)

        Log.debug do
          "No package source specified, but #{new_resource.package_name} " \
            "exists on the filesystem, using it as source"
        end
        new_resource.source(new_resource.package_name)
        new_resource.package_name(File.basename(new_resource.package_name))
      end
    end
  end
end
