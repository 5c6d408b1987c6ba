# SPDX-License-Identifier: MIT
"""nodes, tags, runs, logs, events, ping: what a person asks of the router."""
import json
import select
import signal
import threading

import fabric_world
from fabric_world import until


class Fleet(fabric_world.Scenario):
    gate = threading.Event()

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.world.player('web-1', 'app:role=web', 'a word', play=cls.play)
        cls.world.player('web-2', 'app:role=web', play=cls.play)
        cls.world.player('db-1', 'app:role=db', play=cls.play,
                         deployment='data')
        cls.world.player('old-1', online=False)

    @classmethod
    def play(cls, command):
        if command['name'] == 'a::slow':
            return cls.slow
        if command['name'] == 'a::fail':
            return {'state': 'failed', 'reason': 'no', 'text': 'it broke\n'}
        return {'text': 'one\ntwo\n', 'updated': 2}

    @staticmethod
    def slow(player, cid, run_id):
        for i in range(1000):
            player.append(run_id, b'line %d\n' % i)
            if Fleet.gate.wait(0.05) or cid in player.stopped:
                return {}
        return {}

    def json(self, *words, status=0):
        return json.loads(self.run_(*words, '-o', 'json',
                                    status=status).stdout)

    def lines(self, *words, status=0):
        return self.run_(*words, status=status).stdout.decode().splitlines()

    def submit(self, name, *words):
        return self.run_('run', name, '--no-wait',
                         *words).stdout.decode().strip()


class Nodes(Fleet):
    def names(self, *words):
        return [n['name'] for n in self.json('nodes', *words)]

    def test_the_list_and_its_filters(self):
        self.assertEqual(self.names(), ['db-1', 'old-1', 'web-1', 'web-2'])
        self.assertEqual(self.names('--presence', 'offline'), ['old-1'])
        self.assertEqual(self.names('--tag', 'app:role=*'),
                         ['db-1', 'web-1', 'web-2'])
        self.assertEqual(self.names('-t', 'app:role=web', '-t', 'a word'),
                         ['web-1'])
        self.assertEqual(self.names('--deployment', 'data'), ['db-1'])
        self.run_('nodes', '-t', 'a:*', status=1)

    def test_the_table_is_aligned_and_plain(self):
        lines = self.lines('nodes')
        self.assertEqual(lines[0].split(), ['NAME', 'PRESENCE', 'STATE',
                                            'BUNDLE', 'SEEN', 'TAGS'])
        at = lines[0].index('TAGS')
        self.assertEqual(lines[1][at:], 'app:role=db')
        self.assertNotIn('\033', ''.join(lines))
        self.assertFalse([l for l in lines if l != l.rstrip()])
        rows = [json.loads(l) for l in self.lines('nodes', '-o', 'jsonl')]
        self.assertEqual(len(rows), 4)
        result = self.run_('nodes', '-t', 'no:such=tag')
        self.assertEqual((result.stdout, result.stderr),
                         (b'', b'rightlink: no node is so\n'))

    def test_one_node_whole(self):
        lines = self.lines('nodes', 'show', 'web-1')
        self.assertIn('name         web-1', lines)
        self.assertIn('  app:role=web', lines)
        node = self.json('nodes', 'show', self.world.players[0].id)
        self.assertEqual(node['name'], 'web-1')
        self.run_('nodes', 'show', 'moon', status=1)
        self.run_('nodes', 'show', status=64)
        result = self.run_('nodes', 'shwo', status=64)
        self.assertIn(b"did you mean 'show'?", result.stderr)

    def test_tags_of_a_node(self):
        for words in (('nodes', 'tag', 'web-2'), ('tag', '--node', 'web-2')):
            one, more = words[:2], words[2:]
            if words[0] == 'tag':
                one, more = ('tag',), ('--node', 'web-2')
            self.assertEqual(self.lines(*one, *more, 'add', 'x:y=1', 'x:y=2'),
                             ['app:role=web', 'x:y=1', 'x:y=2'])
            self.assertEqual(self.lines(*one, *more, 'set', 'x:y=3'),
                             ['app:role=web', 'x:y=3'])
            self.assertEqual(self.lines(*one, *more, 'remove', 'x:y=*'),
                             ['app:role=web'])
            self.assertEqual(self.lines(*one, *more), ['app:role=web'])
        self.run_('tag', '--node', 'web-2', 'add', status=64)
        self.run_('tag', '--node', 'web-2', 'add', 'x:y=*', status=1)
        self.run_('tag', '--node', 'web-2', 'set', 'word', status=1)
        self.run_('nodes', 'tag', 'web-2', 'put', 'x', status=64)

    def test_who_carries_tags(self):
        found = self.json('tag', 'query', 'app:role=db', 'a word')
        self.assertEqual(sorted(v['name'] for v in found.values()),
                         ['db-1', 'web-1'])
        lines = self.lines('tag', 'query', '--match', 'all', 'app:role=web',
                           'a word')
        self.assertEqual(lines, ['web-1  ' + self.world.players[0].id,
                                 '    a word', '    app:role=web'])

    def test_what_an_admin_does(self):
        spare = self.world.player('spare')
        self.run_('nodes', 'rename', 'spare', 'spare-2')
        self.assertEqual(self.json('nodes', 'show', 'spare-2')['id'], spare.id)
        self.run_('nodes', 'revoke', 'spare-2', '--yes')
        self.assertTrue(self.json('nodes', 'show', 'spare-2')['revoked'])
        self.assertIn(b'revoked', self.run_('nodes').stdout)
        self.run_('nodes', 'admit', 'spare-2')
        self.assertFalse(self.json('nodes', 'show', 'spare-2')['revoked'])
        t = self.world.terminal('nodes', 'forget', 'spare-2')
        t.expect("forget node 'spare-2'? [y/N] ")
        t.type('n\n')
        self.assertEqual(t.end(), 1)
        self.assertEqual(self.json('nodes', 'forget', 'spare-2')['ended'], 0)
        self.run_('nodes', 'show', 'spare-2', status=1)


