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

test "core_1117_platforms_families_machines_by_all_their_names" do
  node = Chef::Node.build("n")
  yes = lambda do |facts|
    facts.each { |key, value| node.automatic[key] = value }
    words = ChefUtils::Predicates.instance_methods.grep(/\?\z/) - %i[includes_recipe? include_recipe?]
    words.select { |word| ChefUtils.public_send(word, node) }
  end
  names = yes.call("platform" => "centos", "platform_family" => "rhel", "platform_version" => "9", "os" => "linux",
                   "kernel" => { "machine" => "riscv64" }, "os_release" => { "name" => "CentOS Stream" })
  eq([], %i[centos? centos_platform? centos_stream_platform? rhel? rhel9? redhat_based? rpm_based? linux? riscv64?] - names)
  eq([], names & %i[ubuntu? debian? x86_64? windows? vmware_desktop? windows_ruby?])
  names = yes.call("platform" => "ubuntu", "platform_family" => "debian", "kernel" => { "machine" => "x86_64" },
                   "virtualization" => { "system" => "vmware", "role" => "guest" }, "vmware" => {}, "digital_ocean" => {})
  eq([], %i[ubuntu? ubuntu_platform? debian? debian_based? x86_64? intel? _64_bit? vmware? vmware_vsphere? guest?
            digital_ocean?] - names)
  eq([], names & %i[centos_platform? rhel? riscv64?])
end
