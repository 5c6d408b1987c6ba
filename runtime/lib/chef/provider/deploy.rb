# SPDX-License-Identifier: MIT
# frozen_string_literal: true

# Deployments (RES-deploy): a release directory from a repository, links into
# a shared directory, and a `current` link. This is composition: git, svn and
# gems are resources of their own, callbacks are small recipes.

require "fileutils"
require "json"
require "chef/provider"
require "chef/mixin/command"
require "chef/mixin/from_file"
require "chef/provider/deploy/history"
require "chef/provider/deploy/links"

class Chef
  class Provider
    class Deploy < Provider
      include Chef::Mixin::Command
      include Chef::Mixin::FromFile
      include Links

      attr_reader :release_path

      def whyrun_supported?
        true
      end

      def load_current_resource
        @current_resource = new_resource
        @release_path = ::File.join(releases_path, release_slug)
        @configuration = configuration
      end

      def define_resource_requirements
        requirements.assert(:rollback) do |a|
          a.assertion { all_releases.size > 1 }
          a.failure_message(RuntimeError, "There is no release to rollback to!")
          a.whyrun "There would be a release to roll back to"
        end
      end

      def action_deploy
        @previous_release = current_release
        if !all_releases.include?(release_path)
          deploy_or_go_back
        elsif current_release == release_path
          Chef::Log.debug("#{new_resource} is the latest version")
        else
          go_back_to(release_path)
        end
      end

      def action_force_deploy
        @previous_release = current_release
        if all_releases.include?(release_path)
          converge_by("delete deployed app at #{release_path} prior to force-deploy") do
            FileUtils.rm_rf(release_path)
          end
          release_deleted(release_path)
        end
        deploy_or_go_back
      end

      def action_rollback
        go_back_to(all_releases[-2])
      end

      # --- words for callbacks -----------------------------------------

      # An execute with the user, group, directory and environment of the
      # deployment.
      def run(command, &block)
        execute(command, &block).tap do |exec|
          exec.user(new_resource.user) if new_resource.user && !exec.user
          exec.group(new_resource.group) if new_resource.group && !exec.group
          exec.cwd(release_path) unless exec.cwd
          exec.environment(new_resource.environment) if new_resource.environment && !exec.environment
        end
      end

      def sudo(command, &block)
        execute(command, &block)
      end

      def shared_path
        new_resource.shared_path
      end

      private

      def releases_path
        ::File.join(new_resource.deploy_to, "releases")
      end

      def current_release
        ::File.readlink(new_resource.current_path) if ::File.symlink?(new_resource.current_path)
      end

      def configuration
        env = new_resource.environment
        %i[deploy_to repo revision role user group remote migrate environment].to_h do |name|
          [name, new_resource.send(name)]
        end.merge(environment: env.is_a?(Hash) ? env["RAILS_ENV"] : env)
      end

      # RES-deploy-7: off by default; then the failed release stays and is
      # done anew next time.
      def deploy_or_go_back
        deploy
      rescue ::Exception => e
        raise unless new_resource.rollback_on_error

        Chef::Log.warn("Error on deploying #{release_path}: #{e.message}")
        failed = release_path
        if @previous_release
          @release_path = @previous_release
          make_current
          restart
        end
        converge_by("remove failed release #{failed}") { FileUtils.rm_rf(failed) }
        release_deleted(failed)
        raise
      end

      # RES-deploy-3
      def deploy
        make_directories
        sync_source
        take_ownership
        copy_release
        install_gems
        take_ownership
        callback(:before_migrate)
        link_before_migrate
        migrate
        callback(:before_symlink)
        prepare_links
        link_shared
        link_before_migrate
        make_current
        callback(:before_restart)
        restart
        callback(:after_restart)
        release_created(release_path)
        prune
      end

      # RES-deploy-6: without callbacks; what is newer goes.
      def go_back_to(target)
        @release_path = target
        newer = all_releases.drop(all_releases.index(target) + 1)
        make_current
        restart
        newer.each { |release| remove_release(release) }
      end

      def make_directories
        [new_resource.deploy_to, new_resource.shared_path, releases_path].each do |path|
          next if ::File.directory?(path)

          converge_by("create directory #{path}") do
            FileUtils.mkdir_p(path)
            FileUtils.chown(new_resource.user, new_resource.group, path)
          end
        end
      end

      def take_ownership
        return unless new_resource.user || new_resource.group

        converge_by("force ownership of #{new_resource.deploy_to} to " \
                    "#{new_resource.group}:#{new_resource.user}") do
          FileUtils.chown_R(new_resource.user, new_resource.group, new_resource.deploy_to)
        end
      end

      def subversion?
        new_resource.scm_provider.to_s.end_with?("Subversion")
      end

      # The repository cache as a resource of the right kind.
      def source
        kind = subversion? ? Chef::Resource::Subversion : Chef::Resource::Git
        kind.new(new_resource.destination, run_context).tap do |scm|
          scm.cookbook_name = new_resource.cookbook_name
          copied = %i[revision user group timeout svn_username svn_password svn_arguments svn_info_args]
          copied += %i[remote enable_submodules enable_checkout checkout_branch additional_remotes ssh_wrapper] unless subversion?
          scm.repository(new_resource.repo)
          copied.each do |name|
            value = new_resource.send(name)
            scm.send(name, value) unless value.nil?
          end
          scm.depth(5) if new_resource.shallow_clone && !subversion?
        end
      end

      def sync_source
        scm = source
        scm.run_action(new_resource.svn_force_export && subversion? ? :force_export : :sync)
        new_resource.updated_by_last_action(true) if scm.updated_by_last_action?
      end

      def copy_release
        converge_by("deploy from repo to #{release_path}") do
          FileUtils.rm_rf(release_path)
          FileUtils.mkdir_p(release_path)
          FileUtils.cp_r(::File.join(new_resource.destination, "."), release_path, preserve: true)
        end
      end

      # gems.yml: a list of {name:, version:, source:}.
      def install_gems
        list = ::File.join(release_path, "gems.yml")
        return unless ::File.exist?(list)

        YAML.safe_load(::File.read(list), permitted_classes: [Symbol]).each do |entry|
          gem = Chef::Resource::GemPackage.new((entry[:name] || entry["name"]).to_s, run_context)
          %w[version source].each do |key|
            value = entry[key.to_sym] || entry[key]
            gem.send(key, value) if value
          end
          gem.run_action(:install)
          new_resource.updated_by_last_action(true) if gem.updated_by_last_action?
        end
      end

      def migrate
        return unless new_resource.migrate

        take_ownership
        converge_by("execute migration command #{new_resource.migration_command}") do
          run_command(command_options(new_resource.migration_command, release_path))
        end
      end

      def restart
        case (how = new_resource.restart_command)
        when nil then nil
        when Proc then recipe_eval(&how)
        else
          converge_by("restart app using command #{how}") do
            run_command(command_options(how, new_resource.current_path))
          end
        end
      end

      def command_options(command, directory)
        { command: command, cwd: directory, user: new_resource.user, group: new_resource.group,
          environment: new_resource.environment }.compact
      end

      # RES-deploy-4: a block, a file of the release, or deploy/NAME.rb there.
      def callback(name)
        code = new_resource.send(name)
        return recipe_eval(&code) if code.is_a?(Proc)

        file = ::File.join(release_path, code || "deploy/#{name}.rb")
        if ::File.exist?(file)
          recipe_eval { Dir.chdir(release_path) { from_file(file) } }
        elsif code && !whyrun_mode?
          raise "Can't find your callback file #{file}"
        end
      end

      # RES-deploy-8
      def prune
        keep = [new_resource.keep_releases, 1].max
        all_releases.reverse.drop(keep).each { |release| remove_release(release) }
        remove_unknown
      end

      def remove_release(release)
        converge_by("remove old release #{release}") { FileUtils.rm_rf(release) }
        release_deleted(release)
      end

      # Releases are named by time; all directories count.
      class Timestamped < Deploy
        private

        def release_slug
          Time.now.utc.strftime("%Y%m%d%H%M%S")
        end

        def all_releases
          Dir.glob("#{releases_path}/*").sort
        end

        def release_created(_release); end
        def release_deleted(_release); end
        def remove_unknown; end
      end

      # Releases are named by revision; their order is remembered.
      class Revision < Deploy
        include History
      end

      Branch = Revision
    end
  end
end
