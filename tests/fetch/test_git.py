# SPDX-License-Identifier: MIT
"""Git sources: local, over HTTP (git http-backend), offline, damaged."""
import glob
import os
import subprocess
import unittest

import support
from support import Case, Server


class Git(Case):
    def setUp(self):
        super().setUp()
        self.repo = self.path('demo.git-work')
        os.mkdir(self.repo)
        self.git('init', '-q', '-b', 'main')
        self.first = self.commit('one')
        self.git('tag', '-a', '-m', 'first', 'v1')
        self.second = self.commit('two')
        self.source = {'name': 'g', 'kind': 'git', 'url': self.repo}

    def git(self, *args):
        env = {**os.environ, 'GIT_CONFIG_GLOBAL': '/dev/null',
               'GIT_AUTHOR_NAME': 'n', 'GIT_AUTHOR_EMAIL': 'n@localhost',
               'GIT_COMMITTER_NAME': 'n',
               'GIT_COMMITTER_EMAIL': 'n@localhost'}
        return subprocess.run(['git', *args], cwd=self.repo, env=env,
                              check=True, capture_output=True,
                              text=True).stdout.strip()

    def commit(self, text):
        self.write('demo.git-work/metadata.rb', f"name 'demo' # {text}\n")
        self.write('demo.git-work/files/run', '#!/bin/sh\n', 0o755)
        link = os.path.join(self.repo, 'files/link')
        if not os.path.islink(link):
            os.symlink('run', link)
        self.git('add', '-A')
        self.git('commit', '-q', '-m', text)
        return self.git('rev-parse', 'HEAD')

    def text_of(self, tree):
        return self.read(tree['path'], 'metadata.rb').split()[-1]

    def check_refs(self, source):
        for ref, commit, text in (
                (None, self.second, 'two'), ('main', self.second, 'two'),
                ('refs/heads/main', self.second, 'two'),
                ('v1', self.first, 'one'), (self.first, self.first, 'one'),
                (self.first[:9], self.first, 'one')):
            with self.subTest(ref):
                more = {} if ref is None else {'ref': ref}
                tree = self.fetch({**source, **more})[0]
                self.assertEqual(tree['commit'], commit)
                self.assertEqual(self.text_of(tree), text)

    def test_local_refs_resolve(self):
        self.check_refs(self.source)
        self.check_refs({**self.source, 'url': 'file://' + self.repo})
        tree = self.fetch(self.source)[0]
        self.assertEqual(os.readlink(tree['path'] + '/files/link'), 'run')
        mode = os.stat(tree['path'] + '/files/run').st_mode
        self.assertEqual(mode & 0o7777, 0o755)

    def test_a_branch_moves_and_a_lost_repository_is_remembered(self):
        source = {**self.source, 'ref': 'main'}
        self.assertFalse(self.fetch(source)[0]['cached'])
        self.assertTrue(self.fetch(source)[0]['cached'])
        third = self.commit('three')
        tree = self.fetch(source, offline=True)[0]
        self.assertEqual((tree['commit'], tree['cached']), (third, False))
        os.rename(self.repo, self.repo + '.gone')
        for offline in (False, True):
            tree = self.fetch(source, offline=offline)[0]
            self.assertEqual((tree['commit'], tree['cached']), (third, True))
        self.write(tree['path'] + '/metadata.rb', 'evil')
        self.refused('ERR_ABSENT', 'no repository', source)
        os.rename(self.repo + '.gone', self.repo)

    def test_tampered_tree_is_exported_again_offline(self):
        tree = self.fetch(self.source)[0]
        self.write(tree['path'] + '/metadata.rb', 'evil')
        again = self.fetch(self.source, offline=True)[0]
        self.assertEqual(self.text_of(again), 'two')

    def test_unknown_refs_and_places_are_named(self):
        self.refused('ERR_ABSENT', "no branch, tag or commit 'nope'",
                     {**self.source, 'ref': 'nope'})
        self.refused('ERR_ABSENT', 'no.* commit',
                     {**self.source, 'ref': '1234567' * 5 + '12345'})
        self.refused('ERR_INVALID', 'open the repository',
                     {**self.source, 'url': '/etc'})
        self.refused('ERR_ABSENT', "no repository '/no/such'",
                     {**self.source, 'url': '/no/such'})
        self.refused('ERR_UNSUPPORTED', 'use an https',
                     {**self.source, 'url': 'ssh://git@host/x'})
        self.refused('ERR_NETWORK', r'http://127\.0\.0\.1:1',
                     {**self.source, 'url': 'http://u:pw@127.0.0.1:1/x'})

    def test_escaping_link_in_a_repository_is_refused(self):
        os.symlink('../../../etc/passwd', self.repo + '/files/out')
        self.git('add', '-A')
        self.git('commit', '-q', '-m', 'evil')
        self.refused('ERR_INVALID', "entry 'files/out'.*leaves the tree",
                     self.source)


