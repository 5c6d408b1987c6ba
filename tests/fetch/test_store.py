# SPDX-License-Identifier: MIT
"""Directories and archives into the store; what is refused; views."""
import os
import subprocess
import tarfile
import unittest
import unittest.mock

import support
from support import Case, Server, sha256, special, tar


class Directories(Case):
    def setUp(self):
        super().setUp()
        self.write('src/demo/metadata.rb', "name 'demo'\n")
        self.write('src/demo/recipes/default.rb', 'log "x"\n')
        self.write('src/demo/files/run', '#!/bin/sh\n', 0o750)
        self.write('src/.git/config', 'x')
        os.symlink('default.rb', self.path('src/demo/recipes/main.rb'))
        self.source = {'name': 'a', 'kind': 'directory',
                       'url': self.path('src')}

    def test_snapshot_is_complete_and_then_cached(self):
        tree = self.fetch(self.source)[0]
        self.assertFalse(tree['cached'])
        self.assertRegex(self.notes[0], '^tree [0-9a-f]{12}, copied$')
        self.assertTrue(tree['path'].startswith(self.store + '/trees/'))
        self.assertEqual(
            self.read(tree['path'], 'demo/recipes/main.rb'), 'log "x"\n')
        mode = os.stat(tree['path'] + '/demo/files/run').st_mode
        self.assertEqual(mode & 0o7777, 0o755)
        self.assertFalse(os.path.exists(tree['path'] + '/.git'))
        again = self.fetch(self.source)[0]
        self.assertTrue(again['cached'])
        self.assertRegex(self.notes[0], 'in the store$')
        self.assertEqual(again['path'], tree['path'])

    def test_a_change_makes_another_tree(self):
        first = self.fetch(self.source)[0]
        self.write('src/demo/recipes/default.rb', 'log "y"\n')
        second = self.fetch(self.source)[0]
        self.assertNotEqual(first['digest'], second['digest'])
        self.assertEqual(
            self.read(first['path'], 'demo/recipes/default.rb'), 'log "x"\n')

    def test_a_tampered_tree_is_made_again(self):
        tree = self.fetch(self.source)[0]
        for tamper in (
                lambda p: os.chmod(p, 0o666),
                os.unlink,
                lambda p: open(p + '.new', 'w').close(),
                lambda p: self.write(p, 'log "z"\n')):
            tamper(tree['path'] + '/demo/recipes/default.rb')
            again = self.fetch(self.source)[0]
            self.assertFalse(again['cached'])
            self.assertEqual(
                self.read(again['path'], 'demo/recipes/default.rb'),
                'log "x"\n')
            self.assertEqual(
                sorted(os.listdir(again['path'] + '/demo/recipes')),
                ['default.rb', 'main.rb'])

    def test_escaping_links_and_special_files_are_named(self):
        os.symlink('/etc/passwd', self.path('src/demo/out'))
        self.refused('ERR_INVALID', "entry 'demo/out'.*leaves the tree",
                     self.source)
        os.unlink(self.path('src/demo/out'))
        os.mkfifo(self.path('src/demo/pipe'))
        self.refused('ERR_INVALID', "entry 'demo/pipe'", self.source)

    def test_missing_directory_and_path_are_named(self):
        answer = self.refused(
            'ERR_ABSENT', "no directory '/no/such'",
            {'name': 'b', 'kind': 'directory', 'url': '/no/such'})
        self.assertEqual(answer['source'], 'b')
        self.refused('ERR_ABSENT', "has no directory 'cookbooks'",
                     {**self.source, 'path': 'cookbooks'})
        self.refused('ERR_INVALID', "'..' in the path",
                     {**self.source, 'path': '../x'})

    def test_limits_of_the_request_hold(self):
        self.refused('ERR_LIMIT', 'more than 3 entries', self.source,
                     max_entries=3)
        self.write('src/big', 'x' * 1000)
        self.refused('ERR_LIMIT', "entry 'big': longer than 999 bytes",
                     self.source, max_file_bytes=999)
        self.refused('ERR_LIMIT', 'the tree is longer', self.source,
                     max_tree_bytes=900)

    def test_views_link_cookbooks_by_name(self):
        self.write('one/metadata.rb', "maintainer 'x'\nname \"apache2\"\n")
        view = self.path('run', 'cookbooks')
        os.mkdir(self.path('run'))
        for _ in range(2):
            self.fetch({**self.source, 'what': 'cookbooks'},
                       {'name': 'web', 'kind': 'directory',
                        'url': self.path('one'), 'what': 'cookbook'},
                       {'name': 'tool', 'kind': 'directory',
                        'url': self.path('src'), 'path': 'demo'}, view=view)
            self.assertEqual(sorted(os.listdir(view)),
                             ['apache2', 'demo', 'tool'])
        self.assertEqual(
            self.read(view, 'apache2/metadata.rb').split()[-1], '"apache2"')
        self.assertEqual(os.listdir(self.path('run')), ['cookbooks'])
        self.refused('ERR_INVALID', 'no cookbook there',
                     {**self.source, 'path': 'demo/files',
                      'what': 'cookbook'}, view=view)
        self.assertEqual(len(os.listdir(view)), 3)
        self.assertEqual(os.listdir(self.path('run')), ['cookbooks'])

    def test_bad_requests_are_refused(self):
        self.refused('ERR_PROTOCOL', 'kind',
                     {'name': 'a', 'kind': 'ftp', 'url': '/'})
        self.refused('ERR_INVALID', 'not an absolute path',
                     {**self.source, 'url': 'relative'})
        fetch = support.Fetch()
        fetch.sock.sendall(b'\x7f\xff\xff\xff')
        self.assertEqual(fetch.receive()['code'], 'ERR_LIMIT')
        self.assertEqual(fetch.close(), 1)


