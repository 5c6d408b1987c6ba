# SPDX-License-Identifier: MIT
"""The life of a router's process: made, run once a directory, reloaded,
drained, restarted, backed up, restored; what it says when something is wrong.
"""
import datetime
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import tempfile
import time
import unittest

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from fabric_client import Agent, Background, Gone, Key, Operator, Router, b64

BUILD = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else 'build/dev')
PROGRAM = os.path.join(BUILD, 'libexec', 'rightlink', 'router')


def run(*args, **more):
    return subprocess.run([PROGRAM, *args], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=60,
                          check=False, **more)


class Life(unittest.TestCase):
    def router(self, *init):
        router = Router(BUILD, *init)
        self.addCleanup(router.close)
        return router

    def until(self, what, seconds=30):
        end = time.monotonic() + seconds
        while not what():
            self.assertLess(time.monotonic(), end, 'it does not come')
            time.sleep(0.02)

    def log_has(self, router, text):
        self.until(lambda: text in router.log())


class Making(Life):
    def test_init_says_what_to_do_next(self):
        top = tempfile.mkdtemp(prefix='rl-')
        self.addCleanup(shutil.rmtree, top)
        data = os.path.join(top, 'r')
        done = run('init', '--data', data, '--name', 'router.example',
                   '--also', '10.1.2.3', '--listen', '127.0.0.1:9443')
        self.assertEqual((done.returncode, done.stderr), (0, ''))
        for text in ('rightlink router run --data ' + data,
                     'RIGHTLINK_CONTEXT=%s/operator/context.json' % data,
                     'rightlink join https://router.example:9443 --token rl1.',
                     'router.example, 10.1.2.3, localhost'):
            self.assertIn(text, done.stdout)
        for name, mode in (('.', 0o700), ('root', 0o700), ('keys', 0o700),
                           ('root/key.pem', 0o600), ('core.db', 0o600),
                           ('tls/server-key.pem', 0o600),
                           ('operator/context.json', 0o600)):
            self.assertEqual(os.stat(os.path.join(data, name)).st_mode &
                             0o7777, mode, name)
        again = run('init', '--data', data, '--name', 'router.example')
        self.assertEqual(again.returncode, 1)
        self.assertIn('is not empty', again.stderr)

    def test_wrong_command_lines_are_explained(self):
        for args, status, text in (
                (['inti'], 64, "did you mean 'init'?"),
                (['init'], 64, '--name'),
                (['init', '--nmae', 'x'], 64, '--name'),
                (['init', '--name', 'a b', '--data', '/nonexistent/x'], 1,
                 'a b'),
                (['init', '--name', 'a', '--listen', 'nowhere', '--data',
                  '/nonexistent/x'], 1, 'ADDRESS:PORT'),
                (['token', 'make'], 64, 'create, list, or drop'),
                (['token', 'create', '--data', '/nonexistent'], 1,
                 'nonexistent'),
                (['run', '--data', '/nonexistent'], 43, 'nonexistent'),
                (['operator', 'add'], 64, 'add NAME'),
                (['backup'], 64, 'FILE'),
                (['backup', '/tmp/x', '--data', '/'], 1, 'holds no router')):
            with self.subTest(args):
                done = run(*args)
                self.assertEqual(done.returncode, status, done.stderr)
                self.assertIn(text, done.stderr)
        done = run('token', 'list', '--data', '/nonexistent', '-o', 'json')
        self.assertEqual(json.loads(done.stdout)['error']['exit'], 1)

    def test_help_and_manual_know_every_command(self):
        for text in (run().stdout, run('manual').stdout):
            for name in ('init', 'run', 'renew', 'token', 'operator',
                         'backup'):
                self.assertIn(name, text)
        done = run('run', '--help')
        self.assertEqual(done.returncode, 0)
        self.assertIn('--grace', done.stdout)

    def test_secrets_are_stored_as_digests(self):
        router = self.router()
        token = router.join_token()
        with open(os.path.join(router.data, 'operator', 'context.json'),
                  encoding='utf-8') as f:
            operator = json.load(f)['token']
        for name in ('core.db', 'core.db-wal', 'router.json', 'trust.json'):
            path = os.path.join(router.data, name)
            if not os.path.exists(path):
                continue
            with open(path, 'rb') as f:
                data = f.read()
            for secret in (token.split('.')[1], operator):
                self.assertNotIn(secret.encode(), data)


