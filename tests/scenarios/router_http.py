# SPDX-License-Identifier: MIT
"""What a router answers to bytes over TLS: well-formed, malformed, too large,
too slow, too many; always JSON, and never for others' account."""
import json
import os
import socket
import ssl
import sys
import time
import unittest

from fabric_client import Agent, Gone, Operator, Router

BUILD = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else 'build/dev')
GET = b'GET /healthz HTTP/1.1\r\nHost: localhost\r\n'


class Raw:
    """One TLS connection, bytes in and out."""

    def __init__(self, router, seconds=30, **rules):
        context = ssl.create_default_context(cafile=router.ca)
        for name, value in rules.items():
            setattr(context, name, value)
        port = int(router.url.rsplit(':', 1)[1])
        plain = socket.create_connection(('127.0.0.1', port), seconds)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.s = context.wrap_socket(plain, server_hostname='localhost')
        self.left = b''

    def send(self, data):
        self.s.sendall(data)
        return self

    def _more(self):
        data = self.s.recv(65536)
        self.left += data
        return data

    def answer(self, head=False):
        """(status, headers, body) of the next answer."""
        while b'\r\n\r\n' not in self.left:
            if not self._more():
                raise Gone('no answer, but %r' % self.left[:200])
        top, _, self.left = self.left.partition(b'\r\n\r\n')
        lines = top.decode().split('\r\n')
        headers = dict(line.lower().split(': ', 1) for line in lines[1:])
        status = int(lines[0].split()[1])
        length = 0 if head or status == 100 else int(
            headers.get('content-length', 0))
        while len(self.left) < length:
            if not self._more():
                raise Gone('short body')
        body, self.left = self.left[:length], self.left[length:]
        return status, headers, body

    def ended(self):
        try:
            return self.left == b'' and self.s.recv(1) == b''
        except (ConnectionError, ssl.SSLError):
            return True

    def close(self):
        self.s.close()


def error_of(body):
    error = json.loads(body)['error']
    assert error['code'].startswith('ERR_') and error['message'], error
    return error['message']


class Served(unittest.TestCase):
    settings = {}

    @classmethod
    def setUpClass(cls):
        cls.router = Router(BUILD)
        path = os.path.join(cls.router.data, 'router.json')
        with open(path, encoding='utf-8') as f:
            config = json.load(f)
        config.update(cls.settings)
        with open(path, 'w', encoding='utf-8') as f:
            json.dump(config, f)
        cls.router.start()
        cls.operator = Operator(cls.router)
        cls.bearer = b'Authorization: Bearer %s\r\n' % \
            cls.operator.http.token.encode()

    @classmethod
    def tearDownClass(cls):
        cls.router.close()

    def raw(self, **more):
        raw = Raw(self.router, **more)
        self.addCleanup(raw.close)
        return raw

    def still_serves(self):
        status, _, body = self.raw().send(GET + b'\r\n').answer()
        self.assertEqual((status, body), (200, b'ok\n'))


