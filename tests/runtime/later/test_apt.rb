# SPDX-License-Identifier: MIT
require_relative 'world'
require 'open3'

REPO = "apt_repository('app') { uri 'https://apt.example/debian'; distribution 'bookworm'; components %w[main extra]; "

class Harness
  # A public key of somebody's own making, armoured, and its fingerprint.
  def self.key(name)
    @keys ||= {}
    @keys[name] ||= Dir.mktmpdir do |home|
      gpg = ['gpg', '--homedir', home, '--batch', '--quiet']
      run = ->(*words) { Open3.capture2e(*gpg, *words)[0] }
      run.call('--passphrase', '', '--quick-generate-key', name, 'ed25519', 'sign', 'never')
      print = run.call('--with-colons', '--list-keys')[/^fpr:+(\h+):/, 1]
      text = run.call('--armor', '--export')
      Open3.capture2e('gpgconf', '--homedir', home, '--kill', 'all')
      [text, print]
    end
  end

  # Answers requests with a text; yields the port and what was asked for. In a
  # process of its own: downloads do not let other threads run.
  def serving(text)
    require 'socket'
    server = TCPServer.new('127.0.0.1', 0)
    asked = "#{directory}/asked"
    pid = fork do
      loop do
        client = server.accept
        File.write(asked, "#{client.gets.to_s.split[1]}\n", mode: 'a')
        nil until client.gets.to_s.strip.empty?
        client.write("HTTP/1.1 200 OK\r\nContent-Length: #{text.bytesize}\r\nConnection: close\r\n\r\n#{text}")
        client.close
      end
    ensure
      exit!
    end
    yield server.addr[1], -> { File.readlines(asked, chomp: true) }
  ensure
    Process.kill(:KILL, pid)
    Process.wait(pid)
    server.close
  end
end

test 'res_apt_repository_1_writes_its_line_and_reads_its_lists' do
  tool('apt-get')
  eq([%w[updated], %w[up_to_date]], twice("#{REPO} arch 'amd64'; trusted true; deb_src true; options 'by-hash=yes' }"))
  line = "[by-hash=yes arch=amd64 trusted=yes] \"https://apt.example/debian\" bookworm main extra\n"
  eq("deb      #{line}deb-src  #{line}", File.read('/etc/apt/sources.list.d/app.list'))
  eq(['apt-get update -o Dir::Etc::sourcelist=/etc/apt/sources.list.d/app.list -o Dir::Etc::sourceparts=- ' \
      '-o APT::Get::List-Cleanup=0'], calls)
  eq([%w[updated], %w[up_to_date]], twice("apt_repository('app') { action :remove }"))
  eq(false, File.exist?('/etc/apt/sources.list.d/app.list'))
end

test 'res_apt_repository_1_of_one_directory_and_of_the_release' do
  tool('apt-get')
  recipe "apt_repository('flat') { uri 'file:/srv/apt'; distribution './'; cache_rebuild false }\n" \
         "apt_repository('no dist') { uri 'file:/srv/apt'; distribution nil; components ['a/']; cache_rebuild false }\n" \
         "node.automatic['lsb']['codename'] = 'trixie'\n" \
         "apt_repository('own') { uri 'file:/srv/apt'; components ['main']; cache_rebuild false }"
  converge
  eq(["deb      \"file:/srv/apt\" ./\n", "deb      \"file:/srv/apt\" a/\n", "deb      \"file:/srv/apt\" trixie main\n"],
     %w[flat no-dist own].map { |name| File.read("/etc/apt/sources.list.d/#{name}.list") })
  eq([], calls)
  recipe "apt_repository('x') { uri 'file:/srv/apt'; distribution nil }"
  raises(Chef::Exceptions::ValidationFailed, /needs a distribution or components/) { converge }
end

