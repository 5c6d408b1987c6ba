# SPDX-License-Identifier: MIT
"""`rightlink bundle` without a router: init, build, sign, verify, diff."""
import base64
import hashlib
import json
import os
import shutil
import subprocess
import tarfile

import support

PUBLIC = '11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo='


class Bundles(support.Scenario):
    def setUp(self):
        super().setUp()
        m = self.machine
        m.env = {'HOME': m.root, 'XDG_CACHE_HOME': '', 'RIGHTLINK_CONTEXT': '',
                 'XDG_CONFIG_HOME': '', 'TMPDIR': m.path('tmp')}
        os.mkdir(m.path('tmp'))

    def bundle(self, *words, status=0):
        result = self.machine.run('bundle', *words)
        self.assert_exit(result, status)
        return result

    def json(self, *words):
        return json.loads(
            self.bundle(*words, '--output', 'json').stdout)

    def failed(self, status, words, *args):
        result = self.bundle(*args, status=status)
        self.assertIn(words, result.stderr.decode())
        self.assertEqual(result.stdout, b'')
        return result

    def init(self, name='shop'):
        path = self.machine.path(name)
        self.bundle('init', path)
        return path

    def build(self, path, name='out.tar.zst', *more):
        return self.json('build', path, '--file', self.machine.path(name),
                         *more)

    def key(self, name='key.pem', seed=1):
        der = bytes.fromhex('302e020100300506032b657004220420') + bytes(
            [seed] * 32)
        text = '-----BEGIN PRIVATE KEY-----\n%s\n-----END PRIVATE KEY-----\n'
        return self.machine.write(
            name, text % base64.b64encode(der).decode(), 0o600)

    def edit(self, path, old, new):
        with open(path, encoding='utf-8') as f:
            text = f.read()
        self.assertIn(old, text)
        with open(path, 'w', encoding='utf-8') as f:
            f.write(text.replace(old, new))

    def unpacked(self, name='out.tar.zst'):
        to = self.machine.path('unpacked')
        shutil.rmtree(to, ignore_errors=True)
        os.mkdir(to)
        tar = subprocess.run(['zstd', '-dcq', self.machine.path(name)],
                             check=True, capture_output=True).stdout
        with open(self.machine.path('plain.tar'), 'wb') as f:
            f.write(tar)
        with tarfile.open(self.machine.path('plain.tar')) as t:
            t.extractall(to)
        return to

    def nothing_left(self):
        self.assertEqual(os.listdir(self.machine.path('tmp')), [])
        self.assertFalse([n for n in os.listdir(self.machine.root)
                          if n.endswith('.part')])


class Init(Bundles):
    def test_the_scaffold_boots(self):
        path = self.init('My-Shop.2')
        m = self.machine
        result = m.run('boot', '--bundle', path, '--cron-dir', m.path('cron'))
        self.assert_exit(result, 0)
        self.assertIn(b'hello, world', result.stdout)
        self.assertEqual(m.read(m.state, 'cache/my_shop_2'), 'hello\n')
        # The second time there is nothing to do but the script.
        again = m.run('boot', '--bundle', path, '--cron-dir', m.path('cron'))
        self.assert_exit(again, 0)
        self.assertIn(b'1/2 resources updated', again.stdout)
        run = m.run('run', 'my_shop_2::hello', '-i', 'my_shop_2/greeting=ahoy')
        self.assert_exit(run, 0)
        self.assertIn(b'ahoy from', run.stdout)

    def test_nothing_is_overwritten(self):
        path = self.init()
        self.failed(1, 'is there already', 'init', path)
        for name in ('.hidden', '-x', 'a b', 'self', 'x' * 65):
            self.failed(43, 'no name of a bundle', 'init', '--',
                        self.machine.path(name) if name[0] != '-' else name)


