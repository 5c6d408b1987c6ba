# SPDX-License-Identifier: MIT
"""A scratch machine for scenarios: a bundle, a state directory, the program."""
import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import time
import unittest

BUILD = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else 'build/dev')
HERE = os.path.dirname(os.path.abspath(__file__))


def until(value, limit=60):
    """The first true value of a function that is asked again and again."""
    end = time.monotonic() + limit
    while time.monotonic() < end:
        found = value()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError('waited for %d seconds in vain' % limit)


class Machine:
    """One temporary directory; close() removes it."""

    def __init__(self, libexec=None):
        self.root = tempfile.mkdtemp(prefix='rl-')
        self.bundle = os.path.join(self.root, 'bundle')
        self.state = os.path.join(self.root, 'state')
        self.libexec = libexec
        self.env = {}
        os.mkdir(self.bundle)

    def close(self):
        shutil.rmtree(self.root, ignore_errors=True)

    def path(self, *parts):
        return os.path.join(self.root, *parts)

    def write(self, name, text, mode=0o644):
        path = os.path.join(self.root, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'w', encoding='utf-8') as f:
            f.write(text)
        os.chmod(path, mode)
        return path

    def script(self, name, text, header=''):
        if header:
            header = ''.join('# %s\n' % line
                             for line in ['---'] + header.split('\n') + ['...'])
        return self.write('bundle/scripts/%s/run' % name,
                          '#!/bin/sh\n' + header + text, 0o755)

    def environment(self):
        env = dict(os.environ)
        env['RIGHTLINK_STATE_DIR'] = self.state
        env['NO_COLOR'] = '1'
        env.pop('CREDENTIALS_DIRECTORY', None)
        if self.libexec:
            env['RIGHTLINK_LIBEXEC'] = self.libexec
        env.update(self.env)
        return env

    def command(self, *args):
        return [os.path.join(BUILD, 'bin', 'rightlink')] + list(args)

    def start(self, *args):
        return subprocess.Popen(self.command(*args), env=self.environment(),
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                stdin=subprocess.DEVNULL)

    def run(self, *args, stdin=None):
        return subprocess.run(self.command(*args), env=self.environment(),
                              input=stdin, capture_output=True, timeout=240,
                              check=False)

    def boot(self, *args):
        return self.run('boot', '--bundle', self.bundle,
                        '--cron-dir', self.path('cron'), *args)

    def runs(self):
        """Directories of the runs, oldest first."""
        top = os.path.join(self.state, 'runs')
        if not os.path.isdir(top):
            return []
        return [os.path.join(top, name) for name in sorted(os.listdir(top))]

    def read(self, *parts):
        with open(os.path.join(*parts), encoding='utf-8') as f:
            return f.read()

    def result(self, index=-1):
        return json.loads(self.read(self.runs()[index], 'result.json'))

    def events(self, index=-1):
        text = self.read(self.runs()[index], 'events.jsonl')
        assert text == '' or text.endswith('\n'), 'a line is incomplete'
        return [json.loads(line) for line in text.splitlines()]

    def audit(self, index=-1):
        return self.read(self.runs()[index], 'audit.txt')

    def instance_state(self):
        return json.loads(self.read(self.state, 'state.json'))['state']

    def files(self):
        """Every file of the state directory with its content."""
        for top, _, names in os.walk(self.root):
            for name in names:
                path = os.path.join(top, name)
                if stat.S_ISREG(os.lstat(path).st_mode):
                    with open(path, 'rb') as f:
                        yield path, f.read()


class Scenario(unittest.TestCase):
    """machine is fresh for each test."""

    def new_machine(self):
        return Machine()

    def setUp(self):
        self.machine = self.new_machine()
        self.addCleanup(self.machine.close)

    def assert_exit(self, result, status):
        self.assertEqual(
            result.returncode, status,
            '\nstdout: %s\nstderr: %s' % (
                result.stdout.decode(errors='replace'),
                result.stderr.decode(errors='replace')))


class PlayScenario(Scenario):
    """The cook is play_cook.py and does what self.play() was given."""

    def new_machine(self):
        machine = Machine()
        machine.libexec = machine.path('libexec')
        os.mkdir(machine.libexec)
        # The agent hands down few variables; the steps lie beside the cook.
        machine.write('libexec/cook', '#!/bin/sh\nexec %s -B %s %s\n' % (
            sys.executable, os.path.join(HERE, 'play_cook.py'),
            machine.path('steps')), 0o755)
        os.symlink(os.path.join(BUILD, 'libexec', 'rightlink', 'fetch'),
                   machine.path('libexec', 'fetch'))
        machine.write('steps', 'converged\n')
        return machine

    def play(self, *steps):
        self.machine.write('steps', ''.join(step + '\n' for step in steps))

    def bundle(self, text='boot: [demo]\n'):
        self.machine.write('bundle/bundle.yml', 'name: play\n' + text)


def main():
    unittest.main(argv=sys.argv[:1], verbosity=1)
