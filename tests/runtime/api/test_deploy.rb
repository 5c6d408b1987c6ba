# SPDX-License-Identifier: MIT
# frozen_string_literal: true

# Deployments of a real git repository (RES-deploy).

require_relative "../lang/harness"
require "fileutils"

ENV.update("GIT_AUTHOR_NAME" => "t", "GIT_AUTHOR_EMAIL" => "t@example.test",
           "GIT_COMMITTER_NAME" => "t", "GIT_COMMITTER_EMAIL" => "t@example.test",
           "GIT_CONFIG_NOSYSTEM" => "1")

class Harness
  def shell(text)
    system("cd #{directory}/repo && { #{text}; } >/dev/null 2>&1") || raise("failed: #{text}")
  end

  def commit(text)
    shell("echo #{text} > app; git add .; git commit -qm #{text}")
    `git -C #{directory}/repo rev-parse HEAD`.strip
  end

  # A repository with one commit, whose id is returned.
  def repository
    FileUtils.mkdir_p("#{directory}/repo")
    shell("git init -q . && git checkout -q -b master")
    commit("one")
  end

  def context
    Chef::Config[:file_cache_path] = "#{directory}/cache"
    node = Chef::Node.new
    node.automatic["platform"] = "debian"
    node.automatic["platform_version"] = "12.0"
    Chef::RunContext.new(node, {}, Chef::EventDispatch::Dispatcher.new)
  end

  def deployment(kind = Chef::Resource::DeployRevision, &block)
    kind.new("#{directory}/dep", context).tap do |r|
      r.repository("#{directory}/repo")
      r.revision("master")
      r.symlink_before_migrate({})
      r.symlinks("log" => "log")
      r.restart_command("echo restarted >> #{directory}/notes")
      r.instance_eval(&block) if block
    end
  end

  def deploy(action = :deploy, &block)
    deployment(&block).tap { |r| r.run_action(action) }
  end

  def current
    File.basename(File.readlink("#{directory}/dep/current"))
  end

  def notes
    path = "#{directory}/notes"
    File.exist?(path) ? File.read(path).split("\n") : []
  end

  def releases
    Dir.children("#{directory}/dep/releases").sort
  end
end

test "res_deploy_3_layout_and_links" do
  sha = repository
  ok deploy.updated_by_last_action?
  eq sha, current
  eq "one\n", File.read("#{directory}/dep/current/app")
  eq "#{directory}/dep/shared/log", File.readlink("#{directory}/dep/current/log")
  ok File.directory?("#{directory}/dep/current/public")
  eq ["restarted"], notes
end

test "res_deploy_2_same_revision_is_up_to_date" do
  repository
  deploy
  eq false, deploy.updated_by_last_action?
  eq ["restarted"], notes
end

test "res_deploy_8_old_releases_go" do
  ids = [repository]
  deploy { keep_releases 2 }
  %w[two three].each do |text|
    ids << commit(text)
    deploy { keep_releases 2 }
  end
  eq ids.last, current
  eq ids.last(2).sort, releases
end

test "res_deploy_6_rollback_removes_newer_releases" do
  first = repository
  deploy
  commit("two")
  deploy
  deploy(:rollback)
  eq first, current
  eq [first], releases
  raises(RuntimeError, /no release to rollback to/) { deploy(:rollback) }
end

test "res_deploy_2_older_revision_is_a_rollback" do
  first = repository
  deploy
  commit("two")
  deploy
  deploy { revision first }
  eq first, current
  eq [first], releases
  eq 3, notes.size
end

test "res_deploy_4_callbacks_in_order" do
  repository
  FileUtils.mkdir_p("#{directory}/repo/deploy")
  File.write("#{directory}/repo/deploy/after_restart.rb",
             "run(\"echo in $PWD $MODE >> #{directory}/notes\")\n")
  sha = commit("callbacks")
  dir = directory
  deploy do
    environment("MODE" => "fast")
    before_migrate { ::File.write("#{dir}/notes", "#{::File.exist?("#{release_path}/tmp")}\n") }
    before_symlink { execute("echo block >> #{dir}/notes") }
  end
  eq ["false", "block", "restarted", "in #{directory}/dep/releases/#{sha} fast"], notes
end

test "res_deploy_5_missing_callback_file_fails_after_the_copy" do
  repository
  raises(RuntimeError, /callback file/) { deploy { before_migrate "deploy/none.rb" } }
  eq false, File.symlink?("#{directory}/dep/current")
end

test "res_deploy_7_rollback_on_error" do
  first = repository
  deploy
  commit("two")
  failing = proc do
    rollback_on_error true
    before_restart { raise "callback broke" }
  end
  raises(RuntimeError, /callback broke/) { deploy(&failing) }
  eq first, current
  eq [first], releases
  deploy
  eq 2, releases.size
end

test "res_deploy_7_failed_restart_raises_exec" do
  repository
  raises(Chef::Exceptions::Exec, /exit 3 returned 3/) { deploy { restart_command "exit 3" } }
  ok deploy.updated_by_last_action?
end

test "res_deploy_1_timestamped_releases" do
  repository
  deployment(Chef::Resource::TimestampedDeploy).run_action(:deploy)
  match(/\A\d{14}\z/, current)
end

test "res_deploy_why_run_changes_nothing" do
  repository
  Chef::Config[:why_run] = true
  ok deploy.updated_by_last_action?
  eq false, File.exist?("#{directory}/dep")
end

test "res_deploy_environment_text_names_the_frameworks" do
  repository
  eq({ "RAILS_ENV" => "x", "RACK_ENV" => "x", "MERB_ENV" => "x" },
     deployment { environment "x" }.environment)
end