class Running(Life):
    def test_one_router_runs_in_a_directory(self):
        router = self.router().start()
        second = run('run', '--data', router.data)
        self.assertEqual(second.returncode, 75)
        self.assertIn('already', second.stderr)
        router.kill()
        router.start()

    def test_term_ends_it_in_order_and_it_comes_back(self):
        router = self.router().start()
        agent = Agent(router)
        poll = Background(agent.hear, 50000)
        self.until(lambda: b'polls_parked 1\n' in router.http().raw(
            'GET', '/metrics')[2])
        self.assertEqual(router.stop(), 0)
        v = poll.wait()
        self.assertTrue(v['drain'])
        self.assertGreaterEqual(v['retry_ms'], 0)
        self.assertIn('stopped', router.log())
        with self.assertRaises(Gone):
            router.http().raw('GET', '/healthz')
        router.start()
        self.assertNotIn('drain', agent.hear())

    def test_idle_connections_do_not_hold_up_the_end(self):
        router = self.router().start()
        held = [router.http() for _ in range(20)]
        for http_ in held:
            http_.raw('GET', '/healthz')
        began = time.monotonic()
        self.assertEqual(router.stop(), 0)
        self.assertLess(time.monotonic() - began, 9)

    def test_hup_reads_level_certificate_and_trust_again(self):
        router = self.router().start()
        old = router.http()
        self.assertEqual(old.raw('GET', '/healthz')[0], 200)
        before = old.conn.sock.getpeercert()['notAfter']
        path = os.path.join(router.data, 'router.json')
        with open(path, encoding='utf-8') as f:
            config = json.load(f)
        config['log_level'] = 'debug'
        with open(path, 'w', encoding='utf-8') as f:
            json.dump(config, f)
        router.child.send_signal(signal.SIGHUP)
        self.log_has(router, 'reloaded')
        self.assertEqual(old.raw('GET', '/healthz')[0], 200)
        self.log_has(router, 'debug request route=healthz')
        out = router.command('renew', '--days', '40', '--also', 'other.name')
        self.assertIn('running router takes it', out)

        def renewed():
            http_ = router.http()
            http_.raw('GET', '/healthz')
            cert = http_.conn.sock.getpeercert()
            http_.close()
            return cert['notAfter'] != before and \
                ('DNS', 'other.name') in cert['subjectAltName']
        self.until(renewed)
        self.assertEqual(old.raw('GET', '/healthz')[0], 200)

    def test_a_broken_reload_keeps_what_was(self):
        router = self.router().start()
        with open(os.path.join(router.data, 'tls', 'server.pem'), 'w',
                  encoding='utf-8') as f:
            f.write('nothing')
        router.child.send_signal(signal.SIGHUP)
        self.log_has(router, 'reload_failed what=certificate')
        self.assertEqual(router.http().raw('GET', '/healthz')[0], 200)

    def test_the_supervisor_is_told(self):
        router = self.router()
        path = os.path.join(router.root, 'notify')
        words = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(words.close)
        words.bind(path)
        words.settimeout(30)
        env = dict(os.environ, NOTIFY_SOCKET=path, WATCHDOG_USEC='400000')
        with open(router.log_path, 'ab') as log:
            router.child = subprocess.Popen(
                [PROGRAM, 'run', '--data', router.data], env=env, stderr=log)
        seen = []
        while seen.count('WATCHDOG=1') < 2 or 'READY=1' not in seen:
            seen += words.recv(4096).decode().split('\n')
        router.child.send_signal(signal.SIGHUP)
        while 'RELOADING=1' not in seen:
            seen += words.recv(4096).decode().split('\n')
        self.assertTrue(any(w.startswith('MONOTONIC_USEC=') for w in seen))
        router.child.send_signal(signal.SIGTERM)
        while 'STOPPING=1' not in seen:
            seen += words.recv(4096).decode().split('\n')
        self.assertEqual(router.child.wait(30), 0)

    def test_logs_are_json_when_wanted_and_hold_no_secrets(self):
        router = self.router()
        path = os.path.join(router.data, 'router.json')
        with open(path, encoding='utf-8') as f:
            config = json.load(f)
        config.update(log_format='json', log_level='debug')
        with open(path, 'w', encoding='utf-8') as f:
            json.dump(config, f)
        router.start()
        agent = Agent(router, 'web1')
        agent.hear()
        operator = Operator(router)
        operator.call('GET', '/v1/instances')
        http_ = router.http()
        http_.token = 'rlo_guessed-by-somebody'
        self.assertEqual(http_.call('GET', '/v1/instances')[0], 401)
        router.stop()
        with open(router.log_path, encoding='utf-8') as f:
            text = f.read()
        events = [json.loads(line)['event'] for line in text.splitlines()]
        for event in ('listening', 'enrolled', 'request', 'auth_failed',
                      'stopping', 'stopped'):
            self.assertIn(event, events)
        for secret in (agent.http.token, operator.http.token, http_.token,
                       router.made['token'].split('.')[1]):
            self.assertNotIn(secret, text)

    def test_a_port_that_is_taken_is_told(self):
        router = self.router()
        with socket.socket() as other:
            other.bind(('127.0.0.1', int(router.url.rsplit(':', 1)[1])))
            other.listen()
            done = run('run', '--data', router.data)
        self.assertEqual(done.returncode, 1)
        self.assertIn('in use', done.stderr)
        router.start()
        other = self.router()
        done = run('run', '--data', other.data, '--listen',
                   '127.0.0.1:' + router.url.rsplit(':', 1)[1])
        self.assertEqual(done.returncode, 1)
        self.assertIn('in use', done.stderr)


