# SPDX-License-Identifier: MIT
"""A router with nodes and a person who speaks to it. Nodes are real
(`World.node`: rightlink join, rightlink agent) or played (`World.player`:
fabric_client's agent, so that every end of a command can be made on purpose
and at the wanted time).
"""
import base64
import json
import os
import pty
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import fabric_client
import joined_node

BUILD = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else 'build/dev')


def until(what, seconds=30):
    """Waits until what() is true; its value."""
    end = time.monotonic() + seconds
    while True:
        value = what()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError('not in %d s: %r' % (seconds, what))
        time.sleep(0.02)


class Player(threading.Thread):
    """An agent whose runs are what play(command) says: a dict with state, and
    maybe text, updated, reason, exit_status, elapsed_ms. play may block."""

    def __init__(self, router, name, tags=(), play=None, deployment=None):
        super().__init__(daemon=True)
        more = ['--deployment', deployment] if deployment else []
        token = router.join_token(1, *more)
        self.agent = fabric_client.Agent(router, name, token, tags)
        self.id, self.name_, self.play = self.agent.id, name, play
        self.audits = self.agent.clone()
        self.over = threading.Event()
        self.todo, self.acked, self.states = [], set(), []
        self.results, self.replies, self.done = [], [], []
        self.stopped, self.lengths = set(), {}
        self.lock = threading.Lock()

    def run(self):
        received, first = [], True
        while not self.over.is_set():
            with self.lock:
                body = {'received': received, 'states': self.states,
                        'results': list(self.results),
                        'replies': self.replies}
                self.states, self.replies = [], []
            if first:
                body['state'], body['version'] = 'operational', 'played'
            try:
                status, v = self.agent.poll(200, **body)
            except fabric_client.Gone:
                time.sleep(0.1)
                continue
            if status != 200:
                if status == 401 and not self.renew():
                    return
                time.sleep(0.1)
                continue
            first = False
            received = []
            for offer in v.get('offers', []):
                payload = base64.b64decode(offer['envelope']['payload'])
                self.todo.append(json.loads(payload))
                received.append(offer['cid'])
            for cid in v.get('grants', []):
                threading.Thread(target=self.perform, args=(cid,),
                                 daemon=True).start()
            for cid in v.get('cancels', []):
                self.stopped.add(cid)
            with self.lock:
                acks = set(v.get('acks', []))
                self.results = [r for r in self.results
                                if r['cid'] not in acks]
                for request in v.get('requests', []):
                    self.replies.append(
                        {'rid': request['rid'], 'body': {'ok': True}})

    def renew(self):
        """False: it was forgotten."""
        try:
            self.agent.renew()
        except AssertionError:
            return False
        return True

    def audit(self, run_id, **more):
        body = {'kind': 'remote', 'summary': 'played', 'status': 'running',
                'started_at': fabric_client.now_ms()}
        body.update(more)
        self.call('PUT', '/v1/audits/' + run_id, body)

    def call(self, method, path, body):
        while True:
            try:
                if isinstance(body, bytes):
                    status, _, data = self.audits.http.raw(method, path, body)
                    assert status < 300, (status, data)
                    return
                status, v = self.audits.call(method, path, body)
                assert status < 300, (status, v)
                return
            except fabric_client.Gone:
                if self.over.wait(0.1):
                    return

    def perform(self, cid):
        with self.lock:
            command = [c for c in self.todo if c['cid'] == cid]
        if not command or cid in self.acked:
            return
        self.acked.add(cid)
        run_id = fabric_client.ulid()
        self.begin(cid, run_id, command[0])
        end = self.play(command[0]) if self.play else {}
        if callable(end):
            end = end(self, cid, run_id)
        text = end.pop('text', '').encode()
        if text:
            self.append(run_id, text)
        state = end.get('state', 'ok')
        self.close_audit(run_id, cid, state, end)
        result = {'cid': cid, 'state': state, 'run_id': run_id,
                  'updated': 0, 'elapsed_ms': 10}
        result.update(end)
        with self.lock:
            self.results.append(result)
            self.done.append(command[0])

    def begin(self, cid, run_id, command):
        with self.lock:
            self.states.append(
                {'cid': cid, 'state': 'running', 'run_id': run_id})
        self.audit(run_id, cid=cid,
                   summary='%s[%s]' % (command['kind'], command.get('name')))

    def append(self, run_id, text):
        offset = self.lengths.get(run_id, 0)
        self.call('POST', '/v1/audits/%s/text?offset=%d' % (run_id, offset),
                  text)
        self.lengths[run_id] = offset + len(text)

    def close_audit(self, run_id, cid, state, end):
        more = {'reason': end['reason']} if 'reason' in end else {}
        self.audit(run_id, cid=cid, closed=True,
                   text_bytes=self.lengths.get(run_id, 0),
                   events_bytes=0, updated=end.get('updated', 0),
                   status='completed' if state == 'ok' else 'failed',
                   ended_at=fabric_client.now_ms(), **more)

    def close(self):
        self.over.set()
        if self.is_alive():
            self.join(10)
        self.agent.http.close()
        self.audits.http.close()


