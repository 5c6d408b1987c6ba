# SPDX-License-Identifier: MIT
"""Delivery, as agents and operators see it, on a real router over TLS
(fabric 5.1, 6.2, 6.5, 6.7). Usage: fabric_delivery.py BUILD"""
import json
import os
import shutil
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from fabric_client import (  # noqa: E402
    Agent, Background, Key, Router, now_ms, ulid)

BUILD = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else 'build/dev')
LONG = 20000


def cids(offers):
    return [o['cid'] for o in offers]


class Case(unittest.TestCase):
    def setUp(self):
        self.router = Router(BUILD).start()
        self.addCleanup(self.router.close)
        self.op = self.router.operator()

    def agent(self, name, *tags):
        return Agent(self.router, name, tags=tags)

    def take(self, agent, cid, state='ok'):
        """The whole way of one command."""
        offers = agent.hear(LONG)['offers']
        self.assertIn(cid, cids(offers))
        v = agent.hear(received=[cid])
        self.assertEqual(v['grants'], [cid])
        agent.result(cid, state)


class Delivery(Case):
    def test_a_parked_poll_hears_of_a_command_and_its_end_is_told(self):
        a = self.agent('one')
        parked = Background(a.hear, LONG)
        time.sleep(0.2)
        run_id = ulid()
        cid = self.op.run(ids=[a.id])['cid']
        waiting = Background(self.op.wait_done, cid)
        offers = parked.wait()['offers']
        self.assertEqual(cids(offers), [cid])
        self.assertEqual(set(offers[0]['envelope']), {'payload', 'sigs'})
        self.assertEqual(a.hear(received=[cid])['grants'], [cid])
        self.assertEqual(self.op.states(cid)[a.id], 'granted')
        a.hear(states=[{'cid': cid, 'state': 'running', 'run_id': run_id}])
        self.assertEqual(self.op.states(cid)[a.id], 'running')
        a.result(cid, 'failed', reason='no space', updated=2, elapsed_ms=5,
                 exit_status=1)
        d = waiting.wait()[a.id]
        self.assertEqual((d['state'], d['reason'], d['updated'],
                          d['elapsed_ms'], d['exit_status'], d['run_id'],
                          d['name']),
                         ('failed', 'no space', 2, 5, 1, run_id, 'one'))

    def test_commands_wait_for_an_instance_that_is_away(self):
        a = self.agent('one')
        sent = [self.op.run(ids=[a.id])['cid'] for _ in range(120)]
        self.router.stop()
        self.router.start()
        got, seqs = [], []
        while len(got) < len(sent):
            offers = a.hear(LONG)['offers']
            self.assertLessEqual(len(offers), 100)
            got += cids(offers)
            seqs += [o['seq'] for o in offers]
            v = a.hear(received=cids(offers))
            self.assertEqual(v['grants'], cids(offers))
            more = v.get('offers', [])
            got += cids(more)
            seqs += [o['seq'] for o in more]
            if more:
                a.hear(received=cids(more))
        self.assertEqual(got, sent)
        self.assertEqual(seqs, sorted(seqs))

    def test_an_offer_is_not_repeated_at_once_and_not_forgotten(self):
        a = self.agent('one')
        cid = self.op.run(ids=[a.id])['cid']
        self.assertEqual(cids(a.hear(LONG)['offers']), [cid])
        # The same session: it was told; a new session: it was not.
        self.assertNotIn('offers', a.hear())
        a.session = ulid()
        self.assertEqual(cids(a.hear(LONG)['offers']), [cid])
        # An answer that was lost: told again after a while.
        started = time.monotonic()
        self.assertEqual(cids(a.hear(LONG)['offers']), [cid])
        self.assertGreater(time.monotonic() - started, 2)

    def test_all_of_6_7_that_repeats_gets_the_same_answer(self):
        a = self.agent('one')
        cid = self.op.run(ids=[a.id])['cid']
        a.hear(LONG)
        for _ in range(3):
            self.assertEqual(a.hear(received=[cid])['grants'], [cid])
        a.result(cid, 'ok')
        for state in ('ok', 'failed', 'interrupted'):
            a.result(cid, state)
        self.assertEqual(self.op.states(cid)[a.id], 'ok')
        self.assertEqual(a.hear(received=[cid])['drops'],
                         [{'cid': cid, 'state': 'ok'}])

    def test_a_newer_poll_of_a_session_supersedes_the_older(self):
        a = self.agent('one')
        older = Background(a.clone().hear, LONG)
        time.sleep(0.2)
        newer = Background(a.clone().hear, LONG)
        self.assertTrue(older.wait(5)['superseded'])
        self.assertTrue(newer.running())
        cid = self.op.run(ids=[a.id])['cid']
        self.assertEqual(cids(newer.wait(5)['offers']), [cid])

    def test_what_a_superseded_poll_brought_is_answered(self):
        a = self.agent('one')
        cid = self.op.run(ids=[a.id])['cid']
        a.hear(LONG)
        parked = Background(a.clone().hear, LONG)
        time.sleep(0.1)
        v = a.clone().hear(LONG, received=[cid])
        self.assertEqual(v['grants'], [cid])
        self.assertTrue(parked.wait(5)['superseded'])

    def test_unknown_says_that_a_journal_is_gone(self):
        a = self.agent('one')
        cid = self.op.run(ids=[a.id])['cid']
        a.hear(LONG)
        a.hear(received=[cid])
        a.hear(unknown=[cid])
        self.assertEqual(self.op.states(cid)[a.id], 'lost')

    def test_expiry_is_exact_before_the_grant(self):
        a, b = self.agent('one'), self.agent('two')
        cid = self.op.run(ids=[a.id, b.id], ttl_ms=700)['cid']
        a.hear(LONG)
        self.assertEqual(a.hear(received=[cid])['grants'], [cid])
        done = Background(self.op.wait_done, cid)
        time.sleep(1)
        self.assertEqual(self.op.states(cid),
                         {a.id: 'granted', b.id: 'expired'})
        self.assertEqual(b.hear(received=[cid])['drops'],
                         [{'cid': cid, 'state': 'expired'}])
        a.result(cid)
        done.wait()

    def test_a_cancel_stops_what_runs_and_ends_what_waits(self):
        a, b = self.agent('one'), self.agent('two')
        cid = self.op.run(ids=[a.id, b.id])['cid']
        a.hear(LONG)
        a.hear(received=[cid])
        parked = Background(a.hear, LONG)
        time.sleep(0.2)
        self.assertEqual(self.op.cancel(cid),
                         (200, {'cancelled': 1, 'stopping': 1,
                                'too_late': 0}))
        self.assertEqual(parked.wait(5)['cancels'], [cid])
        # It was told: it needs time, and not a busy loop.
        self.assertNotIn('cancels', a.hear(200))
        a.result(cid, 'interrupted', reason='cancelled')
        self.assertNotIn('offers', b.hear(200))
        self.assertEqual(b.hear(received=[cid])['drops'],
                         [{'cid': cid, 'state': 'cancelled'}])
        self.assertEqual(self.op.states(cid),
                         {a.id: 'interrupted', b.id: 'cancelled'})
        self.assertEqual(self.op.cancel(cid)[1]['too_late'], 1)
        self.assertEqual(self.op.cancel(ulid())[0], 404)


