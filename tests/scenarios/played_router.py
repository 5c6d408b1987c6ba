# SPDX-License-Identifier: MIT
"""A router whose every answer is the test's, to say what a real one says only
when it is broken, taken over, or unlucky. It speaks TLS with a CA of its own.
"""
import datetime
import hashlib
import http.server
import json
import os
import socket
import ssl
import tempfile
import threading
import shutil

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

import fabric_client
from fabric_client import Key, b64, now_ms

DAY = datetime.timedelta(days=1)


def make_certificate(name, key, issuer, issuer_key, ca, begin, end):
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(
        issuer or subject).public_key(key.public_key()).serial_number(
            x509.random_serial_number()).not_valid_before(
                begin).not_valid_after(end).add_extension(
                    x509.BasicConstraints(ca=ca, path_length=None),
                    critical=True)
    if not ca:
        builder = builder.add_extension(x509.SubjectAlternativeName(
            [x509.DNSName('localhost')]), critical=False)
    return builder.sign(issuer_key or key, hashes.SHA256())


def pem(certificate):
    return certificate.public_bytes(serialization.Encoding.PEM)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *_):
        pass

    def handle_any(self):
        length = int(self.headers.get('Content-Length') or 0)
        text = self.rfile.read(length)
        body = json.loads(text) if text else None
        status, value, headers = self.server.router.answer(
            self.command, self.path, body)
        data = value if isinstance(value, bytes) else \
            json.dumps(value).encode()
        if 'Date' in headers:
            self.send_response_only(status)
        else:
            self.send_response(status)
        for name, v in headers.items():
            self.send_header(name, v)
        self.send_header('Content-Length', str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PUT = handle_any


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def process_request(self, request, address):
        self.router.connections.append(request)
        super().process_request(request, address)

    def handle_error(self, *_):
        pass


class PlayedRouter:
    """polls: what each poll gets, in order: a dict to merge into a plain
    answer, or (status, value, headers), or a function of the body. When they
    are used up a poll is held for its hold_ms (at most 0.3 s)."""

    def __init__(self):
        self.root = tempfile.mkdtemp(prefix='rl-played-')
        self.rootkey, self.authority = Key(), Key()
        self.operators = {'ops': Key()}
        self.version = 1
        self.polls, self.seen, self.calls, self.tokens = [], [], [], []
        self.tags, self.tag_version = [], 1
        self.skew_ms = 0
        self.connections = []
        self.lock = threading.Condition()
        self.make_ca()
        self.serve()

    # ---- TLS ----

    def make_ca(self):
        now = datetime.datetime.now(datetime.timezone.utc)
        self.ca_key = ec.generate_private_key(ec.SECP256R1())
        self.ca = make_certificate('CA', self.ca_key, None, None, True,
                                   now - DAY, now + DAY)
        self.make_server(now - DAY, now + DAY)

    def make_server(self, begin, end):
        key = ec.generate_private_key(ec.SECP256R1())
        cert = make_certificate('localhost', key, self.ca.subject,
                                self.ca_key, False, begin, end)
        self.chain = os.path.join(self.root, 'server.pem')
        with open(self.chain, 'wb') as f:
            f.write(pem(cert) + key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption()))

    def serve(self, port=0):
        self.server = Server(('127.0.0.1', port), Handler)
        self.server.router = self
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.chain)
        # Handshakes belong to the threads: a client that is refused must not
        # hold up the others.
        self.server.socket = context.wrap_socket(
            self.server.socket, server_side=True,
            do_handshake_on_connect=False)
        self.port = self.server.server_address[1]
        self.url = 'https://localhost:%d' % self.port
        threading.Thread(target=self.server.serve_forever,
                         kwargs={'poll_interval': 0.05}, daemon=True).start()

    def cut(self):
        """Stops serving and ends every connection."""
        self.server.shutdown()
        self.server.server_close()
        for c in self.connections:
            try:
                socket.socket.shutdown(c, socket.SHUT_RDWR)
            except OSError:
                pass
        self.connections = []

    def close(self):
        self.cut()
        shutil.rmtree(self.root, ignore_errors=True)

    # ---- what a machine joins with ----

    def join_token(self):
        digest = hashlib.sha256(pem(self.ca)).hexdigest()
        return 'rl1.%s.%s.%s' % ('S' * 24, self.rootkey.kid, digest)

    def trust(self, root=None):
        root = root or self.rootkey
        payload = {
            'version': self.version, 'issued_at': now_ms(),
            'root': b64(root.public), 'authority': b64(self.authority.public),
            'operators': [{'kid': k.kid, 'name': n,
                           'public_key': b64(k.public), 'scopes': ['run'],
                           'not_after': now_ms() + 86400000}
                          for n, k in self.operators.items()],
            'revoked': []}
        return root.seal(json.dumps(payload).encode(),
                         'rightlink trust v1')

    def answer(self, method, path, body):
        with self.lock:
            self.calls.append((method, path, body))
            self.lock.notify_all()
        route = {
            '/v1/trust': self.on_trust, '/v1/enroll/nonce': self.on_nonce,
            '/v1/enroll': self.on_enroll, '/v1/oauth2/token': self.on_token,
            '/v1/poll': self.on_poll, '/v1/tags/self': self.on_tags,
        }.get(path.split('?')[0])
        if not route:
            return 404, {'error': {'code': 'ERR_ABSENT', 'message': '?'}}, {}
        found = route(body)
        return found if isinstance(found, tuple) else (200, found, {})

    def on_trust(self, _):
        return {'ca': pem(self.ca).decode(), 'version': self.version,
                'trust': self.trust()}

    def on_nonce(self, _):
        return {'nonce': fabric_client.ulid()}

    def on_enroll(self, _):
        return 201, {'id': '01ARZ3NDEKTSV4RRFFQ69G5FAV', 'account': 'main',
                     'deployment': 'default', 'certificate': 'a.b.c'}, {}

    def on_token(self, body):
        with self.lock:
            if self.tokens:
                return self.tokens.pop(0)
        return {'access_token': 'T', 'token_type': 'Bearer',
                'expires_in': 3600, 'router_url': self.url,
                'api_url': self.url, 'shard_id': 0, 'mode': 'http'}

    def on_tags(self, body):
        with self.lock:
            if body is not None:
                kept = [t for t in self.tags
                        if t not in body.get('remove', [])]
                self.tags = sorted(set(kept + body.get('add', [])))
                self.tag_version += 1
            return {'version': self.tag_version, 'tags': self.tags,
                    'changed': True}

    def on_poll(self, body):
        with self.lock:
            self.seen.append(body)
            self.lock.notify_all()
            todo = self.polls.pop(0) if self.polls else None
            if todo is None:
                self.lock.wait_for(lambda: self.polls,
                                   min(body['hold_ms'] / 1000, 0.3))
        if callable(todo):
            todo = todo(body)
        if isinstance(todo, tuple):
            return todo
        answer = {'hold_ms': 50000, 'time_ms': now_ms() + self.skew_ms}
        answer.update(todo or {})
        return answer

    def say(self, *polls):
        with self.lock:
            self.polls += polls
            self.lock.notify_all()

    def wait_seen(self, test, seconds=60):
        """The first poll of which test is true."""
        def found():
            return [b for b in self.seen if test(b)]
        with self.lock:
            if not self.lock.wait_for(found, seconds):
                raise AssertionError('no such poll; %d, the last: %r' % (
                    len(self.seen), self.seen[-1:]))
            return found()[0]
