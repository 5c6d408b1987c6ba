# SPDX-License-Identifier: MIT
"""A fetch that is killed at any point leaves the store sound: the next one
succeeds, and no tree under its final name is ever other than whole."""
import glob
import hashlib
import os
import random
import signal
import subprocess
import time
import unittest

import support
from support import Case, Fetch, Server, sha256, tar

ROUNDS = 25


class Killed(Case):
    def setUp(self):
        super().setUp()
        self.server = Server()
        noise = random.Random(7)
        files = [(f'demo/f{i}', noise.randbytes(2000).hex())
                 for i in range(200)]
        data = tar(*files)
        self.server.answers['/a.tgz'] = data
        self.write('src/x/metadata.rb', "name 'x'\n")
        for name, text in files:
            self.write('src/x/' + name, text)
        repo = self.path('src')
        for args in (['init', '-q', '-b', 'main'], ['add', '-A'],
                     ['-c', 'user.name=n', '-c', 'user.email=n@localhost',
                      'commit', '-q', '-m', 'x']):
            subprocess.run(['git', *args], cwd=repo, check=True)
        self.sources = [
            {'name': 'tar', 'kind': 'tarball', 'sha256': sha256(data),
             'url': self.server.base + '/a.tgz'},
            {'name': 'git', 'kind': 'git', 'url': repo},
            {'name': 'dir', 'kind': 'directory', 'url': repo}]

    def tearDown(self):
        self.server.close()
        super().tearDown()

    def check_trees(self):
        """Every manifest fits its name, every tree its manifest; litter of
        the killed lies in tmp/ alone."""
        trees = self.path('store', 'trees')
        for part in ('trees', 'blobs', 'refs'):
            self.assertEqual([], glob.glob(
                self.path('store', part, '.*')), part)
        for name in os.listdir(trees) if os.path.isdir(trees) else ():
            if name.endswith('.manifest'):
                continue
            with open(os.path.join(trees, name + '.manifest'), 'rb') as f:
                manifest = f.read()
            self.assertEqual(hashlib.sha256(manifest).hexdigest(), name)
            for line in manifest.decode().split('\n'):
                words = line.split(' ')
                if words[0] == 'f':
                    with open(os.path.join(trees, name, words[4]),
                              'rb') as f:
                        self.assertEqual(
                            hashlib.sha256(f.read()).hexdigest(), words[3])

    def test_any_point(self):
        begin = time.monotonic()
        self.fetch(*self.sources)
        whole = time.monotonic() - begin
        want = sorted(os.listdir(self.store + '/trees'))
        chance = random.Random(11)
        for _ in range(ROUNDS):
            if chance.random() < 0.5:
                subprocess.run(['rm', '-rf', self.store], check=True)
            fetch = Fetch()
            fetch.send(self.request(self.sources))
            time.sleep(chance.random() * whole)
            os.kill(fetch.child.pid, signal.SIGKILL)
            fetch.close()
            self.check_trees()
            if chance.random() < 0.3:
                self.fetch(*self.sources)
        self.fetch(*self.sources)
        self.assertEqual(os.listdir(self.store + '/tmp'), [])
        self.assertEqual(sorted(os.listdir(self.store + '/trees')), want)
        self.assertTrue(all(
            t['cached'] for t in self.fetch(*self.sources, offline=True)))


if __name__ == '__main__':
    support.main()
