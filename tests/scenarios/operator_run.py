# SPDX-License-Identifier: MIT
"""`rightlink run` on nodes: whom it meets, how it ends, what is shown."""
import json
import os
import signal
import threading
import time

import fabric_world
from fabric_world import until


class Fleet(fabric_world.Scenario):
    """web-1 to web-3 and db-1 are online, old-1 is not. A slow run goes on
    until the gate is open."""
    seen, gate = [], threading.Event()

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.gate.set()
        for name in ('web-1', 'web-2', 'web-3', 'db-1', 'old-1'):
            cls.world.player(
                name, 'app:role=' + name.split('-')[0], 'app:name=' + name,
                play=lambda c, n=name: cls.play(n, c), online=name != 'old-1')

    @classmethod
    def play(cls, node, command):
        cls.seen.append((node, command))
        name = command.get('name') or command['kind']
        if name == 'a::fail' or name == 'a::fail_' + node.replace('-', '_'):
            return {'state': 'failed', 'reason': 'file[/x]: no such place',
                    'exit_status': 1, 'text': 'it broke\n'}
        if name == 'a::late':
            return {'state': 'failed', 'exit_status': 21,
                    'reason': 'longer than its time limit'}
        if name == 'a::reject':
            return {'state': 'rejected', 'reason': 'not listed'}
        if name == 'a::slow':
            return cls.slow
        if name == 'a::own':
            return {'text': 'I am %s, after 0.5 s\n' % node, 'updated': 2,
                    'elapsed_ms': 1500}
        return {'text': '****\n*RS> remote run   ****\nthe same, in 0.%d s\n'
                '*RS> remote run completed after 3 ms   ****\n' % len(cls.seen),
                'updated': 1, 'elapsed_ms': 1000}

    @staticmethod
    def slow(player, cid, run_id):
        """Says lines until the gate opens or it is stopped."""
        for i in range(1000):
            player.append(run_id, b'line %d\n' % i)
            if cid in player.stopped:
                return {'state': 'interrupted', 'reason': 'stopped'}
            if Fleet.gate.wait(0.05):
                return {}
        return {}

    def setUp(self):
        self.seen.clear()
        self.gate.set()

    def commands(self):
        return [command for _, command in self.seen]

    def nodes_seen(self):
        return sorted(node for node, _ in self.seen)


