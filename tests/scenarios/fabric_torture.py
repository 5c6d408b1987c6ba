# SPDX-License-Identifier: MIT
"""A router and an agent that are killed at each call that makes something
durable (tests/torture), before and after it, while a command is delivered and
run: nothing may be lost, nothing run twice, every delivery ends.

CI plays every few points; `fabric_torture.py BUILD --all` plays each.
"""
import os
import sys
import unittest

import fabric_client
from joined_node import Node, command, until

BUILD = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else 'build/dev')
ALL = '--all' in sys.argv
SHIM = os.path.join(BUILD, 'tests', 'torture', 'torture.so')
POINTS = 10000 if ALL else 14


def environment(**more):
    options = os.environ.get('ASAN_OPTIONS', '')
    return dict({'LD_PRELOAD': SHIM, 'ASAN_OPTIONS':
                 options + ':verify_asan_link_order=0:detect_leaks=0'}, **more)


class Torture(unittest.TestCase):
    def setUp(self):
        self.router = fabric_client.Router(BUILD).start()
        self.addCleanup(self.router.close)
        self.operator = self.router.operator()
        self.addCleanup(self.operator.http.close)
        self.node = Node(BUILD)
        self.addCleanup(self.node.close)
        self.node.join(self.router)
        self.node.script('work', 'echo "$CID" >> "%s"\n' %
                         self.node.path('done'))
        self.node.write('bundle/bundle.yml', 'name: shop\nboot: []\n'
                        'inputs: {CID: {type: text, default: none}}\n'
                        'operational:\n  - script[work]\n')
        self.count_file = self.node.path('count')

    def command(self):
        c = command(self.node)
        c['parameters'] = {'CID': c['cid']}
        return c

    def submit(self, c):
        """As a submitter does: the same command until it is accepted."""
        payload = self.operator.command(**c)

        def accepted():
            try:
                return self.operator.submit(payload)[0] in (200, 201)
            except (fabric_client.Gone, OSError):
                self.revive_router()
                return False
        until(accepted)

    def revive_router(self):
        self.operator.http.close()
        if self.router.child.poll() is not None:
            self.router.start()

    def end_of(self, c):
        state = None

        def done():
            nonlocal state
            if self.node.child.poll() is not None:
                self.node.start()
            try:
                v = self.operator.deliveries(c['cid'])
            except (fabric_client.Gone, OSError):
                self.revive_router()
                return False
            state = v['deliveries'][0]['state']
            return v['done']
        until(done)
        return state

    def check(self, c, point):
        state = self.end_of(c)
        ran = self.node.read('done').split().count(c['cid'])
        self.assertIn(state, ('ok', 'interrupted'), point)
        self.assertLessEqual(ran, 1, 'run twice, point %d' % point)
        if state == 'ok':
            self.assertEqual(ran, 1, 'ok without effect, point %d' % point)
        return state

    def points(self, calls):
        step = max(1, 2 * calls // POINTS)
        return range(0, 2 * calls + 2, step)

    def counted(self):
        try:
            return os.path.getsize(self.count_file)
        except FileNotFoundError:
            return 0

    def test_fabric_6_7_an_agent_that_dies_at_any_durable_write(self):
        self.node.start(**environment(TORTURE_COUNT=self.count_file))
        c = self.command()
        self.submit(c)
        self.assertEqual(self.check(c, -1), 'ok')
        calls = self.counted()
        self.assertGreater(calls, 5)
        self.node.kill()
        died = 0
        for point in self.points(calls):
            self.node.start(**environment(TORTURE_AT=str(point)))
            c = self.command()
            self.submit(c)
            self.check(c, point)
            died += self.node.child.poll() is not None or \
                'LD_PRELOAD' not in self.child_environment()
            self.node.kill()
        self.assertGreater(died, 3)

    def child_environment(self):
        try:
            with open('/proc/%d/environ' % self.node.child.pid, 'rb') as f:
                return f.read().decode(errors='replace')
        except OSError:
            return ''

    def test_fabric_6_7_a_router_that_dies_at_any_durable_write(self):
        self.node.start()
        self.node.wait_log('router_connected')
        self.router.stop()
        calls = self.router_with(TORTURE_COUNT=self.count_file) or \
            self.counted()
        self.assertGreater(calls, 3)
        died = 0
        for point in self.points(calls):
            died += self.router_with(TORTURE_AT=str(point))
        self.assertGreater(died, 3)

    def router_with(self, **torture):
        """One command through a router so started; did it die?"""
        kept = dict(os.environ)
        os.environ.update(environment(**torture))
        try:
            self.router.start()
        except AssertionError:
            if self.router.child.poll() is None:
                raise
        finally:
            os.environ.clear()
            os.environ.update(kept)
        tortured = self.router.child
        c = self.command()
        self.submit(c)
        self.check(c, int(torture.get('TORTURE_AT', -1)))
        died = tortured.poll() is not None
        self.router.stop()
        return died


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1], verbosity=1)
