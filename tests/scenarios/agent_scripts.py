# SPDX-License-Identifier: MIT
"""RightScripts: environment, inputs, secrets, limits, exit codes."""
import json
import os
import subprocess

import support

ENVIRONMENT = '''env | sort
echo "dir: $(pwd)"
echo "stdin: $(cat)"
cat "$RS_ATTACH_DIR/note"
'''


class Scripts(support.PlayScenario):
    def setUp(self):
        super().setUp()
        self.play('scripts', 'converged')

    def test_rl6_3_5_environment_is_an_allow_list(self):
        self.machine.env['SOME_LEAK'] = 'leaked'
        self.machine.script('show', ENVIRONMENT, '''\
RightScript Name: Show it
Inputs:
  PORT:
    Default: text:8080
  LIST:
    Input Type: array
    Default: 'array:["text:a","text:b c"]'
  UNSET: {}
Attachments: [note]''')
        self.machine.write('bundle/scripts/show/attachments/note', 'noted\n')
        self.bundle('inputs:\n  OTHER: {default: x}\n'
                    '  PORT: {type: number, default: 81}\n'
                    'boot: [{script: show}]\n')
        self.assert_exit(self.machine.boot(), 0)
        lines = self.machine.audit().splitlines()
        self.assertIn('PORT=81', lines)
        self.assertIn('LIST=a,b c', lines)
        self.assertIn('noted', lines)
        self.assertIn('stdin: ', lines)
        self.assertIn('LC_ALL=C.UTF-8', lines)
        self.assertTrue(any(l.startswith('RS_DISTRO=') for l in lines))
        self.assertTrue(any(l.startswith('RS_ARCH=') for l in lines))
        for name in ('OTHER=', 'SOME_LEAK=', 'UNSET=', 'RS_REBOOT=',
                     'RS_ALREADY_RUN='):
            self.assertFalse(any(l.startswith(name) for l in lines), name)
        self.assert_exit(self.machine.boot(), 0)
        self.assertIn('RS_ALREADY_RUN=true', self.machine.audit())

    def test_a_missing_interpreter_is_named(self):
        path = self.machine.script('odd', '')
        with open(path, 'w', encoding='utf-8') as f:
            f.write('#!/no/such/shell -e\n')
        self.bundle('boot: [{script: odd}]\n')
        result = self.machine.boot()
        self.assert_exit(result, 1)
        self.assertIn(b"interpreter '/no/such/shell' is not on this machine",
                      result.stdout)

    def test_inputs_never_become_code(self):
        value = '$(touch %s); `id`\n"\' x' % self.machine.path('broken')
        self.machine.script('show', 'printf "%s" "$TEXT" >"$OUT"\n',
                            'Inputs:\n  TEXT: {}\n  OUT: {}')
        self.bundle('inputs: {TEXT: {}, OUT: {}}\nboot: [{script: show}]\n')
        out = self.machine.path('out')
        self.assert_exit(self.machine.boot(
            '--input', 'TEXT=' + value, '--input', 'OUT=' + out), 0)
        self.assertEqual(self.machine.read(out), value)
        self.assertFalse(os.path.exists(self.machine.path('broken')))

    def test_one_script_twice_with_its_own_inputs_each_time(self):
        self.machine.script('say', 'echo "word: $WORD"\n',
                            'Inputs:\n  WORD: {}')
        self.bundle('boot:\n- {script: say, inputs: {WORD: first}}\n'
                    '- {script: say, inputs: {WORD: second}}\n')
        self.assert_exit(self.machine.boot(), 0)
        words = [l for l in self.machine.audit().splitlines()
                 if l.startswith('word: ')]
        self.assertEqual(words, ['word: first', 'word: second'])

    def test_rl6_3_6_packages_come_before_the_run(self):
        if not os.path.exists('/usr/bin/apt-get') or os.geteuid() != 0:
            self.skipTest('needs apt-get and root')
        self.machine.script('one', 'echo ran\n', 'Packages: bash coreutils')
        self.bundle('boot: [{script: one}]\n')
        self.assert_exit(self.machine.boot(), 0)
        names = [e['event'] for e in self.machine.events()]
        self.assertLess(names.index('packages_installed'),
                        names.index('script_started'))
        self.machine.script('one', 'echo ran\n',
                            'Packages: no-such-package-anywhere')
        result = self.machine.boot()
        self.assert_exit(result, 1)
        self.assertIn(b'packages no-such-package-anywhere: apt-get install: '
                      b'exit status 100', result.stdout)
        self.assertNotIn(b'ran\n', result.stdout)
        self.assertEqual(self.machine.instance_state(), 'stranded')

    def test_rl6_3_6_a_fresh_image_gets_its_package_lists_first(self):
        apt = self.machine.write('apt-get', '#!/bin/sh\necho "apt: $1"\n',
                                 0o755)
        root = ['unshare', '--mount', 'sh', '-c',
                'mount --bind "$0" /usr/bin/apt-get && '
                'mount -t tmpfs none /var/lib/apt/lists && exec "$@"', apt]
        if subprocess.run(root + ['true'], capture_output=True,
                          check=False).returncode != 0:
            self.skipTest('cannot mount here')
        self.machine.script('one', 'echo ran\n', 'Packages: bash')
        self.bundle('boot: [{script: one}]\n')
        result = subprocess.run(
            root + self.machine.command('boot', '--bundle',
                                        self.machine.bundle),
            env=self.machine.environment(), capture_output=True, check=False)
        self.assert_exit(result, 0)
        lines = self.machine.audit().splitlines()
        self.assertEqual(['apt: update', 'apt: install'],
                         [l for l in lines if l.startswith('apt: ')])

    def test_a_script_can_use_the_command(self):
        self.machine.script('tagger', 'rightlink tag add from:script=yes\n')
        self.bundle('boot: [{script: tagger}]\n')
        self.assert_exit(self.machine.boot(), 0)
        self.assertEqual(self.machine.run('tag').stdout, b'from:script=yes\n')

    def test_a_failing_script_strands(self):
        self.machine.script('bad', 'echo before; exit 3\n')
        self.machine.script('never', 'echo after\n')
        self.bundle('boot: [{script: bad}, {script: never}]\n')
        result = self.machine.boot()
        self.assert_exit(result, 1)
        self.assertIn(b"RightScript 'bad': exit status 3", result.stdout)
        self.assertNotIn(b'after', result.stdout)
        self.assertEqual(self.machine.instance_state(), 'stranded')
        self.assertIn('Script exit status: 3', self.machine.audit())

    def test_a_time_limit_ends_the_whole_tree(self):
        alive = self.machine.path('alive')
        self.machine.script(
            'slow', 'setsid sh -c "sleep 300; touch %s" &\n'
            'echo "child $!"\ntrap "" TERM\nwhile :; do sleep 1; done\n'
            % alive)
        self.bundle('boot: [{script: slow, timeout: 1}]\n')
        result = self.machine.boot()
        self.assert_exit(result, 1)
        self.assertIn(b'stopped at its time limit', result.stdout)
        for pid in filter(str.isdigit, os.listdir('/proc')):
            try:
                with open('/proc/%s/cmdline' % pid, 'rb') as f:
                    self.assertNotIn(alive.encode(), f.read())
            except (FileNotFoundError, ProcessLookupError):
                pass

    def test_194_asks_for_a_reboot_and_the_boot_goes_on_after_it(self):
        self.machine.script('update', 'exit 194\n')
        self.machine.script('never', 'echo after\n')
        self.bundle('boot: [{script: update}, {script: never}]\n')
        result = self.machine.boot()
        self.assert_exit(result, 37)
        self.assertNotIn(b'after', result.stdout)
        self.assertEqual(self.machine.instance_state(), 'booting')

    def test_a_killed_cook_takes_its_script_along(self):
        here = self.machine.path('here')
        self.machine.script('long', 'echo started; : >%s; sleep 300\n' % here)
        self.bundle('boot: [{script: long}]\n')
        self.machine.write('libexec/cook', '''#!/bin/sh
(while [ ! -e %s ]; do sleep 0.05; done; kill -9 $$) &
exec %s
''' % (here, self.machine.read(self.machine.path('libexec', 'cook'))
       .split('exec ')[1]), 0o755)
        result = self.machine.boot()
        self.assert_exit(result, 1)
        self.assertIn(b'killed by signal 9', result.stdout)
        self.assertEqual(self.machine.result()['status'], 'crashed')

    def test_other_output_than_text_passes_as_bytes(self):
        self.machine.script('odd', "printf 'a\\377\\000b\\n'\n")
        self.bundle('boot: [{script: odd}]\n')
        self.assert_exit(self.machine.boot(), 0)
        with open(os.path.join(self.machine.runs()[-1], 'audit.txt'),
                  'rb') as f:
            self.assertIn(b'a\xff\x00b\n', f.read())