class Archives(Case):
    def setUp(self):
        super().setUp()
        self.server = Server()

    def tearDown(self):
        self.server.close()
        super().tearDown()

    def remote(self, data, **more):
        self.server.answers['/a.tgz'] = data
        return {'name': 'a', 'kind': 'tarball', 'sha256': sha256(data),
                'url': self.server.base + '/a.tgz', **more}

    def test_downloaded_once_and_offline_after(self):
        data = tar(('demo/metadata.rb', "name 'demo'\n"),
                   ('demo/files/run', 'x', 0o755))
        source = self.remote(data, path='demo')
        self.refused('ERR_ABSENT', r'not in the store.*\(offline\)', source,
                     offline=True)
        tree = self.fetch(source)[0]
        self.assertFalse(tree['cached'])
        self.assertEqual(tree['bytes'], len(data))
        self.assertEqual(self.read(tree['path'], 'files/run'), 'x')
        count = len(self.server.requests)
        self.assertTrue(self.fetch(source)[0]['cached'])
        self.assertTrue(self.fetch(source, offline=True)[0]['cached'])
        self.assertEqual(len(self.server.requests), count)

    def test_tampered_tree_is_made_again_offline_from_the_archive(self):
        source = self.remote(tar(('demo/a', 'good')))
        tree = self.fetch(source)[0]
        with open(tree['path'] + '/demo/a', 'w', encoding='utf-8') as f:
            f.write('evil')
        again = self.fetch(source, offline=True)[0]
        self.assertEqual(self.read(again['path'], 'demo/a'), 'good')
        blob = os.path.join(self.store, 'blobs', source['sha256'])
        os.unlink(tree['path'] + '/demo/a')
        with open(blob, 'ab') as f:
            f.write(b'x')
        self.refused('ERR_ABSENT', 'offline', source, offline=True)
        again = self.fetch(source)[0]
        self.assertEqual(self.read(again['path'], 'demo/a'), 'good')

    def test_digest_decides(self):
        source = self.remote(tar(('a', 'x')))
        self.refused('ERR_DIGEST', source['sha256'] + '.*as announced',
                     {**source, 'sha256': '0' * 64})
        self.refused('ERR_INVALID', 'needs its sha256',
                     {k: v for k, v in source.items() if k != 'sha256'})
        self.refused('ERR_INVALID', '64 hexadecimal',
                     {**source, 'sha256': 'xyz'})
        self.fetch({**source, 'sha256': source['sha256'].upper()})

    def test_local_archives_need_no_digest(self):
        for compression in ('', 'gz', 'bz2', 'xz'):
            data = tar(('demo/c', compression), compression=compression)
            path = self.path('a.tar')
            with open(path, 'wb') as f:
                f.write(data)
            for url in (path, 'file://' + path):
                tree = self.fetch({'name': 'l', 'kind': 'tarball',
                                   'url': url})[0]
                self.assertEqual(self.read(tree['path'], 'demo/c'),
                                 compression)
        self.refused('ERR_DIGEST', 'announced',
                     {'name': 'l', 'kind': 'tarball', 'url': path,
                      'sha256': '0' * 64})

    def test_server_failures_are_clear(self):
        source = self.remote(b'x')
        self.server.answers.clear()
        self.refused('ERR_ABSENT', 'status 404', source)
        url = self.server.base.replace('//', '//user:pass@') + '/a.tgz'
        answer = self.refused('ERR_ABSENT', 'status 404',
                              {**source, 'url': url})
        self.assertNotIn('pass', answer['text'])

    def test_flaky_server_is_asked_again(self):
        data = tar(('a', 'x'))
        source = self.remote(data)
        tries = []

        def flaky(handler, _):
            tries.append(1)
            if len(tries) == 1:
                handler.reply(503)
            else:
                handler.reply(200, data)
        self.server.answers['/a.tgz'] = flaky
        self.fetch(source)
        self.assertEqual(len(tries), 2)

    def test_dangerous_entries_are_refused_by_name(self):
        long_name = 'n' * 300
        cases = [
            ("entry '/etc/x': absolute", [('/etc/x', '')]),
            (r"entry '../x': '\.\.'", [('../x', '')]),
            (r"entry 'a/../../x': '\.\.'", [('a/../../x', '')]),
            ("entry 'l': symbolic link to '/etc'",
             [special('l', tarfile.SYMTYPE, '/etc')]),
            (r"entry 'l': symbolic link to '\.\.'",
             [special('l', tarfile.SYMTYPE, '..')]),
            ("'..' after a name",
             [special('s', tarfile.SYMTYPE, '.'),
              special('t', tarfile.SYMTYPE, 's/x/../..')]),
            ('goes through a file or a link',
             [special('d', tarfile.SYMTYPE, 'e'), ('d/x', '')]),
            ("hard link to 'none'",
             [special('h', tarfile.LNKTYPE, 'none')]),
            (r"hard link: entry '\.\./x'",
             [special('h', tarfile.LNKTYPE, '../x')]),
            ("hard link to 's'",
             [special('s', tarfile.SYMTYPE, 'e'),
              special('h', tarfile.LNKTYPE, 's')]),
            ("entry 'fifo': a device", [special('fifo', tarfile.FIFOTYPE)]),
            ("entry 'dev': a device", [special('dev', tarfile.CHRTYPE)]),
            ('name too long', [(long_name, '')]),
            ('too many directories', [('d/' * 70 + 'x', '')]),
            (r"entry 'a\\x1b\[2Jb/\.\./x'", [('a\x1b[2Jb/../x', '')]),
        ]
        for pattern, entries in cases:
            with self.subTest(pattern):
                self.refused('ERR_LIMIT' if 'too' in pattern
                             else 'ERR_INVALID', pattern,
                             self.remote(tar(*entries)))
        self.assertEqual(os.listdir(self.store + '/trees'), [])

    def test_harmless_links_work(self):
        data = tar(('b/real', 'r', 0o755), ('./b//again/', ''),
                   special('b/up', tarfile.SYMTYPE, '../b/real'),
                   special('hard', tarfile.LNKTYPE, 'b/real'),
                   ('twice', '1'), ('twice', '2'))
        tree = self.fetch(self.remote(data))[0]
        self.assertEqual(self.read(tree['path'], 'b/up'), 'r')
        self.assertEqual(self.read(tree['path'], 'hard'), 'r')
        self.assertEqual(self.read(tree['path'], 'twice'), '2')
        self.assertEqual(os.stat(tree['path'] + '/hard').st_nlink, 1)

    def test_bombs_and_rubbish_are_refused(self):
        self.refused('ERR_LIMIT', "entry 'zeros': longer than 1000000 bytes",
                     self.remote(tar(('zeros', '0' * 2000000))),
                     max_file_bytes=1000000)
        many = tar(*[(f'f{i}', '') for i in range(50)])
        self.refused('ERR_LIMIT', "entry 'f40': more than 40 entries",
                     self.remote(many), max_entries=40)
        self.refused('ERR_SYNTAX', 'archive: ', self.remote(b'rubbish' * 99))
        data = tar(('a', 'x' * 100000), compression='')
        self.refused('ERR_SYNTAX', 'archive: ',
                     self.remote(data[:len(data) // 2]))


class Tls(Case):
    """An archive over https; whom it trusts is the environment's word."""

    def setUp(self):
        super().setUp()
        self.certificate = self.path('ca.pem')
        support.make_certificate(self.certificate)
        self.server = Server(certificate=self.certificate)
        data = tar(('demo/a', 'x'))
        self.server.answers['/a.tgz'] = data
        self.source = {'name': 'a', 'kind': 'tarball',
                       'sha256': sha256(data),
                       'url': self.server.base + '/a.tgz'}

    def tearDown(self):
        self.server.close()
        super().tearDown()

    def trusting(self, **environment):
        return unittest.mock.patch.dict(os.environ, environment)

    def test_a_certificate_that_nobody_trusts_is_refused(self):
        with self.trusting(SSL_CERT_FILE='', SSL_CERT_DIR=''):
            self.refused('ERR_DIGEST', 'certificate', self.source)
        self.assertEqual(self.server.requests, [])

    def test_ssl_cert_file_names_whom_to_trust(self):
        with self.trusting(SSL_CERT_FILE=self.certificate):
            tree = self.fetch(self.source)[0]
        self.assertEqual(self.read(tree['path'], 'demo/a'), 'x')

    def test_a_name_that_is_not_in_the_certificate_is_refused(self):
        url = self.source['url'].replace('127.0.0.1', 'localhost')
        with self.trusting(SSL_CERT_FILE=self.certificate):
            self.refused('ERR_DIGEST', 'certificate',
                         {**self.source, 'url': url})


class FullDisk(Case):
    """Needs to be root, to mount a small file system."""

    def setUp(self):
        super().setUp()
        os.mkdir(self.path('small'))
        self.store = self.path('small', 'store')
        if not self.mount('size=300k'):
            self.tearDown()
            self.skipTest('no mount')

    def tearDown(self):
        subprocess.run(['umount', '-q', self.path('small')], check=False)
        super().tearDown()

    def mount(self, options):
        return subprocess.run(
            ['mount', '-t', 'tmpfs', '-o', options, 'tmpfs',
             self.path('small')], check=False,
            capture_output=True).returncode == 0

    def test_says_where_and_goes_on_when_there_is_room(self):
        data = tar(('noise', os.urandom(200000).hex()))
        with open(self.path('a.tgz'), 'wb') as f:
            f.write(data)
        source = {'name': 'a', 'kind': 'tarball', 'url': self.path('a.tgz')}
        for size in ('300k', '500k'):
            self.mount('remount,size=' + size)
            self.refused('ERR_SYS', f"store '{self.store}': .*No space left",
                         source)
        self.assertTrue(self.mount('remount,size=2m'))
        tree = self.fetch(source)[0]
        self.assertEqual(len(self.read(tree['path'], 'noise')), 400000)


if __name__ == '__main__':
    support.main()
