# SPDX-License-Identifier: MIT
"""The event stream: what happens comes as it happens, in order, once; who
comes back misses nothing; who does not read is cut off; the end is told."""
import json
import os
import socket
import sys
import time
import unittest

from fabric_client import Agent, Gone, Operator, Router

BUILD = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else 'build/dev')


class Stream:
    """A listener; next() gives events as (id, kind, value)."""

    def __init__(self, router, operator, query='', last=None, seconds=30):
        self.http = router.http(timeout=seconds)
        self.http.connect()
        headers = {'Authorization': 'Bearer ' + operator.http.token}
        if last is not None:
            headers['Last-Event-ID'] = str(last)
        self.http.conn.request('GET', '/v1/events' + query, None, headers)
        self.answer = self.http.conn.getresponse()
        self.status = self.answer.status

    def block(self):
        """Lines up to an empty one; [] at the end of the stream."""
        lines = []
        while True:
            line = self.answer.readline().decode()
            if line == '':
                return []
            if line == '\n':
                return lines
            lines.append(line.rstrip('\n'))

    def next(self):
        while True:
            lines = self.block()
            if not lines:
                raise Gone('the stream ended')
            fields = dict(line.split(': ', 1) for line in lines
                          if not line.startswith(':'))
            if 'data' in fields:
                return (int(fields['id']), fields['event'],
                        json.loads(fields['data']))

    def close(self):
        self.http.close()


class Events(unittest.TestCase):
    def setUp(self):
        self.router = Router(BUILD).start()
        self.addCleanup(self.router.close)
        self.operator = Operator(self.router)

    def stream(self, *args, **more):
        stream = Stream(self.router, self.operator, *args, **more)
        self.addCleanup(stream.close)
        return stream

    def wait_metric(self, name, want):
        end = time.monotonic() + 20
        while time.monotonic() < end:
            text = self.operator.http.raw('GET', '/metrics')[2].decode()
            if 'rightlink_%s %d\n' % (name, want) in text:
                return
            time.sleep(0.02)
        self.fail(text)

    def test_what_happens_comes_in_order(self):
        stream = self.stream()
        self.assertEqual(stream.status, 200)
        self.assertEqual(stream.answer.headers['content-type'],
                         'text/event-stream')
        agent = Agent(self.router, 'web1')
        first = stream.next()
        self.assertEqual(first[1:], ('instance', {
            'seq': first[0], 'at': first[2]['at'], 'kind': 'instance',
            'ref': agent.id, 'what': 'enrolled'}))
        cid = self.operator.run(ids=[agent.id])['cid']
        agent.hear()
        agent.hear(received=[cid])
        agent.result(cid)
        seen, last = [], first[0]
        while ('delivery', 'ok') not in seen:
            seq, kind, value = stream.next()
            self.assertGreater(seq, last)
            last = seq
            seen.append((kind, value['what']))
        self.assertIn(('command', 'accepted'), seen)
        self.assertLess(seen.index(('command', 'accepted')),
                        seen.index(('delivery', 'ok')))

    def test_kinds_choose(self):
        stream = self.stream('?kinds=command,tag')
        agent = Agent(self.router, 'web1')
        cid = self.operator.run(ids=[agent.id])['cid']
        _, kind, value = stream.next()
        self.assertEqual((kind, value['ref']), ('command', cid))
        self.assertEqual(self.stream('?kinds=weather').status, 422)

    def test_who_comes_back_misses_nothing(self):
        stream = self.stream()
        ids = [Agent(self.router, 'n%d' % i).id for i in range(3)]
        seq, _, value = stream.next()
        self.assertEqual(value['ref'], ids[0])
        stream.close()
        ids += [Agent(self.router, 'm%d' % i).id for i in range(3)]
        stream = self.stream('?kinds=instance', last=seq)
        seen = [stream.next()[2]['ref'] for _ in range(5)]
        self.assertEqual(seen, ids[1:])
        # also over a crash of the router
        self.router.kill()
        self.router.start()
        stream = self.stream('?kinds=instance', last=seq)
        self.assertEqual([stream.next()[2]['ref'] for _ in range(5)], ids[1:])
        self.assertEqual(self.stream(last='x').status, 422)

    def test_the_end_of_the_router_ends_the_stream(self):
        stream = self.stream()
        self.wait_metric('event_listeners', 1)
        self.assertEqual(self.router.stop(), 0)
        with self.assertRaises(Gone):
            stream.next()

    def test_a_listener_that_leaves_is_forgotten(self):
        streams = [self.stream() for _ in range(5)]
        self.wait_metric('event_listeners', 5)
        for stream in streams:
            stream.close()
        self.wait_metric('event_listeners', 0)
        Agent(self.router, 'web1')

    def test_who_does_not_read_is_cut_off(self):
        lazy = self.stream()
        lazy.http.conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF,
                                       4096)
        good = self.stream('?kinds=command')
        self.wait_metric('event_listeners', 2)
        agent = Agent(self.router, 'web1')
        count = 0
        end = time.monotonic() + 120
        while time.monotonic() < end:
            tags = ['load:test=%d-%s' % (i, 'x' * 40) for i in range(50)]
            for change in ({'add': tags}, {'remove': ['load:test=*']}):
                self.assertEqual(
                    agent.call('PUT', '/v1/tags/self', change)[0], 200)
            count += 1
            if count % 200:
                continue
            text = self.operator.http.raw('GET', '/metrics')[2].decode()
            if 'rightlink_event_listeners 1\n' in text:
                break
        else:
            self.fail('a reader that does not read is kept')
        cid = self.operator.run(ids=[agent.id])['cid']
        self.assertEqual(good.next()[2]['ref'], cid)


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1] + sys.argv[2:], verbosity=1,
                  warnings='ignore')
