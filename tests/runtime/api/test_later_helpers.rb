# SPDX-License-Identifier: MIT
# Helper classes of later releases that libraries of cookbooks call.
require_relative "../lang/harness"
require "tmpdir"

test "core_1114_path_helper" do
  h = Chef::Util::PathHelper
  eq(["/a/b", "/c", "/x", "b", true], [h.join("/a", "b"), h.cleanpath("/a/../c"), h.dirname("/x/y"),
                                      h.relative_path_from("/a", "/a/b").to_s, h.absolute_path?("/a")])
  eq('/a/\\*b\\[1\\]', h.escape_glob_dir("/a", "*b[1]"))
  write("real/f", "x")
  File.symlink("#{directory}/real", "#{directory}/link")
  eq("#{File.realpath(directory)}/real/f", h.canonical_path("#{directory}/link/f"))
  eq([true, false], [h.paths_eql?("#{directory}/link", "#{directory}/real"), h.paths_eql?("/a", "/b")])
  eq(["#{ENV['HOME']}/z", 1], [h.home("z"), h.home { 1 }])
end

test "core_1114_service_helpers_tell_how_services_start" do
  helpers = Chef::Platform::ServiceHelpers
  eq(File.directory?("/run/systemd/system"), helpers.service_resource_providers.include?(:systemd))
  eq(File.exist?("/usr/sbin/update-rc.d"), helpers.service_resource_providers.include?(:debian))
  eq([], helpers.config_for_service("no such service"))
end

test "core_1114_selinux_asks_the_tools_of_the_machine" do
  path = ENV["PATH"]
  asking = Object.new.extend(Chef::Util::Selinux)
  write("bin/selinuxenabled", "#!/bin/sh\nexit $(cat #{directory}/status)\n")
  write("bin/restorecon", "#!/bin/sh\necho \"$@\" >> #{directory}/restored\n")
  Dir.glob("#{directory}/bin/*") { |f| File.chmod(0o755, f) }
  ENV["PATH"] = "#{directory}/bin:#{path}"
  answers = [0, 1].map do |status|
    write("status", status.to_s)
    asking.selinux_enabled?
  end
  eq([true, false], answers)
  write("status", "3")
  raises(RuntimeError, /Unknown exit code/) { asking.selinux_enabled? }
  asking.restore_security_context("/a")
  asking.restore_security_context("/b", true)
  eq("/a\n-R /b\n", File.read("#{directory}/restored"))
ensure
  ENV["PATH"] = path
end
