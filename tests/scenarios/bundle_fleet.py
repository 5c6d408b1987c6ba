# SPDX-License-Identifier: MIT
"""Bundles through a real router to a real agent: pushed, taken, kept when the
next one is bad, and taken whole whenever the agent is killed."""
import base64
import hashlib
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time
import unittest

import fabric_client
import support

KILLS = 12


def until(what, seconds=60):
    end = time.monotonic() + seconds
    while True:
        value = what()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError('it did not happen in time')
        time.sleep(0.02)


class Fleet(unittest.TestCase):
    def setUp(self):
        self.root = tempfile.mkdtemp(prefix='rl-fleet-')
        self.addCleanup(shutil.rmtree, self.root, ignore_errors=True)
        self.router = fabric_client.Router(support.BUILD).start()
        self.addCleanup(self.router.close)
        self.context = os.path.join(self.router.data, 'operator',
                                    'context.json')
        self.agent = None
        self.addCleanup(self.stop)
        self.state = self.path('state')
        self.top = os.path.join(self.state, 'agent', 'bundles')
        os.mkdir(self.path('tmp'))

    def path(self, *parts):
        return os.path.join(self.root, *parts)

    def environment(self):
        return dict(os.environ, RIGHTLINK_CONTEXT=self.context, NO_COLOR='1',
                    RIGHTLINK_STATE_DIR=self.state, HOME=self.root,
                    XDG_CACHE_HOME='', TMPDIR=self.path('tmp'),
                    RIGHTLINK_CONFIG=self.path('agent.conf'))

    def run_(self, *words, status=0):
        done = subprocess.run(
            [os.path.join(support.BUILD, 'bin', 'rightlink'), *words],
            env=self.environment(), capture_output=True, timeout=120,
            stdin=subprocess.DEVNULL, check=False)
        self.assertEqual(done.returncode, status,
                         (words, done.stdout, done.stderr))
        return done

    def push(self, path, *more):
        return json.loads(
            self.run_('bundle', 'push', path, '-o', 'json', *more).stdout)

    def bundle(self):
        path = self.path('shop')
        if not os.path.exists(path):
            self.run_('bundle', 'init', path)
        return path

    def change(self, text, size=0):
        """Makes another content of the bundle."""
        path = self.bundle()
        with open(path + '/mark', 'w', encoding='utf-8') as f:
            f.write(text)
        if size:
            with open(path + '/noise', 'wb') as f:
                f.write(random.randbytes(size))
        return path

    # ---- the node ----

    def join(self):
        token = self.router.join_token(1, '--bundle', 'shop')
        with open(self.path('agent.conf'), 'w', encoding='utf-8') as f:
            f.write('os_reboot = true\nos_stop = true\nos_terminate = true\n')
        self.run_('join', self.router.url, '--token', token, '--name', 'web')

    def start(self):
        log = open(self.path('log'), 'ab')
        self.agent = subprocess.Popen(
            [os.path.join(support.BUILD, 'libexec', 'rightlink', 'agent')],
            env=self.environment(), stderr=log, stdin=subprocess.DEVNULL,
            stdout=log)
        log.close()

    def kill(self):
        self.agent.kill()
        self.agent.wait()

    def stop(self):
        if self.agent and self.agent.poll() is None:
            self.agent.send_signal(signal.SIGTERM)
            try:
                self.agent.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()

    def log(self):
        with open(self.path('log'), encoding='utf-8') as f:
            return f.read()

    def current(self):
        """What counts on the node, read from disk."""
        try:
            with open(self.top + '/current.json', encoding='utf-8') as f:
                return json.load(f)['current']
        except FileNotFoundError:
            return None

    def mark(self):
        with open(os.path.join(self.top, self.current()['dir'], 'mark'),
                  encoding='utf-8') as f:
            return f.read()

    def taken(self, pushed):
        def is_there():
            c = self.current()
            return c and c['serial'] == pushed['serial']
        until(is_there)

    def instance(self):
        with open(self.state + '/state.json', encoding='utf-8') as f:
            return json.load(f)

    # ---- the router's memory ----

    def store(self, sql, *values):
        self.router.stop()
        with sqlite3.connect(self.router.data + '/core.db') as db:
            db.execute(sql, values)
        db.close()
        self.router.start()

    def artefact(self, pushed):
        return os.path.join(self.router.data, 'artefacts', pushed['sha256'])


