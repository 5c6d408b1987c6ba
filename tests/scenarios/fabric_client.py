# SPDX-License-Identifier: MIT
"""The fabric's protocol, spoken by hand: a router that is started, killed and
stopped, operators who sign commands, agents that join and poll. Nothing of the
project's own code is used on this side, so that both sides cannot share a
mistake.
"""
import base64
import hashlib
import http.client
import json
import os
import random
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import shutil
from urllib.parse import quote, urlencode

from cryptography.hazmat.primitives.asymmetric.ed25519 import \
    Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding, PublicFormat, load_pem_private_key)

LETTERS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
OPEN = ('queued', 'offered', 'granted', 'running')


def now_ms():
    return int(time.time() * 1000)


def ulid():
    n = (now_ms() << 80) | random.getrandbits(80)
    return ''.join(LETTERS[(n >> (5 * i)) & 31] for i in range(25, -1, -1))


def b64(data):
    return base64.b64encode(data).decode()


def b64url(data):
    return base64.urlsafe_b64encode(data).decode().rstrip('=')


class Key:
    """An Ed25519 key; all but JSON web signatures is signed as DOMAIN NUL
    MESSAGE."""

    def __init__(self, private=None):
        self.private = private or Ed25519PrivateKey.generate()
        self.public = self.private.public_key().public_bytes(
            Encoding.Raw, PublicFormat.Raw)
        self.kid = hashlib.sha256(self.public).hexdigest()[:32]

    @staticmethod
    def load(path):
        with open(path, 'rb') as f:
            return Key(load_pem_private_key(f.read(), None))

    def sign(self, domain, message):
        return self.private.sign(domain.encode() + b'\0' + message)

    def seal(self, payload, domain='rightlink command v1', certificate=None):
        sig = {'kid': self.kid, 'alg': 'ed25519',
               'sig': b64(self.sign(domain, payload))}
        if certificate:
            sig['certificate'] = certificate
        return {'payload': b64(payload), 'sigs': [sig]}

    def jws(self, typ, claims):
        head = {'alg': 'EdDSA', 'typ': typ, 'kid': self.kid}
        text = '.'.join(b64url(json.dumps(o).encode())
                        for o in (head, claims))
        return text + '.' + b64url(self.private.sign(text.encode()))


class Gone(Exception):
    """No answer: refused, reset, cut off."""


class Http:
    """One kept connection to a router."""

    def __init__(self, url, ca, timeout=70):
        self.host, port = url.split('//')[1].rsplit(':', 1)
        self.port = int(port)
        self.context = ssl.create_default_context(cafile=ca)
        self.timeout = timeout
        self.conn = None
        self.token = None

    def close(self):
        if self.conn:
            self.conn.close()
            self.conn = None

    def connect(self):
        self.conn = http.client.HTTPSConnection(
            self.host, self.port, context=self.context, timeout=self.timeout)
        self.conn.connect()
        self.conn.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def raw(self, method, path, body=None, headers=None):
        """(status, headers, bytes); Gone when there is no answer."""
        headers = dict(headers or {})
        if self.token and 'Authorization' not in headers:
            headers['Authorization'] = 'Bearer ' + self.token
        # A kept connection may have ended meanwhile; every call may be
        # repeated.
        for kept in ((True, False) if self.conn else (False,)):
            try:
                if not self.conn:
                    self.connect()
                self.conn.request(method, path, body, headers)
                r = self.conn.getresponse()
                data = r.read()
                if r.will_close:
                    self.close()
                return r.status, r.headers, data
            except (OSError, http.client.HTTPException) as e:
                self.close()
                if not kept:
                    raise Gone(repr(e)) from e

    def call(self, method, path, body=None, **query):
        """(status, value)"""
        if query:
            path += '?' + urlencode(query)
        headers = {}
        if body is not None:
            body = json.dumps(body).encode()
            headers['Content-Type'] = 'application/json'
        status, _, data = self.raw(method, path, body, headers)
        return status, json.loads(data) if data else None