class Any(Case):
    def test_any_runs_on_one_of_those_that_are_online(self):
        a, b = self.agent('one', 'app:on=1'), self.agent('two', 'app:on=1')
        parked = Background(b.hear, LONG)
        time.sleep(0.2)
        v = self.op.run(tags=['app:on=1'], selector='any')
        self.assertEqual(v['matched'], 1)
        self.assertEqual(v['ids'], [b.id])
        self.assertEqual(cids(parked.wait()['offers']), [v['cid']])
        self.assertNotIn('offers', a.hear(100))

    def test_any_waits_for_a_first_match(self):
        a = self.agent('one')
        v = self.op.run(tags=['app:on=1'], selector='any')
        self.assertEqual((v['matched'], v['waiting']), (0, True))
        parked = Background(a.clone().hear, LONG)
        time.sleep(0.2)
        a.call('PUT', '/v1/tags/self', {'add': ['app:on=1']})
        self.assertEqual(cids(parked.wait(10)['offers']), [v['cid']])

    def test_a_silent_one_loses_it_to_another(self):
        a = self.agent('one', 'app:on=1')
        a.hear()
        v = self.op.run(tags=['app:on=1'], selector='any')
        self.assertEqual(v['ids'], [a.id])
        b = self.agent('two', 'app:on=1')
        got = Background(b.hear, 40000).wait()
        self.assertEqual(cids(got['offers']), [v['cid']])
        self.assertEqual(self.op.states(v['cid'])[a.id], 'revoked')
        self.assertEqual(a.hear(received=[v['cid']])['drops'],
                         [{'cid': v['cid'], 'state': 'revoked'}])
        self.assertEqual(b.hear(received=[v['cid']])['grants'], [v['cid']])