class Certificates(Life):
    def expire(self, router):
        """Puts a certificate in place that ended yesterday."""
        tls = os.path.join(router.data, 'tls')
        with open(os.path.join(tls, 'ca.pem'), 'rb') as f:
            ca = x509.load_pem_x509_certificate(f.read())
        with open(os.path.join(tls, 'ca-key.pem'), 'rb') as f:
            ca_key = serialization.load_pem_private_key(f.read(), None)
        key = ec.generate_private_key(ec.SECP256R1())
        now = datetime.datetime.now(datetime.timezone.utc)
        cert = x509.CertificateBuilder().subject_name(x509.Name([])) \
            .issuer_name(ca.subject).public_key(key.public_key()) \
            .serial_number(7) \
            .not_valid_before(now - datetime.timedelta(days=9)) \
            .not_valid_after(now - datetime.timedelta(days=1)) \
            .add_extension(x509.SubjectAlternativeName(
                [x509.DNSName('localhost')]), False) \
            .sign(ca_key, hashes.SHA256())
        with open(os.path.join(tls, 'server.pem'), 'wb') as f:
            f.write(cert.public_bytes(serialization.Encoding.PEM))
        with open(os.path.join(tls, 'server-key.pem'), 'wb') as f:
            f.write(key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption()))

    def test_an_ended_certificate_is_renewed_while_the_ca_is_here(self):
        router = self.router()
        self.expire(router)
        router.start()
        self.log_has(router, 'certificate_renewed')

    def test_an_ended_certificate_without_the_ca_stops_the_start(self):
        router = self.router()
        self.expire(router)
        os.unlink(os.path.join(router.data, 'tls', 'ca-key.pem'))
        done = run('run', '--data', router.data)
        self.assertEqual(done.returncode, 43)
        self.assertIn('ended at', done.stderr)
        self.assertIn('router renew', done.stderr)

    def test_a_key_of_another_certificate_stops_the_start(self):
        router = self.router()
        tls = os.path.join(router.data, 'tls')
        shutil.copy(os.path.join(tls, 'ca-key.pem'),
                    os.path.join(tls, 'server-key.pem'))
        done = run('run', '--data', router.data)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn('server-key.pem', done.stderr)

    def test_broken_files_are_named(self):
        for name, status in (('router.json', 43), ('trust.json', 43),
                             ('keys/access.pem', 43), ('tls/ca.pem', 43)):
            with self.subTest(name):
                router = self.router()
                with open(os.path.join(router.data, name), 'w',
                          encoding='utf-8') as f:
                    f.write('{ broken')
                done = run('run', '--data', router.data)
                self.assertEqual(done.returncode, status, done.stderr)
                self.assertIn(os.path.basename(name), done.stderr)


