# SPDX-License-Identifier: MIT
# frozen_string_literal: true

class Chef
  class Provider
    class Deploy < Provider
      # The links of a release into the shared directory, and `current`.
      module Links
        private

        def link_before_migrate
          link_all(new_resource.symlink_before_migrate)
        end

        def link_shared
          link_all(new_resource.symlinks)
        end

        # { path in shared => path in the release }; what is there is replaced.
        def link_all(pairs)
          return if pairs.empty?

          shown = pairs.map { |from, to| "#{from} => #{to}" }.join(", ")
          converge_by("link shared paths into current release: #{shown}") do
            pairs.each do |from, to|
              target = ::File.join(release_path, to)
              FileUtils.rm_rf(target) if ::File.symlink?(target)
              FileUtils.ln_sf(::File.join(new_resource.shared_path, from), target)
            end
          end
        end

        def prepare_links
          unless new_resource.purge_before_symlink.empty?
            converge_by("purge directories in checkout #{new_resource.purge_before_symlink.join(', ')}") do
              new_resource.purge_before_symlink.each { |path| FileUtils.rm_rf(::File.join(release_path, path)) }
            end
          end
          return if new_resource.create_dirs_before_symlink.empty?

          converge_by("create directories before symlinking: #{new_resource.create_dirs_before_symlink.join(', ')}") do
            new_resource.create_dirs_before_symlink.each { |path| FileUtils.mkdir_p(::File.join(release_path, path)) }
          end
        end

        # Replaced by a rename, so that `current` is there all the time.
        def make_current
          take_ownership
          converge_by("update release link to point at #{release_path}") do
            fresh = "#{new_resource.current_path}.#{Process.pid}.new"
            FileUtils.rm_f(fresh)
            ::File.symlink(release_path, fresh)
            ::File.rename(fresh, new_resource.current_path)
          end
          take_ownership
        end
      end
    end
  end
end
