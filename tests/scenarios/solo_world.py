# SPDX-License-Identifier: MIT
"""A scratch machine for the solo program and the real cook."""
import json
import os
import re
import subprocess
import time
import unittest

from support import Machine

LIMIT = 60  # seconds until a test that waits gives up


def until(true, what):
    end = time.monotonic() + LIMIT
    while not true():
        if time.monotonic() > end:
            raise AssertionError('never: ' + what)
        time.sleep(0.02)


def read(path):
    try:
        with open(path, encoding='utf-8') as f:
            return f.read()
    except (FileNotFoundError, ProcessLookupError):
        return ''


def gone(pid):
    """No such process, or one that only waits for its parent."""
    return read('/proc/%d/stat' % pid).rpartition(')')[2][1:2] in ('', 'Z')


class SoloTest(unittest.TestCase):
    def setUp(self):
        self.machine = Machine()
        self.addCleanup(self.machine.close)
        self.settings()

    def path(self, *parts):
        return self.machine.path(*parts)

    def settings(self, text=''):
        self.machine.write('solo.rb', ''.join([
            "cookbook_path '%s'\n" % self.path('cookbooks'),
            "cache_path '%s'\nnode_name 'me'\n" % self.path('cache'), text]))

    def recipe(self, text, name='default', book='t'):
        return self.machine.write(
            'cookbooks/%s/recipes/%s.rb' % (book, name), text)

    def json(self, **attributes):
        attributes.setdefault('run_list', ['recipe[t]'])
        self.machine.write('node.json', json.dumps(attributes))

    def words(self, *args):
        return self.machine.command('solo', '-c', self.path('solo.rb'),
                                    '-j', self.path('node.json'), *args)

    def solo(self, *args, cwd=None):
        if not os.path.exists(self.path('node.json')):
            self.json()
        return subprocess.run(self.words(*args), capture_output=True,
                              encoding='utf-8', timeout=LIMIT, check=False,
                              cwd=cwd, env=self.environment(),
                              stdin=subprocess.DEVNULL)

    def environment(self):
        env = self.machine.environment()
        env.pop('NO_COLOR')
        return env

    def start(self, *args):
        if not os.path.exists(self.path('node.json')):
            self.json()
        return self.launch(self.words('-L', self.path('log'), *args))

    def launch(self, words, cwd=None):
        child = subprocess.Popen(
            words, env=self.environment(), cwd=cwd, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(self.end, child)
        return child

    @staticmethod
    def end(child):
        """TERM ends the run inside too, which would write on otherwise."""
        child.terminate()
        try:
            child.wait(LIMIT)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()

    def log(self):
        return read(self.path('log'))

    def logged(self, pattern, times=1):
        until(lambda: len(re.findall(pattern, self.log())) >= times, pattern)

    def good(self, done):
        self.assertEqual(0, done.returncode, done.stdout + done.stderr)
        return done.stdout
