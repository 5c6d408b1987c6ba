# SPDX-License-Identifier: MIT
"""The perform process by itself: one order in, one run and its end out."""
import json
import os
import signal
import socket
import struct
import subprocess
import time

import support

RUN = '01ARZ3NDEKTSV4RRFFQ69G5FA'


class Perform:
    """A perform process and our end of its descriptor 3."""

    def __init__(self, machine, **order):
        ours, theirs = socket.socketpair()
        self.socket = ours
        env = machine.environment()
        env['RIGHTLINK_RUN'] = RUN + 'V'
        self.process = subprocess.Popen(
            ['/bin/sh', '-c', 'exec 3<&%d; exec "$0"' % theirs.fileno(),
             os.path.join(support.BUILD, 'libexec/rightlink/perform')],
            env=env, pass_fds=[theirs.fileno()], stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL)
        theirs.close()
        order = dict({'type': 'run_order', 'version': 1, 'run_id': RUN + 'V',
                      'cid': 'C', 'kind': 'operational', 'thread': 'default',
                      'state_dir': machine.state, 'state': 'operational',
                      'instance_id': 'i-1', 'trusted': True,
                      'bundle_dir': machine.bundle}, **order)
        self.send(**order)

    def send(self, **frame):
        body = json.dumps(frame).encode()
        self.socket.sendall(struct.pack('>I', len(body)) + body)

    def frames(self):
        """Every frame until the end."""
        data = b''
        self.socket.settimeout(120)
        while True:
            piece = self.socket.recv(65536)
            if not piece:
                break
            data += piece
        found = []
        while data:
            length = struct.unpack('>I', data[:4])[0]
            found.append(json.loads(data[4:4 + length]))
            data = data[4 + length:]
        return found

    def end(self):
        """Frames by type, the last of each, and the exit status."""
        frames = {f['type']: f for f in self.frames()}
        err = self.process.communicate()[1]
        self.socket.close()
        return frames, self.process.returncode, err.decode()