class Build(Bundles):
    def test_the_same_content_gives_the_same_bytes(self):
        path = self.init()
        first = self.build(path)
        with open(self.machine.path('out.tar.zst'), 'rb') as f:
            data = f.read()
        self.assertEqual(first['sha256'], hashlib.sha256(data).hexdigest())
        self.assertEqual(first['bytes'], len(data))
        copy = self.machine.path('elsewhere/shop')
        os.mkdir(self.machine.path('elsewhere'))
        shutil.copytree(path, copy)
        os.utime(copy + '/bundle.yml', (5, 5))
        again = self.build(copy, 'again.tar.zst')
        self.assertEqual(again['sha256'], first['sha256'])
        self.edit(copy + '/bundle.yml', 'hello', 'ahoy')
        other = self.build(copy, 'again.tar.zst')
        self.assertNotEqual(other['sha256'], first['sha256'])
        self.nothing_left()

    def test_the_name_of_the_file(self):
        path = self.init()
        result = subprocess.run(
            self.machine.command('bundle', 'build', path),
            env=self.machine.environment(), cwd=self.machine.root,
            capture_output=True, check=False)
        self.assert_exit(result, 0)
        self.assertTrue(os.path.exists(
            self.machine.path('shop-0.1.0.tar.zst')))
        self.failed(43, 'would lie in the bundle itself', 'build', path,
                    '--file', path + '/shop.tar.zst')
        self.failed(1, 'nowhere', 'build', path, '--file',
                    self.machine.path('nowhere/x'))
        self.nothing_left()

    def test_a_bundle_that_is_wrong_is_not_built(self):
        path = self.init()
        self.edit(path + '/bundle.yml', 'script: greet\n\n#',
                  'script: gret\n\n#')
        self.failed(43, "did you mean 'greet'?", 'build', path, '--file',
                    self.machine.path('x'))
        self.edit(path + '/bundle.yml', 'script: gret', 'script: greet')
        os.symlink('/etc/passwd', path + '/cookbooks/shop/passwd')
        self.failed(43, "'cookbooks/shop/passwd'", 'build', path, '--file',
                    self.machine.path('x'))
        self.failed(43, 'no bundle directory', 'build', self.machine.root)
        self.failed(64, 'usage: rightlink bundle build DIR', 'build')
        self.failed(64, "did you mean 'build'?", 'biuld', path)
        self.assertFalse(os.path.exists(self.machine.path('x')))
        self.nothing_left()

    def test_a_credential_does_not_go_along_unasked(self):
        path = self.init()
        self.edit(path + '/bundle.yml', '  WHOM:\n', '  PASSWORD:\n'
                  '    type: credential\n    default: {file: secret/pw}\n'
                  '  WHOM:\n')
        self.machine.write('shop/secret/pw', 'xyzzy', 0o600)
        self.failed(43, '--with-credentials', 'build', path, '--file',
                    self.machine.path('out.tar.zst'))
        self.build(path, 'out.tar.zst', '--with-credentials')
        self.assertTrue(os.path.exists(self.unpacked() + '/secret/pw'))


