# SPDX-License-Identifier: MIT
#
# Files for cron, sudo, ssh, yum and others; archives.
require_relative 'world'

test 'core_1101_cron_d_writes_a_job' do
  job = "cron_d('my.job') { minute 5; hour '1,2'; weekday :Mon; user 'app'; command 'run'; mailto 'ops'; comment 'why'; " \
        "environment 'A' => 'b'; time_out 'duration' => '5m', 'kill_after' => '1m', 'foreground' => true }"
  eq([%w[updated], %w[up_to_date]], twice(job))
  eq("# Written by the configuration run; changes here are lost.\n# why\nMAILTO=ops\nA=b\n" \
     "5 1,2 * * Mon app timeout --kill-after=1m --foreground 5m run\n", File.read('/etc/cron.d/my-job'))
  eq('0600', mode('/etc/cron.d/my-job'))
  twice("cron_d('my.job') { predefined_value '@daily'; command 'x' }")
  eq('@daily root x', File.readlines('/etc/cron.d/my-job', chomp: true).last)
  eq([%w[updated], %w[up_to_date]], twice("cron_d('my.job') { action :delete }"))
end

test 'core_1101_cron_d_refuses_what_cron_cannot_read' do
  ["minute '1 2 | x'", "minute \"1\\n2\"", "predefined_value '@sometimes'", "user 'a b'"].each do |words|
    recipe "cron_d('a') { command 'x'; #{words} }"
    raises(Chef::Exceptions::ValidationFailed) { converge }
  end
  recipe "cron_d 'a'"
  raises(Chef::Exceptions::ValidationFailed, /cron_d\[a\] needs a command/) { converge }
end

test 'core_1101_cron_access_keeps_who_is_there' do
  File.write('/etc/cron.allow', "root\n")
  eq([%w[updated updated], %w[up_to_date up_to_date]], twice("cron_access 'alice'\ncron_access('bob') { action :deny }"))
  eq(["root\nalice\n", "bob\n"], [File.read('/etc/cron.allow'), File.read('/etc/cron.deny')])
end

test 'core_1101_sudo_writes_what_visudo_takes' do
  rights = "sudo('de.ploy') { users ['deploy', 'bob']; groups 'admin'; commands ['/bin/a', 'LOGS']; nopasswd true; setenv true; " \
           "defaults ['!requiretty']; env_keep_add ['X']; command_aliases [{ name: 'logs', command_list: ['/bin/b', '/bin/c'] }]; %s }"
  eq([%w[updated], %w[up_to_date]], twice(format(rights, '')))
  text = File.read('/etc/sudoers.d/de__ploy')
  eq(['Cmnd_Alias LOGS = /bin/b, /bin/c', 'Defaults env_keep += "X"', 'deploy ALL=(ALL) NOPASSWD:SETENV:/bin/a',
      'deploy ALL=(ALL) NOPASSWD:SETENV:LOGS', 'Defaults:deploy !requiretty'], text.lines(chomp: true).first(5))
  ok text.include?("%admin ALL=(ALL) NOPASSWD:SETENV:/bin/a\n")
  eq('0440', mode('/etc/sudoers.d/de__ploy'))
  refusing = write('visudo', "#!/bin/sh\necho \"$2: bad\" >&2\nexit 1\n")
  File.chmod(0o755, refusing)
  recipe format(rights, "host 'h'; visudo_binary '#{refusing}'")
  raises(Chef::Exceptions::ValidationFailed, /failed verification.*bad/m) { converge }
  eq(text, File.read('/etc/sudoers.d/de__ploy'))
  eq([%w[updated], %w[up_to_date]], twice("sudo('de.ploy') { action :delete }"))
  recipe "sudo 'x'"
  raises(Chef::Exceptions::ValidationFailed, /needs users, groups or a template/) { converge }
end

test 'core_1101_ssh_known_hosts_entry_adds_once' do
  path = "#{directory}/known"
  entry = "file_location '#{path}'; mode '0600'"
  eq([%w[updated updated], %w[up_to_date up_to_date]],
     twice("ssh_known_hosts_entry('a.example') { key 'AAAA'; #{entry} }\n" \
           "ssh_known_hosts_entry('b.example') { key 'ssh-ed25519 BBBB'; port 2222; #{entry} }"))
  eq("a.example ssh-rsa AAAA\n[b.example]:2222 ssh-ed25519 BBBB\n", File.read(path))
  eq('0600', mode(path))
  tool('ssh-keyscan', 'echo "# comment"; echo "c.example ssh-rsa CCCC"')
  eq([%w[updated], %w[up_to_date]], twice("ssh_known_hosts_entry('c.example') { #{entry} }"))
  eq(['ssh-keyscan -t rsa -p 22 -T 30 c.example'], calls)
  tool('ssh-keyscan')
  recipe "ssh_known_hosts_entry('d.example') { #{entry} }"
  raises(Chef::Exceptions::UnsupportedAction, /d\.example answered with no key of type rsa/) { converge }
end

