# SPDX-License-Identifier: MIT
"""The agent against routers that refuse, hurry, lie or are broken: it slows
down, believes nothing that is not signed, and comes back by itself.
"""
import datetime
import json
import os
import sys
import time
import unittest

import fabric_client
from fabric_client import now_ms
from joined_node import Node, until
from played_router import DAY, PlayedRouter

BUILD = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else 'build/dev')
BUSY = {'error': {'code': 'ERR_STATE', 'message': 'not now'}}


class Hostile(unittest.TestCase):
    def setUp(self):
        self.router = PlayedRouter()
        self.addCleanup(self.router.close)
        self.node = Node(BUILD)
        self.addCleanup(self.node.close)
        self.node.join(self.router)

    def start(self):
        self.node.start()
        self.node.wait_log('router_connected')

    def offer(self, cid=None, key=None, offered=None, **more):
        cid = cid or fabric_client.ulid()
        c = {'cid': cid, 'kind': 'script', 'name': 'work',
             'ids': [self.node.id], 'issued_at': now_ms(),
             'not_after': now_ms() + 3600000}
        c.update(more)
        key = key or self.router.operators['ops']
        return {'cid': offered or cid, 'seq': 1,
                'envelope': key.seal(json.dumps(c).encode())}

    def result(self, cid, seconds=60):
        body = self.router.wait_seen(
            lambda b: any(r['cid'] == cid for r in b.get('results', [])),
            seconds)
        return [r for r in body['results'] if r['cid'] == cid][0]

    # ---- pace ----

    def test_retry_after_is_kept(self):
        self.router.say(*[(status, BUSY, {'Retry-After': '2'})
                          for status in (503, 429)])
        self.node.start()
        self.node.wait_log('router_connected')
        times = [t for t in self.times() if t is not None]
        self.assertGreater(times[1] - times[0], 1.9)
        self.assertGreater(times[2] - times[1], 1.9)

    def times(self):
        """When the pauses of the log began."""
        stamps = [line.split()[0] for line in self.node.log().splitlines()
                  if 'router_trouble' in line or 'router_connected' in line]
        return [datetime.datetime.fromisoformat(
            s.replace('Z', '+00:00')).timestamp() for s in stamps]

    def test_a_router_that_hurries_is_not_followed(self):
        self.start()
        self.router.say(*[{} for _ in range(2000)])
        before = len(self.router.seen)
        time.sleep(3)
        self.assertLess(len(self.router.seen) - before, 40)

    def test_a_router_that_says_superseded_for_ever_is_not_followed(self):
        self.start()
        self.router.say(*[{'superseded': True} for _ in range(2000)])
        before = len(self.router.seen)
        time.sleep(3)
        self.assertLess(len(self.router.seen) - before, 40)

    def test_answers_that_are_none_are_survived(self):
        self.router.say((200, b'', {}), (200, b'\xff\xfe{', {}),
                        (200, b'[]', {}), {'offers': 7}, {'time_ms': None},
                        (500, b'<html>', {}), (418, {}, {}))
        self.node.start()
        self.node.wait_log('router_connected', seconds=120)

    def test_a_drain_is_waited_for(self):
        self.start()
        self.router.say({'drain': True, 'retry_ms': 1500})
        self.node.wait_log('router_drains')
        seen = len(self.router.seen)
        time.sleep(1)
        self.assertEqual(len(self.router.seen), seen)
        until(lambda: len(self.router.seen) > seen)

    def test_a_state_that_changes_while_a_poll_is_out_is_told(self):
        self.node.write('bundle/bundle.yml',
                        'name: shop\nboot: ["script[slow]"]\n')
        self.node.script('slow', 'sleep 1\n')
        carried = []

        def late(body):
            carried.append(body.get('state'))
            until(lambda: 'to=operational' in self.node.log())
            return {}
        self.router.say(late)
        self.node.start()
        until(lambda: carried)
        self.assertIn(carried[0], ('pending', 'booting'))
        self.router.wait_seen(lambda b: b.get('state') == 'operational', 30)

    # ---- who may come back ----

    def test_a_401_gets_a_new_token_at_once(self):
        self.start()
        asked = self.count('/v1/oauth2/token')
        self.router.say((401, BUSY, {}))
        until(lambda: self.count('/v1/oauth2/token') == asked + 1)
        until(lambda: not self.router.polls)
        self.assertNotIn('router_trouble', self.node.log())

    def count(self, path):
        return sum(1 for c in self.router.calls if c[1] == path)

    def test_a_second_401_is_trouble(self):
        self.start()
        self.router.say(*[(401, BUSY, {})] * 3)
        self.node.wait_log('router_trouble')
        self.node.wait_log('router_connected', times=2)
        self.assertLess(self.count('/v1/oauth2/token'), 8)

    def test_fabric_5_1_t2_a_revoked_key_is_asked_for_slowly(self):
        self.router.tokens += [(403, BUSY, {})] * 100
        self.node.start()
        self.node.wait_log('it was revoked')
        time.sleep(2)
        self.assertEqual(self.count('/v1/oauth2/token'), 1)
        self.assertEqual(self.count('/v1/poll'), 0)

    def test_fabric_5_1_t9_a_copy_is_told(self):
        self.start()
        self.router.say(*[(409, BUSY, {})] * 100)
        self.node.wait_log('another machine uses this')
        seen = len(self.router.seen)
        time.sleep(2)
        self.assertEqual(len(self.router.seen), seen)

    def test_an_expired_certificate_is_told(self):
        self.start()
        port = self.router.port
        self.router.cut()
        now = datetime.datetime.now(datetime.timezone.utc)
        self.router.make_server(now - 2 * DAY, now - DAY)
        self.router.serve(port)
        self.node.wait_log('certificate has expired')
        self.router.cut()
        self.router.make_server(now - DAY, now + DAY)
        self.router.serve(port)
        self.node.wait_log('router_connected', times=2, seconds=120)

    def test_another_ca_is_not_believed(self):
        self.start()
        port = self.router.port
        self.router.cut()
        self.router.make_ca()
        self.router.serve(port)
        self.node.wait_log('router_trouble')
        calls = len(self.router.calls)
        time.sleep(1.5)
        self.assertEqual(len(self.router.calls), calls)

    # ---- clocks ----

    def test_fabric_5_4_commands_are_judged_by_the_routers_clock(self):
        self.start()
        hour = 3600000
        self.router.skew_ms = 5 * hour
        late, good = fabric_client.ulid(), fabric_client.ulid()
        self.router.say(
            {'offers': [self.offer(late)]},
            {'offers': [self.offer(good, issued_at=now_ms() + 5 * hour,
                                   not_after=now_ms() + 6 * hour)]})
        self.assertIn('expired', self.result(late)['reason'])
        self.router.wait_seen(lambda b: good in b.get('received', []))
        self.node.wait_log('clock_wrong')

    def test_a_wrong_clock_still_gets_a_token(self):
        hour = datetime.timedelta(hours=1)
        then = datetime.datetime.now(datetime.timezone.utc) + hour
        date = then.strftime('%a, %d %b %Y %H:%M:%S GMT')
        self.router.tokens.append((401, BUSY, {'Date': date}))
        self.node.start()
        self.node.wait_log('router_connected')
        assertions = [c[2]['client_assertion'] for c in self.router.calls
                      if c[1] == '/v1/oauth2/token']
        self.assertEqual(len(assertions), 2)
        self.assertGreater(self.expiry(assertions[1]),
                           self.expiry(assertions[0]) + 3500)

    @staticmethod
    def expiry(jws):
        import base64
        part = jws.split('.')[1]
        return json.loads(base64.urlsafe_b64decode(
            part + '=' * (-len(part) % 4)))['exp']

    # ---- what is believed ----

    def test_fabric_5_1_t3_grants_alone_run_nothing(self):
        self.start()
        cid = fabric_client.ulid()
        self.router.say({'grants': [cid]}, {'cancels': [cid]})
        self.router.wait_seen(lambda b: cid in b.get('unknown', []))
        self.assertEqual(self.node.read('done'), '')

    def test_fabric_6_2_a_grant_that_comes_often_runs_once(self):
        self.start()
        cid = fabric_client.ulid()
        offer = self.offer(cid)
        self.router.say({'offers': [offer], 'grants': [cid, cid]},
                        *[{'offers': [offer], 'grants': [cid]}] * 5)
        self.assertEqual(self.result(cid)['state'], 'ok')
        self.router.say({'acks': [cid]}, {'offers': [offer]},
                        {'grants': [cid]})
        until(lambda: not self.router.polls)
        self.assertEqual(self.node.read('done'), 'did it\n')

    def test_fabric_5_3_what_is_not_signed_by_an_operator_is_refused(self):
        self.start()
        other = fabric_client.ulid()
        offers = [self.offer(key=fabric_client.Key()),
                  self.offer(key=self.router.authority),
                  self.offer(ids=['01ARZ3NDEKTSV4RRFFQ69G5FAW']),
                  self.offer(offered=other),
                  self.offer(not_after=now_ms() - 1000)]
        self.router.say({'offers': offers,
                         'grants': [o['cid'] for o in offers]})
        for o in offers:
            self.assertEqual(self.result(o['cid'])['state'], 'rejected')
        self.assertEqual(self.node.read('done'), '')

    def test_fabric_5_1_t5_trust_goes_forward_only(self):
        self.router.version = 5
        self.start()
        eve = fabric_client.Key()
        self.router.operators['eve'] = eve
        self.router.version = 6
        self.router.say({'trust_version': 6})
        self.node.wait_log('trust_taken')
        # An older one, then one of another root: both are fetched in vain.
        del self.router.operators['eve']
        self.router.version = 4
        self.router.say({'trust_version': 7})
        self.node.wait_log('trust_refused version=7')
        cid = fabric_client.ulid()
        self.router.say({'offers': [self.offer(cid, key=eve)]})
        self.router.wait_seen(lambda b: cid in b.get('received', []))
        self.router.rootkey, self.router.version = fabric_client.Key(), 9
        self.router.say({'trust_version': 9})
        self.node.wait_log('trust_refused version=9')
        fetched = self.count('/v1/trust')
        self.router.say({'trust_version': 9}, {'trust_version': 9})
        until(lambda: not self.router.polls)
        self.assertEqual(self.count('/v1/trust'), fetched)

    def test_require_signature_off_takes_what_comes(self):
        self.node.start('--require-signature', 'bundles')
        self.node.wait_log('router_connected')
        cid = fabric_client.ulid()
        self.router.say({'offers': [self.offer(
            cid, key=fabric_client.Key())], 'grants': [cid]})
        self.assertEqual(self.result(cid)['state'], 'ok')

    # ---- tags and questions ----

    def test_tags_that_the_router_refuses_are_given_up(self):
        self.start()
        on_tags = self.router.on_tags

        def picky(body):
            if body and 'bad:tag=1' in body.get('add', []):
                return 422, BUSY, {}
            return on_tags(body)
        self.router.on_tags = picky
        for tag in ('good:tag=1', 'bad:tag=1', 'good:tag=2'):
            self.node.run('tag', 'add', tag, RIGHTLINK_CONTEXT='')
        until(lambda: self.router.tags == ['good:tag=1', 'good:tag=2'])
        until(lambda: self.node.run('tag', 'list', RIGHTLINK_CONTEXT='')
              .stdout == b'good:tag=1\ngood:tag=2\n')

    def test_questions_are_answered_at_once(self):
        self.start()
        self.router.say({'requests': [
            {'rid': 'r1', 'type': 'ping'}, {'rid': 'r2', 'type': 'state'},
            {'rid': 'r3', 'type': 'tags'},
            {'rid': 'r4', 'type': 'log_level', 'body': {'level': 'warn'}}]})
        body = self.router.wait_seen(lambda b: b.get('replies'))
        replies = {r['rid']: r['body'] for r in body['replies']}
        self.assertIn('time_ms', replies['r1'])
        self.assertEqual(replies['r2']['state'], 'operational')
        self.assertEqual(replies['r3']['tags'], [])
        self.assertEqual(replies['r4']['level'], 'warn')


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1], verbosity=1)