class Runs(Fleet):
    def test_runs_commands_and_one_of_each(self):
        good = self.submit('a::ok', '-t', 'app:role=web')
        bad = self.submit('a::fail', '--id', 'db-1')
        until(lambda: all(c['done'] for c in self.json('runs', 'commands')))
        runs = self.json('runs')
        self.assertEqual(sorted(r['name'] for r in runs),
                         ['db-1', 'web-1', 'web-2'])
        self.assertEqual([r['cid'] for r in self.json('runs', '--status',
                                                      'failed')], [bad])
        self.assertEqual([r['name'] for r in self.json('runs', '--node',
                                                       'web-2')], ['web-2'])
        self.assertEqual(len(self.json('runs', '-n', '2')), 2)
        self.assertEqual(len(self.lines('runs', '-o', 'jsonl')), 3)
        commands = self.json('runs', 'commands')
        self.assertEqual([c['cid'] for c in commands], [bad, good])
        shown = self.lines('runs', 'show', good)
        self.assertIn('2 ok', shown[1])
        self.assertEqual(sorted(line.split()[0] for line in shown[4:]),
                         ['web-1', 'web-2'])
        self.assertEqual(len(self.json('runs', 'show', good)['deliveries']), 2)
        run_id = self.json('runs', '--node', 'db-1')[0]['aid']
        self.assertIn('status    failed', self.lines('runs', 'show', run_id))
        self.assertEqual(self.json('runs', 'show', run_id)['reason'], 'no')
        self.run_('runs', 'show', '7' * 26, status=1)
        self.logs(good, run_id)
        result = self.run_('cancel', run_id)
        self.assertEqual(result.stdout, b'0 will never run it, 0 are told to '
                         b'stop, 1 had ended\n')
        self.run_('cancel', '7' * 26, status=1)

    def logs(self, cid, run_id):
        self.assertEqual(self.lines('logs', run_id), ['it broke'])
        self.assertEqual(self.lines('logs', '--node', 'db-1'), ['it broke'])
        self.assertEqual(self.json('logs', run_id)['aid'], run_id)
        self.assertEqual(sorted(self.lines('logs', cid)), [
            'web-1 | one', 'web-1 | two', 'web-2 | one', 'web-2 | two'])
        self.run_('logs', '7' * 26, status=1)
        self.run_('logs', '0', status=1)

    def test_this_machine_is_asked_when_wanted(self):
        self.assertEqual(self.lines('runs', '--local'), [])
        result = self.run_('logs', '--local', status=1)
        self.assertIn(self.world.path('state').encode(), result.stderr)


class Following(Fleet):
    def test_logs_follow_over_a_restart_of_the_router(self):
        self.gate.clear()
        cid = self.submit('a::slow', '--id', 'web-1')
        run = until(lambda: self.json('runs', '--status', 'running'))[0]
        whole = self.world.start('logs', '-f', cid)
        child = self.world.start('logs', '-f', run['aid'])
        seen = child.stdout.readline()
        self.world.router.stop()
        self.world.router.start()
        while b'line 60\n' not in seen:
            seen += child.stdout.readline()
        self.gate.set()
        out, err = child.communicate(timeout=60)
        self.assertEqual(child.returncode, 0, err)
        lines = (seen + out).splitlines()
        self.assertEqual(lines, [b'line %d' % n for n in range(len(lines))])
        out, err = whole.communicate(timeout=60)
        self.assertEqual(whole.returncode, 0, err)
        self.assertEqual(out.splitlines()[:-1], lines)
        self.assertTrue(out.splitlines()[-1].startswith(b'web-1  ok'))


