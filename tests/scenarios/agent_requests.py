# SPDX-License-Identifier: MIT
"""The local socket: tags, remote requests, schedules, shutdown, bad frames."""
import json
import os

import support


class Requests(support.PlayScenario):
    def setUp(self):
        super().setUp()
        self.bundle('boot: [demo]\noperational:\n'
                    '- {recipe: "demo::allow", remote: true}\n'
                    '- demo::secret\n')

    def ask(self, *requests, status=0):
        self.play(*['request ' + json.dumps(r) for r in requests],
                  'converged')
        result = self.machine.boot()
        self.assert_exit(result, status)
        return [json.loads(line[6:]) for line in
                self.machine.audit(0).splitlines() if
                line.startswith('reply ')]

    def test_rl6_6_5_tags(self):
        replies = self.ask(
            {'type': 'tag_publish', 'tag': 'lb:www=app'},
            {'type': 'tag_publish', 'tag': 'lb:www=app'},
            {'type': 'tag_publish', 'tag': 'lb:www=lb'},
            {'type': 'tag_list'},
            {'type': 'tag_query', 'tags': ['lb:www=*', 'no:such=tag']},
            {'type': 'tag_query', 'tags': ['lb:www=*', 'no:such=tag'],
             'match': 'all'},
            {'type': 'tag_set', 'tag': 'lb:www=other'},
            {'type': 'tag_remove', 'tag': 'lb:www=*'},
            {'type': 'tag_publish', 'tag': 'ns:*'},
            {'type': 'tag_query', 'tags': ['ns:*']})
        self.assertEqual([r.get('changed') for r in replies[:3]],
                         [True, False, True])
        own = replies[3]['id']
        self.assertEqual(replies[3]['tags'], ['lb:www=app', 'lb:www=lb'])
        self.assertEqual(replies[4]['instances'],
                         {own: {'tags': ['lb:www=app', 'lb:www=lb']}})
        self.assertEqual(replies[5]['instances'], {})
        self.assertTrue(replies[6]['changed'] and replies[7]['changed'])
        for reply in replies[8:]:
            self.assertFalse(reply['ok'])
            self.assertEqual(reply['code'], 'ERR_INVALID')
            self.assertIn('invalid wildcard', reply['text'])

    def test_wrong_requests_get_an_answer_with_the_place(self):
        replies = self.ask(
            {'type': 'tag_publish'}, {'type': 'eval', 'code': '1'},
            {'type': 'tag_query', 'tags': ['a', 7]},
            {'type': 'script_run', 'name': 'unknown'},
            {'type': 'script_run', 'name': 'x', 'source_file': '../x'},
            {'type': 'remote_run', 'recipe': 'a', 'right_script': 'b'},
            {'type': 'remote_run', 'recipe': 'a'})
        self.assertEqual([r['ok'] for r in replies], [False] * 7)
        self.assertEqual(replies[0]['text'], 'tag_publish: .tag: is missing')
        self.assertIn("unknown request 'eval'", replies[1]['text'])
        self.assertIn('.tags[1]', replies[2]['text'])

    def test_a_remote_recipe_to_itself_is_run_after_the_run(self):
        self.play('request ' + json.dumps(
            {'type': 'tag_publish', 'tag': 'app:role=db'}),
            'request ' + json.dumps(
                {'type': 'remote_run', 'recipe': 'demo::allow',
                 'recipients_tags': ['app:role=db'],
                 'attributes': {'remote_recipe': {'peer': 'me'}}}),
            'spec', 'converged')
        # The second run plays the same steps: it asks again, and so on, until
        # the limit of requests that lead to one another.
        result = self.machine.boot()
        self.assert_exit(result, 0)
        kinds = [self.machine.result(i)['kind']
                 for i in range(len(self.machine.runs()))]
        self.assertEqual(kinds, ['boot'] + ['remote'] * 8)
        spec = json.loads(self.machine.read(self.machine.runs()[1],
                                            'runspec.json'))
        self.assertEqual(spec['run_list'], [{'recipe': 'demo::allow'}])
        remote = spec['attributes']['remote_recipe']
        self.assertEqual(remote['peer'], 'me')
        self.assertEqual(remote['tags'], ['app:role=db'])
        self.assertTrue(remote['from'].startswith('i-'))
        self.assertEqual(os.listdir(os.path.join(self.machine.state,
                                                 'inbox')), [])

    def test_a_remote_script_gets_the_parameters_of_the_request(self):
        self.machine.script('far', 'echo "word: $WORD"\n',
                            'Inputs:\n  WORD:\n    Default: text:own')
        self.bundle('boot: [demo]\noperational:\n'
                    '- {script: far, remote: true}\n')
        self.play('request {"type":"tag_publish","tag":"a:b=c"}',
                  'request ' + json.dumps(
                      {'type': 'remote_run', 'right_script': 'far',
                       'recipients_tags': ['a:b=*'],
                       'parameters': {'WORD': 'sent'}}),
                  'scripts', 'converged')
        self.assert_exit(self.machine.boot(), 0)
        self.assertIn('word: sent', self.machine.audit(1))
        self.assert_exit(self.machine.run('run', 'script[far]'), 0)
        self.assertEqual(self.machine.result(9)['kind'], 'operational')
        self.assertIn('word: own', self.machine.audit(9))

    def test_a_request_that_matches_nobody_has_a_receipt(self):
        replies = self.ask({'type': 'remote_run', 'recipe': 'demo::allow',
                            'recipients_tags': ['no:such=tag']})
        self.assertEqual(replies[0]['matched'], 0)
        self.assertEqual(replies[0]['ids'], [])
        self.assertEqual(len(self.machine.runs()), 1)

    def test_only_remote_callable_recipes_are_accepted(self):
        replies = self.ask(
            {'type': 'tag_publish', 'tag': 'app:role=db'},
            {'type': 'remote_run', 'recipe': 'demo::secret',
             'recipients_tags': ['app:role=db']})
        self.assertFalse(replies[1]['ok'])
        self.assertIn("'remote: true'", replies[1]['text'])
        self.assertEqual(len(self.machine.runs()), 1)

    def test_schedules_become_a_crontab(self):
        first = {'type': 'schedule_create', 'name': 'nightly', 'hour': '3',
                 'minute': '15', 'recipe': 'demo::secret'}
        replies = self.ask(
            first, first,
            dict(first, minute='1; reboot'),
            dict(first, name='x\ny'),
            dict(first, recipe='demo::unknown'),
            {'type': 'schedule_create', 'name': 'other',
             'recipe': 'demo::allow'},
            {'type': 'schedule_delete', 'name': 'other'},
            {'type': 'schedule_delete', 'name': 'other'})
        self.assertEqual([r['ok'] for r in replies],
                         [True, True, False, False, False, True, True, True])
        self.assertEqual([r.get('changed') for r in replies],
                         [True, False, None, None, None, True, True, False])
        text = self.machine.read(self.machine.path('cron', 'rightlink'))
        lines = [l for l in text.splitlines() if ' root ' in l]
        self.assertEqual(len(lines), 1)
        self.assertTrue(lines[0].startswith("15 3 * * * root '"))
        self.assertIn("'recipe[demo::secret]'", lines[0])

    def test_schedules_of_the_bundle_come_and_go_with_it(self):
        text = ('boot: [demo]\noperational: ["demo::x"]\n'
                'schedules: [{name: daily, recipe: "demo::x", hour: 4}]\n')
        self.bundle(text)
        self.assert_exit(self.machine.boot(), 0)
        crontab = self.machine.path('cron', 'rightlink')
        self.assertIn('* 4 * * * root ', self.machine.read(crontab))
        self.bundle('boot: [demo]\n')
        self.assert_exit(self.machine.boot(), 0)
        self.assertNotIn(' root ', self.machine.read(crontab))

    def test_shutdown_levels_only_rise(self):
        replies = self.ask(
            {'type': 'shutdown_request', 'level': 'stop'},
            {'type': 'shutdown_request', 'level': 'reboot'}, status=37)
        self.assertEqual([r['level'] for r in replies], ['stop', 'stop'])

    def test_the_socket_is_for_its_owner(self):
        self.play('request {"type":"state_get"}',
                  'say ' + 'x', 'touch ' + self.machine.path('here'),
                  'wait ' + self.machine.path('go'), 'converged')
        agent = self.machine.start('boot', '--bundle', self.machine.bundle)
        try:
            while not os.path.exists(self.machine.path('here')):
                self.assertIsNone(agent.poll())
            path = os.path.join(self.machine.state, 'run-default.sock')
            self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)
        finally:
            self.machine.write('go', '')
            agent.communicate()
        self.assertEqual(agent.returncode, 0)
        self.assertFalse(os.path.exists(path))


class Tags(support.PlayScenario):
    def test_the_command_and_the_file(self):
        run = self.machine.run
        self.assert_exit(run('tag', 'add', 'a:b=c', 'web'), 0)
        self.assertEqual(run('tag').stdout, b'a:b=c\nweb\n')
        self.assert_exit(run('tag', 'set', 'a:b=d'), 0)
        found = json.loads(run('tag', 'query', 'a:b=*', '-o', 'json').stdout)
        self.assertEqual(list(found.values()), [{'tags': ['a:b=d', 'web']}])
        self.assert_exit(run('tag', 'remove', 'a:b=*'), 0)
        self.assertEqual(run('tag', 'list').stdout, b'web\n')
        self.assert_exit(run('tag', 'add', 'a:b='), 64)
        self.assert_exit(run('tag', 'ad', 'x'), 64)


if __name__ == '__main__':
    support.main()
