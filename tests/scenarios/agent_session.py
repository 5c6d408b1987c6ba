# SPDX-License-Identifier: MIT
"""The agent's channel with a real router: joining, commands, results, tags,
outages, revocation, copies, bad commands.
"""
import json
import os
import shutil
import signal
import sqlite3
import sys
import time
import unittest

import fabric_client
from joined_node import Node, command, until

BUILD = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else 'build/dev')


class Session(unittest.TestCase):
    def setUp(self):
        self.router = fabric_client.Router(BUILD).start()
        self.addCleanup(self.router.close)
        self.nodes = []

    def tearDown(self):
        for node in self.nodes:
            node.close()

    def node(self, name='n1', join=True, tags=()):
        node = Node(BUILD, name)
        self.nodes.append(node)
        if join:
            words = [w for t in tags for w in ('--tag', t)]
            node.join(self.router, *words)
        return node

    def connected(self, *flags, **more):
        node = self.node(**more)
        node.start(*flags)
        node.wait_log('router_connected')
        node.wait_log('to=operational')
        return node

    # ---- joining ----

    def test_join_says_what_to_do_next_and_may_be_repeated(self):
        node = self.node(join=False)
        token = self.router.join_token(5)
        first = node.join(self.router, token=token)
        self.assertIn('joined %s as ' % self.router.url, first)
        self.assertIn('rightlink-agent', first)
        id_ = node.id
        again = node.join(self.router, token=token)
        self.assertIn('joined again', again)
        self.assertEqual(node.id, id_)
        for secret in ('agent/key.pem', 'agent/identity.json'):
            mode = os.stat(os.path.join(node.state, secret)).st_mode
            self.assertEqual(mode & 0o777, 0o600)

    def test_join_refuses_a_router_that_the_token_does_not_name(self):
        other = fabric_client.Router(BUILD).start()
        self.addCleanup(other.close)
        node = self.node(join=False)
        out = node.join(self.router, token=other.join_token(), status=1)
        self.assertIn('is not the router that the token is for', out)
        self.assertEqual(node.read('state/agent/identity.json'), '')
        # The root key is looked at as well as the CA.
        parts = self.router.join_token().split('.')
        foreign = other.join_token().split('.')
        out = node.join(self.router, status=1, token='.'.join(
            [parts[0], parts[1], foreign[2], parts[3]]))
        self.assertIn('this machine trusts', out)

    def test_join_tells_a_bad_and_a_spent_token(self):
        node = self.node(join=False)
        parts = self.router.join_token().split('.')
        wrong = '.'.join([parts[0], parts[1][:-4] + 'AAAA'] + parts[2:])
        out = node.join(self.router, token=wrong, status=1)
        self.assertIn('does not know this token', out)
        self.assertNotIn(parts[1][:-4], out)
        token = self.router.join_token(1)
        node.join(self.router, token=token)
        second = self.node('n2', join=False)
        out = second.join(self.router, token=token, status=1)
        self.assertIn('spent or over', out)

    def test_join_elsewhere_needs_leave(self):
        node = self.node()
        id_, key = node.id, node.read('state/agent/key.pem')
        other = fabric_client.Router(BUILD).start()
        self.addCleanup(other.close)
        out = node.join(other, status=1)
        self.assertIn('--leave', out)
        self.assertEqual(node.id, id_)
        node.join(other, '--leave')
        self.assertNotEqual(node.id, id_)
        self.assertNotEqual(node.read('state/agent/key.pem'), key)

    # ---- commands ----

    def test_fabric_6_2_a_command_is_run_once_and_its_result_told(self):
        node = self.connected()
        operator = self.router.operator()
        c = command(node)
        operator.run(**c)
        done = operator.wait_done(c['cid'])[node.id]
        self.assertEqual(done['state'], 'ok')
        self.assertTrue(os.path.isdir(
            os.path.join(node.state, 'runs', done['run_id'])))
        self.assertEqual(node.read('done'), 'did it\n')

    def test_fabric_6_7_a_killed_agent_comes_back_for_what_it_was_given(self):
        node = self.connected()
        node.kill()
        operator = self.router.operator()
        commands = [command(node) for _ in range(5)]
        for c in commands:
            operator.run(**c)
        node.start()
        for c in commands:
            self.assertEqual(operator.wait_done(c['cid'])[node.id]['state'],
                             'ok')
        self.assertEqual(node.read('done'), 'did it\n' * 5)

    def test_fabric_6_7_a_run_that_was_cut_is_reported_not_repeated(self):
        node = self.connected()
        node.script('work', 'echo began >> "%s"\nsleep 600\n' %
                    node.path('done'))
        operator = self.router.operator()
        c = command(node)
        operator.run(**c)
        until(lambda: node.read('done'))
        node.kill()
        node.start()
        done = operator.wait_done(c['cid'])[node.id]
        self.assertEqual(done['state'], 'interrupted')
        self.assertEqual(node.read('done'), 'began\n')

    def test_fabric_6_2_a_run_that_was_cut_is_rerun_when_it_may_be(self):
        node = self.connected()
        node.script('work', 'echo began >> "%s"\n[ -e "%s" ] || sleep 600\n'
                    % (node.path('done'), node.path('go')))
        operator = self.router.operator()
        c = command(node, on_interrupt='rerun', attempts=2)
        operator.run(**c)
        until(lambda: node.read('done'))
        node.kill()
        node.write('go', '')
        node.start()
        self.assertEqual(operator.wait_done(c['cid'])[node.id]['state'], 'ok')
        self.assertEqual(node.read('done'), 'began\nbegan\n')

    def test_fabric_6_7_results_wait_while_the_router_is_away(self):
        node = self.connected()
        node.script('work', 'while ! [ -e "%s" ]; do sleep 0.05; done\n' %
                    node.path('go'))
        operator = self.router.operator()
        c = command(node)
        operator.run(**c)
        node.wait_log('run_started', times=2)
        self.router.kill()
        node.write('go', '')
        node.wait_log('run_ended', times=2)
        node.kill()
        node.start()
        node.wait_log('router_trouble')
        self.router.start()
        operator.http.close()
        self.assertEqual(operator.wait_done(c['cid'])[node.id]['state'], 'ok')

    def test_a_drained_router_is_come_back_to(self):
        node = self.connected()
        self.assertEqual(self.router.stop(), 0)
        node.wait_log('router_drains')
        self.router.start()
        operator = self.router.operator()
        c = command(node)
        operator.run(**c)
        self.assertEqual(operator.wait_done(c['cid'], 90)[node.id]['state'],
                         'ok')

    def test_a_cancel_stops_what_runs(self):
        node = self.connected()
        node.script('work', 'echo began >> "%s"\nsleep 600\n' %
                    node.path('done'))
        operator = self.router.operator()
        c = command(node)
        operator.run(**c)
        until(lambda: node.read('done'))
        status, v = operator.cancel(c['cid'])
        self.assertEqual((status, v['stopping']), (200, 1))
        self.assertEqual(operator.wait_done(c['cid'])[node.id]['state'],
                         'interrupted')

    # ---- what is refused ----

    def rejected(self, node, payload, key):
        """Puts a command into the router's store, as one who holds the
        router could; the reason of the agent's refusal."""
        value = json.loads(payload)
        operator = self.router.operator()
        good = operator.command(cid=value['cid'], kind='script', name='work',
                                ids=[node.id])
        node.kill()
        status, v = operator.submit(payload=good)
        self.assertEqual(status, 201, v)
        self.router.kill()
        db = sqlite3.connect(self.store_file())
        envelope = json.dumps(key.seal(payload))
        with db:
            changed = db.execute(
                'UPDATE envelope SET text=? WHERE seq='
                '(SELECT seq FROM command WHERE cid=?)',
                (envelope, value['cid'])).rowcount
        db.close()
        self.assertEqual(changed, 1)
        self.router.start()
        operator.http.close()
        node.start()
        done = operator.wait_done(value['cid'])[node.id]
        self.assertEqual(done['state'], 'rejected')
        self.assertEqual(node.read('done'), '')
        return done['reason']

    def store_file(self):
        for name in os.listdir(self.router.data):
            path = os.path.join(self.router.data, name)
            if name.endswith('.db') and self.has_commands(path):
                return path
        raise AssertionError(os.listdir(self.router.data))

    @staticmethod
    def has_commands(path):
        db = sqlite3.connect(path)
        found = db.execute("SELECT count(*) FROM sqlite_schema "
                           "WHERE name='command'").fetchone()[0]
        db.close()
        return found > 0

    def test_fabric_5_1_t3_a_router_cannot_make_or_change_commands(self):
        node = self.connected()
        operator = self.router.operator()
        evil = fabric_client.Key()
        payload = operator.command(kind='script', name='work', ids=[node.id])
        self.assertIn('of no operator', self.rejected(node, payload, evil))
        payload = operator.command(kind='script', name='work',
                                   ids=['01ARZ3NDEKTSV4RRFFQ69G5FAV'])
        self.assertIn('not among the targets',
                      self.rejected(node, payload, operator.key))
        late = json.loads(operator.command(kind='script', name='work',
                                           ids=[node.id]))
        late['issued_at'] -= 7200000
        late['not_after'] -= 7200000
        self.assertIn('expired', self.rejected(
            node, json.dumps(late).encode(), operator.key))
        tagged = operator.command(kind='script', name='work',
                                  tags=['app:role=db'])
        self.assertIn('does not carry the tags', self.rejected(
            node, tagged, operator.key))

    def test_fabric_5_1_t6_a_replay_under_another_name_is_refused(self):
        node = self.connected()
        operator = self.router.operator()
        first = command(node)
        payload = operator.command(**first)
        self.assertEqual(operator.submit(payload=payload)[0], 201)
        operator.wait_done(first['cid'])
        os.unlink(node.path('done'))
        other = fabric_client.ulid()
        node.kill()
        status, v = operator.submit(**command(node, cid=other))
        self.assertEqual(status, 201, v)
        self.router.kill()
        db = sqlite3.connect(self.store_file())
        with db:
            seq = 'SELECT seq FROM command WHERE cid=?'
            db.execute('UPDATE envelope SET text=(SELECT text FROM envelope '
                       'WHERE seq=(%s)) WHERE seq=(%s)' % (seq, seq),
                       (first['cid'], other))
        db.close()
        self.router.start()
        operator.http.close()
        node.start()
        done = operator.wait_done(other)[node.id]
        self.assertEqual(done['state'], 'rejected')
        self.assertIn('signed as', done['reason'])
        self.assertEqual(node.read('done'), '')

    # ---- tags ----

    def tags(self, node):
        operator = self.router.operator()
        status, v = operator.call('GET', '/v1/instances/' + node.id)
        operator.http.close()
        self.assertEqual(status, 200, v)
        return v['instance'].get('tags', [])

    def test_rl6_6_5_tags_go_both_ways(self):
        node = self.connected(tags=['app:role=web'])
        self.assertEqual(self.tags(node), ['app:role=web'])
        done = node.run('tag', 'add', 'app:zone=a', RIGHTLINK_CONTEXT='')
        self.assertEqual(done.returncode, 0, done.stderr)
        until(lambda: self.tags(node) == ['app:role=web', 'app:zone=a'])
        operator = self.router.operator()
        status, v = operator.call('PUT', '/v1/instances/%s/tags' % node.id,
                                  {'add': ['app:by=ops'],
                                   'remove': ['app:role=*']})
        self.assertEqual(status, 200, v)
        until(lambda: node.run('tag', 'list', RIGHTLINK_CONTEXT='').stdout ==
              b'app:by=ops\napp:zone=a\n')

    def test_tags_that_were_changed_in_an_outage_arrive(self):
        node = self.connected()
        self.router.kill()
        node.wait_log('router_trouble')
        for words in (('add', 'a:b=1'), ('set', 'a:b=2'), ('add', 'plain')):
            done = node.run('tag', *words, RIGHTLINK_CONTEXT='')
            self.assertEqual(done.returncode, 0, done.stderr)
        node.kill()
        node.start()
        node.wait_log('router_trouble', times=2)
        self.router.start()
        until(lambda: self.tags(node) == ['a:b=2', 'plain'])

    # ---- identity ----

    def test_fabric_5_1_t2_a_revoked_key_is_told_and_taken_again(self):
        node = self.connected()
        operator = self.router.operator()
        node.kill()
        status, v = operator.call('PUT', '/v1/instances/' + node.id,
                                  {'revoked': True})
        self.assertEqual(status, 200, v)
        node.start()
        node.wait_log('it was revoked')
        status, v = operator.call('PUT', '/v1/instances/' + node.id,
                                  {'revoked': False})
        self.assertEqual(status, 200, v)
        node.kill()
        node.start()
        node.wait_log('router_connected', times=2)

    def test_fabric_5_1_t9_a_copy_says_that_it_is_one(self):
        node = self.connected()
        copy = self.node('copy', join=False)
        shutil.copytree(node.state, copy.state, ignore=lambda d, names: [
            n for n in names if n.endswith('.sock')])
        copy.start()
        until(lambda: 'another machine uses this' in node.log() + copy.log())

    def test_trust_bundles_are_taken_as_they_come(self):
        node = self.connected()
        key = fabric_client.Key()
        self.router.command('operator', 'add', 'eve', '--public-key',
                            fabric_client.b64(key.public))
        self.router.child.send_signal(signal.SIGHUP)
        node.wait_log('trust_taken')
        with open(os.path.join(node.state, 'agent', 'trust.json'),
                  encoding='utf-8') as f:
            kept = json.load(f)
        self.assertEqual(kept['sigs'][0]['kid'],
                         node.identity()['root_kid'])

    # ---- at rest ----

    def test_an_idle_agent_is_small_and_sleeps(self):
        node = self.connected()
        time.sleep(4)  # it settles three seconds after it was connected
        before = self.switches(node)
        time.sleep(3)
        # One poll may be answered meanwhile; nothing else wakes it.
        self.assertLess(self.switches(node) - before, 12)
        if 'asan' not in BUILD:
            self.assertLess(node.resident_kb(), 12 * 1024)

    @staticmethod
    def switches(node):
        with open('/proc/%d/status' % node.child.pid, encoding='utf-8') as f:
            return int([line.split()[1] for line in f
                        if line.startswith('voluntary_ctxt')][0])

    def test_the_agent_ends_when_it_is_asked_to(self):
        node = self.connected()
        self.assertEqual(node.stop(), 0)
        node.start()
        node.wait_log('router_connected', times=2)
        second = Node(BUILD, 'n2')
        self.nodes.append(second)
        second.env['RIGHTLINK_STATE_DIR'] = node.state
        second.start()
        self.assertEqual(second.child.wait(60), 75)
        self.assertIn('another agent runs', second.log())


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1], verbosity=1)
