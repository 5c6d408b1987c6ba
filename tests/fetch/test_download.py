# SPDX-License-Identifier: MIT
"""Single downloads: RES-remote_file-4 and 8 to 12, and many on one line."""
import base64
import gzip
import os
import socket
import threading
import unittest

import support
from support import Case, Fetch, Server, sha256


class Downloads(Case):
    def setUp(self):
        super().setUp()
        self.server = Server()
        self.process = Fetch()

    def tearDown(self):
        self.assertEqual(self.process.close(), 0)
        self.server.close()
        super().tearDown()

    def ask(self, url, **more):
        if url.startswith('/'):
            url = self.server.base + url
        self.process.send({'type': 'download_request', 'url': url,
                           'retries': 0, 'retry_delay_ms': 5, 'proxy': '',
                           **more})
        return self.process.receive()

    def body(self, answer):
        self.assertEqual(answer['type'], 'download_result', answer)
        return base64.b64decode(answer['body'])

    def failed(self, answer, code, pattern):
        self.assertEqual(answer['type'], 'download_failed', answer)
        self.assertEqual(answer['code'], code)
        self.assertRegex(answer['text'], pattern)

    def test_body_digest_and_headers_come_back(self):
        for size in (0, 1, 2, 3, 1000):
            data = os.urandom(size)
            self.server.answers['/x'] = lambda h, _, d=data: h.reply(
                200, d, [('ETag', '"e"'), ('X-Two', 'a'), ('X-Two', 'b')])
            answer = self.ask('/x')
            self.assertEqual(self.body(answer), data)
            self.assertEqual(answer['sha256'], sha256(data))
            self.assertEqual(answer['bytes'], size)
            self.assertEqual(answer['headers']['etag'], '"e"')
            self.assertEqual(answer['headers']['x-two'], 'a, b')

    def test_output_file_is_filled_and_emptied_first(self):
        data = os.urandom(3000000)
        self.server.answers['/x'] = data
        path = self.write('out', 'y' * 4000000, 0o600)
        answer = self.ask('/x', output=path)
        self.assertNotIn('body', answer)
        with open(path, 'rb') as f:
            self.assertEqual(f.read(), data)
        self.assertEqual(answer['sha256'], sha256(data))
        self.failed(self.ask('/x'), 'ERR_LIMIT', 'longer than')
        self.failed(self.ask('/x', output=path, max_bytes=10), 'ERR_LIMIT',
                    'longer than 10 bytes')
        os.symlink(path, self.path('link'))
        self.failed(self.ask('/x', output=self.path('link')), 'ERR_SYS',
                    'symbolic links')

    def test_res_remote_file_4_schemes(self):
        path = self.write('f', 'text')
        self.assertEqual(self.body(self.ask('file://' + path)), b'text')
        self.failed(self.ask('file:///no/such'), 'ERR_ABSENT', 'no/such')
        self.failed(self.ask('gopher://x/'), 'ERR_INVALID',
                    'only http, https, ftp and file')

    def test_res_remote_file_8_gzip_but_not_for_gz(self):
        packed = gzip.compress(b'plain text')
        for path in ('/x', '/x.gz'):
            self.server.answers[path] = lambda h, _: h.reply(
                200, packed, [('Content-Encoding', 'gzip')])
        self.assertEqual(self.body(self.ask('/x')), b'plain text')
        self.assertIn('gzip',
                      self.server.requests[-1][2]['Accept-Encoding'])
        self.assertEqual(self.body(self.ask('/x.gz')), packed)
        self.assertEqual(self.server.requests[-1][2]['Accept-Encoding'],
                         'identity')

    def test_res_remote_file_8_credentials_go_and_are_not_shown(self):
        self.server.answers['/x'] = b''
        url = self.server.base.replace('//', '//us%40er:p%3Aw@') + '/x'
        answer = self.ask(url)
        self.assertNotIn('us', answer['url'].split('/x')[0])
        sent = self.server.requests[-1][2]['Authorization'].split()[1]
        self.assertEqual(base64.b64decode(sent), b'us@er:p:w')
        self.failed(self.ask('http://u:secret@127.0.0.1:1/'), 'ERR_NETWORK',
                    r'^http://127\.0\.0\.1:1/: ')

    def test_res_remote_file_9_short_body_is_an_error(self):
        def short(handler, _):
            handler.send_response(200)
            handler.send_header('Content-Length', '100')
            handler.end_headers()
            handler.wfile.write(b'short')
            handler.close_connection = True
        self.server.answers['/x'] = short
        self.failed(self.ask('/x'), 'ERR_PROTOCOL', '/x: ')

    def test_res_remote_file_10_redirects(self):
        def to(location):
            return lambda h, _: h.reply(302, b'', [('Location', location)])
        self.server.answers['/d/x'] = b'here'
        self.server.answers['/d/relative'] = to('x')
        self.server.answers['/absolute'] = to(self.server.base + '/d/x')
        for path in ('/d/relative', '/absolute'):
            answer = self.ask(path, headers={'X-Own': '1'})
            self.assertEqual(self.body(answer), b'here')
            self.assertTrue(answer['url'].endswith('/d/x'))
            self.assertEqual(self.server.requests[-1][2]['X-Own'], '1')
        for i in range(12):
            self.server.answers[f'/r{i}'] = to(f'/r{i + 1}')
        self.server.answers['/r12'] = b'end'
        self.assertEqual(self.body(self.ask('/r2')), b'end')
        self.failed(self.ask('/r1'), 'ERR_PROTOCOL', 'redirects')
        answer = self.ask('/absolute', method='POST', body='x')
        self.assertEqual(answer['status'], 302)
        self.server.answers['/out'] = to('file:///etc/passwd')
        self.failed(self.ask('/out'), 'ERR_INVALID', 'rotocol')

    def test_res_remote_file_11_retries(self):
        tries = []

        def flaky(handler, _):
            tries.append(1)
            handler.reply(503 if len(tries) < 3 else 200, b'ok')
        self.server.answers['/x'] = flaky
        self.assertEqual(self.ask('/x', retries=1)['status'], 503)
        self.assertEqual(len(tries), 2)
        tries.clear()
        self.assertEqual(self.body(self.ask('/x', retries=2)), b'ok')
        self.server.answers['/x'] = lambda h, _: (tries.append(1),
                                                  h.reply(404))
        tries.clear()
        self.assertEqual(self.ask('/x', retries=5)['status'], 404)
        self.assertEqual(len(tries), 1)
        self.failed(self.ask('/x', retries=-1), 'ERR_INVALID', 'retries')

    def test_methods_bodies_and_conditional_requests(self):
        self.server.answers['/x'] = lambda h, b: h.reply(
            304 if 'If-None-Match' in h.headers else 200,
            h.command.encode() + b' ' + b)
        for method in ('PUT', 'POST'):
            answer = self.ask('/x', method=method, body='data')
            self.assertEqual(self.body(answer), method.encode() + b' data')
        self.assertEqual(self.ask('/x', method='HEAD')['status'], 200)
        answer = self.ask('/x', headers={'If-None-Match': '"e"'})
        self.assertEqual(answer['status'], 304)

    def test_header_injection_is_refused(self):
        self.failed(self.ask('/x', headers={'A': 'b\r\nEvil: 1'}),
                    'ERR_INVALID', 'line break')
        self.failed(self.ask('/x', headers={'A': 1}), 'ERR_INVALID',
                    'must be a string')

    def test_silent_server_times_out(self):
        listener = socket.create_server(('127.0.0.1', 0))
        port = listener.getsockname()[1]
        held = []
        thread = threading.Thread(
            target=lambda: held.append(listener.accept()[0]))
        thread.start()
        answer = self.ask(f'http://127.0.0.1:{port}/', timeout_ms=1000)
        self.failed(answer, 'ERR_TIMEOUT', f'127.0.0.1:{port}')
        thread.join()
        held[0].close()
        listener.close()

    def test_res_remote_file_12_proxy(self):
        self.server.answers['http://nowhere.invalid/x'] = b'by proxy'
        answer = self.ask('http://nowhere.invalid/x', proxy=self.server.base)
        self.assertEqual(self.body(answer), b'by proxy')


if __name__ == '__main__':
    support.main()