class Requests(Served):
    def test_connections_are_kept_and_requests_may_be_piled_up(self):
        raw = self.raw()
        raw.send((GET + b'\r\n') * 50)
        for _ in range(50):
            self.assertEqual(raw.answer()[0], 200)
        raw.send(GET + b'Connection: close\r\n\r\n')
        status, headers, _ = raw.answer()
        self.assertEqual((status, headers['connection']), (200, 'close'))
        self.assertTrue(raw.ended())

    def test_http_1_0_ends_after_the_answer(self):
        raw = self.raw().send(b'GET /healthz HTTP/1.0\r\n\r\n')
        self.assertEqual(raw.answer()[0], 200)
        self.assertTrue(raw.ended())

    def test_head_has_a_length_and_no_body(self):
        raw = self.raw()
        raw.send(b'HEAD /healthz HTTP/1.1\r\nHost: r\r\n\r\n' + GET + b'\r\n')
        status, headers, _ = raw.answer(head=True)
        self.assertEqual((status, headers['content-length']), (200, '3'))
        self.assertEqual(raw.answer()[2], b'ok\n')

    def test_bodies_come_in_chunks_or_with_a_length(self):
        body = b'{"uses":1}'
        head = b'POST /v1/enroll-tokens HTTP/1.1\r\nHost: r\r\n' \
            b'Content-Type: application/json\r\n' + self.bearer
        raw = self.raw()
        raw.send(head + b'Content-Length: 10\r\n\r\n' + body)
        self.assertEqual(raw.answer()[0], 201)
        raw.send(head + b'Transfer-Encoding: chunked\r\n\r\n')
        for byte in body:
            raw.send(b'1\r\n%c\r\n' % byte)
        raw.send(b'0\r\n\r\n')
        self.assertEqual(raw.answer()[0], 201)

    def test_expect_continue_is_answered_only_for_a_wanted_body(self):
        head = b'POST /v1/enroll-tokens HTTP/1.1\r\nHost: r\r\n' \
            b'Content-Type: application/json\r\nContent-Length: 2\r\n' \
            b'Expect: 100-continue\r\n'
        raw = self.raw().send(head + self.bearer + b'\r\n')
        self.assertEqual(raw.answer()[0], 100)
        self.assertEqual(raw.send(b'{}').answer()[0], 201)
        raw = self.raw().send(head + b'\r\n')
        status, headers, _ = raw.answer()
        self.assertEqual((status, headers['connection']), (401, 'close'))
        self.assertTrue(raw.ended())

    def test_an_unwanted_body_is_dropped_and_the_connection_kept(self):
        raw = self.raw()
        raw.send(b'POST /v1/enroll-tokens HTTP/1.1\r\nHost: r\r\n'
                 b'Content-Type: application/json\r\n'
                 b'Content-Length: 100000\r\n\r\n' + b'x' * 100000)
        self.assertEqual(raw.answer()[0], 401)
        self.assertEqual(raw.send(GET + b'\r\n').answer()[0], 200)

    def test_malformed_requests_get_json_and_the_end(self):
        cases = [
            (400, b'GET /healthz\r\n\r\n'),
            (400, b'GET /healthz HTTP/1.1\r\n\r\n'),
            (400, b'GET /healthz HTTP/1.1\nHost: r\n\r\n\r\n'),
            (400, GET + b'Host: other\r\n\r\n'),
            (400, GET + b'A : b\r\n\r\n'),
            (400, GET + b'Content-Length: 1\r\nContent-Length: 2\r\n\r\n'),
            (400, GET + b'Content-Length: 5\r\nTransfer-Encoding: chunked'
                  b'\r\n\r\n'),
            (501, GET + b'Transfer-Encoding: gzip\r\n\r\n'),
            (505, b'GET / HTTP/3.0\r\nHost: r\r\n\r\n'),
            (431, GET + b'A: b\r\n' * 100 + b'\r\n'),
            (431, GET + b'A: ' + b'b' * 20000 + b'\r\n\r\n'),
            (414, b'GET /' + b'a' * 9000 + b' HTTP/1.1\r\nHost: r\r\n\r\n'),
            (417, GET + b'Expect: miracles\r\n\r\n'),
        ]
        for want, request in cases:
            with self.subTest(request[:60]):
                raw = self.raw().send(request)
                status, headers, body = raw.answer()
                self.assertEqual(status, want)
                self.assertEqual(headers['content-type'], 'application/json')
                error_of(body)
                self.assertTrue(raw.ended())
        self.still_serves()

    def test_chunks_that_are_none_end_the_connection(self):
        head = b'POST /v1/enroll-tokens HTTP/1.1\r\nHost: r\r\n' \
            b'Content-Type: application/json\r\n' \
            b'Transfer-Encoding: chunked\r\n' + self.bearer + b'\r\n'
        for bad in (b'zz\r\n', b'2\r\n{}x\r\n', b'2\r\n{}\r\n0\r\nA: b\r\n\r\n'):
            with self.subTest(bad):
                raw = self.raw().send(head + bad)
                status, _, body = raw.answer()
                self.assertEqual(status, 400)
                self.assertIn('chunk', error_of(body))
                self.assertTrue(raw.ended())

    def test_requests_that_do_not_fit_their_route(self):
        call = self.operator.http.raw
        json_type = {'Content-Type': 'application/json'}
        cases = [
            (415, 'POST', '/v1/enroll-tokens', b'{}', {}),
            (415, 'POST', '/v1/enroll-tokens', b'{}',
             {'Content-Type': 'text/plain'}),
            (201, 'POST', '/v1/enroll-tokens', b'{}',
             {'Content-Type': 'Application/JSON; charset=utf-8'}),
            (400, 'POST', '/v1/enroll-tokens', b'{"uses":1,}', json_type),
            (400, 'POST', '/v1/enroll-tokens', b'{} x', json_type),
            (400, 'POST', '/v1/enroll-tokens', b'\xff', json_type),
            (400, 'POST', '/v1/enroll-tokens', b'[' * 10000, json_type),
            (422, 'POST', '/v1/enroll-tokens', b'null', json_type),
            (413, 'POST', '/v1/enroll-tokens', b' ' * (1 << 21), json_type),
            (400, 'GET', '/v1/enroll-tokens', b'{}', json_type),
            (422, 'GET', '/v1/instances?limit=1&limit=2', None, {}),
            (422, 'GET', '/v1/instances?limit=many', None, {}),
            (400, 'GET', '/v1/instances?limit=%zz', None, {}),
            (422, 'GET', '/v1/instances?cursor=bogus!', None, {}),
            (404, 'GET', '/v1/instances/nobody', None, {}),
            (404, 'GET', '/v1/instances/a%2Fb', None, {}),
            (400, 'GET', '/v1/instances/' + 'a' * 300, None, {}),
            (404, 'GET', '/v1/instances/', None, {}),
            (404, 'GET', '/../etc/passwd', None, {}),
            (405, 'PATCH', '/v1/instances', None, {}),
            (405, 'BREW', '/v1/instances', None, {}),
        ]
        for want, method, path, body, headers in cases:
            with self.subTest('%s %s %r' % (method, path, body and body[:20])):
                status, _, data = call(method, path, body, headers)
                self.assertEqual(status, want, data)
                if want >= 400:
                    error_of(data)
        self.still_serves()

    def test_a_place_in_a_body_is_named(self):
        status, v = self.operator.call(
            'POST', '/v1/commands', {'payload': 'e30=', 'sigs': [{'kid': 1}]})
        self.assertEqual(status, 422)
        self.assertIn('.sigs[0].kid', v['error']['message'])

    def test_plain_http_is_told_to_speak_https(self):
        port = int(self.router.url.rsplit(':', 1)[1])
        with socket.create_connection(('127.0.0.1', port), 30) as s:
            s.sendall(b'GET / HTTP/1.1\r\nHost: r\r\n\r\n')
            data = b''
            while True:
                more = s.recv(65536)
                if not more:
                    break
                data += more
        self.assertIn(b'HTTPS', data)
        self.assertTrue(data.startswith(b'HTTP/1.1 400 '))

    def test_what_is_neither_tls_nor_http_is_cut_off(self):
        port = int(self.router.url.rsplit(':', 1)[1])
        for noise in (b'\x00' * 100, b'SSH-2.0-x\r\n', b'\x16\x03\x01\xff\xff'
                      + b'\x00' * 300):
            with socket.create_connection(('127.0.0.1', port), 30) as s:
                s.sendall(noise)
                s.shutdown(socket.SHUT_WR)
                while s.recv(65536):
                    pass
        self.still_serves()

    def test_tls_below_1_2_is_refused(self):
        with self.assertRaises((ssl.SSLError, OSError)):
            self.raw(minimum_version=ssl.TLSVersion.TLSv1,
                     maximum_version=ssl.TLSVersion.TLSv1_1)
        self.assertEqual(self.raw(
            maximum_version=ssl.TLSVersion.TLSv1_2).s.version(), 'TLSv1.2')
        self.assertEqual(self.raw().s.version(), 'TLSv1.3')

    def test_peers_that_vanish_at_any_point_harm_nobody(self):
        request = b'POST /v1/enroll-tokens HTTP/1.1\r\nHost: r\r\n' \
            b'Content-Type: application/json\r\n' \
            b'Content-Length: 2\r\n' + self.bearer + b'\r\n{}'
        for at in range(0, len(request) + 1, 7):
            raw = Raw(self.router).send(request[:at])
            raw.s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                             b'\1\0\0\0\0\0\0\0')
            raw.close()
        self.still_serves()

    def test_answers_have_a_date_and_are_not_stored(self):
        _, headers, _ = self.raw().send(GET + b'\r\n').answer()
        self.assertRegex(headers['date'],
                         r'^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d gmt$')
        self.assertEqual(headers['cache-control'], 'no-store')

    def test_documents_fit_their_openapi(self):
        import jsonschema
        status, doc = self.operator.call('GET', '/v1/openapi.json')
        self.assertEqual((status, doc['openapi'][:2]), (200, '3.'))
        Agent(self.router, 'node1', tags=['a:b=c'])
        seen = set()
        for path, methods in doc['paths'].items():
            self.assertTrue(path.startswith('/'))
            for method, o in methods.items():
                self.assertNotIn(o['operationId'], seen)
                seen.add(o['operationId'])
                named = {p['name'] for p in o['parameters']
                         if p['in'] == 'path'}
                self.assertEqual(
                    named, {s[1:-1] for s in path.split('/') if
                            s.startswith('{')})
                schemas = [p['schema'] for p in o['parameters']]
                for part in [o.get('requestBody', {})] + list(
                        o['responses'].values()):
                    schemas += [t['schema'] for t in
                                part.get('content', {}).values()]
                for schema in schemas:
                    jsonschema.Draft7Validator.check_schema(schema)
        for path in ('/v1/instances', '/v1/enroll-tokens', '/v1/commands',
                     '/v1/audits', '/v1/bundles', '/v1/instances/node1'):
            with self.subTest(path):
                status, answer = self.operator.call('GET', path)
                self.assertEqual(status, 200)
                pattern = path.replace('node1', '{id}')
                schema = dict(doc['paths'][pattern]['get']['responses']
                              ['2XX']['content']['application/json']['schema'])
                schema['components'] = doc['components']
                jsonschema.Draft7Validator(schema).validate(answer)
        status, answer = self.operator.call('GET', '/v1/nothing')
        jsonschema.Draft7Validator(
            doc['components']['schemas']['error']).validate(answer)

    def test_metrics_are_prometheus_text(self):
        _, _, data = self.operator.http.raw('GET', '/metrics')
        names = {}
        for line in data.decode().splitlines():
            if line.startswith('# TYPE '):
                names[line.split()[2]] = line.split()[3]
            elif not line.startswith('#'):
                self.assertRegex(
                    line, r'^[a-z_]+(\{([a-z_]+="[^"]*",?)+\})? [0-9.e+-]+$')
                name = line.split('{')[0].split()[0]
                for end in ('_bucket', '_sum', '_count'):
                    if name.endswith(end) and name[:-len(end)] in names:
                        name = name[:-len(end)]
                self.assertIn(name, names)
        for name in ('connections', 'polls_parked', 'deliveries_open',
                     'http_requests_total', 'store_commit_seconds',
                     'certificate_end_seconds', 'instances_online'):
            self.assertIn('rightlink_' + name, names)