class Policy(Case):
    def refused(self, status, payload=None, key=None, **more):
        key = key or self.op.key
        got, v = self.op.call(
            'POST', '/v1/commands',
            key.seal(payload or self.op.command(**more)))
        self.assertEqual(got, status, v)
        return v['error']['message']

    def test_what_a_router_refuses_and_how_it_says_so(self):
        a = self.agent('one')
        to = {'ids': [a.id]}
        self.assertIn('no operator', self.refused(403, key=Key(), **to))
        self.refused(422, ttl_ms=-1, **to)
        self.refused(422, cid='short', **to)
        self.refused(422, ttl_ms=40 * 24 * 3600 * 1000, **to)
        self.refused(422, kind='nonsense', **to)
        self.refused(422, ids=[a.id], tags=['a:b=c'])
        self.refused(422)
        self.refused(422, payload=b'{')
        self.refused(404, tags=['no:body=1'], require_match=True)
        body = self.op.key.seal(self.op.command(**to))
        body['payload'] = body['payload'][:-8] + 'AAAAAAA='
        self.assertIn(self.op.call('POST', '/v1/commands', body)[0],
                      (403, 422))
        wrong = self.op.key.seal(self.op.command(**to), 'rightlink bundle v1')
        self.assertEqual(self.op.call('POST', '/v1/commands', wrong)[0], 403)

    def test_a_repeat_is_the_same_command_another_content_is_not(self):
        a = self.agent('one')
        cid = ulid()
        payload = self.op.command(cid=cid, ids=[a.id])
        self.assertEqual(self.op.submit(payload)[0], 201)
        status, v = self.op.submit(payload)
        self.assertEqual((status, v['matched'], v['ids']), (200, 1, [a.id]))
        status, _ = self.op.submit(
            self.op.command(cid=cid, ids=[a.id], name='other::recipe'))
        self.assertEqual(status, 409)

    def test_instances_reach_their_deployment_with_what_they_signed(self):
        a, b = self.agent('one', 'app:on=1'), self.agent('two', 'app:on=1')
        token = self.router.join_token(1, '--deployment', 'other')
        c = Agent(self.router, 'three', token=token, tags=['app:on=1'])
        payload = self.op.command(tags=['app:on=1'])
        status, v = a.submit(payload)
        self.assertEqual((status, sorted(v['ids'])),
                         (201, sorted([a.id, b.id])))
        # The envelope arrives with the certificate that vouches for a's key.
        offer = b.hear(LONG)['offers'][0]
        self.assertEqual(offer['envelope']['sigs'][0]['certificate'],
                         a.certificate)
        self.assertNotIn('offers', c.hear(100))
        # Others do not see the command; its issuer and receivers do.
        cid = v['cid']
        self.assertEqual(a.call('GET', '/v1/commands/' + cid)[0], 200)
        self.assertEqual(b.call('GET', '/v1/commands/' + cid)[0], 200)
        self.assertEqual(c.call('GET', '/v1/commands/' + cid)[0], 404)
        self.assertEqual(b.call('DELETE', '/v1/commands/' + cid)[0], 403)
        self.assertEqual(a.call('DELETE', '/v1/commands/' + cid)[0], 200)
        for refused in (
                a.submit(self.op.command(kind='shutdown', name=None,
                                         shutdown='stop', ids=[b.id]))[0],
                a.submit(self.op.command(ids=[b.id],
                                         deployment='other'))[0],
                a.call('POST', '/v1/commands', b.key.seal(
                    self.op.command(ids=[b.id]),
                    certificate=b.certificate))[0],
                a.call('POST', '/v1/commands', self.op.key.seal(
                    self.op.command(ids=[b.id])))[0],
                self.op.call('POST', '/v1/commands', a.key.seal(
                    self.op.command(ids=[b.id]),
                    certificate=a.certificate))[0]):
            self.assertEqual(refused, 403)


