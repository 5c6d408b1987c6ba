# SPDX-License-Identifier: MIT
#
# Cookbooks require the files of Chef's classes by name ("chef/provider/service",
# "chef/resource/directory"). Our classes come from tables, so what has no file
# of its own counts as loaded.

module RightLink
  module ClassFiles
    LIB = File.expand_path('..', __dir__)

    class << self
      def provide
        names = files_of(Chef::Resource, 'chef/resource') +
                files_of(Chef::Provider, 'chef/provider')
        $LOADED_FEATURES.concat(names - existing)
      end

      private

      def files_of(space, path)
        space.constants(false).flat_map do |name|
          next [] if space.autoload?(name)

          inner = space.const_get(name)
          next [] unless inner.is_a?(Class) && name.match?(/\A[A-Z][a-z]/)

          file = "#{path}/#{underscore(name)}"
          deeper = path == 'chef/provider' ? files_of(inner, file) : []
          ["#{file}.rb", *deeper]
        end
      end

      def underscore(name)
        name.to_s.gsub(/(?<=[a-z0-9])(?=[A-Z])/, '_').downcase
      end

      def existing
        Dir.glob('chef/{resource,provider}/**/*.rb', base: LIB)
      end
    end
  end
end

RightLink::ClassFiles.provide
