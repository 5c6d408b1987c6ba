# SPDX-License-Identifier: MIT
"""RightLink 6's tools on nodes with a real agent, and rightlink beside it."""
import json
import os
import subprocess

import fabric_world
from fabric_world import BUILD, until


def prepare(node):
    node.write('bundle/bundle.yml', 'name: shop\nboot: []\noperational:\n'
               '  - {recipe: "shop::deploy", remote: true}\n'
               '  - {script: note, remote: true}\n  - script: bad\n'
               '  - {recipe: "shop::fail", remote: true}\n'
               '  - {script: slow, timeout: 60}\n')
    node.write('bundle/cookbooks/shop/metadata.rb',
               "name 'shop'\nversion '1.0.0'\n")
    node.write('bundle/cookbooks/shop/recipes/deploy.rb',
               "file '%s' do\n  content \"release #{node['release']}\\n\"\n"
               'end\n' % node.path('deployed'))
    node.write('bundle/cookbooks/shop/recipes/fail.rb', "raise 'on purpose'\n")
    node.script('note', 'echo "DAYS=$DAYS" >> "%s"\n' % node.path('noted'))
    node.script('bad', 'exit 3\n')
    node.script('slow', 'sleep 30\n')


class Nodes(fabric_world.Scenario):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.one = cls.world.node('web-1', 'app:role=web', prepare=prepare)
        cls.two = cls.world.node('web-2', 'app:role=web', prepare=prepare)

    def tool(self, name, *words, status=0, node=None, out=None, err=None):
        result = subprocess.run(
            [os.path.join(BUILD, 'bin', name), *words],
            env=(node or self.one).environment(), capture_output=True,
            stdin=subprocess.DEVNULL, timeout=120, check=False)
        self.assert_exit(result, status)
        for wanted, got in ((out, result.stdout), (err, result.stderr)):
            if wanted is not None:
                self.assertIn(wanted, got.decode())
        return result.stdout.decode()


class Run(Nodes):
    def test_here_without_and_with_waiting(self):
        self.one.write('attributes.json', '{"release": 7}')
        out = self.tool('rs_run_recipe', '-n', 'shop::deploy', '-j',
                        self.one.path('attributes.json'))
        self.assertEqual(out, "Requesting to execute the recipe "
                         "'shop::deploy' locally on this server\n"
                         'Request processed successfully\n')
        until(lambda: self.one.read('deployed') == 'release 7\n')
        self.tool('rs_run_right_script', '-n', 'note', '-p', 'DAYS=text:3',
                  '--wait', out='Completed after')
        self.assertEqual(self.one.read('noted'), 'DAYS=3\n')
        self.tool('rs_run_right_script', '-n', 'note', '-w', '-p',
                  'DAYS=array:["text:a","text:b"]')
        self.assertEqual(self.one.read('noted'), 'DAYS=3\nDAYS=a,b\n')

    def test_a_failure_is_no_success(self):
        self.tool('rs_run_right_script', '-n', 'bad', '--wait', status=1,
                  err='exit status 3')
        self.tool('rs_run_recipe', '-n', 'shop::nothing', '-w', status=1,
                  err='shop::nothing')
        # It goes on: in a queue of its own.
        self.tool('rs_run_right_script', '-n', 'slow', '-w', '-T', '1', '-t',
                  'side', status=1, err='Not ended in time')

    def test_there_by_tag(self):
        self.tool('rs_run_right_script', '-n', 'note', '-p', 'DAYS=text:9',
                  '-r', 'app:role=web', '--wait', out='web-2: ok')
        for node in (self.one, self.two):
            self.assertIn('DAYS=9\n', node.read('noted'))
        out = self.tool('rs_run_right_script', '-n', 'note', '-r',
                        'app:role=web', '-s', 'single', '-w')
        self.assertEqual(out.count(': ok\n'), 1)
        self.assertIn("on 'single' servers with tags", out)
        self.tool('rs_run_recipe', '-n', 'shop::fail', '-r', 'app:role=web',
                  '-w', status=1, out='failed')
        self.tool('rs_run_recipe', '-n', 'shop::deploy', '-r', 'no:such=tag',
                  status=1, err='no server carries')


class Beside(Nodes):
    def test_rightlink_run_may_leave_the_run_to_the_agent(self):
        result = self.one.run('run', 'script[note]', '-p', 'DAYS=later',
                              '--no-wait', '--thread', 'side')
        self.assert_exit(result, 0)
        run_id = result.stdout.decode().strip()
        until(lambda: 'DAYS=later' in self.one.read('noted'))
        shown = until(lambda: self.one.run('runs', 'show', run_id, '--local',
                                           '-o', 'json').stdout)
        self.assertEqual(json.loads(shown)['run_id'], run_id)
        result = self.two.run('run', 'script[note]', '--no-wait',
                              RIGHTLINK_STATE_DIR=self.two.path('other'))
        self.assert_exit(result, 64)
        self.assertIn(b'needs a running agent', result.stderr)


