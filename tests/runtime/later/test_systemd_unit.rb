# SPDX-License-Identifier: MIT
require_relative 'world'

UNIT = '/etc/systemd/system/rl-test.service'
CONTENT = '{ "Unit" => { "Description" => "a test", "After" => %w[a.target b.target] }, ' \
          '"Service" => { "ExecStart" => "/bin/true" }, "Install" => { "WantedBy" => "multi-user.target" } }'

test 'res_systemd_unit_1_writes_sections_once' do
  eq([%w[updated], %w[up_to_date]], twice("systemd_unit('rl-test.service') { content(#{CONTENT}); action :create }"))
  eq("[Unit]\nDescription = a test\nAfter = a.target\nAfter = b.target\n\n[Service]\nExecStart = /bin/true\n\n" \
     "[Install]\nWantedBy = multi-user.target\n", File.read(UNIT))
  eq('0644', mode(UNIT))
end

test 'res_systemd_unit_1_enables_and_disables_for_real' do
  eq([%w[updated updated], %w[up_to_date up_to_date]],
     twice("systemd_unit('rl-link.service') { content(#{CONTENT}); action [:create, :enable] }"))
  ok File.symlink?('/etc/systemd/system/multi-user.target.wants/rl-link.service')
  eq([%w[updated updated], %w[up_to_date up_to_date]], twice("systemd_unit('rl-link.service') { action [:disable, :delete] }"))
  unit = '/etc/systemd/system/rl-link.service'
  eq(false, File.exist?(unit))
  eq([%w[updated], %w[up_to_date]], twice("systemd_unit('rl-link.service') { action :mask }"))
  eq('/dev/null', File.readlink(unit))
  eq([%w[updated], %w[up_to_date]], twice("systemd_unit('rl-link.service') { action :unmask }"))
end

test 'res_systemd_unit_1_starts_and_stops_what_is_not_so' do
  tool('systemctl', 'case "$*" in *is-active*) cat ' + "#{directory}/active 2>/dev/null;; " \
                    "*\\ start*) echo active > #{directory}/active;; *\\ stop*) rm #{directory}/active;; esac")
  twice("systemd_unit('x.service') { action [:start, :restart, :stop] }")
  eq(['systemctl --system start x.service', 'systemctl --system restart x.service', 'systemctl --system stop x.service'] * 2,
     calls.grep_v(/ is-/))
end

test 'res_systemd_unit_1_of_a_user_is_asked_as_the_user' do
  tool('systemctl', 'echo "$XDG_RUNTIME_DIR" >> ' + "#{directory}/env")
  recipe "systemd_unit('x.service') { user 'root'; content 'text'; verify false; action [:create, :start] }"
  converge
  eq('text', File.read('/etc/systemd/user/x.service'))
  eq('systemctl --user start x.service', calls.last)
  eq("/run/user/0\n", File.readlines("#{directory}/env").last)
end

test 'res_systemd_unit_1_says_what_is_wrong' do
  recipe "systemd_unit('x') { unit_name 'no type' }"
  raises(Chef::Exceptions::ValidationFailed, /unit_name is a name with its type/) { converge }
  recipe "systemd_unit('bad.service') { content \"[Service]\\nExecStart=not/absolute\\n\"; action :create }"
  raises(Chef::Exceptions::ValidationFailed, /failed verification systemd_unit: .*absolute path: not\/absolute/m) { converge }
  eq(false, File.exist?('/etc/systemd/system/bad.service'))
  recipe "systemd_unit('a.service') { action :create }"
  raises(Chef::Exceptions::ValidationFailed, /systemd_unit\[a\.service\] needs content/) { converge }
end

test 'core_650_systemd_unit_only_tells_in_why_run' do
  Chef::Config[:why_run] = true
  recipe "systemd_unit('rl-why.service') { content 'x'; action [:create, :start] }"
  converge
  match(/Would create new file/, text.string)
  match(/Would starting unit: rl-why.service/, text.string)
  eq(false, File.exist?('/etc/systemd/system/rl-why.service'))
end
