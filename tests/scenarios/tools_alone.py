# SPDX-License-Identifier: MIT
"""RightLink 6's tools where no agent runs: options, forms, exit statuses."""
import json
import os
import pwd
import subprocess

import support


class Tools(support.Scenario):
    def tool(self, name, *words, env=None):
        path = os.path.join(support.BUILD, 'bin', name)
        return subprocess.run(
            [path, *words], env={**self.machine.environment(), **(env or {})},
            capture_output=True, stdin=subprocess.DEVNULL, timeout=120,
            check=False)

    def check(self, status, name, *words, out=None, err=None, env=None):
        result = self.tool(name, *words, env=env)
        self.assert_exit(result, status)
        for wanted, got in ((out, result.stdout), (err, result.stderr)):
            if wanted is not None:
                self.assertIn(wanted, got.decode())
        return result


class Common(Tools):
    TALKERS = (('rs_run_recipe', '-n', 'a::b'),
               ('rs_run_right_script', '-n', 'x'), ('rs_log_level',),
               ('rs_shutdown', '-r'), ('rs_reenroll',))

    def test_help_and_version_are_success_for_each(self):
        for name in sorted(os.listdir(os.path.join(support.BUILD, 'bin'))):
            if not name.startswith('rs_'):
                continue
            self.check(0, name, '--help', out='Exit statuses:')
            self.check(0, name, '--version', out=name)
            self.check(1, name, '--no-such-option', err='--help')

    def test_50_without_an_agent(self):
        for words in self.TALKERS:
            self.check(50, *words, err='RightLink service is not running.')

    def test_2_without_the_right(self):
        if os.geteuid() != 0:
            self.skipTest('needs root')
        sock = self.machine.path('state', 'agent.sock')
        os.makedirs(os.path.dirname(sock))
        os.chmod(self.machine.root, 0o755)
        with open(sock, 'wb'):
            pass
        for words in (('rs_state', '-t', 'run'), ('rs_shutdown', '-r')):
            result = subprocess.run(
                ['setpriv', '--reuid=65534', '--clear-groups',
                 '--inh-caps=-all',
                 os.path.join(support.BUILD, 'bin', words[0]), *words[1:]],
                env=self.machine.environment(), capture_output=True,
                timeout=60, check=False)
            self.assert_exit(result, 2 if os.access(support.BUILD, os.X_OK)
                             else result.returncode)

    def test_options_may_be_abbreviated(self):
        self.check(0, 'rs_tag', '--li', '--fo', 'text')
        self.check(1, 'rs_run_recipe', '--re=x', '--na', err='needs')


class Tag(Tools):
    """rs_tag: texts on standard output, forms, statuses 44 to 55."""

    def test_add_list_query_remove(self):
        self.check(0, 'rs_tag', '-l', out='[')
        result = self.check(0, 'rs_tag', '-a', 'app:role=web')
        self.assertEqual(result.stdout, b'Successfully added tag app:role=web\n')
        self.assertEqual(result.stderr, b'')
        self.check(0, 'rs_tag', '--add', 'db')
        self.assertEqual(
            json.loads(self.tool('rs_tag', '--list').stdout),
            ['app:role=web', 'db'])
        self.assertEqual(self.tool('rs_tag', '-l', '-f', 'text').stdout,
                         b'app:role=web db\n')
        found = json.loads(self.tool('rs_tag', '-q', 'x:y=z', 'app:role=*')
                           .stdout)
        (server,) = found
        self.assertEqual(found[server], {'tags': ['app:role=web', 'db']})
        self.assertEqual(
            self.tool('rs_tag', '-q', 'db', '-f', 'list').stdout.decode(),
            server + '\n')
        self.assertEqual(
            self.tool('rs_tag', '-q', 'db', '-f', 'yaml').stdout.decode(),
            '---\n"%s":\n  "tags":\n    - "app:role=web"\n    - "db"\n'
            % server)
        result = self.check(0, 'rs_tag', '-r', 'app:role=*')
        self.assertEqual(result.stdout, b'Request processed successfully\n')
        self.assertEqual(
            json.loads(self.tool('rs_tag', '-q', 'app:role=*').stdout), {})

    def test_exit_statuses(self):
        self.check(44, 'rs_tag', '-q', 'a:b=c', '-e', err='No servers')
        self.check(44, 'rs_tag', '-l', '--die', err='No server tags')
        self.check(53, 'rs_tag', '-q', 'a:*', err='wildcard')
        self.check(54, 'rs_tag', '-a', 'a:b=*', err='a:b=*')
        self.check(55, 'rs_tag', '-r', 'a:*', err='wildcard')
        for words in ((), ('-a', ''), ('-l', '-a', 'x'), ('-l', 'x'),
                      ('-l', '-f', 'xml'), ('-a',)):
            self.check(1, 'rs_tag', *words)
        self.machine.write('state/tags.json', 'no JSON')
        self.check(45, 'rs_tag', '-l', err='tags.json')


