# SPDX-License-Identifier: MIT
"""`rightlink doctor`: one finding for each thing that may be wrong."""
import json
import os
import shutil
import socket
import subprocess

import fabric_world


class Doctor(fabric_world.Scenario):
    def findings(self, *words, **env):
        result = self.world.run('doctor', '-o', 'json', *words, **env)
        found = {f['check']: f for f in json.loads(result.stdout)}
        failed = any(f['status'] == 'FAIL' for f in found.values())
        self.assertEqual(result.returncode, 1 if failed else 0)
        return found

    def find(self, check, status, text, *words, fix='', **env):
        f = self.findings(*words, **env)[check]
        self.assertEqual(f['status'], status, f)
        self.assertIn(text, f['text'])
        self.assertIn(fix, f.get('fix', ''))
        self.assertEqual(status in ('FAIL', 'WARN'), 'fix' in f, f)

    def context(self, **changes):
        with open(self.world.context, encoding='utf-8') as f:
            context = json.load(f)
        context.update(ca=self.world.router.ca, key=os.path.join(
            os.path.dirname(self.world.context), 'key.pem'))
        context.update(changes)
        path = self.world.path('changed.json')
        with open(path, 'w', encoding='utf-8',
                  opener=lambda p, f: os.open(p, f, 0o600)) as f:
            json.dump({k: v for k, v in context.items() if v is not None}, f)
        os.chmod(path, 0o600)
        return path

    def test_all_is_well(self):
        found = self.findings()
        for check in ('disk', 'context', 'name', 'router',
                      'ready', 'clock', 'token', 'key'):
            self.assertEqual(found[check]['status'], 'PASS', found[check])
        for check in ('agent', 'proxy'):
            self.assertEqual(found[check]['status'], 'SKIP')
        text = self.run_('doctor').stdout.decode()
        self.assertIn('PASS  router    ' + self.world.router.url, text)
        self.assertNotIn('SKIP', text)
        self.assertIn('admin', found['key']['text'])

    def test_no_router_behind_the_port(self):
        with socket.socket() as s:
            s.bind(('127.0.0.1', 0))
            port = s.getsockname()[1]
            self.find('router', 'FAIL', 'connect', '--router',
                      'https://localhost:%d' % port, fix=str(port))

    def test_a_name_that_nobody_knows(self):
        self.find('name', 'FAIL', "'no.such.invalid'", '--router',
                  'https://no.such.invalid:8443', fix='resolv.conf')

    def test_another_ca(self):
        other = self.world.path('other.pem')
        subprocess.run(
            ['openssl', 'req', '-x509', '-newkey', 'ed25519', '-nodes',
             '-subj', '/CN=other', '-days', '2', '-keyout',
             self.world.path('other.key'), '-out', other],
            check=True, capture_output=True)
        self.find('router', 'FAIL', 'certificate', '--context',
                  self.context(ca=other), fix='another router')

    def test_a_wrong_token(self):
        self.find('token', 'FAIL', 'does not take it', '--context',
                  self.context(token='rlo_wrong'),
                  fix='rightlink router token')

    def test_a_key_that_nobody_believes(self):
        key = self.world.path('key.pem')
        subprocess.run(['openssl', 'genpkey', '-algorithm', 'ed25519', '-out',
                        key], check=True, capture_output=True)
        os.chmod(key, 0o600)
        self.find('key', 'FAIL', 'do not believe it', '--context',
                  self.context(key=key), fix='rightlink router operator')
        self.find('key', 'WARN', 'names none', '--context',
                  self.context(key=None), fix='sign')

    def test_a_proxy_in_the_way(self):
        self.find('proxy', 'WARN', 'proxy.invalid', fix='no_proxy',
                  https_proxy='http://user:secret@proxy.invalid:3128')
        out = self.world.run('doctor',
                             https_proxy='http://u:secret@proxy.invalid:1')
        self.assertNotIn(b'secret', out.stdout + out.stderr)

    def test_a_clock_that_is_wrong(self):
        if shutil.which('faketime') is None:
            self.skipTest('no faketime')
        result = subprocess.run(
            ['faketime', '-f', '+400s', *self.world.command(
                'doctor', '-o', 'json')], env=self.world.environment(
                    ASAN_OPTIONS='verify_asan_link_order=0:'
                    + os.environ.get('ASAN_OPTIONS', '')),
            capture_output=True, timeout=60, check=False)
        (clock,) = [f for f in json.loads(result.stdout)
                    if f['check'] == 'clock']
        self.assertEqual(clock['status'], 'FAIL', clock)
        self.assertIn('ahead', clock['text'])
        self.assertIn('chronyc', clock['fix'])

    def test_a_full_disk(self):
        small = self.world.path('small')
        os.mkdir(small)
        if subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=1m', 'small',
                           small], capture_output=True,
                          check=False).returncode != 0:
            self.skipTest('cannot mount a tmpfs here')
        self.addCleanup(subprocess.run, ['umount', small], check=True)
        self.find('disk', 'FAIL', 'MiB free', '--state-dir', small,
                  fix='make room')

    def test_a_node_whose_agent_is_down(self):
        os.makedirs(self.world.path('joined', 'agent'))
        with open(self.world.path('joined', 'agent', 'identity.json'), 'w',
                  encoding='utf-8') as f:
            json.dump({'router': self.world.router.url}, f)
        shutil.copy(self.world.router.ca,
                    self.world.path('joined', 'agent', 'ca.pem'))
        self.find('agent', 'FAIL', 'no agent is running', '--state-dir',
                  self.world.path('joined'), fix='systemctl start')

    def test_a_damaged_context(self):
        path = self.context()
        os.chmod(path, 0o644)
        self.find('context', 'FAIL', 'chmod 600', '--context', path,
                  fix='0600')


if __name__ == '__main__':
    fabric_world.main()
