# SPDX-License-Identifier: MIT
"""Router and agents are killed at random while submitters repeat fixed ids
(fabric 6.2, 6.7). In the end: nothing accepted is lost, nothing ran twice,
every delivery is terminal, `any` ran on one instance, ok means that it ran.

Usage: fabric_chaos.py BUILD [--seconds N] [--agents N] [--seed N]
"""
import argparse
import collections
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time

from cryptography.hazmat.primitives.serialization import (
    Encoding, NoEncryption, PrivateFormat)

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from fabric_client import Agent, Gone, OPEN, Router, ulid  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
TAG = 'chaos:on=1'
SETTLE_S = 60


class Player:
    """An agent's process and what is left of it."""

    def __init__(self, world, number):
        agent = Agent(world.router, 'agent-%d' % number, tags=[TAG],
                      token=world.token)
        self.id = agent.id
        self.top = os.path.join(world.router.root, 'agent-%d' % number)
        os.mkdir(self.top)
        raw = agent.key.private.private_bytes(
            Encoding.Raw, PrivateFormat.Raw, NoEncryption())
        with open(os.path.join(self.top, 'identity.json'), 'w',
                  encoding='utf-8') as f:
            json.dump({'url': world.router.url, 'ca': world.router.ca,
                       'id': agent.id, 'key': raw.hex()}, f)
        agent.http.close()
        self.child = None

    def start(self):
        self.child = subprocess.Popen(
            [sys.executable, '-B', os.path.join(HERE, 'play_agent.py'),
             self.top], stdin=subprocess.DEVNULL)

    def kill(self):
        if self.child.poll() is not None:
            raise AssertionError('an agent ended by itself: %d' %
                                 self.child.returncode)
        self.child.send_signal(signal.SIGKILL)
        self.child.wait()