class Secrets(support.PlayScenario):
    SECRET = 'tr0ub4dor-and-3'

    def test_a_credential_reaches_the_script_and_no_sink(self):
        self.machine.write('secret', self.SECRET + '\n', 0o600)
        self.machine.script('use', '''\
echo "it is $PASSWORD"
printf 'in two'; printf ' tr0ub4'; sleep 0.1; echo 'dor-and-3'
echo "to stderr $PASSWORD" >&2
[ "$PASSWORD" = "$(cat "$FILE")" ] && echo it is right
''', 'Inputs:\n  PASSWORD:\n    Default: cred:DEMO\n  FILE: {}')
        self.bundle('inputs:\n'
                    '  PASSWORD: {type: credential, required: true}\n'
                    '  FILE: {}\n'
                    '  demo/password: {type: credential}\n'
                    'boot: [demo, {script: use}]\n')
        self.play('spec', 'say %s' % self.SECRET, 'err %s' % self.SECRET,
                  'event {"event":"warning_issued","text":"%s"}' % self.SECRET,
                  'scripts',
                  'event {"event":"cook_failed","text":"got %s"}'
                  % self.SECRET, 'exit 1')
        secret = self.machine.path('secret')
        result = self.machine.boot(
            '--input', 'PASSWORD=@' + secret, '--input', 'FILE=' + secret,
            '--input', 'demo/password=@' + secret)
        self.assert_exit(result, 1)
        self.assertIn(b'it is right', result.stdout)
        self.assertIn(b'<hidden input PASSWORD>', result.stdout)
        self.assertNotIn(self.SECRET.encode(), result.stdout + result.stderr)
        for path, content in self.machine.files():
            if path not in (secret, self.machine.path('steps')):
                self.assertNotIn(self.SECRET.encode(), content, path)
        spec = json.loads(self.machine.read(self.machine.runs()[-1],
                                            'runspec.json'))
        self.assertEqual(spec['secrets'], [])

    def test_credentials_directory_is_the_last_word(self):
        self.machine.write('creds/PASSWORD', 'from-the-directory')
        self.machine.write('bundle/default', 'from-the-bundle')
        self.machine.script('use', '[ "$PASSWORD" = from-the-directory ]\n',
                            'Inputs:\n  PASSWORD: {}')
        self.bundle('inputs:\n  PASSWORD:\n    type: credential\n'
                    '    default: {file: default}\n'
                    'boot: [{script: use}]\n')
        self.play('scripts', 'converged')
        self.assert_exit(self.machine.boot(), 1)
        self.machine.env['CREDENTIALS_DIRECTORY'] = self.machine.path('creds')
        self.assert_exit(self.machine.boot(), 0)

    def test_missing_and_clear_credentials_are_refused(self):
        self.bundle('inputs:\n  PASSWORD: {type: credential, required: true}\n'
                    'boot: [demo]\n')
        result = self.machine.boot()
        self.assert_exit(result, 43)
        self.assertIn(b"input 'PASSWORD' is required", result.stderr)
        result = self.machine.boot('--input', 'PASSWORD=visible')
        self.assert_exit(result, 43)
        self.assertIn(b'PASSWORD=@FILE', result.stderr)
        self.assertNotIn(b'visible', result.stderr)


if __name__ == '__main__':
    support.main()