class GitOverHttp(Git):
    """The same, and more, through git's own smart HTTP server."""

    def setUp(self):
        super().setUp()
        self.server = Server()
        self.bytes_sent = 0
        for path in ('/r/info/refs', '/r/git-upload-pack'):
            self.server.answers[path] = self.backend
        self.local = self.source
        self.source = {**self.source, 'url': self.server.base + '/r'}

    def tearDown(self):
        self.server.close()
        super().tearDown()

    def backend(self, handler, body):
        path, _, query = handler.path.partition('?')
        env = {**os.environ, 'GIT_PROJECT_ROOT': self.repo + '/.git',
               'PATH_INFO': path[len('/r'):], 'QUERY_STRING': query,
               'REQUEST_METHOD': handler.command,
               'CONTENT_TYPE': handler.headers.get('Content-Type', ''),
               'CONTENT_LENGTH': str(len(body)), 'GIT_HTTP_EXPORT_ALL': '1',
               'REMOTE_ADDR': '127.0.0.1', 'GIT_CONFIG_COUNT': '1',
               'GIT_CONFIG_KEY_0': 'safe.directory',
               'GIT_CONFIG_VALUE_0': '*'}
        out = subprocess.run(['git', 'http-backend'], input=body, env=env,
                             capture_output=True, check=False).stdout
        head, _, data = out.partition(b'\r\n\r\n')
        headers = [line.split(': ', 1)
                   for line in head.decode().split('\r\n') if ': ' in line]
        status = dict(headers).pop('Status', '200 x')
        self.bytes_sent += len(data)
        handler.reply(int(status.split()[0]), data,
                      [h for h in headers if h[0] != 'Status'])

    def test_broken_cache_is_made_again(self):
        self.fetch(self.source)
        cache = glob.glob(self.store + '/git/*.git')[0]
        os.unlink(cache + '/HEAD')
        self.commit('three')
        self.assertEqual(self.text_of(self.fetch(self.source)[0]), 'three')

    def test_known_commit_asks_nobody(self):
        source = {**self.source, 'ref': self.second}
        self.fetch(source)
        count = len(self.server.requests)
        self.assertTrue(self.fetch(source)[0]['cached'])
        self.assertEqual(len(self.server.requests), count)

    def test_only_new_objects_are_downloaded(self):
        self.write('demo.git-work/big', os.urandom(200000).hex())
        self.commit('big')
        first = self.fetch(self.source)[0]
        self.assertGreater(first['bytes'], 200000)
        self.assertRegex(self.notes[0], r'^git \w{12}, 0\.\d MB downloaded$')
        self.commit('small')
        second = self.fetch(self.source)[0]
        self.assertEqual(self.text_of(second), 'small')
        self.assertLess(second['bytes'], 5000)

    def test_redirects_are_followed_for_the_whole_fetch(self):
        def moved(handler, _):
            handler.reply(301, b'', [
                ('Location', handler.path.replace('/old', '/r'))])
        self.server.answers['/old/info/refs'] = moved
        url = self.server.base + '/old'
        tree = self.fetch({**self.source, 'url': url})[0]
        self.assertEqual(self.text_of(tree), 'two')

    def test_what_is_no_git_server_is_said(self):
        self.server.answers['/web/info/refs'] = b'<html>'
        self.refused('ERR_PROTOCOL', 'not a git server',
                     {**self.source, 'url': self.server.base + '/web'})
        self.refused('ERR_ABSENT', r'no repository \(status 404\)',
                     {**self.source, 'url': self.server.base + '/none'})

        def denied(handler, _):
            handler.reply(401)
        self.server.answers['/secret/info/refs'] = denied
        url = self.server.base.replace('//', '//me:hidden@') + '/secret'
        answer = self.refused('ERR_REMOTE', 'access denied',
                              {**self.source, 'url': url})
        self.assertNotIn('hidden', answer['text'])

    def test_a_branch_moves_and_a_lost_repository_is_remembered(self):
        self.refused('ERR_ABSENT', 'not in the store.*offline', self.source,
                     offline=True)
        self.fetch(self.source)
        self.assertTrue(self.fetch(self.source)[0]['cached'])
        third = self.commit('three')
        tree = self.fetch(self.source, offline=True)[0]
        self.assertEqual(tree['commit'], self.second)
        self.assertEqual(self.fetch(self.source)[0]['commit'], third)
        self.server.answers.clear()
        self.refused('ERR_ABSENT', '404', self.source)
        tree = self.fetch(self.source, offline=True)[0]
        self.assertEqual((tree['commit'], tree['cached']), (third, True))

    def test_local_refs_resolve(self):
        self.check_refs(self.source)


if __name__ == '__main__':
    support.main()
