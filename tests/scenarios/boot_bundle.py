# SPDX-License-Identifier: MIT
"""The main job with every process real: fetch, cook, scripts, remote recipe."""
import hashlib
import json
import os
import signal
import subprocess
import tarfile

import support


class Boot(support.Scenario):
    def setUp(self):
        super().setUp()
        self.out = self.machine.path('out')
        os.mkdir(self.out)
        # The machine has few packages on purpose; recipes here touch files.
        self.bundle()

    def bundle(self, text='boot: [demo]\n'):
        self.machine.write('bundle/bundle.yml', 'name: real\n' + text)

    def cookbook(self, name, recipes, top='bundle/cookbooks', metadata=''):
        base = '%s/%s/' % (top, name)
        self.machine.write(base + 'metadata.rb',
                           "name '%s'\nversion '1.0.0'\n%s" % (name, metadata))
        for recipe, text in recipes.items():
            self.machine.write(base + 'recipes/%s.rb' % recipe,
                               text.replace('OUT', self.out))

    def shown(self, name):
        return self.machine.read(self.out, name)

    def snapshot(self):
        return {name: os.stat(os.path.join(self.out, name)).st_mtime_ns
                for name in sorted(os.listdir(self.out))}


class MainJob(Boot):
    def setUp(self):
        super().setUp()
        self.machine.write('bundle/attributes/a.json',
                           '{"demo": {"word": "attribute"}}')
        self.machine.write('secret', 'a-secret-of-some-length\n')
        self.machine.script('stamp', '''\
echo "token $TOKEN"
[ -e "$OUT/stamp" ] || echo "$WORD" >"$OUT/stamp"
''', 'Inputs:\n  OUT: {}\n  WORD: {}\n  TOKEN:\n    Default: cred:T')
        self.cookbook('demo', {
            'default': '''
file 'OUT/one' do
  content "#{node['demo']['word']} #{node['demo']['port']}\\n"
end
ruby_block 'leak' do
  block { puts "password #{node['demo']['password']}" }
end
''',
            'tags': '''
right_link_tag 'demo:role=web'
server_collection 'web' do
  tags 'demo:role=web'
end
file 'OUT/peers' do
  content(lazy { node['server_collection']['web'].values.flatten.join(' ') })
end
remote_recipe 'tell them' do
  recipe 'demo::allow'
  recipients_tags 'demo:role=web'
  attributes 'demo' => { 'peer' => 'me' }
end
''',
            'allow': '''
file 'OUT/allowed' do
  content "#{node['demo']['peer']} #{node['demo']['word']} " \\
          "#{node['remote_recipe']['tags'].join(' ')}\\n"
end
'''})
        self.bundle('''inputs:
  demo/port: {type: number, default: 8080}
  demo/password: {type: credential}
  OUT: {default: %s}
  WORD: {default: stamped}
  TOKEN: {type: credential, required: true}
boot:
- demo
- script: stamp
- demo::tags
operational:
- {recipe: 'demo::allow', remote: true}
''' % self.out)
        self.machine.write('token', 'a-token-of-some-length\n')
        self.given = [
            '--input', 'TOKEN=@' + self.machine.path('token'),
            '--input', 'demo/password=@' + self.machine.path('secret')]

    def test_a_server_boots_and_a_second_boot_changes_nothing(self):
        result = self.machine.boot(*self.given)
        self.assert_exit(result, 0)
        self.assertEqual(self.machine.instance_state(), 'operational')
        self.assertEqual(self.shown('one'), 'attribute 8080\n')
        self.assertEqual(self.shown('stamp'), 'stamped\n')
        self.assertEqual(self.shown('peers'), 'demo:role=web')
        self.assertEqual(self.shown('allowed'),
                         'me attribute demo:role=web\n')
        self.assertEqual([self.machine.result(i)['kind'] for i in (0, 1)],
                         ['boot', 'remote'])
        before = self.snapshot()
        self.assert_exit(self.machine.boot(*self.given), 0)
        self.assertEqual(self.snapshot(), before)
        updated = [e['resource'] for e in self.machine.events(2)
                   if e['event'] == 'resource_updated']
        self.assertEqual([r for r in updated if r.startswith('file[')], [])

    def test_credentials_are_masked_in_every_sink(self):
        result = self.machine.boot(*self.given, '--log-level', 'debug')
        self.assert_exit(result, 0)
        self.assertIn(b'token <hidden input TOKEN>', result.stdout)
        self.assertIn(b'password <hidden input demo/password>', result.stdout)
        kept = dict(self.machine.files())
        del kept[self.machine.path('secret')]
        del kept[self.machine.path('token')]
        kept['output'] = result.stdout + result.stderr
        for path, content in kept.items():
            self.assertNotIn(b'a-secret-of-some-length', content, path)
            self.assertNotIn(b'a-token-of-some-length', content, path)

    def test_credentials_stay_hidden_in_pieces_and_in_failures(self):
        self.cookbook('demo', {'pieces': """
secret = node['demo']['password']
first, second = secret[0, 9], secret[9..-1]
print first
$stdout.flush
sleep 0.1
puts second
execute "printf #{first}; sleep 0.2; echo #{second}; " \\
        "printf #{first} >&2; sleep 0.2; echo #{second} >&2; exit 3" do
  ignore_failure true
end
file 'OUT/diff' do
  content "one\\n#{secret}\\n"
end
log 'values' do
  message secret.inspect
  level :warn
end
ruby_block secret do
  block do
    begin
      raise ArgumentError, "first #{secret}"
    rescue ArgumentError
      raise "then #{secret}\\nand #{node['demo'].to_hash}"
    end
  end
end
"""})
        self.bundle('inputs:\n  demo/password: {type: credential}\n'
                    'boot:\n- demo::pieces\n')
        result = self.machine.boot('--input', 'demo/password=@' +
                                   self.machine.path('secret'),
                                   '--log-level', 'debug')
        self.assert_exit(result, 1)
        for part in (b'<hidden input demo/password>\n', b'RuntimeError',
                     b'then <hidden', b'+<hidden'):
            self.assertIn(part, result.stdout)
        kept = dict(self.machine.files())
        del kept[self.machine.path('secret')]
        self.assertTrue(kept.pop(self.out + '/diff'))
        kept['output'] = result.stdout + result.stderr
        for path, content in kept.items():
            self.assertNotIn(b'a-secret-of-some-length', content, path)

    def test_events_are_complete_and_ordered(self):
        self.assert_exit(self.machine.boot(*self.given), 0)
        names = [e['event'] for e in self.machine.events(0)]
        wanted = ['run_started', 'cook_started', 'converge_started',
                  'resource_updated', 'script_started', 'script_finished',
                  'tag_published', 'remote_requested', 'converge_finished',
                  'state_changed', 'run_finished']
        at = [names.index(name) for name in wanted]
        self.assertEqual(at, sorted(at))
        self.assertEqual(names.count('converge_started'), 1)
        for event in self.machine.events(0):
            self.assertNotEqual(event['event'], 'warning_issued', event)

    def test_why_run_changes_nothing(self):
        result = self.machine.boot(*self.given, '--why-run')
        self.assert_exit(result, 0)
        self.assertEqual(os.listdir(self.out), [])


    def test_runs_after_the_boot_have_what_it_was_given(self):
        self.assert_exit(self.machine.boot('--input', 'WORD=first',
                                           *self.given), 0)
        self.assertEqual(self.shown('stamp'), 'first\n')
        os.unlink(os.path.join(self.out, 'stamp'))
        self.assert_exit(self.machine.run('run', 'stamp'), 0)
        self.assertEqual(self.shown('stamp'), 'first\n')
        os.unlink(os.path.join(self.out, 'stamp'))
        self.assert_exit(
            self.machine.run('run', 'stamp', '--input', 'WORD=now'), 0)
        self.assertEqual(self.shown('stamp'), 'now\n')
        # A boot starts from what it is given itself.
        self.assert_exit(self.machine.boot(), 43)