class Targets(Fleet):
    def met(self, *words, status=0):
        self.seen.clear()
        result = self.run_('run', 'a::ok', *words, status=status)
        return self.nodes_seen(), result

    def test_tags_ids_and_their_sums(self):
        webs = ['web-1', 'web-2', 'web-3']
        self.assertEqual(self.met('--tag', 'app:role=web')[0], webs)
        self.assertEqual(self.met('--id', 'db-1')[0], ['db-1'])
        self.assertEqual(self.met('--id', self.world.players[0].id)[0],
                         ['web-1'])
        self.assertEqual(self.met('-t', 'app:role=web', '--id', 'db-1')[0],
                         ['db-1'] + webs)
        self.assertEqual(
            self.met('-t', 'app:role=web', '-t', 'app:name=web-2')[0],
            ['web-2'])
        self.assertEqual(
            self.met('-t', 'app:name=db-1', '-t', 'app:name=web-2',
                     '--match', 'any')[0], ['db-1', 'web-2'])
        self.assertEqual(
            self.met('-t', 'app:role=*', '--online-only')[0],
            ['db-1'] + webs)
        self.assertEqual(self.met('-t', 'app:role=web', '-n', '2')[0],
                         webs[:2])
        self.assertEqual(
            self.met('--deployment', 'default', '--online-only')[0],
            ['db-1'] + webs)
        self.assertEqual(
            self.met('-t', 'app:role=web', '-d', 'other', status=23)[0], [])

    def test_who_is_met_is_said_first(self):
        _, result = self.met('-t', 'app:role=web')
        self.assertIn(b'recipe[a::ok] on 3 nodes: web-1, web-2, web-3\n',
                      result.stderr)

    def test_any_is_one_of_them(self):
        met, result = self.met('-t', 'app:role=web', '--any')
        self.assertEqual(len(met), 1)
        self.assertIn(b'1 node: 1 ok', result.stderr)

    def test_what_is_signed_is_what_was_resolved(self):
        self.met('-t', 'app:role=web')
        (command,) = {json.dumps(c, sort_keys=True) for c in self.commands()}
        command = json.loads(command)
        self.assertEqual(sorted(command['ids']),
                         sorted(p.id for p in self.world.players[:3]))
        self.assertNotIn('tags', command)

    def test_options_travel(self):
        self.run_('run', 'script[a b]', '--id', 'web-1', '-p', 'X=1',
                  '--param', 'Y=a=b', '--thread', 'side', '--timeout', '5m',
                  '--ttl', '90s', '--rerun', '--why-run')
        (command,) = self.commands()
        self.assertEqual((command['kind'], command['name']), ('script', 'a b'))
        self.assertEqual(command['parameters'], {'X': '1', 'Y': 'a=b'})
        self.assertEqual(command['thread'], 'side')
        self.assertEqual(command['timeout_ms'], 300000)
        self.assertEqual(command['not_after'] - command['issued_at'], 90000)
        self.assertEqual(command['on_interrupt'], 'rerun')
        self.assertTrue(command['why_run'])
        self.seen.clear()
        self.run_('run', 'recipe[a::b]', '--id', 'web-1', '--json', '-',
                  stdin=b'{"a": {"b": 1}}')
        self.run_('run', 'a::b', '--id', 'web-1', '-j', '{"a": 2}')
        self.assertEqual([c['attributes'] for c in self.commands()],
                         [{'a': {'b': 1}}, {'a': 2}])
        self.assertEqual({c['name'] for c in self.commands()}, {'a::b'})

    def test_wrong_words_are_told_before_anybody_is_asked(self):
        for words, status, text in (
                (('run', 'a', 'b', '--id', 'web-1'), 64, b'one recipe'),
                (('run', 'a::b', '--batch', '2'), 64, b'--tag'),
                (('run', 'a::b', '--id', 'web-1', '--batch', 'x'), 64,
                 b'--batch'),
                (('run', 'a::b', '--id', 'web-1', '--max-fail', 'x'), 64,
                 b'--max-fail'),
                (('run', 'a::b', '--id', 'web-1', '--batch', '1',
                  '--no-wait'), 64, b'--no-wait'),
                (('run', 'a::b', '--id', 'web-1', '-p', 'X=1'), 64,
                 b'for scripts'),
                (('run', 'script[x', '--id', 'web-1'), 64, b"no ']'"),
                (('run', 'script[x]', '--id', 'web-1', '-p', 'X'), 43,
                 b'NAME=VALUE'),
                (('run', 'a::b', '--id', 'web-1', '-j', '[1]'), 43, b'--json'),
                (('run', 'a::b', '--id', 'web-1', '--thread', 'No'), 1,
                 b'thread'),
                (('run', 'no recipe', '--id', 'web-1'), 1, b"no recipe"),
                (('run', 'a::b', '--id', 'moon'), 1, b"node 'moon'"),
                (('run', 'a::b', '--tag', 'a:*'), 1, b'wildcard')):
            result = self.run_(*words, status=status)
            self.assertIn(text, result.stderr, words)
        self.assertEqual(self.seen, [])