class Sessions(Case):
    def test_an_agent_that_starts_anew_takes_over(self):
        a = self.agent('one')
        cid = self.op.run(ids=[a.id])['cid']
        a.hear(LONG)
        old, parked = a.session, Background(a.clone().poll, LONG)
        time.sleep(0.2)
        a.session = ulid()
        self.assertEqual(cids(a.hear(LONG)['offers']), [cid])
        self.assertEqual(parked.wait(5)[0], 409)
        # A clock that was set back does not lock it out.
        a.session = '0' * 26
        self.assertEqual(cids(a.hear(LONG)['offers']), [cid])
        a.session = old
        self.assertEqual(a.poll()[0], 409)

    def test_two_machines_with_one_key_are_stopped(self):
        a = self.agent('one')
        b = a.clone()
        b.session = ulid()
        a.hear()
        b.hear()
        time.sleep(2.1)
        self.assertEqual([a.poll()[0] for _ in range(3)], [409] * 3)
        end = time.monotonic() + 10
        status, v = b.poll()
        while status == 200 and time.monotonic() < end:
            status, v = b.poll()
        self.assertEqual(status, 409)
        self.assertIn('two machines', v['error']['message'])
        status, v = self.op.call('GET', '/v1/instances/' + a.id)
        if status != 501:
            self.assertTrue(v['instance']['cloned'])

    def test_a_drain_tells_when_to_come_back(self):
        a = self.agent('one')
        parked = Background(a.clone().hear, LONG)
        time.sleep(0.2)
        self.assertEqual(self.router.stop(), 0)
        v = parked.wait(5)
        self.assertTrue(v['drain'])
        self.assertLess(v['retry_ms'], 30000)
        self.router.start()
        a.hear()

    def test_nothing_is_lost_when_the_router_is_killed(self):
        a = self.agent('one')
        first = self.op.run(ids=[a.id])['cid']
        a.hear(LONG)
        a.hear(received=[first])
        second = self.op.run(ids=[a.id])['cid']
        self.router.kill()
        self.router.start()
        self.assertEqual(cids(a.hear(LONG)['offers']), [second])
        self.assertEqual(a.hear(received=[first, second])['grants'],
                         [first, second])
        a.result(first)
        self.router.kill()
        self.router.start()
        self.assertEqual(self.op.states(first)[a.id], 'ok')


    def test_a_store_that_was_set_back_settles_by_the_journals(self):
        a = self.agent('one')
        done, open_ = (self.op.run(ids=[a.id])['cid'] for _ in range(2))
        self.router.stop()
        kept = os.path.join(self.router.root, 'kept')
        shutil.copytree(self.router.data, kept)
        self.router.start()
        a.hear(LONG)
        a.hear(received=[done, open_])
        a.result(done, 'failed')
        self.router.stop()
        shutil.rmtree(self.router.data)
        os.rename(kept, self.router.data)
        self.router.start()
        # Offered again; the journal answers with what it knows.
        self.assertEqual(cids(a.hear(LONG)['offers']), [done, open_])
        a.result(done, 'failed')
        a.hear(states=[{'cid': open_, 'state': 'running'}])
        self.assertEqual((self.op.states(done)[a.id],
                          self.op.states(open_)[a.id]),
                         ('failed', 'running'))

    def test_a_parked_poll_ends_when_its_key_does(self):
        for change in (('PUT', {'revoked': True}), ('DELETE', None)):
            a = self.agent('node-' + change[0])
            parked = Background(a.clone().poll, LONG)
            time.sleep(0.2)
            status, _ = self.op.call(change[0], '/v1/instances/' + a.id,
                                     change[1])
            self.assertEqual(status, 200)
            self.assertIn(parked.wait(5)[0], (401, 403))
            self.assertIn(a.poll()[0], (401, 403))

    def test_a_question_is_answered_by_the_next_poll(self):
        a = self.agent('one')
        ask = {'id': a.id, 'type': 'ping'}
        self.assertEqual(self.op.call('POST', '/v1/requests', ask)[0], 409)
        parked = Background(a.hear, LONG)
        time.sleep(0.2)
        asked = Background(self.op.call, 'POST', '/v1/requests', ask)
        q = parked.wait(5)['requests'][0]
        self.assertEqual(q['type'], 'ping')
        a.hear(replies=[{'rid': q['rid'], 'body': {'pong': 1}}])
        self.assertEqual(asked.wait(5), (200, {'body': {'pong': 1}}))
        self.assertEqual(
            self.op.call('POST', '/v1/requests',
                         dict(ask, timeout_ms=300))[0], 504)


