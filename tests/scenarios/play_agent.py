# SPDX-License-Identifier: MIT
"""Plays an agent with a journal, to be killed at any time.

Usage: play_agent.py DIR. DIR/identity.json says who it is, DIR/journal.db is
its memory, DIR/../effects gets a line for each execution. It keeps to the
rules of fabric 6.2: an offer is journaled before it is told, running is
committed before the effect, a run that was cut short is reported and never
run again, a result is kept until it is acknowledged.
"""
import json
import os
import random
import sqlite3
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: E402
    Ed25519PrivateKey)
from fabric_client import Agent, Gone, Http, Key, ulid  # noqa: E402


class Identity:
    """What an Agent asks of a router, without one."""

    def __init__(self, o):
        self.url, self.ca = o['url'], o['ca']

    def http(self):
        return Http(self.url, self.ca, timeout=30)


class Journal:
    def __init__(self, path):
        self.db = sqlite3.connect(path, isolation_level=None)
        self.db.execute('pragma journal_mode=wal')
        self.db.execute('pragma synchronous=full')
        self.db.execute(
            'create table if not exists command (cid text primary key,'
            ' seq integer, state text, acked integer default 0)')
        # Nothing of ours lives: what ran was cut short.
        self.db.execute("update command set state = 'interrupted'"
                        " where state = 'running'")

    def cids(self, where):
        return [r[0] for r in self.db.execute(
            'select cid from command where %s order by seq' % where)]

    def move(self, cid, old, new):
        """True when this was the move, which can be only once."""
        return self.db.execute(
            'update command set state = ? where cid = ? and state = ?',
            (new, cid, old)).rowcount == 1

    def knows(self, cid):
        return bool(self.cids("cid = '%s'" % cid))


class Player:
    def __init__(self, top):
        with open(os.path.join(top, 'identity.json'), encoding='utf-8') as f:
            o = json.load(f)
        self.agent = object.__new__(Agent)
        self.agent.router = Identity(o)
        self.agent.key = Key(Ed25519PrivateKey.from_private_bytes(
            bytes.fromhex(o['key'])))
        self.agent.id = self.id = o['id']
        self.agent.session, self.agent.boot_id = ulid(), 'boot'
        self.agent.http = self.agent.router.http()
        self.agent.call = self.agent.http.call
        self.journal = Journal(os.path.join(top, 'journal.db'))
        self.effects = os.path.join(os.path.dirname(top), 'effects')
        self.unknown = set()

    def report(self):
        j = self.journal
        said = {
            'received': j.cids("state = 'received'"),
            'states': [{'cid': c, 'state': 'running'}
                       for c in j.cids("state = 'running'")],
            'results': [{'cid': c, 'state': s} for c, s in j.db.execute(
                "select cid, state from command where state in"
                " ('ok', 'interrupted') and not acked")],
            'unknown': sorted(self.unknown)}
        return {k: v for k, v in said.items() if v}

    def take(self, v):
        j = self.journal
        for o in v.get('offers', []):
            j.db.execute('insert or ignore into command (cid, seq, state)'
                         " values (?, ?, 'received')", (o['cid'], o['seq']))
            # Offered again: what we have is told again.
            j.db.execute('update command set acked = 0 where cid = ?',
                         (o['cid'],))
            if j.cids("cid = '%s' and state = 'dropped'" % o['cid']):
                j.move(o['cid'], 'dropped', 'received')
        for cid in v.get('grants', []) + v.get('cancels', []):
            if not j.knows(cid):
                self.unknown.add(cid)
        for cid in v.get('grants', []):
            j.move(cid, 'received', 'granted')
        for d in v.get('drops', []):
            j.move(d['cid'], 'received', 'dropped')
        for cid in v.get('acks', []):
            j.db.execute('update command set acked = 1 where cid = ?', (cid,))

    def run(self, cid):
        if not self.journal.move(cid, 'granted', 'running'):
            return
        time.sleep(random.random() * 0.004)
        fd = os.open(self.effects, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(fd, ('%s %s\n' % (cid, self.id)).encode())
        os.close(fd)
        time.sleep(random.random() * 0.004)
        self.journal.move(cid, 'running', 'ok')

    def step(self):
        said = self.report()
        work = self.journal.cids("state = 'granted'")
        status, v = self.agent.poll(0 if said or work else 5000, **said)
        if status == 401:
            self.agent.renew()
        elif status == 200:
            self.unknown -= set(said.get('unknown', []))
            self.take(v)
            for cid in work:
                self.run(cid)
        else:
            sys.exit('poll: %d %s' % (status, v))

    def main(self):
        while True:
            try:
                self.step()
            except Gone:
                time.sleep(random.random() * 0.2)


if __name__ == '__main__':
    Player(os.path.abspath(sys.argv[1])).main()