class Failures(Boot):
    def failing(self, recipe, text, status=1, **more):
        self.cookbook('demo', {'default': recipe}, **more)
        result = self.machine.boot()
        self.assert_exit(result, status)
        summary = result.stdout.decode().split('==> boot run ')[-1]
        self.assertIn(text, summary)
        self.assertEqual(self.machine.instance_state(), 'stranded')
        names = [e['event'] for e in self.machine.events()]
        self.assertEqual(names[-1], 'run_finished')
        return result

    def test_a_resource_that_fails(self):
        result = self.failing(
            "file '/nowhere/at/all/x' do\n  content 'x'\nend\n",
            'file[/nowhere/at/all/x]')
        self.assertIn(b'recipes/default.rb:1', result.stdout)

    def test_ruby_that_does_not_parse(self):
        self.failing('file "x" do\n', 'default.rb')

    def test_an_unknown_resource(self):
        self.failing("teleport 'x'\n", 'teleport')

    def test_a_missing_cookbook(self):
        self.failing("include_recipe 'absent'\n", 'absent')

    def test_a_recipe_that_exits(self):
        self.cookbook('demo', {'default': "exit 0\n"})
        self.assert_exit(self.machine.boot(), 1)
        self.assertEqual(self.machine.result()['status'], 'failed')

    def test_a_cook_killed_by_its_recipe(self):
        self.failing("file 'OUT/one' do\n  content 'x'\nend\n"
                     "ruby_block 'die' do\n"
                     "  block { Process.kill(9, Process.pid); sleep }\nend\n",
                     'killed by signal 9')
        self.assertIn('resource_updated',
                      [e['event'] for e in self.machine.events()])
        self.cookbook('demo', {'default': "log 'well again'\n"})
        self.assert_exit(self.machine.boot(), 0)

    def test_a_killed_cook_takes_its_command_with_it(self):
        self.cookbook('demo', {'default': "execute 'echo $PPID $$ >OUT/pids; "
                                          "exec sleep 600'\n"})
        boot = self.machine.start('boot', '--bundle', self.machine.bundle)
        cook, command = support.until(
            lambda: self.shown('pids').split()
            if os.path.exists(os.path.join(self.out, 'pids')) else None)
        os.kill(int(cook), signal.SIGKILL)
        boot.communicate(timeout=60)
        self.assertEqual(boot.returncode, 1)
        support.until(lambda: not os.path.exists('/proc/' + command))

    def test_hostile_recipes_end_as_failures(self):
        for text in ("throw :x\n", "def f(n) f(n + 1) end\nf(0)\n",
                     "file 'OUT/x' do\n  colour 'red'\nend\n",
                     "ruby_block('x') { block { Thread.main.kill; sleep } }\n",
                     "exit!(0)\n"):
            self.cookbook('demo', {'default': text})
            result = self.machine.boot()
            self.assertEqual(result.returncode, 1, text)
            self.assertNotEqual(self.machine.result()['status'], 'completed')
            self.assertTrue(self.machine.result()['reason'])
            self.machine.events()

    def test_a_run_out_of_time_says_so_and_in_what(self):
        self.bundle('timeout: 3\nboot: [demo]\n')
        said = 'the run took longer than its time limit'
        result = self.failing("execute 'sleep 600'\n", said, status=21)
        # A busy machine may not come so far in the time.
        if any(e['event'] == 'resource_failed'
               for e in self.machine.events()):
            self.assertIn(said + ': execute[sleep 600]: ',
                          result.stdout.decode())

    def test_a_forked_recipe_does_not_hold_the_run(self):
        self.cookbook('demo', {'default': """
ruby_block 'fork' do
  block { File.write('OUT/pid', fork { sleep 300 }.to_s) }
end
"""})
        try:
            self.assert_exit(self.machine.boot(), 0)
        finally:
            os.kill(int(self.shown('pid')), 9)

    def test_a_talkative_recipe_passes(self):
        self.cookbook('demo', {'default': """
ruby_block 'talk' do
  block { 20_000.times { puts 'x' * 999 } }
end
"""})
        result = self.machine.boot()
        self.assert_exit(result, 0)
        self.assertGreater(len(result.stdout), 20_000_000)

    def test_a_script_that_fails_stops_what_follows(self):
        self.machine.script('bad', 'exit 5\n')
        self.bundle('boot: [{script: bad}, demo]\n')
        self.failing("file 'OUT/one'\n", "RightScript 'bad': exit status 5")
        self.assertEqual(os.listdir(self.out), [])

    def test_194_ends_the_run_without_failure(self):
        self.machine.script('again', 'exit 194\n')
        self.bundle('boot: [{script: again}, demo]\n')
        self.cookbook('demo', {'default': "file 'OUT/one'\n"})
        self.assert_exit(self.machine.boot(), 37)
        self.assertEqual(os.listdir(self.out), [])
        self.assertEqual(self.machine.result()['status'], 'completed')

    def test_rs_shutdown_at_once_skips_what_follows(self):
        self.cookbook('demo', {'default': '''
rs_shutdown 'now' do
  immediately true
end
file 'OUT/one'
'''})
        result = self.machine.boot()
        self.assert_exit(result, 37)
        self.assertEqual(os.listdir(self.out), [])
        self.assertNotIn(b'Error executing', result.stdout)
        self.assertIn(b'RightLink finished, 1/1', result.stdout)
        self.assertEqual(self.machine.result()['updated'], 1)

    def test_rs_shutdown_at_once_while_recipes_are_read(self):
        self.cookbook('demo', {'default': '''
rs_shutdown 'now' do
  immediately true
  action :nothing
end.run_action(:reboot)
file 'OUT/one'
'''})
        result = self.machine.boot()
        self.assert_exit(result, 37)
        self.assertNotIn(b'Error', result.stdout)
        self.assertEqual(os.listdir(self.out), [])


