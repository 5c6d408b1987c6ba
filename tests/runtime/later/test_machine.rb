# SPDX-License-Identifier: MIT
#
# Kernel settings, names, zones, languages, swap, modules, limits.
require_relative 'world'

class Harness
  def debian(text)
    "node.automatic['platform_family'] = 'debian'\n#{text}"
  end
end

test 'res_sysctl_1_sets_now_and_for_later' do
  set = "sysctl('kernel.domainname') { value 'a.example'; comment ['one', 'two'] }"
  eq([%w[updated], %w[up_to_date]], twice(set))
  eq("a.example\n", File.read('/proc/sys/kernel/domainname'))
  eq("# one\n# two\nkernel.domainname = a.example\n", File.read('/etc/sysctl.d/99-chef-kernel.domainname.conf'))
  match(/- set value to "a.example" \(was "\(none\)"\)/, text.string)
  eq([%w[up_to_date], %w[up_to_date]], twice("sysctl_param('kernel.domainname') { value 'a.example'; comment ['one', 'two'] }"))
  tool('sysctl')
  eq([%w[updated], %w[up_to_date]], twice("sysctl('kernel.domainname') { action :remove }"))
  eq(['sysctl --system'], calls)
end

test 'res_sysctl_1_joins_lists_and_tells_of_what_the_kernel_has_not' do
  tool('sysctl', 'echo "no such thing" >&2; exit 1')
  recipe "sysctl('no.such.key') { value [1, '2  3'] }"
  raises(Mixlib::ShellOut::ShellCommandFailed, /sysctl -w no\.such\.key=1 2 3/) { converge }
  eq(false, File.exist?('/etc/sysctl.d/99-chef-no.such.key.conf'))
  recipe "sysctl('no.such.key') { value [1, '2  3']; ignore_error true }"
  match(/no such thing/, told { converge })
  ok File.exist?('/etc/sysctl.d/99-chef-no.such.key.conf')
end

test 'res_hostname_1_sets_name_and_hosts' do
  File.write('/etc/hosts', "127.0.0.1 localhost\n10.9.8.7 old.example old\n")
  eq([%w[updated], %w[up_to_date]], twice(debian("hostname('web.example.com') { compile_time false; ipaddress '10.9.8.7'; aliases ['www'] }")))
  eq("web.example.com\n", File.read('/proc/sys/kernel/hostname'))
  eq("web.example.com\n", File.read('/etc/hostname'))
  eq("127.0.0.1 localhost\n10.9.8.7 web.example.com www web\n", File.read('/etc/hosts'))
  File.write('/etc/hosts', "127.0.0.1 localhost web.example.com\n127.0.1.1 web.example.com web\n# end\n")
  twice(debian("hostname('web.example.com') { compile_time false; ipaddress '10.9.8.7'; fqdn 'w.example' }"))
  eq("127.0.0.1 localhost\n# end\n10.9.8.7 w.example web.example.com web\n", File.read('/etc/hosts'))
end

test 'res_hostname_1_is_set_while_the_recipe_is_compiled' do
  recipe debian("hostname('early')\n$notes << File.read('/proc/sys/kernel/hostname').strip")
  compile
  eq(['early'], notes)
  recipe "hostname('not a name')"
  raises(Chef::Exceptions::ValidationFailed) { compile }
end

test 'res_timezone_1_links_the_zone' do
  File.delete('/etc/localtime') if File.exist?('/etc/localtime')
  eq([%w[updated], %w[up_to_date]], twice(debian("timezone 'Africa/Lagos'")))
  eq('/usr/share/zoneinfo/Africa/Lagos', File.readlink('/etc/localtime'))
  eq("Africa/Lagos\n", File.read('/etc/timezone'))
  recipe "timezone 'Nowhere/Else'"
  raises(Chef::Exceptions::ValidationFailed, %r{timezone\[Nowhere/Else\]: there is no such zone}) { converge }
end