test 'core_1101_alternatives_installs_sets_and_removes_for_real' do
  %w[one two].each { |name| write(name, name) }
  words = "link '#{directory}/link'; path '#{directory}/"
  eq([%w[updated updated updated]] + [%w[up_to_date up_to_date up_to_date]],
     twice("alternatives('rl-alt') { #{words}one'; priority 10 }\n" \
           "alternatives('rl-alt') { #{words}two'; priority 20; action [:install, :set] }"))
  eq('two', File.read("#{directory}/link"))
  eq([%w[updated], %w[up_to_date]], twice("alternatives('rl-alt') { #{words}one'; action :set }"))
  eq('one', File.read("#{directory}/link"))
  eq([%w[updated updated], %w[up_to_date up_to_date]],
     twice("alternatives('rl-alt') { action :auto }\nalternatives('rl-alt') { #{words}one'; action :remove }"))
  eq('two', File.read("#{directory}/link"))
  recipe "alternatives('rl-alt') { path '/x' }"
  raises(Chef::Exceptions::ValidationFailed, /needs priority for its action install/) { converge }
end

test 'res_yum_repository_1_writes_its_file' do
  tool('dnf')
  repository = "yum_repository('app') { description 'The app'; baseurl ['https://a/', 'https://b/']; gpgkey 'https://a/key'; " \
               "include_config 'x.conf'; max_retries 3; repo_gpgcheck false; password 'hush'; options 'later' => 1; priority '9' }"
  eq([%w[updated], %w[up_to_date]], twice(repository))
  eq(['[app]', 'name=The app', 'baseurl=https://a/', '  https://b/', 'enabled=1', 'gpgcheck=1', 'gpgkey=https://a/key',
      'include=x.conf', 'retries=3', 'password=hush', 'priority=9', 'repo_gpgcheck=0', 'later=1'],
     File.readlines('/etc/yum.repos.d/app.repo', chomp: true).drop(2))
  eq(false, text.string.include?('hush'), 'the password is not shown')
  eq(['dnf clean metadata --disablerepo=* --enablerepo=app', 'dnf -q -y makecache --disablerepo=* --enablerepo=app'], calls)
  eq([%w[updated], %w[up_to_date]], twice("yum_repository('app') { action :remove }"))
end

test 'core_1101_ohai_hint_and_sleep' do
  Ohai::Config[:hints_path] = ["#{directory}/hints"]
  recipe "ohai_hint('ec2') { content 'a' => 1 }\n$notes << File.read(\"#{directory}/hints/ec2.json\")\nchef_sleep 0"
  converge
  eq(["{\n  \"a\": 1\n}\n"], notes)
  eq([%w[updated], %w[up_to_date]], twice("ohai_hint('ec2') { compile_time false; action :delete }"))
end

test 'res_chef_handler_1_registers_once_and_forgets' do
  file = write('h.rb', "class RlHandler < Chef::Handler\n  attr_reader :word\n  def initialize(word)\n    @word = word\n  end\nend\n")
  enabled = "chef_handler('RlHandler') { source '#{file}'; arguments ['w']; type report: true, exception: false }"
  twice(enabled)
  eq([['w'], []], [Chef::Config[:report_handlers].map(&:word), Array(Chef::Config[:exception_handlers])])
  recipe "chef_handler('RlHandler') { action :disable }"
  converge
  eq([], Chef::Config[:report_handlers])
end

class Harness
  # An archive of top/a, top/sub/b c.
  def archive(kind)
    write('src/top/a', 'a')
    write('src/top/sub/b c', 'bc')
    Dir.chdir("#{directory}/src") do
      system(*(kind == 'zip' ? %w[zip -qr] : %w[tar -caf]), "#{directory}/x.#{kind}", 'top', exception: true)
    end
    "archive_file('#{directory}/x.#{kind}') { destination '#{directory}/out'; "
  end

  def out(name)
    path = "#{directory}/out/#{name}"
    File.read(path) if File.exist?(path)
  end
end

%w[tar.gz zip].each do |kind|
  test "res_archive_file_1_unpacks_#{kind}" do
    unpack = archive(kind)
    eq([%w[updated], %w[up_to_date]], twice("#{unpack} strip_components 1; mode '700' }"))
    eq(%w[a bc], [out('a'), out('sub/b c')])
    eq('0700', mode("#{directory}/out"))
    File.write("#{directory}/out/a", 'changed')
    eq([%w[up_to_date], %w[up_to_date]], twice("#{unpack} strip_components 1 }"))
    eq([%w[updated], %w[up_to_date]], twice("#{unpack} strip_components 1; overwrite :auto }"))
    eq('a', out('a'))
    eq([%w[updated], %w[updated]], twice("#{unpack} strip_components 1; overwrite true }"))
    eq([%w[updated], %w[up_to_date]], twice("#{unpack} owner 65534; group 65534 }"))
    eq([65_534, 65_534], [File.stat("#{directory}/out/a").uid, File.stat("#{directory}/out/sub/b c").gid])
  end
end

test 'res_archive_file_1_says_what_is_missing_and_wrong' do
  recipe "archive_file('/no/such.tar') { destination '#{directory}/out' }"
  raises(Errno::ENOENT, %r{no archive found at /no/such\.tar}) { converge }
  recipe "archive_file('/x') { destination '/y'; options [:everything] }"
  raises(Chef::Exceptions::ValidationFailed, /must be among owner/) { compile }
  write('bad.tar', 'no archive')
  recipe "archive_file('#{directory}/bad.tar') { destination '#{directory}/out' }"
  raises(Mixlib::ShellOut::ShellCommandFailed, /tar -x/) { converge }
end