class Sources(Boot):
    def make_tarball(self):
        self.cookbook('packed', {'default': "file 'OUT/packed'\n"},
                      top='sources/tar')
        path = self.machine.path('packed.tar.gz')
        with tarfile.open(path, 'w:gz') as tar:
            tar.add(self.machine.path('sources', 'tar'), arcname='books')
        with open(path, 'rb') as f:
            return path, hashlib.sha256(f.read()).hexdigest()

    def make_repository(self):
        self.cookbook('solo', {'default': "file 'OUT/git'\n"}, top='sources')
        path = self.machine.path('sources', 'solo')
        who = ['-c', 'user.name=x', '-c', 'user.email=x@example.org']
        for args in (['init', '-q', '-b', 'main'], ['add', '-A'],
                     who + ['commit', '-q', '-m', 'one'], ['tag', 'v1']):
            subprocess.run(['git', '-C', path] + args, check=True)
        return path

    def test_sources_are_fetched_once_and_work_offline(self):
        tarball, digest = self.make_tarball()
        repository = self.make_repository()
        self.bundle('cookbooks:\n'
                    '- {tarball: %s, sha256: %s, path: books}\n'
                    '- {git: %s, ref: v1, cookbook: solo}\n'
                    'boot: [packed, solo]\n' % (tarball, digest, repository))
        result = self.machine.boot()
        self.assert_exit(result, 0)
        self.assertEqual(sorted(os.listdir(self.out)), ['git', 'packed'])
        cached = [e['cached'] for e in self.machine.events()
                  if e['event'] == 'source_fetched']
        self.assertEqual(cached, [False, False])
        self.assert_exit(self.machine.boot(), 0)
        cached = [e['cached'] for e in self.machine.events()
                  if e['event'] == 'source_fetched']
        self.assertEqual(cached, [True, True])
        os.unlink(tarball)
        os.rename(repository, repository + '.gone')
        self.assert_exit(self.machine.boot('--offline'), 0)

    def test_the_first_source_wins(self):
        for name in ('first', 'second'):
            self.cookbook('demo', {'default': "file 'OUT/%s'\n" % name},
                          top='sources/' + name)
        self.bundle('cookbooks:\n- {directory: ../sources/first}\n'
                    '- {directory: ../sources/second}\nboot: [demo]\n')
        self.assert_exit(self.machine.boot(), 0)
        self.assertEqual(os.listdir(self.out), ['first'])

    def test_scripts_come_from_sources_too(self):
        self.machine.write('sources/scripts/far/run',
                           '#!/bin/sh\necho from afar >%s/far\n' % self.out,
                           0o755)
        self.bundle('scripts: [{directory: ../sources/scripts}]\n'
                    'boot: [{script: far}]\n')
        self.assert_exit(self.machine.boot(), 0)
        self.assertEqual(self.shown('far'), 'from afar\n')
        self.bundle('scripts: [{directory: ../sources/scripts}]\n'
                    'boot: [{script: fat}]\n')
        result = self.machine.boot()
        self.assert_exit(result, 1)
        self.assertIn(b"did you mean 'far'?", result.stdout)

    def test_a_wrong_digest_strands(self):
        tarball, _ = self.make_tarball()
        self.bundle('cookbooks: [{tarball: %s, sha256: %s}]\nboot: [packed]\n'
                    % (tarball, '0' * 64))
        result = self.machine.boot()
        self.assert_exit(result, 1)
        summary = result.stdout.decode().split('==> boot run ')[-1]
        self.assertIn('cookbooks[0]', summary)
        self.assertIn('packed.tar.gz', summary)
        self.assertEqual(self.machine.instance_state(), 'stranded')

    def test_an_unreachable_host_strands(self):
        self.bundle('cookbooks: [{git: "http://127.0.0.1:9/x.git"}]\n'
                    'boot: [demo]\n')
        result = self.machine.boot()
        self.assert_exit(result, 1)
        self.assertIn('127.0.0.1:9', self.machine.result()['reason'])

    def test_a_missing_directory_strands(self):
        self.bundle('cookbooks: [{directory: absent}]\nboot: [demo]\n')
        result = self.machine.boot()
        self.assert_exit(result, 1)
        self.assertIn('absent', self.machine.result()['reason'])


class BadBundle(Boot):
    def test_nothing_runs_and_every_fault_is_listed(self):
        self.bundle('boots: [demo]\ntimeout: soon\n')
        result = self.machine.boot()
        self.assert_exit(result, 43)
        text = result.stderr.decode()
        self.assertIn("bundle.yml:2:8: $.boots: unknown key 'boots'", text)
        self.assertIn('bundle.yml:3:10: $.timeout', text)
        self.assertEqual(self.machine.runs(), [])

    def test_errors_can_be_json(self):
        self.bundle('boots: [demo]\n')
        result = self.machine.boot('--output', 'json')
        self.assert_exit(result, 43)
        error = json.loads(result.stdout)['error']
        self.assertEqual((error['code'], error['exit']), ('ERR_INVALID', 43))


if __name__ == '__main__':
    support.main()