class Exits(Fleet):
    """One test for each exit status of product."""

    def test_0_all_succeeded(self):
        self.run_('run', 'a::ok', '-t', 'app:role=web')

    def test_1_some_failed_and_why(self):
        result = self.run_('run', 'a::fail_web_2', '-t', 'app:role=web',
                           status=1)
        self.assertIn(b'web-2  failed', result.stdout)
        self.assertIn(b'file[/x]: no such place', result.stdout)
        self.assertIn(b'3 nodes: 2 ok, 1 failed', result.stderr)
        self.run_('run', 'a::reject', '--id', 'db-1', status=1)

    def test_20_some_never_got_it(self):
        result = self.run_('run', 'a::ok', '--id', 'old-1', '--id', 'web-1',
                           '--ttl', '3s', status=20)
        self.assertIn(b'old-1  expired', result.stdout)
        self.assertIn(b"'old-1' is offline", result.stderr)

    def test_21_some_timed_out(self):
        result = self.run_('run', 'a::late', '--id', 'web-1', status=21)
        self.assertIn(b'web-1  timed out', result.stdout)

    def test_21_waiting_was_given_up_and_the_command_goes_on(self):
        self.gate.clear()
        result = self.run_('run', 'a::slow', '--id', 'web-1', '--wait-limit',
                           '1s', status=21)
        self.assertIn(b'goes on', result.stderr)
        cid = result.stderr.decode().split('command ')[1].split()[0]
        self.gate.set()
        until(lambda: b'1 ok' in self.run_('runs', 'show', cid).stdout)

    def test_22_cancelled_by_somebody_else(self):
        child = self.world.start('run', 'a::ok', '--id', 'old-1')
        cid = until(lambda: self.open_command())
        result = self.run_('cancel', cid)
        self.assertIn(b'1 will never run it', result.stdout)
        out, err = child.communicate(timeout=60)
        self.assertEqual(child.returncode, 22, (out, err))
        self.assertIn(b'old-1  cancelled', out)

    def open_command(self):
        found = json.loads(self.run_('runs', 'commands', '-o', 'json').stdout)
        return next((c['cid'] for c in found if not c['done']), None)

    def test_23_nobody_matches(self):
        result = self.run_('run', 'a::ok', '-t', 'no:such=tag', status=23)
        self.assertIn(b'no node matches', result.stderr)
        self.assertIn(b'rightlink nodes', result.stderr)
        self.run_('run', 'a::ok', '-t', 'no:such=tag', '--allow-empty')
        self.run_('run', 'a::ok', '--id', 'old-1', '--online-only', status=23)

    def test_43_without_a_key(self):
        with open(self.world.context, encoding='utf-8') as f:
            context = json.load(f)
        del context['key']
        context['ca'] = self.world.router.ca
        path = self.world.path('keyless.json')
        with open(path, 'w', encoding='utf-8',
                  opener=lambda p, f: os.open(p, f, 0o600)) as f:
            json.dump(context, f)
        result = self.run_('run', 'a::ok', '--id', 'web-1', '--context', path,
                           status=43)
        self.assertIn(b'has no key', result.stderr)

    def test_no_wait_prints_the_command_and_nothing_else(self):
        result = self.run_('run', 'a::ok', '--id', 'web-1', '--no-wait')
        cid = result.stdout.decode().strip()
        self.assertEqual(len(cid), 26)
        until(lambda: b'1 ok' in self.run_('runs', 'show', cid).stdout)


class Batches(Fleet):
    def batches(self):
        """Nodes by the order of their commands."""
        order = []
        for node, command in self.seen:
            if command['cid'] not in [cid for cid, _ in order]:
                order.append((command['cid'], []))
            next(n for cid, n in order if cid == command['cid']).append(node)
        return [sorted(nodes) for _, nodes in order]

    def test_each_batch_is_a_command_after_the_other(self):
        result = self.run_('run', 'a::ok', '-t', 'app:role=web', '--batch',
                           '1,100%')
        self.assertEqual(self.batches(), [['web-1'], ['web-2', 'web-3']])
        self.assertIn(b'batch 2: 2 nodes', result.stderr)

    def test_a_failure_ends_it_before_the_next_batch(self):
        result = self.run_('run', 'a::fail_web_1', '-t', 'app:role=web',
                           '--batch', '1', status=1)
        self.assertEqual(self.batches(), [['web-1']])
        self.assertIn(b'2 nodes are not asked any more', result.stderr)

    def test_failures_may_be_borne(self):
        self.run_('run', 'a::fail_web_1', '-t', 'app:role=web',
                  '--batch', '1', '--max-fail', '1', status=1)
        self.assertEqual(self.batches(), [['web-1'], ['web-2'], ['web-3']])

    def test_a_rest_between_batches(self):
        begun = time.monotonic()
        self.run_('run', 'a::ok', '-t', 'app:role=web', '--batch', '2',
                  '--batch-sleep', '1s')
        self.assertGreater(time.monotonic() - begun, 1)