@unittest.skipUnless(os.geteuid() == 0, 'mounts a small disk')
class FullDisk(unittest.TestCase):
    def test_new_work_is_refused_and_granted_work_goes_on(self):
        router = Router(BUILD)
        self.addCleanup(router.close)
        kept = os.path.join(router.root, 'kept')
        os.rename(router.data, kept)
        os.mkdir(router.data)
        if subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=100m', 'none',
                           router.data], check=False).returncode != 0:
            self.skipTest('cannot mount')
        try:
            shutil.copytree(kept, router.data, dirs_exist_ok=True)
            self.play(router)
        finally:
            router.kill()
            subprocess.run(['umount', router.data], check=True)

    def play(self, router):
        op, a = router.start().operator(), Agent(router, 'one')
        cid = op.run(ids=[a.id])['cid']
        filler = os.path.join(router.data, 'filler')
        with open(filler, 'wb') as f:
            f.write(bytes(60 << 20))
        time.sleep(0.6)
        status, v = op.submit(ids=[a.id])
        self.assertEqual(status, 507)
        self.assertIn('disk full', v['error']['message'])
        a.hear(LONG)
        self.assertEqual(a.hear(received=[cid])['grants'], [cid])
        a.result(cid)
        os.unlink(filler)
        time.sleep(0.6)
        op.run(ids=[a.id])


class Tags(Case):
    def query(self, who, *tags, **more):
        status, v = who.call('POST', '/v1/tags/query',
                             dict(more, tags=list(tags)))
        self.assertEqual(status, 200, v)
        return v

    def test_tags_are_found_by_others_of_the_deployment(self):
        a, b = self.agent('one', 'app:on=1'), self.agent('two', 'app:on=2')
        token = self.router.join_token(1, '--deployment', 'other')
        c = Agent(self.router, 'three', token=token, tags=['app:on=1'])
        found = self.query(a, 'app:on=*')['instances']
        self.assertEqual(set(found), {a.id, b.id})
        self.assertEqual(found[b.id], {'name': 'two', 'tags': ['app:on=2']})
        self.assertEqual(set(self.query(self.op, 'app:on=1')['instances']),
                         {a.id, c.id})
        self.assertEqual(self.query(a, ids=[b.id])['instances'][b.id]['tags'],
                         ['app:on=2'])
        first = self.query(self.op, 'app:on=*', limit=2)
        second = self.query(self.op, 'app:on=*', limit=2,
                            cursor=first['next'])
        self.assertEqual(set(first['instances']) | set(second['instances']),
                         {a.id, b.id, c.id})
        for bad in ({'tags': ['app:*']}, {'tags': []},
                    {'tags': ['a:b=c'], 'limit': 0}):
            self.assertEqual(self.op.call('POST', '/v1/tags/query', bad)[0],
                             422)

    def test_a_parked_poll_hears_that_tags_were_changed_by_others(self):
        a = self.agent('one')
        version = a.call('GET', '/v1/tags/self')[1]['version']
        parked = Background(a.clone().hear, LONG, tag_version=version)
        time.sleep(0.2)
        status, v = self.op.call('PUT', '/v1/instances/%s/tags' % a.id,
                                 {'add': ['x:y=z']})
        self.assertEqual((status, v['changed']), (200, True))
        heard = parked.wait(5)['tag_version']
        self.assertEqual(heard, v['version'])
        # Told once, and then not in a busy loop.
        self.assertGreaterEqual(heard, a.call('GET', '/v1/tags/self')[1]
                                ['version'])
        began = time.monotonic()
        a.hear(1500, tag_version=version)
        self.assertGreater(time.monotonic() - began, 1)

    def test_a_lease_ends_with_its_node(self):
        a = self.agent('one')
        a.call('PUT', '/v1/tags/self', {'add': ['l:e=1'], 'ttl_ms': 1500})
        parked = Background(a.clone().hear, 3000)
        time.sleep(2.5)
        self.assertEqual(set(self.query(self.op, 'l:e=1')['instances']),
                         {a.id})
        parked.wait()
        end = time.monotonic() + 20
        while self.query(self.op, 'l:e=1')['instances']:
            self.assertLess(time.monotonic(), end)
            time.sleep(0.2)
        self.assertEqual(
            a.call('PUT', '/v1/tags/self', {'add': ['l:e=1'],
                                            'ttl_ms': 5})[0], 422)


