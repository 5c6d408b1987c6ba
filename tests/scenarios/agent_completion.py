# SPDX-License-Identifier: MIT
"""Completion in the shells themselves, and manual pages, from the tables."""
import shutil
import subprocess

import support


class Completion(support.Scenario):
    def script(self, shell):
        result = self.machine.run('completion', shell)
        self.assert_exit(result, 0)
        return self.machine.write('completion', result.stdout.decode())

    def shell(self, *words, env=None):
        if shutil.which(words[0]) is None:
            self.skipTest('no ' + words[0])
        result = subprocess.run(words, capture_output=True, check=False,
                                stdin=subprocess.DEVNULL, timeout=60,
                                env=env)
        self.assertEqual((result.returncode, result.stderr), (0, b''))
        return result.stdout.decode().split('\n')

    def bash(self, *words):
        return self.shell(
            'bash', '--norc', '-c', '. "$1"; shift; COMP_WORDS=("$@"); '
            'COMP_CWORD=$(($# - 1)); _rightlink; echo "${COMPREPLY[@]}"',
            'bash', self.script('bash'), 'rightlink', *words)[0].split()

    def test_bash_knows_commands_actions_options_and_words(self):
        self.assertEqual(self.bash('bo'), ['boot'])
        self.assertEqual(self.bash('tag', 'qu'), ['query'])
        self.assertEqual(self.bash('boot', '--why'), ['--why-run'])
        self.assertEqual(self.bash('boot', '--output', 'json'),
                         ['json', 'jsonl'])
        self.assertEqual(self.bash('boot', '-o', 'te'), ['text'])
        self.assertEqual(self.bash('boot', '--bundle', 'x'), [])
        self.assertEqual(self.bash('tag', '--bundle'), [])
        tool = self.shell('bash', '--norc', '-c', '. "$1"; complete -p rs_tag',
                          'bash', self.script('bash'))[0]
        self.assertIn('--query', tool)

    def test_fish_knows_them_with_their_prose(self):
        script = self.script('fish')
        env = {'HOME': self.machine.root, 'PATH': '/usr/bin:/bin'}

        def complete(line):
            return self.shell('fish', '--no-config', '-c',
                              'source %s; complete -C "%s"' % (script, line),
                              env=env)
        self.assertTrue(complete('rightlink bo')[0].startswith('boot\tboot '))
        self.assertEqual([w.split('\t')[0]
                          for w in complete('rightlink tag qu')], ['query', ''])
        self.assertIn('--why-run', complete('rightlink boot --why')[0])
        self.assertTrue(complete('rightlink boot --output jsonl')[0]
                        .startswith('jsonl'))

    def test_zsh_takes_its_script(self):
        script = self.script('zsh')
        self.shell('zsh', '-n', script)
        out = self.shell(
            'zsh', '-f', '-c', 'autoload -U compinit; compinit -u -D; '
            'source $1; echo ${_comps[rightlink]}', 'zsh', script,
            env={'HOME': self.machine.root, 'PATH': '/usr/bin:/bin'})
        self.assertEqual(out[0], '_rightlink')

    def test_another_shell_is_refused(self):
        self.assert_exit(self.machine.run('completion', 'csh'), 64)


class Manual(support.Scenario):
    def test_each_command_has_a_page_that_scdoc_takes(self):
        if shutil.which('scdoc') is None:
            self.skipTest('no scdoc')
        overview = self.machine.run('help').stdout.decode()
        names = [line.split()[0] for line in
                 overview.split('Commands:\n')[1].splitlines()
                 if line.startswith('  ')]
        self.assertIn('boot', names)
        self.assertIn('rs_tag', names)
        for words in [[]] + [[name] for name in names]:
            page = self.machine.run('manual', *words)
            self.assert_exit(page, 0)
            made = subprocess.run(['scdoc'], input=page.stdout,
                                  capture_output=True, check=False)
            self.assertEqual((made.returncode, made.stderr), (0, b''), words)
        self.assert_exit(self.machine.run('manual', 'nothing'), 64)


if __name__ == '__main__':
    support.main()
