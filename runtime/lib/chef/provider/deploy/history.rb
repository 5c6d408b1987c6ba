# SPDX-License-Identifier: MIT
# frozen_string_literal: true

class Chef
  class Provider
    class Deploy < Provider
      # Releases named by revision, in the order in which they were deployed:
      # a JSON list below revision-deploys in the cache (RES-deploy-8).
      module History
        # A history that begins before the first deployment tells a release
        # that failed from one that was finished.
        def load_current_resource
          super
          remember(by_age) unless Chef::FileCache.has_key?(history_key)
        end

        private

        def release_slug
          @release_slug ||= subversion? ? subversion_revision : git_revision
        end

        def git_revision
          revision = new_resource.revision
          return revision if revision.match?(/\A\h{40}\z/)

          listing = ask("git", "ls-remote", new_resource.repo, "#{revision}*")
          RightLink::Native.git_resolve(listing, revision) ||
            raise(Chef::Exceptions::UnresolvableGitReference,
                  "Unable to parse SHA reference for '#{revision}' in repository '#{new_resource.repo}'.")
        end

        def subversion_revision
          revision = new_resource.revision
          return revision if revision.match?(/\A\d+\z/)

          info = ask("svn", "info", new_resource.repo, "-r#{revision}", "--non-interactive")
          info[/^Last Changed Rev: (\d+)/, 1] || info[/^Revision: (\d+)/, 1] ||
            raise("Could not parse `svn info` data of #{new_resource.repo}")
        end

        def ask(*command)
          env = new_resource.ssh_wrapper ? { "GIT_SSH" => new_resource.ssh_wrapper } : {}
          options = { user: new_resource.user, group: new_resource.group, environment: env }.compact
          shell = Mixlib::ShellOut.new(*command, options).run_command
          shell.error!
          shell.stdout
        end

        def history_key
          "revision-deploys/#{new_resource.name}"
        end

        def all_releases
          known = Chef::FileCache.has_key?(history_key) ? JSON.parse(Chef::FileCache.load(history_key)) : by_age
          known.select { |release| ::File.directory?(release) }
        end

        def by_age
          Dir.glob("#{releases_path}/*").sort_by { |release| ::File.ctime(release) }
        end

        def release_created(release)
          remember(all_releases - [release] + [release])
        end

        def release_deleted(release)
          remember(all_releases - [release])
        end

        def remember(releases)
          Chef::FileCache.store(history_key, JSON.generate(releases)) unless whyrun_mode?
        end

        def remove_unknown
          (Dir.glob("#{releases_path}/*") - all_releases).each do |directory|
            converge_by("Remove unknown release in #{directory}") { FileUtils.rm_rf(directory) }
          end
        end
      end
    end
  end
end