class People(Life):
    def test_operators_come_and_go_with_the_trust_bundle(self):
        router = self.router().start()
        first = Operator(router)
        self.assertEqual(first.call('GET', '/v1/trust')[1]['version'], 1)
        out = os.path.join(router.root, 'alice')
        router.command('operator', 'add', 'alice', '--out', out)
        self.until(lambda: first.call('GET', '/v1/trust')[1]['version'] == 2)
        with open(os.path.join(out, 'context.json'), encoding='utf-8') as f:
            context = json.load(f)
        self.assertEqual(context['router'], router.url)
        alice = Operator(router)
        alice.http.token = context['token']
        alice.key = Key.load(os.path.join(out, 'key.pem'))
        agent = Agent(router, 'web1')
        self.assertEqual(alice.submit(ids=[agent.id])[0], 201)
        router.command('operator', 'revoke', 'alice')
        self.until(lambda: first.call('GET', '/v1/trust')[1]['version'] == 3)
        # the key is not believed, whoever's token carries it
        stolen = alice.key.seal(alice.command(ids=[agent.id]))
        self.assertEqual(first.call('POST', '/v1/commands', stolen)[0], 403)
        # and the token ends within the time that it is remembered
        self.until(lambda: alice.call('GET', '/v1/instances')[0] == 401)
        self.assertEqual(first.submit(ids=[agent.id])[0], 201)

    def test_a_key_of_their_own_needs_no_private_half_here(self):
        router = self.router()
        key = Key()
        path = os.path.join(router.root, 'bob.pub')
        with open(path, 'w', encoding='utf-8') as f:
            f.write(b64(key.public) + '\n')
        router.command('operator', 'add', 'bob', '--public-key', path,
                       '--scopes', 'bundle')
        listed = json.loads(router.command('operator', 'list', '-o', 'json'))
        bob = [o for o in listed['operators'] if o['name'] == 'bob'][0]
        self.assertEqual((bob['kid'], bob['scopes']), (key.kid, ['bundle']))
        again = run('operator', 'add', 'carol', '--data', router.data,
                    '--public-key', path)
        self.assertEqual(again.returncode, 1)
        self.assertIn("'bob' already", again.stderr)

    def test_the_root_key_may_live_elsewhere(self):
        router = self.router()
        away = os.path.join(router.root, 'root.pem')
        os.rename(os.path.join(router.data, 'root', 'key.pem'), away)
        done = run('operator', 'revoke', 'admin', '--data', router.data)
        self.assertEqual(done.returncode, 1)
        self.assertIn('--root-key', done.stderr)
        other = self.router()
        done = run('operator', 'revoke', 'admin', '--data', router.data,
                   '--root-key', os.path.join(other.data, 'root', 'key.pem'))
        self.assertIn('not the root key of this router', done.stderr)
        router.command('operator', 'revoke', 'admin', '--root-key', away)
        router.start()

    def test_tokens_of_the_api_have_scopes_and_ends(self):
        router = self.router().start()
        made = json.loads(router.command(
            'token', 'create', '--operator', 'ci', '--scopes', 'read',
            '--ttl', '1h', '-o', 'json'))
        http_ = router.http()
        http_.token = made['token']
        self.assertEqual(http_.call('GET', '/v1/instances')[0], 200)
        status, v = http_.call('POST', '/v1/enroll-tokens', {})
        self.assertEqual(status, 403)
        self.assertIn("'admin'", v['error']['message'])
        self.assertIn('ci', router.command('token', 'list'))
        router.command('token', 'drop', 'ci')
        self.until(lambda: http_.call('GET', '/v1/instances')[0] == 401)
        done = run('token', 'drop', 'ci', '--data', router.data)
        self.assertEqual(done.returncode, 1)