class Words(Nodes):
    def test_tags_travel_by_the_router(self):
        self.tool('rs_tag', '-a', 'db:role=main',
                  out='Successfully added tag db:role=main')
        self.assertEqual(json.loads(self.tool('rs_tag', '-l')),
                         ['app:role=web', 'db:role=main'])
        found = json.loads(self.tool('rs_tag', '-q', 'db:role=*',
                                     node=self.two))
        self.assertEqual(list(found), [self.one.id])
        self.assertEqual(found[self.one.id]['tags'],
                         ['app:role=web', 'db:role=main'])
        self.tool('rs_tag', '-r', 'db:role=main')
        self.tool('rs_tag', '-q', 'db:role=*', '-e', status=44, node=self.two)

    def test_state_and_levels(self):
        self.assertEqual(self.tool('rs_state', '-t', 'run'), 'operational\n')
        self.assertEqual(self.tool('rs_state', '-t', 'agent'),
                         'operational\n')
        self.tool('rs_log_level', '-l', 'debug',
                  out='Chef/RightScript log level: DEBUG')
        self.tool('rs_log_level', out='Chef/RightScript log level: DEBUG')
        self.tool('rs_log_level', '-l', 'warn')
        self.tool('rs_log_level', '-a', '-l', 'info',
                  out='Agent log level: INFO')
        self.tool('rs_log_level', '-l', 'loud', status=1, err='loud')

    def test_doctor_knows_the_agent(self):
        result = self.one.run('doctor', '-o', 'json',
                              RIGHTLINK_CONTEXT=self.world.context)
        found = {f['check']: f for f in json.loads(result.stdout)}
        self.assertEqual(found['agent']['status'], 'PASS', found['agent'])
        self.assertIn('connected to ' + self.world.router.url,
                      found['agent']['text'])
        self.assertEqual(found['programs']['status'], 'PASS')


class Fleet(Nodes):
    """The whole way, once: operator, router, agents, cook."""

    def test_a_recipe_by_tag_with_attributes(self):
        result = self.run_('run', 'shop::deploy', '-t', 'app:role=web',
                           '-j', '{"release": 12}')
        for node in (self.one, self.two):
            self.assertEqual(node.read('deployed'), 'release 12\n')
        self.assertEqual(result.stdout.count(b'1 changed'), 2)
        why = self.run_('run', 'shop::deploy', '-t', 'app:role=web', '-W',
                        '-j', '{"release": 13}')
        self.assertIn(b'+release 13', why.stdout)
        self.assertEqual(self.one.read('deployed'), 'release 12\n')

    def test_a_time_limit_is_21_a_refusal_1(self):
        result = self.run_('run', 'script[slow]', '--id', 'web-2',
                           '--timeout', '1s', status=21)
        self.assertIn(b'web-2  timed out', result.stdout)
        result = self.run_('run', 'no::recipe', '--id', 'web-1', status=1)
        self.assertIn(b'web-1  rejected', result.stdout)

    def test_cancelling_what_runs(self):
        child = self.world.start('run', 'script[slow]', '--id', 'web-1')
        cid = until(lambda: next(
            (c['cid'] for c in json.loads(self.run_(
                'runs', 'commands', '-o', 'json').stdout)
             if c['counts'].get('running')), None))
        self.assertIn(b'1 are told to stop', self.run_('cancel', cid).stdout)
        out, err = child.communicate(timeout=60)
        self.assertEqual(child.returncode, 1, (out, err))
        self.assertIn(b'web-1  interrupted', out)

    def test_a_node_that_comes_back_gets_its_command(self):
        self.two.kill()
        child = self.world.start('run', 'script[note]', '-t', 'app:role=web',
                                 '-p', 'DAYS=back')
        until(lambda: 'DAYS=back' in self.one.read('noted'))
        self.two.start()
        out, err = child.communicate(timeout=90)
        self.assertEqual(child.returncode, 0, (out, err))
        self.assertIn('DAYS=back', self.two.read('noted'))


class Reenroll(Nodes):
    def test_a_new_identity(self):
        before = self.one.id
        out = self.tool('rs_reenroll')
        self.assertIn('Re-enrolled as ', out)
        self.assertEqual(out.split()[-1], self.one.id)
        self.assertEqual(len(before), len(self.one.id))


if __name__ == '__main__':
    fabric_world.main()
