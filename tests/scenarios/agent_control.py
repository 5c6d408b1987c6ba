# SPDX-License-Identifier: MIT
"""agent.sock: who may ask, limits, following, and the command line on it."""
import json
import os
import signal
import struct
import subprocess
import time

import live_agent
from live_agent import Connection, until


class Control(live_agent.LiveScenario):
    def setUp(self):
        super().setUp()
        self.start()
        self.wait_state('operational')

    def test_the_socket_is_for_its_owner(self):
        mode = os.stat(os.path.join(self.machine.state, 'agent.sock')).st_mode
        self.assertEqual(mode & 0o777, 0o600)

    def test_wrong_requests_are_answered_and_the_client_stays(self):
        connection = Connection(self.machine)
        for request, text in (
                ({'type': 'eval'}, "unknown request 'eval'"),
                ({'type': 'run_wait'}, '.run_id: is missing'),
                ({'type': 'run_wait', 'run_id': '../../etc/passwd'}, 'no run'),
                ({'type': 'run_request'}, 'must be given'),
                ({'type': 'run_request', 'recipe': 'demo::x'}, 'demo::'),
                ({'type': 'run_request', 'recipe': 'demo::a',
                  'thread': '../x'}, 'thread'),
                ({'type': 'run_stop', 'run_id': 'x'}, 'no run'),
                ({'type': 'script_run', 'name': 'x'}, 'socket of a run'),
                ({'type': 'tag_set', 'tag': 'plain'}, 'can be set'),
                ({'type': 'tag_query', 'tags': ['a:*']}, 'wildcard'),
                ({'type': 'inputs_patch', 'values': {'RS_X': 1}}, 'RS_X'),
                ({'type': 'reenroll'}, 'router'),
        ):
            with self.subTest(request=request):
                connection.send(**request)
                reply = connection.receive()
                self.assertFalse(reply['ok'])
                self.assertIn(text, reply['text'])
        connection.send(type='state_get')
        self.assertEqual(connection.receive()['state'], 'operational')

    def test_what_is_no_frame_ends_the_connection(self):
        for raw in (struct.pack('>I', 1 << 30), struct.pack('>I', 3) + b'{{{'):
            with self.subTest(raw=raw):
                connection = Connection(self.machine)
                connection.socket.sendall(raw)
                self.assertFalse(connection.receive()['ok'])
                with self.assertRaises((EOFError, ConnectionResetError)):
                    connection.receive()
        self.assertEqual(self.state(), 'operational')

    def test_many_clients_and_no_more(self):
        clients = [Connection(self.machine) for _ in range(300)]
        served = 0
        for client in clients:
            try:
                client.send(type='state_get')
                client.receive()
                served += 1
            except (EOFError, BrokenPipeError, ConnectionResetError):
                pass
        self.assertEqual(served, 256)
        for client in clients:
            client.close()
        until(lambda: self.try_state() == 'operational')

    def try_state(self):
        try:
            return self.state()
        except (EOFError, BrokenPipeError, ConnectionResetError):
            return None

    def test_a_follower_sees_all_from_the_beginning(self):
        here, go = self.machine.path('here'), self.machine.path('go')
        self.play_recipe('demo::a', 'say grüße', 'touch ' + here,
                         'wait ' + go, 'flood 1', 'say the end', 'converged')
        run = self.request('demo::a')['run_id']
        self.wait_for('here')
        connection = Connection(self.machine)
        connection.send(type='run_wait', run_id=run, follow=True)
        text = events = ''
        while 'grüße' not in text:
            frame = connection.receive()
            text += frame.get('text', '')
            events += frame.get('events', '')
        self.machine.write('go', '')
        while frame['type'] != 'reply':
            frame = connection.receive()
            text += frame.get('text', '')
            events += frame.get('events', '')
        self.assertEqual(frame['status'], 'completed')
        home = os.path.join(self.machine.state, 'runs', run)
        self.assertEqual(text, self.machine.read(home, 'audit.txt'))
        self.assertEqual(events, self.machine.read(home, 'events.jsonl'))
        # The same of a run that has ended.
        connection.send(type='run_wait', run_id=run, follow=True)
        again, frame = '', {'type': ''}
        while frame['type'] != 'reply':
            frame = connection.receive()
            again += frame.get('text', '')
        self.assertEqual(again, text)

    def test_a_follower_that_does_not_read_stops_nobody(self):
        self.play_recipe('demo::a', 'flood 30', 'converged')
        run = self.request('demo::a')['run_id']
        lazy = Connection(self.machine)
        lazy.send(type='run_wait', run_id=run, follow=True)
        self.assertEqual(self.wait_run(run)['status'], 'completed')
        self.assertEqual(self.state(), 'operational')
        text, frame = 0, {'type': ''}
        while frame['type'] != 'reply':
            frame = lazy.receive()
            text += len(frame.get('text', ''))
        self.assertGreater(text, 30 << 20)

    def test_tags_of_the_instance(self):
        self.assertTrue(self.ask('tag_publish', tag='a:b=c')['changed'])
        self.assertFalse(self.ask('tag_publish', tag='a:b=c')['changed'])
        self.assert_exit(self.machine.run('tag', 'set', 'a:b=d'), 0)
        self.assertEqual(self.machine.run('tag').stdout, b'a:b=d\n')
        found = self.ask('tag_query', tags=['a:b=*'])['instances']
        self.assertEqual([v['tags'] for v in found.values()], [['a:b=d']])
        self.kill()
        self.start()
        self.assertEqual(self.machine.run('tag', 'list').stdout, b'a:b=d\n')

    def test_recipes_ask_the_agent(self):
        self.play_recipe(
            'demo::a', 'request {"type":"tag_publish","tag":"a:b=c"}',
            'request {"type":"tag_query","tags":["a:b=*"]}',
            'request {"type":"schedule_create","name":"n",'
            '"recipe":"demo::b","hour":"3"}', 'converged')
        run = self.request('demo::a')['run_id']
        self.assertEqual(self.wait_run(run)['status'], 'completed')
        names = [e['event'] for e in self.machine.events()]
        self.assertIn('tag_published', names)
        self.assertIn('schedule_created', names)
        self.assertIn('"tags": ["a:b=c"]', self.machine.audit())

    def test_a_remote_request_to_itself_runs_behind_the_asker(self):
        self.bundle('boot: [demo]\noperational: ["demo::a", '
                    '{recipe: "demo::open", remote: true}]\n')
        self.kill()
        self.start()
        self.wait_state('operational')
        self.ask('tag_publish', tag='app:role=web')
        self.play_recipe('demo::open', 'spec', 'converged')
        self.play_recipe('demo::a', 'request ' + json.dumps({
            'type': 'remote_run', 'recipe': 'demo::open',
            'recipients_tags': ['app:role=web'],
            'attributes': {'x': {'y': 1}}}), 'request ' + json.dumps({
                'type': 'remote_run', 'recipe': 'demo::a',
                'recipients_tags': ['app:role=web']}), 'converged')
        run = self.request('demo::a')['run_id']
        self.assertEqual(self.wait_run(run)['status'], 'completed')
        until(lambda: any(r['kind'] == 'remote'
                          for r in self.results().values()))
        audit = self.machine.audit()
        self.assertIn('"x": {"y": 1}', audit)
        self.assertIn('"tags": ["app:role=web"]', audit)
        self.assertIn('remote: true', self.machine.audit(-2))

    def test_log_levels(self):
        self.assertEqual(self.ask('log_level', level='debug')['level'],
                         'debug')
        self.play_recipe('demo::a', 'spec', 'converged')
        run = self.request('demo::a')['run_id']
        self.wait_run(run)
        self.assertIn('"log_level": "debug"', self.machine.audit())
        self.kill()
        self.start()
        self.assertEqual(self.ask('log_level')['level'], 'debug')
        self.assertEqual(
            self.ask('log_level', agent=True, level='debug')['level'],
            'debug')

    def test_run_hands_over_and_shows_the_audit(self):
        self.play_recipe('demo::a', 'say hello', 'spec', 'converged')
        done = self.machine.run('run', 'demo::a', '--json',
                                '{"release": "7"}', '--thread', 'web')
        self.assert_exit(done, 0)
        self.assertIn(b'hello', done.stdout)
        self.assertIn(b'"release": "7"', done.stdout)
        self.assertIn(b'operational run completed', done.stdout)
        result = json.loads(
            self.machine.run('run', 'demo::a', '-o', 'json').stdout)
        self.assertEqual(result['status'], 'completed')
        events = self.machine.run('run', 'demo::a', '-o', 'jsonl').stdout
        self.assertEqual([json.loads(line) for line in events.splitlines()],
                         self.machine.events())

    def test_run_ends_as_the_run_does(self):
        self.play_recipe('demo::a', 'exit 3')
        self.assert_exit(self.machine.run('run', 'demo::a'), 1)
        unknown = self.machine.run('run', 'demo::aa')
        self.assert_exit(unknown, 43)
        self.assertIn(b"did you mean 'demo::a'?", unknown.stderr)
        other = self.machine.run('run', 'demo::a', '--bundle',
                                 self.machine.bundle)
        self.assert_exit(other, 75)

    def test_boot_hands_over(self):
        done = self.machine.run('boot')
        self.assert_exit(done, 0)
        self.assertIn(b'boot run completed', done.stdout)

    def test_an_interrupted_run_is_stopped(self):
        self.play_recipe('demo::a', 'touch ' + self.machine.path('here'),
                         'wait /nowhere/at/all')
        client = self.machine.start('run', 'demo::a')
        self.wait_for('here')
        client.send_signal(signal.SIGINT)
        out, _ = client.communicate(timeout=60)
        self.assertEqual(client.returncode, -signal.SIGINT)
        self.assertIn(b'interrupted on the command line', out)

    def test_inputs_of_the_command_line(self):
        self.bundle('inputs: {PORT: {type: number}, SECRET: '
                    '{type: credential}}\nboot: []\n'
                    'operational: [{script: show}]\n')
        self.machine.script('show', 'echo "port $PORT secret $SECRET"\n',
                            'Inputs:\n  PORT: {}\n  SECRET: {}')
        self.kill()
        self.start()
        until(lambda: self.state() == 'operational')
        self.play('scripts', 'converged')
        self.machine.write('secret', 'open sesame\n')
        done = subprocess.run(
            self.machine.command('run', 'script[show]', '-i', 'PORT=80',
                                 '-i', 'SECRET=@secret'),
            env=self.machine.environment(), cwd=self.machine.root,
            capture_output=True, timeout=120, check=False)
        self.assert_exit(done, 0)
        self.assertIn(b'port 80 secret <hidden input SECRET>', done.stdout)

    def test_an_idle_agent_does_not_wake_up(self):
        time.sleep(1)
        def switches():
            with open('/proc/%d/status' % self.agent.pid) as f:
                return [int(line.split()[1]) for line in f
                        if line.startswith('voluntary_ctxt')][0]
        before = switches()
        time.sleep(3)
        self.assertLessEqual(switches() - before, 1)


if __name__ == '__main__':
    live_agent.main()