class Orders(support.PlayScenario):
    def setUp(self):
        super().setUp()
        self.bundle('boot: [demo]\ndecommission: ["demo::leave"]\n'
                    'operational:\n- demo::deploy\n'
                    '- {recipe: "demo::open", remote: true}\n')

    def perform(self, **order):
        return Perform(self.machine, **order).end()

    def test_a_run_has_the_id_of_its_order(self):
        self.play('say hello', 'spec', 'converged')
        frames, status, _ = self.perform(
            executables=['demo::deploy'], attributes={'a': {'b': 7}})
        self.assertEqual(status, 0)
        self.assertEqual(frames['run_began']['summary'], 'demo::deploy')
        self.assertEqual(frames['run_ended']['status'], 'completed')
        self.assertEqual(frames['run_ended']['updated'], 1)
        self.assertEqual(frames['run_ended']['exit_status'], 0)
        result = self.machine.result()
        self.assertEqual(result['run_id'], RUN + 'V')
        self.assertEqual(result['request_id'], 'C')
        self.assertIn('"a": {"b": 7}', self.machine.audit())
        self.assertFalse(os.path.exists(
            os.path.join(self.machine.state, 'state.json')))
        self.assertFalse(os.path.exists(
            os.path.join(self.machine.runs()[0], 'upload.json')))

    def test_an_order_to_be_uploaded_is_marked_before_it_begins(self):
        self.perform(executables=['demo::deploy'], upload=True)
        mark = self.machine.read(self.machine.runs()[0], 'upload.json')
        self.assertEqual(json.loads(mark)['kind'], 'operational')

    def test_lists_of_the_bundle(self):
        self.play('spec', 'converged')
        for kind, recipe in (('boot', 'demo'), ('schedule', 'demo'),
                             ('decommission', 'demo::leave')):
            with self.subTest(kind=kind):
                frames, _, _ = self.perform(
                    kind=kind, run_id=RUN + kind[0].upper())
                self.assertEqual(frames['run_ended']['status'], 'completed')
                self.assertEqual(
                    [r['executables'] for r in map(
                        self.machine.result, range(len(self.machine.runs())))
                     if r['kind'] == kind], [['recipe[%s]' % recipe]])

    def test_untrusted_orders_get_what_is_remote_callable(self):
        self.play('spec', 'converged')
        frames, _, _ = self.perform(
            kind='remote', trusted=False, executables=['demo::open'],
            run_id=RUN + 'W', **{'from': 'i-9', 'tags': ['a:b=c']})
        self.assertEqual(frames['run_ended']['status'], 'completed')
        self.assertIn('"remote_recipe": {"from": "i-9", "tags": ["a:b=c"]}',
                      self.machine.audit())
        frames, status, _ = self.perform(
            kind='remote', trusted=False, executables=['demo::deploy'],
            **{'from': 'i-9'})
        self.assertEqual(status, 0)
        self.assertEqual(frames['run_ended']['status'], 'refused')
        self.assertIn('remote: true', frames['run_ended']['reason'])
        self.assertNotIn('cook_started', self.machine.audit())

    def test_a_broken_bundle_is_a_failed_run_with_an_audit(self):
        self.machine.write('bundle/bundle.yml', 'name: [\n')
        frames, status, _ = self.perform(executables=['demo::deploy'])
        self.assertEqual(status, 0)
        self.assertEqual(frames['run_ended']['status'], 'failed')
        self.assertIn('bundle.yml', frames['run_ended']['reason'])
        self.assertEqual(self.machine.result()['status'], 'failed')

    def test_missing_inputs_are_named(self):
        self.bundle('inputs: {A: {required: true}, B: {required: true}}\n'
                    'boot: [demo]\n')
        self.machine.write('state/agent/inputs.json', '{"A": "x"}', 0o600)
        frames, _, _ = self.perform(kind='boot')
        self.assertEqual(frames['run_ended']['missing_inputs'], ['B'])
        frames, _, _ = self.perform(
            kind='boot', inputs={'B': 'y'}, run_id=RUN + 'W')
        self.assertEqual(frames['run_ended']['status'], 'completed')

    def test_the_limit_is_that_of_the_whole_run(self):
        self.play('wait /nowhere/at/all')
        frames, _, _ = self.perform(
            executables=['demo::deploy'], timeout_ms=500)
        self.assertEqual(frames['run_ended']['status'], 'failed')
        self.assertIn('time limit', frames['run_ended']['reason'])

    def test_growth_is_told(self):
        self.play('say hello', 'wait ' + self.machine.path('go'), 'converged')
        perform = Perform(self.machine, executables=['demo::deploy'])
        perform.socket.settimeout(60)
        data = b''
        while b'run_progress' not in data:
            data += perform.socket.recv(65536)
        self.machine.write('go', '')
        perform.end()

    def test_scripts_and_shutdowns_are_told(self):
        self.machine.script('once', 'echo "again: $RS_ALREADY_RUN"\n')
        self.bundle('boot: [{script: once}]\n')
        self.play('scripts', 'request ' + json.dumps({
            'type': 'shutdown_request', 'level': 'stop',
            'immediately': False}), 'converged')
        frames, _, _ = self.perform(kind='boot')
        self.assertEqual(frames['script_succeeded']['name'], 'once')
        self.assertEqual(frames['shutdown_wanted'], {
            'type': 'shutdown_wanted', 'level': 'stop', 'immediately': False})
        self.assertEqual(frames['run_ended']['exit_status'], 37)
        frames, _, _ = self.perform(
            kind='boot', past_scripts=['once'], run_id=RUN + 'W')
        self.assertNotIn('script_succeeded', frames)
        self.assertIn('again: true', self.machine.audit())

    def test_194_asks_for_another_run(self):
        self.machine.script('once', 'exit 194\n')
        self.bundle('boot: [{script: once}]\n')
        self.play('scripts', 'converged')
        frames, _, _ = self.perform(kind='boot')
        self.assertTrue(frames['run_ended']['again'])
        self.assertTrue(frames['shutdown_wanted']['immediately'])
        self.assertEqual(frames['run_ended']['status'], 'completed')

    def wait_for(self, path, perform):
        while not os.path.exists(path):
            self.assertIsNone(perform.process.poll())
            time.sleep(0.02)

    def test_a_stop_ends_escaped_grandchildren_too(self):
        here, pid = self.machine.path('here'), self.machine.path('pid')
        self.machine.script('escape', (
            'setsid sh -c \'echo $$ >%s; touch %s; sleep 300\' &\n'
            'sleep 300\n') % (pid, here))
        self.bundle('boot: [{script: escape}]\n')
        self.play('scripts', 'converged')
        perform = Perform(self.machine, kind='boot')
        self.wait_for(here, perform)
        perform.send(type='run_stop', reason='an operator cancelled it')
        frames, status, _ = perform.end()
        self.assertEqual(status, 0)
        self.assertEqual(frames['run_ended']['reason'],
                         'stopped: an operator cancelled it')
        self.assertEqual(self.machine.result()['reason'],
                         'stopped: an operator cancelled it')
        with self.assertRaises(ProcessLookupError):
            os.kill(int(self.machine.read(pid)), 0)

    def test_a_lost_agent_ends_the_run(self):
        here = self.machine.path('here')
        self.play('touch ' + here, 'wait /nowhere/at/all')
        perform = Perform(self.machine, executables=['demo::deploy'])
        self.wait_for(here, perform)
        perform.socket.close()
        perform.process.communicate()
        self.assertEqual(self.machine.result()['reason'],
                         'stopped: the agent has ended')

    def test_threads_run_beside_one_another(self):
        here = self.machine.path('here')
        self.play('touch ' + here, 'wait ' + self.machine.path('go'),
                  'converged')
        first = Perform(self.machine, executables=['demo::deploy'])
        self.wait_for(here, first)
        os.unlink(here)
        same = Perform(self.machine, executables=['demo::deploy'],
                       run_id=RUN + 'W')
        _, status, err = same.end()
        self.assertEqual(status, 1)
        self.assertIn('another run is in progress', err)
        other = Perform(self.machine, executables=['demo::deploy'],
                        run_id=RUN + 'X', thread='other')
        self.wait_for(here, other)
        self.assertTrue(os.path.exists(
            os.path.join(self.machine.state, 'run-other.sock')))
        self.machine.write('go', '')
        for perform in (first, other):
            frames, _, _ = perform.end()
            self.assertEqual(frames['run_ended']['status'], 'completed')

    def test_what_is_no_order_is_refused(self):
        for broken in ({'thread': '../x'}, {'kind': 'root'},
                       {'state': None}, {'executables': ['$(x)']}):
            with self.subTest(order=broken):
                frames, status, err = self.perform(**broken)
                self.assertEqual(status, 1)
                self.assertEqual(frames, {})
                self.assertTrue(err.startswith('perform: '), err)
        self.assertEqual(self.machine.runs(), [])

    def test_requests_to_an_agent_that_is_not_there_fail_clearly(self):
        self.play('request {"type":"tag_publish","tag":"a:b=c"}', 'converged')
        self.perform(executables=['demo::deploy'])
        self.assertIn('no agent is running', self.machine.audit())

    def test_a_kill_leaves_a_whole_journal(self):
        here = self.machine.path('here')
        self.play('touch ' + here, 'wait /nowhere/at/all')
        perform = Perform(self.machine, executables=['demo::deploy'])
        self.wait_for(here, perform)
        perform.process.send_signal(signal.SIGKILL)
        perform.end()
        self.machine.events()
        self.assertFalse(os.path.exists(
            os.path.join(self.machine.runs()[0], 'result.json')))


if __name__ == '__main__':
    support.main()