test 'res_locale_1_makes_what_is_missing' do
  tool('locale', 'echo C; [ ! -e ' + "#{directory}/made ] || echo xx_YY.utf8")
  tool('locale-gen', "touch #{directory}/made")
  eq([%w[updated], %w[up_to_date]], twice(debian("locale('l') { lang 'xx_YY.UTF-8'; lc_env 'LC_TIME' => 'C' }")))
  eq(["LANG=xx_YY.UTF-8\nLC_TIME=C\n"] * 2, %w[/etc/default/locale /etc/locale.conf].map { |path| File.read(path) })
  ok File.readlines('/etc/locale.gen', chomp: true).include?('xx_YY.UTF-8 UTF-8')
  eq(1, calls.grep(/locale-gen/).size)
  recipe "locale('l') { lc_env 'PATH' => 'x' }"
  raises(Chef::Exceptions::ValidationFailed, /must be LC_ variables/) { compile }
end

test 'res_swap_file_1_is_made_listed_and_removed' do
  tool('swapon', "case $1 in --show*) cat #{directory}/on 2>/dev/null;; *) echo $1 > #{directory}/on;; esac")
  tool('swapoff', "rm #{directory}/on")
  tool('mkswap')
  path = "#{directory}/swap"
  File.write('/etc/fstab', "proc /proc proc\n")
  eq([%w[updated], %w[up_to_date]], twice("swap_file('#{path}') { size 1; persist true }"))
  eq([1 << 20, '0600'], [File.size(path), mode(path)])
  eq("proc /proc proc\n#{path} swap swap defaults 0 0\n", File.read('/etc/fstab'))
  eq(["mkswap -f #{path}", "swapon #{path}"], calls.grep_v(/--show/))
  eq([%w[updated], %w[up_to_date]], twice("swap_file('#{path}') { action :remove }"))
  eq([false, "proc /proc proc\n"], [File.exist?(path), File.read('/etc/fstab')])
end

test 'res_kernel_module_1_is_loaded_now_and_at_boot' do
  %w[modprobe update-initramfs].each { |name| tool(name) }
  twice("kernel_module('rl-none') { options ['a=1', 'b=2'] }")
  eq("rl-none\n", File.read('/etc/modules-load.d/rl-none.conf'))
  eq("options rl-none a=1 b=2\n", File.read('/etc/modprobe.d/options_rl-none.conf'))
  # Not loaded for real, so it is tried again.
  eq(['update-initramfs -u', 'modprobe rl-none', 'modprobe rl-none'], calls)
  eq([%w[updated], %w[up_to_date]], twice("kernel_module('rl-none') { action :uninstall }"))
  eq([%w[updated updated], %w[up_to_date up_to_date]], twice("kernel_module('rl-none') { action [:blacklist, :disable] }"))
  eq("blacklist rl-none\n", File.read('/etc/modprobe.d/blacklist_rl-none.conf'))
  eq("install rl-none /bin/false\n", File.read('/etc/modprobe.d/disable_rl-none.conf'))
  eq([%w[updated], %w[up_to_date]], twice("kernel_module('rl-none') { action :enable }"))
  eq(false, File.exist?('/etc/modprobe.d/disable_rl-none.conf'))
end

test 'core_1101_user_ulimit_writes_limits' do
  limits = "user_ulimit('app') { filehandle_limit 1024; process_soft_limit 5; process_hard_limit 'unlimited' }"
  eq([%w[updated updated], %w[up_to_date up_to_date]], twice("#{limits}\nuser_ulimit('*') { core_limit 0 }"))
  eq("app - nofile 1024\napp soft nproc 5\napp hard nproc unlimited\n", File.read('/etc/security/limits.d/app_limits.conf'))
  eq("* - core 0\n", File.read('/etc/security/limits.d/00_all_limits.conf'))
  eq([%w[updated], %w[up_to_date]], twice("user_ulimit('app') { action :delete }"))
end