class Backup(Life):
    def test_a_backup_of_a_running_router_restores_it(self):
        router = self.router().start()
        agent = Agent(router, 'web1', tags=['a:b=c'])
        operator = Operator(router)
        cid = operator.run(ids=[agent.id])['cid']
        archive = os.path.join(router.root, 'backup.tar')
        router.command('backup', archive)
        self.assertEqual(os.stat(archive).st_mode & 0o777, 0o600)
        router.kill()
        shutil.rmtree(router.data)
        os.mkdir(router.data)
        with tarfile.open(archive) as tar:
            tar.extractall(router.data)
        router.start()
        agent.http.close()
        operator.http.close()
        self.assertEqual(operator.states(cid), {agent.id: 'queued'})
        offers = agent.hear()['offers']
        self.assertEqual([o['cid'] for o in offers], [cid])
        status, v = operator.call('GET', '/v1/instances/web1')
        self.assertEqual(v['instance']['tags'], ['a:b=c'])

    def test_the_root_key_can_be_left_out(self):
        router = self.router()
        archive = os.path.join(router.root, 'backup.tar')
        router.command('backup', archive, '--without-root')
        with tarfile.open(archive) as tar:
            names = tar.getnames()
        self.assertNotIn('root/key.pem', names)
        for name in ('core.db', 'audit.db', 'router.json', 'trust.json',
                     'keys/authority.pem', 'tls/ca.pem'):
            self.assertIn(name, names)
        self.assertFalse(os.path.exists(archive + '.part'))


class FullDisk(Life):
    """On a small file system of its own, seen only by the router."""

    def test_new_work_is_refused_and_what_runs_goes_on(self):
        top = tempfile.mkdtemp(prefix='rl-')
        self.addCleanup(shutil.rmtree, top)
        data = os.path.join(top, 'small')
        os.mkdir(data)
        script = 'mount -t tmpfs -o size=72m rl "$1" && "$0" init ' \
            '--data "$1/r" --name localhost --listen 127.0.0.1:0 -o json && ' \
            'exec "$0" run --data "$1/r" 2>"$2"'
        private = ['unshare', '-m'] if os.getuid() == 0 else \
            ['unshare', '-Urm']
        child = subprocess.Popen(
            private + ['sh', '-c', script, PROGRAM, data,
                       os.path.join(top, 'log')],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        self.addCleanup(child.wait)
        self.addCleanup(child.kill)
        self.addCleanup(child.stdout.close)
        text = ''
        while not text.endswith('}\n'):
            line = child.stdout.readline().decode()
            self.assertNotEqual(line, '', 'no small file system')
            text += line
        router = object.__new__(Router)
        router.made = json.loads(text)
        router.url = router.made['url']
        router.data = '/proc/%d/root%s/r' % (child.pid, data)
        self.until(lambda: os.path.exists(router.data + '/router.lock'))
        router.ca = os.path.join(top, 'ca.pem')
        shutil.copy(router.data + '/tls/ca.pem', router.ca)
        http_ = router.http()

        def ready():
            try:
                return http_.raw('GET', '/readyz')[0] == 200
            except Gone:
                return False
        self.until(ready)
        agent, operator = Agent(router, 'web1'), Operator(router)
        cid = operator.run(ids=[agent.id])['cid']
        with open(router.data + '/fill', 'wb') as f:
            f.write(b'\0' * (16 << 20))
        self.until(lambda: http_.raw('GET', '/readyz')[0] == 503)
        self.assertEqual(http_.raw('GET', '/healthz')[0], 200)
        status, v = operator.submit(ids=[agent.id])
        self.assertEqual(status, 507)
        self.assertIn('disk full', v['error']['message'])
        # what was accepted before is granted, and its result is taken
        agent.hear()
        self.assertEqual(agent.hear(received=[cid])['grants'], [cid])
        agent.result(cid)
        os.unlink(router.data + '/fill')
        self.until(lambda: operator.submit(ids=[agent.id])[0] == 201)


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1] + sys.argv[2:], verbosity=1, warnings='ignore')