class State(Tools):
    def test_words_of_the_state_file(self):
        self.check(0, 'rs_state', out='booting\n')
        self.check(0, 'rs_state', '--type', 'agent', out='pending\n')
        self.machine.write('bundle/bundle.yml', 'name: b\n')
        self.assert_exit(self.machine.boot(), 0)
        self.check(0, 'rs_state', '-t', 'run', out='operational\n')
        self.check(0, 'rs_state', '-t', 'agent', out='operational\n')
        self.check(50, 'rs_state', '-t', 'moon', err='moon')


class Config(Tools):
    def setUp(self):
        super().setUp()
        self.machine.env['RIGHTLINK_CONFIG'] = self.machine.write(
            'etc/rightlink.conf', '')

    def test_defaults_set_get_list(self):
        self.assertEqual(
            self.tool('rs_config', '--list').stdout.decode(),
            'managed_login_enable=on\npackage_repositories_freeze=on\n'
            'motd_update=on\ndecommission_timeout=180\n')
        self.check(0, 'rs_config', '-s', 'motd_update', 'off')
        self.check(0, 'rs_config', '--set', 'decommission_timeout', '300')
        self.check(0, 'rs_config', '-g', 'motd_update', out='off\n')
        self.check(0, 'rs_config', '-g', 'decommission_timeout', out='300\n')
        self.assertEqual(
            json.loads(self.tool('rs_config', '-l', '-f', 'json').stdout),
            {'managed_login': {'enable': True},
             'package_repositories': {'freeze': True},
             'motd': {'update': False}, 'decommission': {'timeout': 300}})
        # It is the agent's setting: this is what it will use.
        shown = self.machine.run('config', 'show', '--output', 'json')
        self.assertIn(b'300', shown.stdout)

    def test_the_file_of_old_is_read(self):
        self.machine.write('etc/features.yml',
                           '---\nmanaged_login:\n  enable: off\n')
        self.check(0, 'rs_config', '-g', 'managed_login_enable', out='off\n')
        self.machine.write('etc/features.yml', 'a: [')
        self.check(50, 'rs_config', '-l', err='features.yml')

    def test_wrong_words(self):
        for words in (
                (), ('-l', '-g', 'motd_update'), ('-g', 'motd_updat'),
                ('-g', 'motd_update', '-f', 'json'), ('-s', 'motd_update'),
                ('-s', 'motd_update', 'maybe'),
                ('-s', 'decommission_timeout', '0'),
                ('-s', 'decommission_timeout', '3m')):
            self.check(1, 'rs_config', *words)
        self.check(1, 'rs_config', '-g', 'motd_updat',
                   err="did you mean 'motd_update'?")


class Run(Tools):
    def test_what_is_wrong_is_told_before_anything_is_asked(self):
        bad = self.machine.write('bad.json', '{"a": ')
        for words, text in (
                ((), 'Missing identifier'),
                (('-n', 'a', '-j', bad), 'bad.json'),
                (('-n', 'a', '-j', '/nowhere.json'), '/nowhere.json'),
                (('-n', 'a', '-r', 'x', '-s', 'some'), 'single|all')):
            self.check(1, 'rs_run_recipe', *words, err=text)
        for value, text in (('X', 'NAME=TYPE:VALUE'), ('X=1', 'TYPE:VALUE'),
                            ('X=int:1', "type 'int'"),
                            ('X=cred:P', 'RightScale service'),
                            ('X=array:1', 'list such as')):
            self.check(1, 'rs_run_right_script', '-n', 's', '-p', value,
                       err=text)


class Shutdown(Tools):
    def test_levels_exclude_one_another(self):
        self.check(50, 'rs_shutdown', err='Missing shutdown level')
        self.check(1, 'rs_shutdown', '-r', '-s')
        self.check(1, 'rs_shutdown', '-r', '-i', '-d')


class Ohai(Tools):
    def test_facts_are_json(self):
        facts = json.loads(self.tool('rs_ohai').stdout)
        self.assertEqual(facts['os'], 'linux')
        self.assertEqual(
            json.loads(self.tool('rs_ohai', 'kernel/name').stdout), ['Linux'])
        self.assertEqual(
            json.loads(self.machine.run('ohai', 'kernel').stdout)['name'],
            'Linux')
        self.check(1, 'rs_ohai', 'no/such', err="no attribute `no/such'")

    def test_plugins_and_saved_facts(self):
        self.machine.write('plugins/moon.rb', 'Ohai.plugin(:Moon) do\n'
                           '  provides "moon"\n'
                           '  collect_data { moon Mash.new(phase: "full") }\n'
                           'end\n')
        self.check(0, 'rs_ohai', '-d', self.machine.path('plugins'),
                   'moon/phase', out='full')
        saved = self.machine.write('facts.json', '{"a": {"b": [7]}}')
        self.check(0, 'rs_ohai', '-f', saved, 'a/b/0', out='7')
        self.check(1, 'rs_ohai', '-f', '/nowhere.json', err='nowhere.json')
        self.check(1, 'rs_ohai', '-l', 'loud', err='loud')