test 'res_apt_repository_2_takes_keys_of_the_cookbook_and_of_urls' do
  tool('apt-get')
  armoured, print = Harness.key('one@example.com')
  second, other = Harness.key('two@example.com')
  cookbook('t', 'files/default/one.asc' => armoured)
  serving(second) do |port, paths|
    eq([%w[updated], %w[up_to_date]], twice("#{REPO} key ['one.asc', 'http://127.0.0.1:#{port}/two.asc'] }"))
    eq(%w[/two.asc], paths.call.uniq)
  end
  eq("deb      [signed-by=/etc/apt/keyrings/app.gpg] \"https://apt.example/debian\" bookworm main extra\n",
     File.read('/etc/apt/sources.list.d/app.list'))
  shown, status = Open3.capture2e('gpg', '--show-keys', '--with-colons', '/etc/apt/keyrings/app.gpg')
  ok status.success?, shown
  eq([print, other], shown.scan(/^fpr:+(\h+):/).flatten)
end

test 'res_apt_repository_2_asks_a_key_server_for_a_fingerprint_once' do
  tool('apt-get')
  armoured, print = Harness.key('one@example.com')
  serving(armoured) do |port, paths|
    asked = "#{REPO.sub('app', 'byid')} keyserver 'http://127.0.0.1:#{port}'; "
    eq([%w[updated], %w[up_to_date]], twice("#{asked} key '#{print}'; signed_by false }"))
    eq(["/pks/lookup?op=get&options=mr&search=0x#{print}"], paths.call)
    ok File.file?('/etc/apt/trusted.gpg.d/byid.gpg')
    recipe "#{asked} key '0xDEADBEEFDEADBEEF' }"
    raises(Chef::Exceptions::FileNotFound, /another key than 0xDEADBEEFDEADBEEF: #{print}/) { converge }
  end
end

test 'res_apt_repository_2_refuses_what_is_no_key' do
  cookbook('t', 'files/default/one.asc' => '<html>not found</html>')
  recipe "#{REPO.sub('app', 'nokey')} key 'one.asc' }"
  raises(Chef::Exceptions::FileNotFound, /key "one.asc" is of no use: no OpenPGP public key/) { converge }
  eq(false, File.exist?('/etc/apt/sources.list.d/nokey.list'))
end

test 'res_apt_preference_1_pins' do
  pin = "apt_preference('lib*') { pin 'release o=Debian'; pin_priority 700 }"
  eq([%w[updated], %w[up_to_date]], twice(pin))
  eq("Package: lib*\nPin: release o=Debian\nPin-Priority: 700\n", File.read('/etc/apt/preferences.d/libwildcard.pref'))
  eq([%w[updated], %w[up_to_date]], twice("apt_preference('lib*') { action :remove }"))
  recipe "apt_preference('x') { pin 'version 1' }"
  raises(Chef::Exceptions::ValidationFailed, /pin_priority is a required property/) { converge }
end

test 'core_1101_build_essential_installs_the_packages_of_the_platform' do
  Chef::Config[:why_run] = true
  tool('apt-cache', 'printf "  Installed: (none)\\n  Candidate: 1.0\\n"')
  recipe "node.automatic['platform_family'] = 'debian'\nbuild_essential"
  converge
  %w[autoconf build-essential gettext].each { |name| match(/\* package\[#{name}\] action install/, text.string) }
  match(/Would install version 1.0 of package \w/, text.string)
  recipe "node.automatic['platform_family'] = 'plan9'\nbuild_essential('x') { raise_if_unsupported true }"
  raises(Chef::Exceptions::UnsupportedPlatform, /no packages for the platform family "plan9"/) { converge }
end

test 'core_702_a_class_of_a_cookbook_comes_before_one_of_a_later_release' do
  cookbook('t', 'libraries/r.rb' => "class Chef::Resource::SystemdUnit < Chef::Resource::LWRPBase\n" \
                                    "  self.resource_name = 'systemd_unit'\n  actions :make\n  default_action :make\nend\n" \
                                    "class Chef::Provider::SystemdUnit < Chef::Provider\n  def load_current_resource; end\n" \
                                    "  def action_make; $notes << :theirs; end\nend")
  recipe "systemd_unit 'x'"
  converge
  eq([:theirs], notes)
ensure
  Chef::Resource.send(:remove_const, :SystemdUnit)
  Chef::Resource.forget_words
end