class Archives(Served):
    """Bodies that go to a file on their way (artefact_put)."""

    def put(self, data, digest, **headers):
        return self.operator.http.raw(
            'PUT', '/v1/artefacts/sha256/' + digest, data, headers)[0]

    def test_a_large_body_is_stored_and_comes_back_by_range(self):
        import hashlib
        data = os.urandom(1 << 20) * 9 + b'end'
        digest = hashlib.sha256(data).hexdigest()
        self.assertEqual(self.put(data, digest), 201)
        self.assertEqual(self.put(data, digest), 200)
        path = '/v1/artefacts/sha256/' + digest
        call = self.operator.http.raw
        self.assertEqual(call('GET', path)[2], data)
        status, headers, part = call('GET', path, None,
                                     {'Range': 'bytes=9437184-'})
        self.assertEqual((status, part), (206, b'end'))
        spool = os.path.join(self.router.data, 'spool')
        self.assertEqual(os.listdir(spool), [])

    def test_a_wrong_digest_keeps_nothing(self):
        self.assertEqual(self.put(b'abc', '0' * 64), 422)
        self.assertEqual(self.operator.http.raw(
            'GET', '/v1/artefacts/sha256/' + '0' * 64)[0], 404)


class Slow(Served):
    settings = {'header_timeout_ms': 700}

    def test_a_head_that_drips_ends_however_often_a_byte_comes(self):
        raw = self.raw().send(b'GET /healthz HTTP/1.1\r\nHost: r\r\nX: ')
        began = time.monotonic()
        try:
            while time.monotonic() - began < 20:
                raw.send(b'y')
                time.sleep(0.1)
        except OSError:
            pass
        else:
            self.fail('a slow head was waited for')
        self.still_serves()

    def test_a_slow_head_is_told_so(self):
        raw = self.raw().send(b'GET /healthz HTTP/1.1\r\n')
        status, _, body = raw.answer()
        self.assertEqual(status, 408)
        error_of(body)

    def test_a_handshake_that_does_not_come_ends(self):
        port = int(self.router.url.rsplit(':', 1)[1])
        with socket.create_connection(('127.0.0.1', port), 30) as s:
            self.assertEqual(s.recv(1), b'')

    def test_a_parked_poll_outlives_the_head_timeout(self):
        agent = Agent(self.router)
        began = time.monotonic()
        v = agent.hear(hold_ms=1500)
        self.assertGreaterEqual(time.monotonic() - began, 1.4)
        self.assertIn('time_ms', v)