class Taking(Fleet):
    def test_a_push_reaches_a_node_which_boots_from_it(self):
        self.join()
        self.start()
        first = self.push(self.change('one'))
        self.assertTrue(first['pushed'])
        self.taken(first)
        until(lambda: self.instance()['state'] == 'operational')
        self.assertEqual(self.mark(), 'one')
        # Just this once more is nothing.
        again = self.push(self.bundle())
        self.assertFalse(again['pushed'])
        self.assertEqual(again['serial'], first['serial'])
        second = self.push(self.change('two'))
        self.assertGreater(second['serial'], first['serial'])
        self.taken(second)
        self.assertEqual(self.mark(), 'two')
        until(lambda: self.instance()['bundle_serial'] == second['serial'])
        listed = json.loads(self.run_('bundle', 'list', '-o', 'json').stdout)
        self.assertEqual([(b['name'], b['serial']) for b in listed['bundles']],
                         [('shop', second['serial'])])
        self.assertIn(b'shop', self.run_('bundle', 'list').stdout)
        # The one before is kept, and old content needs no second download.
        os.unlink(self.artefact(first))
        self.change('one')
        third = self.push(self.bundle(), '--force')
        self.taken(third)
        self.assertEqual(self.mark(), 'one')
        self.assertEqual(self.current()['dir'], 'shop-%d' % first['serial'])
        self.assertEqual(sorted(os.listdir(self.top)), [
            'current.json', 'shop-%d' % first['serial'],
            'shop-%d' % second['serial']])

    def test_an_agent_that_starts_later_takes_the_newest(self):
        self.push(self.change('one'))
        second = self.push(self.change('two'))
        self.join()
        self.start()
        self.taken(second)
        until(lambda: self.instance()['state'] == 'operational')
        self.stop()
        # Without a router it has its bundle.
        self.router.kill()
        self.start()
        until(lambda: self.log().count('agent_started') == 2)
        self.assertEqual(self.instance()['bundle_serial'], second['serial'])

    def test_a_signed_file_is_pushed_as_it_is(self):
        archive = self.path('s.tar.zst')
        self.run_('bundle', 'build', self.change('one'), '-f', archive)
        self.run_('bundle', 'sign', archive, '--serial', '7')
        root = self.router.made['root_kid']
        shown = self.run_('bundle', 'verify', archive, '--root', root).stdout
        self.assertIn(b'(admin)', shown)
        self.run_('bundle', 'verify', archive, '--root', '0' * 32, status=1)
        pushed = self.push(archive)
        self.assertEqual(pushed['serial'], 7)
        self.run_('bundle', 'sign', archive, '--serial', '6')
        done = self.run_('bundle', 'push', archive, '--force', status=1)
        self.assertIn(b'does not rise', done.stderr)
        self.assertEqual(os.listdir(self.path('tmp')), [])


class Refusing(Fleet):
    def setUp(self):
        super().setUp()
        self.join()
        self.start()
        self.good = self.push(self.change('good'))
        self.taken(self.good)

    def kept(self, words):
        until(lambda: words in self.log())
        self.assertEqual(self.current()['serial'], self.good['serial'])
        self.assertEqual(self.mark(), 'good')

    def test_an_altered_archive_is_not_taken_and_the_right_one_is(self):
        # The router's disk lies before the agent asks.
        self.agent.send_signal(signal.SIGSTOP)
        bad = self.push(self.change('bad', 300000))
        path = self.artefact(bad)
        with open(path, 'rb') as f:
            data = f.read()
        with open(path, 'r+b') as f:
            f.seek(len(data) // 2)
            f.write(b'\0' * 64)
        self.agent.send_signal(signal.SIGCONT)
        self.kept('signed was')
        with open(path, 'wb') as f:
            f.write(data)
        self.taken(bad)
        self.assertEqual(self.mark(), 'bad')

    def test_a_router_cannot_go_back(self):
        newer = self.push(self.change('newer'))
        self.taken(newer)
        self.store('DELETE FROM bundle WHERE serial = ?', newer['serial'])
        until(lambda: 'would go back from serial' in self.log())
        self.assertEqual(self.mark(), 'newer')

    def test_a_manifest_of_a_stranger_is_not_taken(self):
        other = self.push(self.change('other'))
        self.taken(other)
        key = fabric_client.Key()
        with sqlite3.connect(self.router.data + '/core.db') as db:
            envelope = json.loads(db.execute(
                'SELECT envelope FROM bundle WHERE serial = ?',
                (other['serial'],)).fetchone()[0])
        db.close()
        payload = json.loads(base64.b64decode(envelope['payload']))
        payload['serial'] += 1000
        forged = key.seal(json.dumps(payload).encode(),
                          domain='rightlink bundle v1')
        self.store('UPDATE bundle SET serial = ?, envelope = ? '
                   'WHERE serial = ?', payload['serial'], json.dumps(forged),
                   other['serial'])
        until(lambda: 'of no operator of the trust bundle' in self.log())
        self.assertEqual(self.current()['serial'], other['serial'])


class Killed(Fleet):
    def whole(self, versions):
        """What counts is there and as it was pushed."""
        c = self.current()
        if c is None:
            return
        top = os.path.join(self.top, c['dir'])
        with open(top + '/noise', 'rb') as f:
            self.assertEqual(hashlib.sha256(f.read()).hexdigest(),
                             versions[c['serial']])
        self.assertTrue(os.path.exists(top + '/bundle.yml'))

    def test_whenever_the_agent_is_killed_a_whole_bundle_counts(self):
        random.seed(4)
        self.join()
        versions, newest = {}, None
        for i in range(KILLS):
            if i % 3 == 0:
                path = self.change('version %d' % i, 3 << 20)
                newest = self.push(path)
                with open(path + '/noise', 'rb') as f:
                    versions[newest['serial']] = hashlib.sha256(
                        f.read()).hexdigest()
            self.start()
            time.sleep(random.uniform(0.05, 0.5))
            self.kill()
            self.whole(versions)
        self.start()
        self.taken(newest)
        self.whole(versions)
        until(lambda: not [n for n in os.listdir(self.top)
                           if n.startswith('.')])
        self.assertLessEqual(len(os.listdir(self.top)), 3)

    def test_a_router_that_ends_in_the_middle_is_waited_for(self):
        self.join()
        self.start()
        pushed = self.push(self.change('one', 8 << 20))
        for _ in range(4):
            time.sleep(random.uniform(0.01, 0.1))
            self.router.kill()
            self.router.start()
        self.taken(pushed)
        self.assertEqual(self.mark(), 'one')


if __name__ == '__main__':
    support.main()