class Audits(Case):
    def begin(self, a, aid, **more):
        body = {'kind': 'remote', 'summary': 'app::deploy',
                'status': 'running', 'started_at': now_ms()}
        body.update(more)
        return a.call('PUT', '/v1/audits/' + aid, body)

    def append(self, a, aid, offset, data, part='text'):
        status, _, text = a.http.raw(
            'POST', '/v1/audits/%s/%s?offset=%d' % (aid, part, offset), data)
        return status, json.loads(text)

    def test_output_is_followed_while_it_comes(self):
        a, aid = self.agent('one'), ulid()
        self.assertEqual(self.begin(a, aid), (
            200, {'text_bytes': 0, 'events_bytes': 0}))
        path = '/v1/audits/%s/text?wait_ms=20000&offset=' % aid
        reader = self.router.http()
        reader.token = self.op.http.token
        follow = Background(reader.raw, 'GET', path + '0')
        time.sleep(0.2)
        self.assertEqual(self.append(a, aid, 0, b'hello '),
                         (200, {'length': 6}))
        status, headers, data = follow.wait(5)
        self.assertEqual((status, data, headers['X-Length'],
                          headers['X-Closed']),
                         (200, b'hello ', '6', 'false'))
        follow = Background(reader.raw, 'GET', path + '6')
        time.sleep(0.2)
        self.assertEqual(
            self.begin(a, aid, status='completed', closed=True, text_bytes=6,
                       events_bytes=0, ended_at=now_ms())[0], 200)
        status, headers, data = follow.wait(5)
        self.assertEqual((data, headers['X-Closed']), (b'', 'true'))

    def test_appends_resume_where_the_router_is(self):
        a, b, aid = self.agent('one'), self.agent('two'), ulid()
        self.begin(a, aid)
        self.assertEqual(self.append(a, aid, 0, b'0123')[0], 200)
        self.assertEqual(self.append(a, aid, 0, b'0123'),
                         (200, {'length': 4}))
        status, v = self.append(a, aid, 9, b'gap')
        self.assertEqual((status, v['length']), (409, 4))
        self.assertEqual(self.append(b, aid, 4, b'alien')[0], 404)
        self.assertEqual(self.append(a, aid, 4, b'x', 'nonsense')[0], 404)
        self.assertEqual(self.begin(b, aid)[0], 409)
        status, v = self.begin(a, aid, status='completed', closed=True,
                               text_bytes=5, events_bytes=0)
        self.assertEqual((status, v['text_bytes']), (409, 4))
        self.assertEqual(
            self.append(a, aid, 4, b'x' * (64 * 1024 + 1))[0], 413)
        self.router.kill()
        self.router.start()
        self.assertEqual(self.append(a, aid, 4, b'4567')[1]['length'], 8)

    def test_who_may_read_what(self):
        a, b, c = (self.agent(n) for n in ('one', 'two', 'three'))
        cid = a.submit(self.op.command(ids=[b.id]))[1]['cid']
        aid = ulid()
        self.begin(b, aid, cid=cid)
        for who, want in ((a, 200), (b, 200), (c, 404), (self.op, 200)):
            self.assertEqual(who.call('GET', '/v1/audits/' + aid)[0], want)
        status, v = self.op.call('GET', '/v1/audits', cid=cid)
        self.assertEqual([(t['aid'], t['id'], t['name'])
                          for t in v['audits']], [(aid, b.id, 'two')])
        self.assertEqual(self.op.call('GET', '/v1/audits', id=a.id)[1],
                         {'audits': []})


class Lists(Case):
    def test_commands_are_listed_newest_first(self):
        a = self.agent('one')
        sent = [self.op.run(ids=[a.id])['cid'] for _ in range(5)]
        status, v = self.op.call('GET', '/v1/commands', limit=3)
        self.assertEqual([c['cid'] for c in v['commands']], sent[:1:-1])
        status, v = self.op.call('GET', '/v1/commands', limit=3,
                                 cursor=v['next'])
        self.assertEqual([c['cid'] for c in v['commands']], sent[1::-1])
        c = v['commands'][0]
        self.assertEqual((c['matched'], c['counts'], c['done'], c['kind']),
                         (1, {'queued': 1}, False, 'recipe'))
        self.assertEqual(self.op.call('GET', '/v1/commands', limit=0)[0], 422)
        self.assertEqual(
            self.op.call('GET', '/v1/commands', cursor='x')[0], 422)

    def test_waiting_for_a_command_costs_no_busy_loop(self):
        a = self.agent('one')
        cid = self.op.run(ids=[a.id])['cid']
        rev = self.op.deliveries(cid)['rev']
        began = time.monotonic()
        v = self.op.deliveries(cid, after=rev, wait_ms=1200)
        self.assertGreater(time.monotonic() - began, 1)
        self.assertEqual((v['rev'], v['done']), (rev, False))


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1] + sys.argv[2:], warnings='ignore')