class Sources(Bundles):
    def git(self, *words):
        env = dict(os.environ, GIT_AUTHOR_NAME='a', GIT_AUTHOR_EMAIL='a@b',
                   GIT_COMMITTER_NAME='a', GIT_COMMITTER_EMAIL='a@b')
        return subprocess.run(
            ['git', '-C', self.machine.path('repo'), *words], check=True,
            capture_output=True, env=env, text=True).stdout.strip()

    def setUp(self):
        super().setUp()
        m = self.machine
        m.write('repo/cookbooks/dep/metadata.rb', "name 'dep'\n")
        m.write('repo/cookbooks/dep/recipes/default.rb', "log 'one'\n")
        self.git('init', '-q', '-b', 'main')
        self.git('add', '.')
        self.git('commit', '-q', '-m', 'x')
        m.write('shared/lone/metadata.rb', "name 'lone'\n")
        m.write('shared/lone/recipes/default.rb', "log 'lone'\n")
        m.write('scripts/far/run', '#!/bin/sh\necho far away\n', 0o755)
        self.path = self.init()
        self.edit(self.path + '/bundle.yml', '\ninputs:',
                  '\ncookbooks:\n- git: %s\n  path: cookbooks\n'
                  '- directory: ../shared/lone\n  cookbook: lone\n'
                  'scripts:\n- directory: ../scripts\n\ninputs:'
                  % m.path('repo'))
        self.edit(self.path + '/bundle.yml', '- script: greet\n\n#',
                  '- script: greet\n- script: far\n- dep::default\n'
                  '- lone::default\n\n#')

    def test_an_archive_needs_nothing_from_elsewhere(self):
        m = self.machine
        result = self.bundle('build', self.path, '--file',
                             m.path('out.tar.zst'))
        self.assertIn(b'cookbooks[0]: git', result.stderr)
        to = self.unpacked()
        record = json.loads(m.read(to, '.sources/sources.json'))['sources']
        self.assertEqual(record[0]['commit'], self.git('rev-parse', 'HEAD'))
        self.assertNotIn(m.root, json.dumps(record))
        # bundle.yml is as it was written.
        self.assertEqual(m.read(to, 'bundle.yml'),
                         m.read(self.path, 'bundle.yml'))
        for gone in 'repo', 'shared', 'scripts', 'shop', '.cache':
            shutil.rmtree(m.path(gone))
        boot = m.run('boot', '--bundle', to, '--cron-dir', m.path('cron'))
        self.assert_exit(boot, 0)
        for words in b'far away', b'one', b'lone':
            self.assertIn(words, boot.stdout)
        # What was built is built again as it is.
        again = self.build(to, 'again.tar.zst')
        with open(m.path('out.tar.zst'), 'rb') as f:
            self.assertEqual(again['sha256'],
                             hashlib.sha256(f.read()).hexdigest())

    def test_a_branch_is_pinned_by_the_build(self):
        first = self.build(self.path)
        self.machine.write('repo/cookbooks/dep/recipes/default.rb',
                           "log 'two'\n")
        self.git('commit', '-q', '-a', '-m', 'y')
        second = self.build(self.path, 'second.tar.zst')
        self.assertNotEqual(first['sha256'], second['sha256'])
        d = self.json('diff', self.machine.path('out.tar.zst'),
                      self.machine.path('second.tar.zst'))
        self.assertEqual(d['files'], {
            'added': [], 'removed': [], 'changed': [
                '.sources/cookbooks-0/dep/recipes/default.rb',
                '.sources/sources.json']})

    def test_a_record_of_other_sources_is_refused(self):
        self.build(self.path)
        to = self.unpacked()
        self.edit(to + '/bundle.yml', '  path: cookbooks\n', '')
        self.failed(43, 'cookbooks[0] is not the source', 'build', to,
                    '--file', self.machine.path('x'))
        self.machine.write('unpacked/.sources/sources.json', '{"sources": 1}')
        self.failed(43, '.sources: must be a list', 'build', to, '--file',
                    self.machine.path('x'))

    def test_a_source_that_cannot_be_had_fails_the_build(self):
        shutil.rmtree(self.machine.path('repo'))
        result = self.bundle('build', self.path, '--file',
                             self.machine.path('x'), status=43)
        self.assertIn(b'cookbooks[0]: ', result.stderr)
        self.assertFalse(os.path.exists(self.machine.path('x')))
        self.nothing_left()

    def test_an_archive_with_sources_elsewhere_is_not_signed(self):
        m = self.machine
        subprocess.run(['tar', '-C', self.path, '-cf', m.path('raw.tar'),
                        '.'], check=True)
        self.failed(43, 'needs 3 sources from elsewhere', 'sign',
                    m.path('raw.tar'), '--key', self.key())


