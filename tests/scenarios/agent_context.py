# SPDX-License-Identifier: MIT
"""`rightlink context`: which router a person speaks to, without a router."""
import json
import os
import subprocess

import support


class Context(support.Scenario):
    def setUp(self):
        super().setUp()
        self.machine.env = {'HOME': self.machine.root,
                            'XDG_CONFIG_HOME': '', 'RIGHTLINK_CONTEXT': ''}

    def context(self, text, mode=0o600, name='.config/rightlink/context.json'):
        return self.machine.write(name, text, mode)

    def test_without_a_context_it_says_what_to_do(self):
        if os.path.exists('/etc/rightlink/context.json'):
            self.skipTest('this machine has a context')
        result = self.machine.run('context')
        self.assert_exit(result, 43)
        self.assertIn(b'rightlink router init', result.stderr)
        self.assertIn(b'--context FILE', result.stderr)
        result = self.machine.run('context', '--output', 'json')
        self.assert_exit(result, 43)
        error = json.loads(result.stdout)['error']
        self.assertEqual((error['code'], error['exit']), ('ERR_ABSENT', 43))

    def test_paths_are_relative_to_the_context(self):
        self.context('{"router": "https://r.test:8443/", "ca": "ca.pem", '
                     '"token": "secret-word", "key": "/k.pem"}')
        result = self.machine.run('context', 'show', '-o', 'json')
        self.assert_exit(result, 0)
        shown = json.loads(result.stdout)
        top = self.machine.path('.config/rightlink')
        self.assertEqual(shown, {
            'context': top + '/context.json', 'router': 'https://r.test:8443',
            'ca': top + '/ca.pem', 'key': '/k.pem'})
        self.assertNotIn(b'secret-word', self.machine.run('context').stdout)

    def test_option_beats_environment_beats_home(self):
        text = '{"router": "https://%s", "token": "t"}'
        self.context(text % 'home')
        other = self.context(text % 'variable', name='variable.json')
        third = self.context(text % 'option', name='option.json')
        self.assertIn(b'https://home\n', self.machine.run('context').stdout)
        self.machine.env['RIGHTLINK_CONTEXT'] = other
        self.assertIn(b'https://variable\n',
                      self.machine.run('context').stdout)
        for words in (['--context', third], ['--router', 'https://option']):
            self.assertIn(b'https://option\n',
                          self.machine.run('context', *words).stdout)

    def test_what_is_wrong_with_a_context_is_said(self):
        good = '{"router": "https://r", "token": "t"}'
        for text, mode, words in (
                (good, 0o644, b'chmod 600'),
                ('{"router": "http://r", "token": "t"}', 0o600,
                 b'must be https://'),
                ('{"router": "https://r"}', 0o600, b'token'),
                ('{"router": 7, "token": "t"}', 0o600, b'router'),
                ('{"router": "https://r", "token": "a\\nb"}', 0o600,
                 b'more than one line'),
                ('[]', 0o600, b'router'),
                ('{', 0o600, b'line 1')):
            self.context(text, mode)
            result = self.machine.run('context')
            self.assert_exit(result, 43)
            self.assertIn(words, result.stderr)
        absent = self.machine.run('context', '--context', '/nowhere.json')
        self.assert_exit(absent, 43)
        self.assertIn(b'/nowhere.json', absent.stderr)


class Programs(support.Scenario):
    def test_rightlink_itself_loads_no_network_library(self):
        path = os.path.join(support.BUILD, 'bin', 'rightlink')
        libraries = subprocess.run(['ldd', path], check=True,
                                   capture_output=True).stdout
        for library in (b'libcurl', b'libssl', b'libsqlite3', b'libruby'):
            self.assertNotIn(library, libraries)

    def test_a_missing_program_is_named(self):
        self.machine.env['RIGHTLINK_LIBEXEC'] = self.machine.root
        result = self.machine.run('context')
        self.assert_exit(result, 1)
        self.assertIn(b"/operator' is not installed", result.stderr)


if __name__ == '__main__':
    support.main()