class Crowded(Served):
    settings = {'max_connections': 20}

    def test_beyond_the_limit_connections_are_told_503(self):
        held = [self.raw() for _ in range(20)]
        for raw in held:
            self.assertEqual(raw.send(GET + b'\r\n').answer()[0], 200)
        late = self.raw().send(GET + b'\r\n')
        status, headers, body = late.answer()
        self.assertEqual(status, 503)
        self.assertIn('retry-after', headers)
        error_of(body)
        self.assertTrue(late.ended())
        for raw in held:
            raw.close()
        end = time.monotonic() + 20
        while time.monotonic() < end:
            raw = Raw(self.router).send(GET + b'\r\n')
            status = raw.answer()[0]
            raw.close()
            if status == 200:
                return
            time.sleep(0.05)
        self.fail('the places of closed connections are not free again')


class Polls(Served):
    def test_a_client_that_leaves_its_poll_frees_it(self):
        agent = Agent(self.router)
        body = json.dumps({'boot_id': agent.boot_id, 'session': agent.session,
                           'hold_ms': 50000}).encode()
        raw = self.raw().send(
            b'POST /v1/poll HTTP/1.1\r\nHost: r\r\nContent-Type: '
            b'application/json\r\nAuthorization: Bearer %s\r\n'
            b'Content-Length: %d\r\n\r\n' %
            (agent.http.token.encode(), len(body)) + body)
        self.wait_parked(1)
        raw.close()
        self.wait_parked(0)

    def wait_parked(self, want):
        end = time.monotonic() + 20
        while time.monotonic() < end:
            text = self.operator.http.raw('GET', '/metrics')[2].decode()
            if 'rightlink_polls_parked %d\n' % want in text:
                return
            time.sleep(0.02)
        self.fail(text)

    def test_a_parked_poll_with_another_request_behind_it(self):
        agent = Agent(self.router)
        body = json.dumps({'boot_id': agent.boot_id, 'session': agent.session,
                           'hold_ms': 300}).encode()
        raw = self.raw().send(
            b'POST /v1/poll HTTP/1.1\r\nHost: r\r\nContent-Type: '
            b'application/json\r\nAuthorization: Bearer %s\r\n'
            b'Content-Length: %d\r\n\r\n' %
            (agent.http.token.encode(), len(body)) + body + GET + b'\r\n')
        self.assertEqual(raw.answer()[0], 200)
        self.assertEqual(raw.answer()[2], b'ok\n')


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1] + sys.argv[2:], verbosity=1, warnings='ignore')