class Output(Fleet):
    def test_identical_output_is_printed_once_without_its_frame(self):
        result = self.run_('run', 'a::ok', '-t', 'app:role=web')
        self.assertEqual(result.stdout.count(b'the same, in'), 1)
        self.assertIn(b'\n==> 3 nodes: web-1, web-2, web-3\n    the same',
                      result.stdout)
        self.assertNotIn(b'****', result.stdout)
        lines = result.stdout.decode().splitlines()[:3]
        self.assertEqual(sorted(lines), [
            'web-%d  ok              1.0 s  1 changed' % i for i in (1, 2, 3)])

    def test_different_output_is_printed_for_each(self):
        result = self.run_('run', 'a::own', '-t', 'app:role=web')
        for i in (1, 2, 3):
            self.assertIn(b'\n==> web-%d\n    I am web-%d, after 0.5 s\n'
                          % (i, i), result.stdout)

    def test_display_chooses(self):
        words = ('run', 'a::fail_web_1', '-t', 'app:role=web', '--display')
        self.assertNotIn(b'==>',
                         self.run_(*words, 'none', status=1).stdout)
        failed = self.run_(*words, 'failed', status=1).stdout
        self.assertIn(b'==> web-1\n    it broke', failed)
        self.assertNotIn(b'the same', failed)

    def test_quiet_is_silent_of_success(self):
        result = self.run_('run', 'a::ok', '-t', 'app:role=web', '--quiet')
        self.assertEqual(result.stdout, b'')
        result = self.run_('run', 'a::fail_web_1', '-t', 'app:role=web', '-q',
                           status=1)
        self.assertEqual(result.stdout.count(b'\n'), 1)

    def test_follow_prints_lines_as_they_come_with_names(self):
        self.gate.clear()
        child = self.world.start('run', 'a::slow', '-t', 'app:role=web', '-f')
        seen = b''
        while any(b'web-%d | line 3\n' % i not in seen for i in (1, 2, 3)):
            seen += child.stdout.readline()
        self.gate.set()
        out, _ = child.communicate(timeout=60)
        self.assertEqual(child.returncode, 0)
        seen += out
        for i in (1, 2, 3):
            lines = [l for l in seen.splitlines()
                     if l.startswith(b'web-%d | ' % i)]
            self.assertEqual(lines, [b'web-%d | line %d' % (i, n)
                                     for n in range(len(lines))])
            self.assertIn(b'web-%d  ok' % i, out)

    def test_follow_of_one_node_is_its_output_alone(self):
        result = self.run_('run', 'a::own', '--id', 'web-1', '--follow')
        self.assertTrue(result.stdout.startswith(
            b'I am web-1, after 0.5 s\nweb-1  ok'))

    def test_json_is_one_object_jsonl_a_line_a_node(self):
        words = ('run', 'a::fail_web_1', '-t', 'app:role=web', '-o')
        v = json.loads(self.run_(*words, 'json', status=1).stdout)
        self.assertEqual((v['matched'], v['asked'], v['exit']), (3, 3, 1))
        self.assertEqual(sorted(n['state'] for n in v['nodes']),
                         ['failed', 'ok', 'ok'])
        lines = [json.loads(line) for line in
                 self.run_(*words, 'jsonl', status=1).stdout.splitlines()]
        self.assertEqual(len(lines), 4)
        self.assertEqual(lines[-1]['exit'], 1)
        error = json.loads(self.run_('run', 'a::b', '--id', 'moon', '-o',
                                     'json', status=1).stdout)['error']
        self.assertEqual(error['exit'], 1)
        self.assertIn('moon', error['message'])

    def test_no_escapes_and_no_progress_off_a_terminal(self):
        result = self.run_('run', 'a::ok', '-t', 'app:role=web')
        self.assertNotIn(b'\033', result.stdout + result.stderr)
        self.assertNotIn(b'\r', result.stdout + result.stderr)
        self.assertNotIn(b'ended', result.stderr)

    def test_a_reader_that_leaves_ends_it(self):
        self.gate.clear()
        child = self.world.start('run', 'a::slow', '--id', 'web-1', '-f')
        child.stdout.readline()
        child.stdout.close()
        self.assertEqual(child.wait(60), -signal.SIGPIPE)
        self.assertIn(b'goes on', child.stderr.read())
        child.stderr.close()
        self.gate.set()


