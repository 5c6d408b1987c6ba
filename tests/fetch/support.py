# SPDX-License-Identifier: MIT
"""Driving the fetch process: frames, archives, a loopback HTTP server."""
import hashlib
import http.server
import io
import json
import os
import shutil
import socket
import ssl
import struct
import subprocess
import sys
import tarfile
import tempfile
import threading
import unittest

FETCH = None


class Fetch:
    """One fetch process and its socket."""

    def __init__(self):
        ours, theirs = socket.socketpair()
        self.sock = ours
        # dup2 in the child: descriptor 3 must be the socket.
        self.child = subprocess.Popen(
            ['/bin/sh', '-c', f'exec "$0" 3<&{theirs.fileno()}', FETCH],
            pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL,
            env={k: v for k, v in os.environ.items()
                 if not k.lower().endswith('_proxy')})
        theirs.close()

    def send(self, frame):
        data = json.dumps(frame).encode()
        self.sock.sendall(struct.pack('>I', len(data)) + data)

    def _exactly(self, count):
        data = b''
        while len(data) < count:
            more = self.sock.recv(count - len(data))
            if not more:
                return None
            data += more
        return data

    def receive(self):
        head = self._exactly(4)
        if head is None:
            return None
        return json.loads(self._exactly(struct.unpack('>I', head)[0]))

    def close(self):
        self.sock.close()
        return self.child.wait()


class Case(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix='rl-fetch-')
        self.store = os.path.join(self.dir, 'store')

    def tearDown(self):
        shutil.rmtree(self.dir)

    def path(self, *parts):
        return os.path.join(self.dir, *parts)

    def request(self, sources, **more):
        return {'type': 'fetch_request', 'version': 1, 'store': self.store,
                'sources': sources, **more}

    def talk(self, sources, **more):
        fetch = Fetch()
        fetch.send(self.request(sources, **more))
        answer = fetch.receive()
        self.notes = []
        while answer is not None and answer['type'] == 'event':
            self.notes.append(answer['note'])
            answer = fetch.receive()
        status = fetch.close()
        return answer, status

    def fetch(self, *sources, **more):
        answer, status = self.talk(list(sources), **more)
        self.assertEqual(answer['type'], 'fetch_result', answer)
        self.assertEqual(status, 0)
        return answer['trees']

    def refused(self, code, pattern, *sources, **more):
        answer, status = self.talk(list(sources), **more)
        self.assertEqual(answer['type'], 'fetch_failed', answer)
        self.assertEqual(answer['code'], code, answer)
        self.assertRegex(answer['text'], pattern)
        self.assertEqual(status, 1)
        return answer

    def write(self, path, text, mode=0o644):
        path = self.path(path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'w', encoding='utf-8') as f:
            f.write(text)
        os.chmod(path, mode)
        return path

    def read(self, *parts):
        with open(os.path.join(*parts), encoding='utf-8') as f:
            return f.read()


def tar(*entries, compression='gz'):
    """entries: (name, text) or a ready TarInfo."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode='w:' + compression,
                      format=tarfile.PAX_FORMAT) as archive:
        for entry in entries:
            if isinstance(entry, tarfile.TarInfo):
                archive.addfile(entry)
                continue
            info = tarfile.TarInfo(entry[0])
            data = entry[1].encode()
            info.size = len(data)
            info.mode = entry[2] if len(entry) > 2 else 0o644
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def special(name, kind, target=''):
    info = tarfile.TarInfo(name)
    info.type = kind
    info.linkname = target
    return info


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def make_certificate(path):
    """Key and self-signed certificate of 127.0.0.1 in one file."""
    subprocess.run(
        ['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt',
         'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj',
         '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1',
         '-keyout', path + '.key', '-out', path], check=True,
        capture_output=True)
    with open(path, 'a', encoding='ascii') as out, \
            open(path + '.key', encoding='ascii') as key:
        out.write(key.read())


class Server:
    """Answers by path with what a test put there; counts requests."""

    def __init__(self, handler=None, certificate=None):
        self.answers = {}
        self.requests = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'

            def log_message(self, *args):
                pass

            def answer(self):
                length = int(self.headers.get('Content-Length') or 0)
                body = self.rfile.read(length)
                outer.requests.append(
                    (self.command, self.path, dict(self.headers), body))
                action = outer.answers.get(self.path.split('?')[0])
                if action is None:
                    self.send_error(404)
                elif callable(action):
                    action(self, body)
                else:
                    self.reply(200, action)

            do_GET = do_POST = do_PUT = do_HEAD = answer

            def reply(self, status, data=b'', headers=()):
                self.send_response(status)
                for name, value in headers:
                    self.send_header(name, value)
                self.send_header('Content-Length', str(len(data)))
                self.end_headers()
                if self.command != 'HEAD':
                    self.wfile.write(data)

        self.http = http.server.ThreadingHTTPServer(
            ('127.0.0.1', 0), handler or Handler)
        self.http.daemon_threads = True
        # Clients that leave in the middle are part of the tests.
        self.http.handle_error = lambda *args: None
        scheme = 'http'
        if certificate:
            scheme = 'https'
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            tls.load_cert_chain(certificate)
            self.http.socket = tls.wrap_socket(self.http.socket,
                                               server_side=True)
        self.base = f'{scheme}://127.0.0.1:{self.http.server_address[1]}'
        self.thread = threading.Thread(
            target=self.http.serve_forever, daemon=True,
            kwargs={'poll_interval': 0.02})
        self.thread.start()

    def close(self):
        self.http.shutdown()
        self.thread.join()
        self.http.server_close()


def main():
    global FETCH
    FETCH = sys.argv.pop(1)
    unittest.main()