class Router:
    """A router in a directory of its own."""

    def __init__(self, build, *init):
        self.program = os.path.join(build, 'libexec', 'rightlink', 'router')
        self.root = tempfile.mkdtemp(prefix='rl-router-')
        self.data = os.path.join(self.root, 'data')
        self.log_path = os.path.join(self.root, 'log')
        self.child = None
        out = self.command('init', '--name', 'localhost', '--listen',
                           '127.0.0.1:0', '-o', 'json', *init)
        self.made = json.loads(out)
        self.url = self.made['url']
        self.ca = os.path.join(self.data, 'tls', 'ca.pem')

    def command(self, *args):
        done = subprocess.run([self.program, args[0], '--data', self.data] +
                              list(args[1:]), stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=60,
                              check=False)
        if done.returncode != 0:
            raise AssertionError('router %s: %s' % (args[0], done.stderr))
        return done.stdout

    def start(self):
        with open(self.log_path, 'ab') as log:
            self.child = subprocess.Popen(
                [self.program, 'run', '--data', self.data], stderr=log,
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        http_ = self.http()
        end = time.monotonic() + 30
        while True:
            try:
                if http_.raw('GET', '/readyz')[0] == 200:
                    http_.close()
                    return self
            except Gone:
                pass
            if self.child.poll() is not None or time.monotonic() > end:
                raise AssertionError('router does not start: ' + self.log())
            time.sleep(0.02)

    def log(self):
        with open(self.log_path, encoding='utf-8', errors='replace') as f:
            return f.read()[-4000:]

    def kill(self):
        """As a crash of the process."""
        self.child.kill()
        self.child.wait()

    def stop(self):
        self.child.send_signal(signal.SIGTERM)
        return self.child.wait(60)

    def close(self):
        if self.child and self.child.poll() is None:
            self.kill()
        shutil.rmtree(self.root, ignore_errors=True)

    def http(self, **more):
        return Http(self.url, self.ca, **more)

    def join_token(self, uses=1, *more):
        out = self.command('token', 'create', '--uses', str(uses), '-o',
                           'json', *more)
        return json.loads(out)['token']

    def operator(self):
        return Operator(self)


class Operator:
    """The first operator of a router, with key and token."""

    def __init__(self, router):
        top = os.path.join(router.data, 'operator')
        with open(os.path.join(top, 'context.json'), encoding='utf-8') as f:
            context = json.load(f)
        self.key = Key.load(os.path.join(top, context['key']))
        self.http = router.http()
        self.http.token = context['token']
        self.call = self.http.call

    def command(self, cid=None, kind='recipe', name='app::deploy',
                ttl_ms=3600000, **more):
        """The payload of a command."""
        c = {'cid': cid or ulid(), 'kind': kind, 'issued_at': now_ms(),
             'not_after': now_ms() + ttl_ms}
        if name:
            c['name'] = name
        c.update(more)
        return json.dumps(c).encode()

    def submit(self, payload=None, **more):
        return self.call('POST', '/v1/commands',
                         self.key.seal(payload or self.command(**more)))

    def run(self, **more):
        """Submits, which must succeed; the answer."""
        status, v = self.submit(**more)
        assert status == 201, (status, v)
        return v

    def deliveries(self, cid, **query):
        status, v = self.call('GET', '/v1/commands/%s/deliveries' % cid,
                              **query)
        assert status == 200, (status, v)
        return v

    def states(self, cid):
        return {d['id']: d['state']
                for d in self.deliveries(cid)['deliveries']}

    def wait_done(self, cid, seconds=30):
        end = time.monotonic() + seconds
        rev = -1
        while True:
            v = self.deliveries(cid, after=rev, wait_ms=5000)
            if v['done']:
                return {d['id']: d for d in v['deliveries']}
            assert time.monotonic() < end, v
            rev = v['rev']

    def cancel(self, cid):
        return self.call('DELETE', '/v1/commands/' + cid)


class Agent:
    """An instance: joins, polls; what it says and does is the test's."""

    def __init__(self, router, name=None, token=None, tags=(), key=None):
        self.router = router
        self.key = key or Key()
        self.http = router.http()
        self.call = self.http.call
        self.session = ulid()
        self.boot_id = '00000000-0000-0000-0000-000000000000'
        self.join(name, token or router.made['token'], tags)
        self.renew()

    def join(self, name, token, tags=()):
        secret = token.split('.')[1]
        nonce = self.call('GET', '/v1/enroll/nonce')[1]['nonce']
        signed = self.key.sign('rightlink enroll v1',
                               nonce.encode() + b'\0' + secret.encode())
        body = {'token': secret, 'public_key': b64(self.key.public),
                'nonce': nonce, 'signature': b64(signed), 'tags': list(tags)}
        if name:
            body['name'] = name
        status, v = self.call('POST', '/v1/enroll', body)
        assert status in (200, 201), (status, v)
        self.id = v['id']
        self.certificate = v['certificate']
        self.deployment = v['deployment']

    def renew(self):
        """A new access token."""
        audience = self.router.url.split('//')[1]
        assertion = self.key.jws('rl-assertion', {
            'iss': self.id, 'aud': audience, 'jti': ulid(),
            'exp': int(time.time()) + 50})
        self.http.token = None
        status, v = self.call('POST', '/v1/oauth2/token',
                              {'grant_type': 'client_credentials',
                               'client_assertion': assertion})
        assert status == 200, (status, v)
        self.http.token = v['access_token']

    def clone(self):
        """Another connection of the same agent."""
        other = object.__new__(Agent)
        other.__dict__.update(self.__dict__)
        other.http = self.router.http()
        other.http.token = self.http.token
        other.call = other.http.call
        return other

    def poll(self, hold_ms=0, **more):
        body = {'boot_id': self.boot_id, 'session': self.session,
                'hold_ms': hold_ms}
        body.update(more)
        return self.call('POST', '/v1/poll', body)

    def hear(self, hold_ms=0, **more):
        """A poll that must be answered with 200."""
        status, v = self.poll(hold_ms, **more)
        assert status == 200, (status, v)
        return v

    def submit(self, payload):
        return self.call('POST', '/v1/commands',
                         self.key.seal(payload, certificate=self.certificate))

    def result(self, cid, state='ok', **more):
        """Tells a result, until it is acknowledged."""
        r = {'cid': cid, 'state': state}
        r.update(more)
        v = self.hear(results=[r])
        assert cid in v.get('acks', []), v


class Background:
    """A call in a thread of its own; wait() gives its value or raises."""

    def __init__(self, fn, *args, **more):
        self.value = self.error = None
        self.thread = threading.Thread(
            target=self.go, args=(fn, args, more), daemon=True)
        self.thread.start()

    def go(self, fn, args, more):
        try:
            self.value = fn(*args, **more)
        except BaseException as e:  # told to the waiter
            self.error = e

    def wait(self, seconds=60):
        self.thread.join(seconds)
        assert not self.thread.is_alive(), 'no answer'
        if self.error:
            raise self.error
        return self.value

    def running(self):
        return self.thread.is_alive()


def quoted(text):
    return quote(text, safe='')