class AtTheTerminal(Fleet):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for i in range(8):
            cls.world.player('off-%d' % i, 'app:role=off', online=False)

    def test_progress_and_colours(self):
        self.gate.clear()
        t = self.world.terminal('run', 'a::slow', '-t', 'app:role=web',
                                NO_COLOR='')
        t.expect('0 of 3 ended, 3 running')
        self.gate.set()
        self.assertEqual(t.end(), 0)
        self.assertIn('\033[32mok', t.seen)

    def test_above_ten_nodes_a_person_is_asked(self):
        words = ('run', 'a::ok', '-t', 'app:role=*', '--ttl', '1s')
        t = self.world.terminal(*words)
        t.expect('go on? [y/N] ')
        t.type('n\n')
        self.assertEqual(t.end(), 22)
        self.assertEqual(self.seen, [])
        t = self.world.terminal(*words, '--display', 'none')
        t.expect('go on? [y/N] ')
        t.type('y\n')
        self.assertEqual(t.end(), 20)
        self.assertEqual(len(self.seen), 4)
        t = self.world.terminal(*words, '--yes', '--display', 'none')
        self.assertEqual(t.end(), 20)
        self.assertNotIn('go on?', t.seen)

    def interrupted(self, answer):
        self.gate.clear()
        t = self.world.terminal('run', 'a::slow', '--id', 'web-1')
        t.expect('1 running')
        t.type('\x03')
        t.expect('[d]etach')
        t.type(answer + '\n')
        return t

    def test_ctrl_c_detaches(self):
        t = self.interrupted('d')
        self.assertEqual(t.end(), -signal.SIGINT)
        self.assertIn('goes on', t.seen)
        cid = t.seen.split('command ')[1].split()[0]
        self.assertIn(b'1 running', self.run_('runs', 'show', cid).stdout)
        self.gate.set()

    def test_ctrl_c_cancels(self):
        t = self.interrupted('c')
        self.assertEqual(t.end(), 22)
        self.assertIn('1 are told to stop', t.seen)
        self.assertIn('interrupted', t.seen)

    def test_ctrl_c_may_be_taken_back(self):
        t = self.interrupted('w')
        t.expect('1 running')
        self.gate.set()
        self.assertEqual(t.end(), 0)

    def test_off_a_terminal_signals_detach(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            self.gate.clear()
            child = self.world.start('run', 'a::slow', '--id', 'web-1', '-f')
            child.stdout.readline()
            child.send_signal(number)
            _, err = child.communicate(timeout=60)
            self.assertEqual(child.returncode, -number)
            self.assertIn(b"'rightlink cancel", err)
            self.gate.set()


class Outage(Fleet):
    def test_a_router_that_is_killed_meanwhile_is_not_seen(self):
        self.gate.clear()
        child = self.world.start('run', 'a::slow', '-t', 'app:role=web', '-f')
        seen = child.stdout.readline()
        self.world.router.kill()
        time.sleep(1)
        self.world.router.start()
        while any(b'web-%d | line 30\n' % i not in seen for i in (1, 2, 3)):
            seen += child.stdout.readline()
        self.gate.set()
        out, err = child.communicate(timeout=60)
        self.assertEqual(child.returncode, 0, err)
        for i in (1, 2, 3):
            lines = [l for l in (seen + out).splitlines()
                     if l.startswith(b'web-%d | ' % i)]
            self.assertEqual(lines, [b'web-%d | line %d' % (i, n)
                                     for n in range(len(lines))])
        self.assertIn(b'trying again', err)

    def test_no_router_is_a_failure_with_a_hint(self):
        result = self.run_('nodes', '--router', 'https://127.0.0.1:1',
                           '--retry', '0', status=1)
        self.assertIn(b'127.0.0.1:1', result.stderr)
        self.assertIn(b'rightlink doctor', result.stderr)

    def test_a_wrong_token_is_told(self):
        with open(self.world.context, encoding='utf-8') as f:
            context = json.load(f)
        context.update(token='rlo_wrong', ca=self.world.router.ca)
        path = self.world.path('wrong.json')
        with open(path, 'w', encoding='utf-8') as f:
            json.dump(context, f)
        os.chmod(path, 0o600)
        result = self.run_('nodes', '--context', path, status=1)
        self.assertIn(b'router', result.stderr)
        self.assertIn(b'token', result.stderr)


if __name__ == '__main__':
    fabric_world.main()