class Events(Fleet):
    def test_history_and_kinds(self):
        # A history may be longer than one answer of the router.
        self.submit('a::ok', '--id', 'web-1')
        until(lambda: all(c['done'] for c in self.json('runs', 'commands')))
        events = self.json('events')
        self.assertTrue({'instance', 'delivery'} <=
                        {e['kind'] for e in events})
        self.assertEqual([e['at'] for e in events],
                         sorted(e['at'] for e in events))
        kinds = {e['kind'] for e in self.json('events', '-k', 'delivery',
                                              '--kind', 'command')}
        self.assertTrue(kinds <= {'delivery', 'command'} and kinds)
        line = self.lines('events', '-k', 'instance')[0]
        self.assertRegex(line, r'^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d  instance ')
        result = self.run_('events', '--kind', 'moon', status=1)
        self.assertIn(b'kinds', result.stderr)

    def test_follow_survives_a_restart(self):
        child = self.world.start('events', '-f', '-k', 'tag', '-o', 'jsonl')
        seen = []
        until(lambda: self.change_tag() and self.readable(child))
        seen.append(json.loads(child.stdout.readline()))
        self.world.router.kill()
        self.world.router.start()
        until(lambda: self.change_tag() and self.readable(child))
        seen.append(json.loads(child.stdout.readline()))
        self.assertEqual([e['kind'] for e in seen], ['tag', 'tag'])
        child.send_signal(signal.SIGINT)
        child.communicate(timeout=30)
        self.assertEqual(child.returncode, -signal.SIGINT)

    def change_tag(self):
        self.n = getattr(self, 'n', 0) + 1
        self.run_('tag', '--node', 'old-1', 'set', 'n:n=%d' % self.n)
        return True

    @staticmethod
    def readable(child):
        return select.select([child.stdout], [], [], 1)[0]


class Ping(Fleet):
    def test_who_answers_and_who_does_not(self):
        result = self.run_('ping', 'web-1', 'web-2')
        self.assertRegex(result.stdout.decode(),
                         r'^web-1  ok  \d+ ms\nweb-2  ok  \d+ ms\n$')
        result = self.run_('ping', 'web-1', 'old-1', status=1)
        self.assertIn(b'old-1  failed', result.stdout)
        rows = [json.loads(l) for l in
                self.lines('ping', 'web-1', 'old-1', '-o', 'jsonl', status=1)]
        self.assertEqual([r['ok'] for r in rows], [True, False])
        self.run_('ping', status=64)


class Power(Fleet):
    @classmethod
    def play(cls, command):
        cls.seen = command
        return {}

    def test_shutdown_and_decommission_are_commands(self):
        result = self.run_('shutdown', 'reboot', '--id', 'web-1')
        self.assertIn(b'reboot on 1 node: web-1', result.stderr)
        self.assertEqual((self.seen['kind'], self.seen['shutdown']),
                         ('shutdown', 'reboot'))
        self.run_('decommission', 'terminate', '--id', 'web-1')
        self.assertEqual((self.seen['kind'], self.seen['shutdown']),
                         ('decommission', 'terminate'))
        self.run_('decommission', '--id', 'web-1')
        self.assertNotIn('shutdown', self.seen)
        self.run_('shutdown', 'halt', '--id', 'web-1', status=64)
        self.run_('shutdown', '--id', 'web-1', status=64)


class Forms(Fleet):
    """Every command tells its failures in the form that is asked for."""

    def test_errors_are_json_too(self):
        gone = ('--router', 'https://127.0.0.1:1', '--retry', '0', '-o')
        for words in (('nodes',), ('nodes', 'show', 'x'), ('runs',),
                      ('runs', 'show', 'x'), ('logs', 'x'), ('events',),
                      ('ping', 'x'), ('cancel', 'x'), ('tag', 'query', 'x'),
                      ('tag', '--node', 'x'), ('run', 'a', '--id', 'x'),
                      ('shutdown', 'stop', '--id', 'x'),
                      ('decommission', '--id', 'x')):
            for form in ('json', 'jsonl'):
                result = self.run_(*words, *gone, form, status=1)
                error = json.loads(result.stdout)['error']
                self.assertEqual(error['exit'], 1)
                self.assertIn('127.0.0.1:1', error['message'])
                self.assertIn('doctor', error['hint'])

    def test_wrong_words_are_64_and_have_help(self):
        for words in (('nodes', '--no-such'), ('runs', 'x'), ('logs', 'a', 'b'),
                      ('cancel',), ('tag', 'x'), ('events', '--kin'),
                      ('context', 'x')):
            self.run_(*words, status=64)
        for command in ('nodes', 'runs', 'logs', 'cancel', 'tag', 'events',
                        'ping', 'run', 'shutdown', 'decommission', 'context'):
            help_ = self.run_(command, '--help').stdout.decode()
            self.assertLess(help_.index('Examples:'), help_.index('Options:'))
            self.assertIn('  rightlink ' + command, help_)


if __name__ == '__main__':
    fabric_world.main()
