# SPDX-License-Identifier: MIT
"""Bundle archives: the same trees give the same bytes; a way there and back;
what unpacking would refuse is refused when packing."""
import io
import os
import socket
import subprocess
import tarfile
import unittest

import support
from support import Case, Fetch, sha256, tar


def ask(frame):
    fetch = Fetch()
    fetch.send(frame)
    answer = fetch.receive()
    return answer, fetch.close()


class Archives(Case):
    def setUp(self):
        super().setUp()
        self.write('src/bundle.yml', 'name: x\n')
        self.write('src/scripts/go/run', '#!/bin/sh\n', 0o700)
        self.write('src/a/b.txt', 'b' * 100000)
        self.write('src/.git/config', 'x')
        self.write('src/a/.git/config', 'x')
        os.makedirs(self.path('src/empty'))
        os.symlink('../a/b.txt', self.path('src/scripts/link'))
        self.write('src/a/\udcff\udcfe name \u00e9'.encode(
            'utf-8', 'surrogateescape').decode('utf-8', 'surrogateescape'),
            'odd')
        self.write('src/' + 'long' * 40 + '/' + 'name' * 30, 'long')

    def pack(self, *roots, files=(), output='out.tar.zst', **more):
        path = self.path(output)
        open(path, 'wb').close()
        answer, status = ask({
            'type': 'pack_request', 'version': 1, 'output': path,
            'roots': [{'dir': self.path(d), 'prefix': p} for d, p in roots],
            'files': [{'path': p, 'text': t} for p, t in files], **more})
        if answer['type'] == 'pack_result':
            with open(path, 'rb') as f:
                data = f.read()
            self.assertEqual(answer['sha256'], sha256(data))
            self.assertEqual(answer['bytes'], len(data))
            self.assertEqual(status, 0)
        else:
            self.assertEqual(status, 1)
        return answer

    def unpack(self, archive='out.tar.zst', name='back', **more):
        os.makedirs(self.path(name))
        return ask({'type': 'unpack_request', 'version': 1,
                    'archive': self.path(archive), 'dir': self.path(name),
                    **more})

    def tree(self, name):
        found = {}
        top = self.path(name)
        for where, dirs, files in os.walk(top):
            if '.git' in dirs:
                dirs.remove('.git')
            for entry in dirs + files:
                path = os.path.join(where, entry)
                st = os.lstat(path)
                value = oct(st.st_mode)
                if os.path.islink(path):
                    value = os.readlink(path)
                elif entry in files:
                    with open(path, 'rb') as f:
                        value = (bool(st.st_mode & 0o100), f.read())
                found[os.path.relpath(path, top)] = value
        return found

    def test_there_and_back(self):
        packed = self.pack(('src', ''), ('src/a', '.sources/one'),
                           files=[('.sources/list.json', '{}')])
        back, status = self.unpack()
        self.assertEqual(status, 0)
        self.assertEqual(back['type'], 'unpack_result', back)
        self.assertEqual(back['files'], packed['files'])
        have = self.tree('back')
        want = self.tree('src')
        for path, value in want.items():
            if not isinstance(value, str) or not value.startswith('0o4'):
                self.assertEqual(have[path], value, path)
        self.assertIn('empty', have)
        self.assertEqual(have['.sources/one/b.txt'], want['a/b.txt'])
        self.assertEqual(have['.sources/list.json'], (False, b'{}'))
        self.assertFalse(any('.git' in p for p in have))
        self.assertEqual(len(have), packed['files'])

    def test_nothing_but_content_counts(self):
        first = self.pack(('src', ''))
        for where, dirs, files in os.walk(self.path('src')):
            for entry in dirs + files:
                path = os.path.join(where, entry)
                os.utime(path, (1, 2), follow_symlinks=False)
                if entry == 'b.txt':
                    os.chmod(path, 0o600)
        # The same, made in another order elsewhere.
        subprocess.run(['cp', '-r', self.path('src'), self.path('copy')],
                       check=True)
        os.rename(self.path('copy/bundle.yml'), self.path('copy/x'))
        os.rename(self.path('copy/x'), self.path('copy/bundle.yml'))
        for source in 'src', 'copy':
            again = self.pack((source, ''), output='again')
            self.assertEqual(again['sha256'], first['sha256'])
        os.chmod(self.path('src/a/b.txt'), 0o755)
        self.assertNotEqual(self.pack(('src', ''))['sha256'],
                            first['sha256'])

    def test_entries_are_in_order_and_belong_to_nobody(self):
        self.pack(('src', ''))
        plain = subprocess.run(['zstd', '-dcq', self.path('out.tar.zst')],
                               capture_output=True, check=True).stdout
        with tarfile.open(fileobj=io.BytesIO(plain)) as t:
            members = t.getmembers()
        for m in members:
            self.assertEqual((m.uid, m.gid, m.uname, m.gname, m.mtime),
                             (0, 0, '', '', 0), m.name)
            self.assertIn(m.mode, (0o755, 0o644, 0o777))
        self.assertEqual(members[0].name, 'a')
        names = [tuple(os.fsencode(p) for p in m.name.split('/'))
                 for m in members]
        self.assertEqual(names, sorted(names))

    def failed(self, answer, code, pattern):
        self.assertEqual(answer['type'], 'fetch_failed', answer)
        self.assertEqual(answer['code'], code, answer)
        self.assertRegex(answer['text'], pattern)

    def test_what_unpacking_refuses_is_not_packed(self):
        os.symlink('/etc/passwd', self.path('src/out'))
        self.failed(self.pack(('src', '')), 'ERR_INVALID', "'out'")
        os.unlink(self.path('src/out'))
        os.symlink('../../x', self.path('src/a/out'))
        self.failed(self.pack(('src', '')), 'ERR_INVALID', "'a/out'")
        os.unlink(self.path('src/a/out'))
        os.mkfifo(self.path('src/pipe'))
        self.failed(self.pack(('src', '')), 'ERR_INVALID',
                    "'pipe': neither file")
        os.unlink(self.path('src/pipe'))
        with socket.socket(socket.AF_UNIX) as s:
            s.bind(self.path('src/sock'))
            self.failed(self.pack(('src', '')), 'ERR_INVALID', "'sock'")
        os.unlink(self.path('src/sock'))
        self.failed(self.pack(('src', '../up')), 'ERR_INVALID', 'up')
        self.failed(self.pack(('src', ''), files=[('/etc/x', '')]),
                    'ERR_INVALID', '/etc/x')
        self.failed(self.pack(('none', '')), 'ERR_ABSENT', 'none')
        with open(self.path('src/huge'), 'wb') as f:
            f.truncate(513 << 20)
        self.failed(self.pack(('src', '')), 'ERR_LIMIT', "'huge'")

    def test_the_archive_has_a_limit(self):
        with open(self.path('src/noise'), 'wb') as f:
            f.write(os.urandom(300000))
        self.failed(self.pack(('src', ''), max_bytes=100000), 'ERR_LIMIT',
                    'longer than 100000 bytes')

    def test_nothing_is_written_elsewhere(self):
        answer, _ = ask({'type': 'pack_request', 'version': 1,
                         'output': self.path('not-made'), 'roots': []})
        self.failed(answer, 'ERR_SYS', 'not-made')
        answer, _ = ask({'type': 'pack_request', 'version': 1,
                         'output': 'relative', 'roots': []})
        self.failed(answer, 'ERR_INVALID', 'absolute')
        os.symlink(self.path('src/bundle.yml'), self.path('link'))
        answer, _ = ask({'type': 'pack_request', 'version': 1,
                         'output': self.path('link'), 'roots': []})
        self.failed(answer, 'ERR_SYS', 'link')
        self.assertEqual(self.read(self.path('src/bundle.yml')), 'name: x\n')

    def test_archives_of_others_are_refused(self):
        for number, (content, code, pattern) in enumerate((
                (tar(('../x', 'x')), 'ERR_INVALID', r'\.\./x'),
                (tar(('/abs', 'x')), 'ERR_INVALID', '/abs'),
                (b'no archive', 'ERR_SYNTAX', 'archive'),
                (tar(('a', os.urandom(5000).hex()))[:900], 'ERR_SYNTAX',
                 'archive'),
                (tar(('a', ''), ('b', ''), ('c', '')), 'ERR_LIMIT',
                 'entries'))):
            with open(self.path('bad'), 'wb') as f:
                f.write(content)
            answer, status = self.unpack('bad', f'bad-{number}',
                                         max_entries=2)
            self.assertEqual(status, 1)
            self.failed(answer, code, pattern)
        self.assertFalse(os.path.exists(self.path('x')))


if __name__ == '__main__':
    support.main()