class World:
    def __init__(self, build, agents, seed):
        self.random = random.Random(seed)
        self.router = Router(build).start()
        self.effects = os.path.join(self.router.root, 'effects')
        self.players = []
        self.sent = {}  # cid: kind of target
        self.lock = threading.Lock()
        self.over = False
        self.errors = []
        self.kills = collections.Counter()
        self.router_lock = threading.Lock()
        self.token = self.router.join_token(agents)
        for i in range(agents):
            self.players.append(Player(self, i))
        for p in self.players:
            p.start()

    def close(self):
        for p in self.players:
            if p.child and p.child.poll() is None:
                p.child.kill()
                p.child.wait()
        self.router.close()

    # --- those who submit

    def target(self, rnd):
        kind = rnd.choice(['one', 'one', 'any', 'all'])
        if kind == 'one':
            return kind, {'ids': [rnd.choice(self.players).id]}
        more = {'selector': 'any'} if kind == 'any' else {}
        return kind, dict(more, tags=[TAG])

    def insist(self, op, rnd, method, path, body=None):
        """Until there is an answer, whatever happens to the router."""
        while True:
            try:
                return op.call(method, path, body)
            except Gone:
                if self.errors:
                    raise
                time.sleep(rnd.random() * 0.1)

    def submitter(self, seed):
        rnd, op = random.Random(seed), self.router.operator()
        while not self.over:
            kind, to = self.target(rnd)
            ttl = 500 if rnd.random() < 0.05 else 3600000
            cid = ulid()
            body = op.key.seal(op.command(cid=cid, ttl_ms=ttl, **to))
            status, v = self.insist(op, rnd, 'POST', '/v1/commands', body)
            if status == 422 and ttl == 500:
                continue  # it came too late to be accepted
            if status not in (200, 201):
                raise AssertionError('submit: %d %s' % (status, v))
            want = len(self.players) if kind == 'all' else 1
            if v['matched'] != want:
                raise AssertionError('matched %s' % v)
            with self.lock:
                self.sent[cid] = kind
            if rnd.random() < 0.05:
                self.insist(op, rnd, 'DELETE', '/v1/commands/' + cid)
            time.sleep(rnd.random() * 0.02)

    # --- those who kill

    def router_killer(self):
        rnd = random.Random(self.random.random())
        while not self.over:
            time.sleep(0.4 + rnd.random() * 1.5)
            with self.router_lock:
                self.router.kill()
                self.router.start()
                self.kills['router'] += 1

    def agent_killer(self):
        rnd = random.Random(self.random.random())
        while not self.over:
            time.sleep(rnd.random() * 0.5)
            p = rnd.choice(self.players)
            p.kill()
            self.kills['agents'] += 1
            time.sleep(rnd.random() * 0.2)
            if self.seconds > 40 and rnd.random() < 0.1:
                time.sleep(17)  # so long that `any` goes to another
            p.start()

    def guarded(self, fn, *args):
        try:
            fn(*args)
        except BaseException as e:  # told in the end
            self.errors.append(e)
            self.over = True

    def play(self, seconds):
        self.seconds = seconds
        jobs = [(self.submitter, self.random.random()) for _ in range(3)]
        jobs += [(self.router_killer,), (self.agent_killer,)]
        threads = [threading.Thread(target=self.guarded, args=j)
                   for j in jobs]
        for t in threads:
            t.start()
        end = time.monotonic() + seconds
        while time.monotonic() < end and not self.over:
            time.sleep(0.1)
        self.over = True
        for t in threads:
            t.join()
        if self.errors:
            raise self.errors[0]

    # --- the end

    def settle(self):
        op = self.router.operator()
        end = time.monotonic() + SETTLE_S
        found = {}
        for cid in self.sent:
            while True:
                v = op.deliveries(cid)
                if v['done']:
                    break
                if time.monotonic() > end:
                    raise AssertionError('never done: %s %s\n%s' % (
                        cid, v, self.router.log()))
                time.sleep(0.1)
            found[cid] = {d['id']: d['state'] for d in v['deliveries']}
        return found

    def ran(self):
        ran = collections.Counter()
        with open(self.effects, encoding='utf-8') as f:
            for line in f:
                cid, id_ = line.split()
                ran[cid, id_] += 1
        return ran

    def check(self, found):
        ran = self.ran()
        wrong = ['run twice: %s' % (k,) for k, n in ran.items() if n > 1]
        for cid, kind in self.sent.items():
            at = found[cid]
            bound = [i for i, s in at.items() if s != 'revoked']
            who = [i for i in at if ran[cid, i]]
            if any(s in OPEN for s in at.values()):
                wrong.append('not terminal: %s %s' % (cid, at))
            if kind == 'all' and len(at) != len(self.players):
                wrong.append('wrong fan-out: %s %s' % (cid, at))
            if kind != 'all' and (len(bound) != 1 or len(who) > 1):
                wrong.append('%s on several: %s %s' % (kind, cid, at))
            for i, s in at.items():
                if s == 'ok' and not ran[cid, i]:
                    wrong.append('ok without effect: %s %s' % (cid, i))
                if s not in ('ok', 'interrupted') and ran[cid, i]:
                    wrong.append('%s, but it ran: %s %s' % (s, cid, i))
        strangers = {c for c, _ in ran} - set(found)
        wrong += ['ran, but was never accepted: %s' % c for c in strangers]
        return wrong, ran


def main():
    p = argparse.ArgumentParser()
    p.add_argument('build')
    p.add_argument('--seconds', type=float, default=10)
    p.add_argument('--agents', type=int, default=5)
    p.add_argument('--seed', type=int, default=random.randrange(10 ** 6))
    o = p.parse_args()
    world = World(os.path.abspath(o.build), o.agents, o.seed)
    try:
        world.play(o.seconds)
        found = world.settle()
        wrong, ran = world.check(found)
        states = collections.Counter(
            s for at in found.values() for s in at.values())
        print('seed %d: kills %s, commands %d, deliveries %d, executions %d,'
              ' %s' % (o.seed, dict(world.kills), len(found),
                       sum(states.values()), sum(ran.values()),
                       dict(states)))
        for line in wrong[:20]:
            print(line)
        if wrong or not states['ok'] or not world.kills['router']:
            sys.exit(1)
    finally:
        world.close()


if __name__ == '__main__':
    main()
