# SPDX-License-Identifier: MIT
"""A machine with a state directory of its own that joins a router and runs
the real agent.
"""
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time

import fabric_client


def until(what, seconds=60):
    """Waits until what() is true; its value."""
    end = time.monotonic() + seconds
    while True:
        value = what()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError('not in %d s: %r' % (seconds, what))
        time.sleep(0.02)


class Node:
    def __init__(self, build, name='n1'):
        self.build, self.name = build, name
        self.root = tempfile.mkdtemp(prefix='rl-node-')
        self.state = os.path.join(self.root, 'state')
        self.bundle = os.path.join(self.root, 'bundle')
        self.log_path = os.path.join(self.root, 'log')
        self.child = None
        self.env = {}
        os.mkdir(self.bundle)
        self.write('bundle/bundle.yml',
                   'name: shop\nboot: []\noperational:\n'
                   '  - script[work]\n')
        self.script('work', 'echo "did it" >> "%s"\n' % self.path('done'))

    def path(self, *parts):
        return os.path.join(self.root, *parts)

    def write(self, name, text, mode=0o644):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'w', encoding='utf-8') as f:
            f.write(text)
        os.chmod(path, mode)

    def script(self, name, text):
        self.write('bundle/scripts/%s/run' % name, '#!/bin/sh\n' + text,
                   0o755)

    def read(self, name):
        try:
            with open(self.path(name), encoding='utf-8') as f:
                return f.read()
        except FileNotFoundError:
            return ''

    def identity(self):
        return json.loads(self.read('state/agent/identity.json'))

    @property
    def id(self):
        return self.identity()['id']

    def environment(self, **more):
        env = dict(os.environ, RIGHTLINK_STATE_DIR=self.state, NO_COLOR='1')
        for name in ('RIGHTLINK_CONFIG', 'NOTIFY_SOCKET', 'https_proxy'):
            env.pop(name, None)
        env.update(self.env)
        env.update(more)
        return env

    def run(self, *words, stdin=None, **env):
        return subprocess.run(
            [os.path.join(self.build, 'bin', 'rightlink'), *words],
            env=self.environment(**env), input=stdin, capture_output=True,
            timeout=120, check=False)

    def join(self, router, *more, token=None, status=0):
        """rightlink join; its output."""
        done = self.run('join', router.url, '--token',
                        token or router.join_token(), '--name', self.name,
                        '--retry', '10s', *more)
        out = done.stdout + done.stderr
        assert done.returncode == status, (done.returncode, out)
        return out.decode()

    def start(self, *flags, **env):
        with open(self.log_path, 'ab') as log:
            self.child = subprocess.Popen(
                [os.path.join(self.build, 'bin', 'rightlink'), 'agent',
                 '--bundle', self.bundle, '--log-level', 'debug', *flags],
                env=self.environment(**env), stderr=log, stdout=log,
                stdin=subprocess.DEVNULL)
        return self

    def log(self):
        return self.read('log')

    def wait_log(self, text, times=1, seconds=60):
        def seen():
            if self.log().count(text) >= times:
                return True
            if self.child and self.child.poll() is not None:
                raise AssertionError('the agent ended: ' + self.log()[-4000:])
            return False
        try:
            until(seen, seconds)
        except AssertionError as e:
            raise AssertionError('no %r in: %s' % (text, self.log()[-4000:])
                                 ) from e

    def kill(self):
        self.child.kill()
        self.child.wait()

    def stop(self):
        self.child.send_signal(signal.SIGTERM)
        return self.child.wait(60)

    def resident_kb(self):
        with open('/proc/%d/status' % self.child.pid, encoding='utf-8') as f:
            return int([line.split()[1] for line in f
                        if line.startswith('VmRSS')][0])

    def close(self):
        if self.child and self.child.poll() is None:
            self.kill()
        shutil.rmtree(self.root, ignore_errors=True)


def command(node, **more):
    """Members of a command for one node's script."""
    return dict({'kind': 'script', 'name': 'work', 'ids': [node.id],
                 'cid': fabric_client.ulid()}, **more)