class World:
    def __init__(self):
        self.root = tempfile.mkdtemp(prefix='rl-world-')
        self.router = fabric_client.Router(BUILD)
        self.router.start()
        self.context = os.path.join(self.router.data, 'operator',
                                    'context.json')
        self.players, self.nodes = [], []
        self.operator = self.router.operator()

    def close(self):
        for n in self.nodes:
            n.close()
        for p in self.players:
            p.over.set()
        for p in self.players:
            p.close()
        self.operator.http.close()
        self.router.close()
        shutil.rmtree(self.root, ignore_errors=True)

    def path(self, *parts):
        return os.path.join(self.root, *parts)

    def player(self, name, *tags, play=None, deployment=None, online=True):
        p = Player(self.router, name, tags, play, deployment)
        self.players.append(p)
        if online:
            p.start()
            until(lambda: self.presence(p.id) == 'online')
        return p

    def node(self, name, *tags, prepare=None):
        """A real agent with a bundle directory, which prepare(node) may
        write; it is operational when this returns."""
        n = joined_node.Node(BUILD, name)
        self.nodes.append(n)
        if prepare:
            prepare(n)
        n.join(self.router, *[w for tag in tags for w in ('--tag', tag)])
        n.start()
        until(lambda: self.state(n.id) == 'operational', 60)
        return n

    def state(self, node):
        status, v = self.operator.call('GET', '/v1/instances/' + node)
        return v['instance']['state'] if status == 200 else None

    def presence(self, node):
        status, v = self.operator.call('GET', '/v1/instances/' + node)
        return v['instance']['presence'] if status == 200 else None

    def environment(self, **more):
        env = dict(os.environ, RIGHTLINK_CONTEXT=self.context, NO_COLOR='1',
                   RIGHTLINK_STATE_DIR=self.path('state'), TERM='xterm')
        env.pop('XDG_CONFIG_HOME', None)
        env.update(more)
        return env

    def command(self, *words):
        return [os.path.join(BUILD, 'bin', 'rightlink'), *words]

    def run(self, *words, stdin=None, **env):
        return subprocess.run(self.command(*words), input=stdin,
                              env=self.environment(**env), timeout=120,
                              capture_output=True, check=False)

    def start(self, *words):
        return subprocess.Popen(
            self.command(*words), env=self.environment(),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE)

    def terminal(self, *words, **env):
        return Terminal(self.command(*words), self.environment(**env))


class Terminal:
    """A program on a terminal of its own."""

    def __init__(self, argv, env):
        pid, self.fd = pty.fork()
        if pid == 0:
            os.execve(argv[0], argv, env)
        self.pid, self.seen = pid, ''

    def read(self, seconds=0.1):
        ready, _, _ = select.select([self.fd], [], [], seconds)
        if not ready:
            return True
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            return False
        self.seen += data.decode(errors='replace')
        return bool(data)

    def expect(self, text, seconds=30):
        end = time.monotonic() + seconds
        while text not in self.seen:
            if not self.read() or time.monotonic() > end:
                raise AssertionError('%r lacks %r' % (self.seen, text))

    def type(self, text):
        os.write(self.fd, text.encode())

    def end(self, seconds=60):
        """Its exit status, negative for a signal."""
        limit = time.monotonic() + seconds
        while self.read() and time.monotonic() < limit:
            pass
        while True:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                os.close(self.fd)
                return os.waitstatus_to_exitcode(status)
            if time.monotonic() > limit:
                os.kill(self.pid, signal.SIGKILL)
            time.sleep(0.02)


class Scenario(unittest.TestCase):
    """world is fresh for each class."""

    @classmethod
    def setUpClass(cls):
        cls.world = World()

    @classmethod
    def tearDownClass(cls):
        cls.world.close()

    def run_(self, *words, status=0, **more):
        result = self.world.run(*words, **more)
        self.assert_exit(result, status)
        return result

    def assert_exit(self, result, status):
        self.assertEqual(
            result.returncode, status,
            '\nstdout: %s\nstderr: %s' % (
                result.stdout.decode(errors='replace'),
                result.stderr.decode(errors='replace')))


def main():
    unittest.main(argv=sys.argv[:1], verbosity=1)