class Connect(Tools):
    def test_settings_must_name_router_and_token(self):
        settings = self.machine.write('settings', 'RS_rn_id=7\n')
        self.check(1, 'rs_connect', err='--attach')
        for url, text in (('file://' + settings, 'RS_rn_url'),
                          ('http://localhost/x', 'https://'),
                          ('file:///nowhere', 'nowhere')):
            result = self.check(255, 'rs_connect', '-a', url, err=text)
            self.assertEqual(result.stdout, b'')

    def test_255_when_it_is_a_node_already(self):
        self.machine.write('state/agent/identity.json', '{}')
        self.check(255, 'rs_connect', '-a', 'file:///x', err='--force')


class Thunk(Tools):
    """In a mount namespace with an /etc and a /home of its own."""
    SETUP = ('mount --make-rprivate / && '
             'mount -t tmpfs tmpfs "$1" && mkdir "$1/u" "$1/w" "$1/home" && '
             'mount -t overlay overlay '
             '-o lowerdir=/etc,upperdir="$1/u",workdir="$1/w" /etc && '
             'mount --bind "$1/home" /home && shift && "$@"')

    def in_namespace(self, script):
        top = self.machine.path('namespace')
        os.mkdir(top)
        env = dict(self.machine.environment(),
                   PATH=os.path.join(support.BUILD, 'bin')
                   + ':/usr/sbin:/usr/bin:/sbin:/bin')
        env.pop('SSH_ORIGINAL_COMMAND', None)
        return subprocess.run(
            ['unshare', '--mount', 'sh', '-c', self.SETUP, 'sh', top,
             'sh', '-ec', script], env=env, capture_output=True,
            stdin=subprocess.DEVNULL, timeout=120, check=False)

    def setUp(self):
        super().setUp()
        if os.geteuid() != 0:
            self.skipTest('needs root')
        if self.in_namespace('true').returncode != 0:
            self.skipTest('cannot make a mount namespace here')
        os.rmdir(self.machine.path('namespace'))

    def test_the_account_is_made_and_becomes_the_user(self):
        result = self.in_namespace(
            'export SECRET_OF_ROOT=1\n'
            'export SSH_ORIGINAL_COMMAND="id -un; id -u; pwd; env"\n'
            'rs_thunk -u alice -i 7 -e alice@example.com\n'
            'SSH_ORIGINAL_COMMAND="id -un" rs_thunk -u alice -i 7\n')
        self.assert_exit(result, 0)
        lines = result.stdout.decode().splitlines()
        self.assertEqual(lines[:3], ['alice', '10007', '/home/alice'])
        self.assertEqual(lines[-1], 'alice')
        self.assertNotIn('SECRET_OF_ROOT=1', lines)
        with self.assertRaises(KeyError):
            pwd.getpwuid(10007)

    def test_a_taken_name_gets_a_number_a_taken_uid_is_refused(self):
        result = self.in_namespace(
            'export SSH_ORIGINAL_COMMAND="id -un"\n'
            'useradd -u 4711 bob\nrs_thunk -u bob -i 8\n'
            'rs_thunk -u bob -i 8\n'
            'useradd -u 10009 carl\n'
            'rs_thunk -u dora -i 9 || echo status $?\n')
        self.assert_exit(result, 0)
        self.assertEqual(result.stdout, b'bob_1\nbob_1\nstatus 50\n')
        self.assertIn(b"uid 10009 belongs to account 'carl'", result.stderr)

    def test_superusers_and_profiles(self):
        result = self.in_namespace(
            'mkdir /tmp/p.$$ && echo hello >/tmp/p.$$/.greeting\n'
            'export SSH_ORIGINAL_COMMAND="id -Gn; cat .greeting; '
            'stat -c %U .greeting"\n'
            'rs_thunk -u eve -i 10 -s -p /tmp/p.$$\n'
            'SSH_ORIGINAL_COMMAND="id -Gn" rs_thunk -u eve -i 10\n'
            'rm -r /tmp/p.$$\n')
        self.assert_exit(result, 0)
        self.assertEqual(result.stdout.decode().splitlines(), [
            'eve rightscale_sudo', 'hello', 'eve', 'eve'])

    def test_what_is_no_name_reaches_no_program(self):
        for words in (('-u', 'a b', '-i', '1'), ('-u', '-x', '-i', '1'),
                      ('-u', 'A', '-i', '1'), ('-u', 'a', '-i', '-1'),
                      ('-u', 'a', '-i', 'x'), ('-u', 'a'), ('-i', '1'),
                      ('-u', 'a', '-i', '1', '-e', 'x:y'),
                      ('-u', '../../x', '-i', '1')):
            self.check(1, 'rs_thunk', *words)


if __name__ == '__main__':
    support.main()