class Signatures(Bundles):
    def setUp(self):
        super().setUp()
        self.path = self.init()
        self.build(self.path)
        self.file = self.machine.path('out.tar.zst')
        self.key_file = self.key()

    def sign(self, *more):
        return self.json('sign', self.file, '--key', self.key_file, *more)

    def test_what_is_signed_is_verified(self):
        self.assertEqual(self.sign('--serial', '7')['signature'],
                         self.file + '.sig')
        envelope = json.loads(self.machine.read(self.file + '.sig'))
        manifest = json.loads(base64.b64decode(envelope['payload']))
        with open(self.file, 'rb') as f:
            data = f.read()
        self.assertEqual(manifest['name'], 'shop')
        self.assertEqual(manifest['version'], '0.1.0')
        self.assertEqual(manifest['serial'], 7)
        self.assertEqual(manifest['bytes'], len(data))
        self.assertEqual(manifest['sha256'], hashlib.sha256(data).hexdigest())
        result = self.bundle('verify', self.file, '--key', self.key_file)
        self.assertIn(('signed by ' + envelope['sigs'][0]['kid']).encode(),
                      result.stdout)
        self.nothing_left()

    def test_another_key_and_altered_bytes_are_found(self):
        self.failed(43, 'bundle sign', 'verify', self.file, '--key',
                    self.key_file)
        self.sign()
        self.failed(1, 'has not signed', 'verify', self.file, '--key', PUBLIC)
        other = self.key('other.pem', 2)
        self.failed(1, 'has not signed', 'verify', self.file, '--key', other)
        self.failed(64, '--root', 'verify', self.file)
        # The archive of another content, under the same signature.
        self.edit(self.path + '/bundle.yml', 'hello', 'ahoy')
        self.build(self.path)
        self.failed(1, 'signed was', 'verify', self.file, '--key',
                    self.key_file)
        # A manifest that was altered.
        envelope = json.loads(self.machine.read(self.file + '.sig'))
        manifest = json.loads(base64.b64decode(envelope['payload']))
        manifest['serial'] += 1
        envelope['payload'] = base64.b64encode(
            json.dumps(manifest).encode()).decode()
        self.machine.write('out.tar.zst.sig', json.dumps(envelope))
        self.failed(1, 'is bad', 'verify', self.file, '--key', self.key_file)
        for text in '', '{}', '[', '{"payload": "", "sigs": []}':
            self.machine.write('out.tar.zst.sig', text)
            self.bundle('verify', self.file, '--key', self.key_file,
                        status=43 if text in ('', '[') else 1)

    def test_what_is_no_bundle_is_not_signed(self):
        m = self.machine
        m.write('empty', '')
        m.write('text', 'no archive')
        m.write('top/file', 'x')
        subprocess.run(['tar', '-C', m.path('top'), '-cf', m.path('t.tar'),
                        'file'], check=True)
        for name, status, words in (
                ('absent', 43, 'no file'), ('top', 43, 'no regular file'),
                ('empty', 43, "'"), ('text', 43, 'archive'),
                ('t.tar', 43, 'no bundle.yml')):
            self.failed(status, words, 'sign', m.path(name), '--key',
                        self.key_file)
        self.failed(43, 'chmod 600', 'sign', self.file, '--key',
                    self.key('open.pem') and m.write(
                        'open.pem', m.read(self.key_file), 0o644))
        self.failed(64, 'which key', 'sign', self.file)
        self.nothing_left()


class Differences(Bundles):
    def test_files_inputs_and_lists(self):
        old, new = self.init(), self.machine.path('new')
        shutil.copytree(old, new)
        self.assertIn(b'no difference',
                      self.bundle('diff', old, new).stdout)
        self.edit(new + '/bundle.yml', 'boot:\n- shop::default\n- script: '
                  'greet\n', 'boot:\n- script: greet\n- shop::default\n'
                  '- shop::hello\n')
        self.edit(new + '/bundle.yml', '    default: world\n',
                  '    default: moon\n    required: true\n')
        self.edit(new + '/bundle.yml', '  shop/greeting:', '  shop/word:')
        self.edit(new + '/bundle.yml', '  remote: true\n', '')
        os.chmod(new + '/cookbooks/shop/metadata.rb', 0o755)
        self.machine.write('new/notes/x', '')
        os.unlink(new + '/cookbooks/shop/recipes/hello.rb')
        d = self.json('diff', old, new)
        self.assertFalse(d['same'])
        self.assertEqual(d['files'], {
            'added': ['notes', 'notes/x'],
            'removed': ['cookbooks/shop/recipes/hello.rb'],
            'changed': ['bundle.yml', 'cookbooks/shop/metadata.rb']})
        self.assertEqual(d['inputs']['added'], ['shop/word'])
        self.assertEqual(d['inputs']['removed'], ['shop/greeting'])
        self.assertEqual(d['inputs']['changed'], [
            {'name': 'WHOM', 'what': 'required now, default'}])
        self.assertEqual(d['lists']['boot'], {
            'added': ['recipe[shop::hello]'], 'removed': [], 'changed': [],
            'reordered': True})
        self.assertEqual(d['lists']['operational']['changed'],
                         ['recipe[shop::hello]'])
        text = self.bundle('diff', old, new).stdout.decode()
        for line in ('boot\n', '  + recipe[shop::hello]\n', '  ~ the order\n',
                     '  ~ WHOM: required now, default\n',
                     '  - cookbooks/shop/recipes/hello.rb\n'):
            self.assertIn(line, text)
        self.failed(43, 'no file', 'diff', old, self.machine.path('none'))
        self.failed(64, 'usage', 'diff', old)
        self.nothing_left()


if __name__ == '__main__':
    support.main()
