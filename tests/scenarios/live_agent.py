# SPDX-License-Identifier: MIT
"""A machine whose agent is running, without a router; its cook plays a script
of steps (play_cook.py).
"""
import json
import os
import signal
import socket
import struct
import subprocess
import time

import support


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


class Connection:
    """One client of agent.sock."""

    def __init__(self, machine):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(120)
        try:
            self.socket.connect(os.path.join(machine.state, 'agent.sock'))
        except OSError:
            self.socket.close()
            raise

    def __del__(self):
        self.socket.close()

    def send(self, **frame):
        body = json.dumps(frame).encode()
        self.socket.sendall(struct.pack('>I', len(body)) + body)

    def exactly(self, length):
        data = b''
        while len(data) < length:
            piece = self.socket.recv(length - len(data))
            if not piece:
                raise EOFError
            data += piece
        return data

    def receive(self):
        length = struct.unpack('>I', self.exactly(4))[0]
        return json.loads(self.exactly(length))

    def close(self):
        self.socket.close()


class LiveScenario(support.PlayScenario):
    """self.start() starts the agent, self.ask() asks it."""

    def setUp(self):
        super().setUp()
        self.agent = None
        machine = self.machine
        self.addCleanup(self.kill)
        for name in ('agent', 'perform'):
            os.symlink(os.path.join(support.BUILD, 'libexec/rightlink', name),
                       machine.path('libexec', name))
        machine.write('boots', 'one\n')
        machine.env['RIGHTLINK_BOOT_ID_FILE'] = machine.path('boots')
        machine.env['RIGHTLINK_CONFIG'] = machine.write('rightlink.conf', (
            'os_reboot = touch %s\nos_stop = touch %s\n'
            'os_terminate = touch %s\nos_is_stopping = test -e %s\n') % tuple(
                machine.path(name) for name in (
                    'rebooted', 'stopped', 'terminated', 'goes_down')))
        machine.env['LSAN_OPTIONS'] = 'detect_leaks=0'
        self.bundle()

    def bundle(self, text='boot: [demo]\noperational: ["demo::a", "demo::b", '
                          '"demo::c"]\ndecommission: ["demo::leave"]\n'):
        super().bundle(text)

    def play_recipe(self, recipe, *steps):
        self.machine.write('steps.' + recipe.replace('::', '-'),
                           ''.join(step + '\n' for step in steps))

    def start(self, *flags):
        machine = self.machine
        with open(machine.path('log'), 'ab') as log:
            self.agent = subprocess.Popen(
                machine.command('agent', '--bundle', machine.bundle, *flags),
                env=machine.environment(), stdin=subprocess.DEVNULL,
                stdout=log, stderr=log)
        until(lambda: self.answers() or self.agent.poll() is not None)
        self.assertIsNone(self.agent.poll(), self.log())

    def answers(self):
        """A killed agent leaves its socket's file behind."""
        try:
            Connection(self.machine).close()
            return True
        except (FileNotFoundError, ConnectionRefusedError):
            return False

    def log(self):
        return self.machine.read(self.machine.path('log'))

    def kill(self):
        if self.agent and self.agent.poll() is None:
            self.agent.kill()
            self.agent.wait()

    def stop(self):
        self.agent.send_signal(signal.SIGTERM)
        return self.agent.wait(60)

    def reboot(self):
        """The machine goes down hard and comes up again."""
        self.kill()
        self.machine.write('boots', 'boot %d\n' % time.monotonic_ns())
        self.start()

    def ask(self, type, **members):
        connection = Connection(self.machine)
        try:
            connection.send(type=type, **members)
            return connection.receive()
        finally:
            connection.close()

    def state(self):
        return self.ask('state_get')['state']

    def wait_state(self, state):
        until(lambda: self.state() == state)

    def request(self, *executables, **members):
        reply = self.ask('run_request', executables=list(executables),
                         **members)
        self.assertTrue(reply['ok'], reply)
        return reply

    def wait_run(self, run_id, **members):
        return self.ask('run_wait', run_id=run_id, **members)

    def wait_for(self, name):
        path = self.machine.path(name)
        until(lambda: os.path.exists(path))

    def results(self):
        """result.json by run id, of the runs that have one."""
        found = {}
        for run in self.machine.runs():
            path = os.path.join(run, 'result.json')
            if os.path.exists(path):
                found[os.path.basename(run)] = json.loads(
                    self.machine.read(path))
        return found

    def marks(self, name='marks'):
        path = self.machine.path(name)
        if not os.path.exists(path):
            return []
        return self.machine.read(path).split()


def children_of(pid):
    """Processes below pid: (pid, command line)."""
    found = []
    try:
        with open('/proc/%d/task/%d/children' % (pid, pid)) as f:
            pids = [int(p) for p in f.read().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []
    for child in pids:
        try:
            with open('/proc/%d/cmdline' % child, 'rb') as f:
                words = f.read().replace(b'\0', b' ').decode()
        except (FileNotFoundError, ProcessLookupError):
            continue
        found.append((child, words))
        found += children_of(child)
    return found


main = support.main
