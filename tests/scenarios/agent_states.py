# SPDX-License-Identifier: MIT
"""The life of an instance with a running agent: boot, reboot, shutdown."""
import json
import os

import live_agent
from live_agent import until


class States(live_agent.LiveScenario):
    def boots(self):
        return [r for r in self.results().values() if r['kind'] == 'boot']

    def test_rl6_1_3_boot_then_restart_then_reboot(self):
        self.play('say hello', 'converged')
        self.start()
        self.wait_state('operational')
        self.assertEqual(len(self.boots()), 1)
        self.stop()
        self.start()
        self.wait_state('operational')
        self.assertEqual(len(self.boots()), 1)
        self.machine.script('show', 'echo "reboot: $RS_REBOOT"\n')
        self.bundle('boot: [{script: show}]\n')
        self.play('scripts', 'converged')
        self.reboot()
        self.wait_state('operational')
        self.assertEqual(len(self.boots()), 2)
        self.assertIn('reboot: true', self.machine.audit())

    def test_rl6_1_4_stranded_takes_runs_and_the_next_boot_heals(self):
        self.play('exit 1')
        self.start()
        self.wait_state('stranded')
        self.play('converged')
        run = self.request('demo::a')['run_id']
        self.assertEqual(self.wait_run(run)['status'], 'completed')
        self.assertEqual(self.state(), 'stranded')
        boot = self.ask('run_request', what='boot')['run_id']
        self.assertEqual(self.wait_run(boot)['status'], 'completed')
        self.wait_state('operational')

    def test_rl6_2_5_the_queue_waits_for_the_boot(self):
        self.play('touch ' + self.machine.path('here'),
                  'wait ' + self.machine.path('go'), 'converged')
        self.start()
        self.wait_for('here')
        self.play_recipe('demo::a', 'converged')
        run = self.request('demo::a')['run_id']
        self.assertEqual(
            self.wait_run(run, timeout_ms=200)['status'], 'waiting')
        self.machine.write('go', '')
        self.assertEqual(self.wait_run(run)['status'], 'completed')

    def test_rl6_1_3_missing_inputs_are_named_and_waited_for(self):
        self.bundle('inputs: {A: {required: true}, B: {required: true, '
                    'type: credential}}\nboot: [demo]\n')
        self.start()
        until(lambda: self.ask('agent_status').get('missing_inputs') ==
              ['A', 'B'])
        self.assertIn('boot_waits_for_inputs', self.log())
        reply = self.ask('inputs_patch', values={'A': 'x', 'B': 'open sesame'})
        self.assertTrue(reply['changed'])
        self.wait_state('operational')
        for path, content in self.machine.files():
            if b'open sesame' in content:
                self.assertTrue(path.endswith('agent/inputs.json'), path)
                self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)

    def test_rl6_1_3_a_person_sets_what_the_boot_waits_for(self):
        self.bundle('inputs: {PORT: {type: number, required: true}, '
                    'SECRET: {type: credential, required: true}}\n'
                    'boot: [demo]\n')
        self.start()
        until(lambda: self.ask('agent_status').get('missing_inputs') ==
              ['PORT', 'SECRET'])
        self.assertIn('rightlink config input NAME=VALUE', self.log())
        for words in (['PORT'], ['=1'], ['SECRET=@' +
                                         self.machine.path('none')]):
            done = self.machine.run('config', 'input', *words)
            self.assertEqual(done.returncode, 43, done.stderr)
        secret = self.machine.write('secret', 'open sesame')
        done = self.machine.run('config', 'input', 'PORT=80',
                                'SECRET=@' + secret)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.wait_state('operational')
        self.assertEqual(self.machine.run(
            'config', 'forget', 'PORT').returncode, 0)
        self.assertNotIn('PORT', self.machine.read(
            self.machine.state, 'agent', 'inputs.json'))

    def test_rl6_1_3_inputs_that_never_come_strand_it(self):
        self.bundle('inputs: {A: {required: true}}\nboot: [demo]\n')
        self.start('--missing-inputs-timeout', '1')
        self.wait_state('stranded')
        self.assertIn("input 'A' is required", self.boots()[0]['reason'])

    def test_an_agent_killed_while_it_boots_boots_again(self):
        self.play('touch ' + self.machine.path('here'),
                  'wait ' + self.machine.path('go'), 'converged')
        self.start()
        self.wait_for('here')
        os.unlink(self.machine.path('here'))
        self.kill()
        self.start()
        self.wait_for('here')
        self.machine.write('go', '')
        self.wait_state('operational')
        self.assertEqual(sorted(r['status'] for r in self.boots()),
                         ['completed', 'failed'])

    def ask_in_recipe(self, level, immediately=False):
        self.play_recipe('demo::a', 'request ' + json.dumps({
            'type': 'shutdown_request', 'level': level,
            'immediately': immediately}), 'converged')
        return self.request('demo::a')['run_id']

    def test_rl6_1_7_a_recipe_reboots_the_machine(self):
        self.play_recipe('demo::leave', 'touch ' + self.machine.path('left'),
                         'converged')
        self.start()
        self.wait_state('operational')
        run = self.ask_in_recipe('reboot')
        self.assertEqual(self.wait_run(run)['exit_status'], 37)
        self.wait_for('rebooted')
        self.assertTrue(os.path.exists(self.machine.path('left')))
        self.wait_state('decommissioned')
        refused = self.ask('run_request', executables=['demo::b'])
        self.assertEqual(refused['code'], 'ERR_STATE')
        self.reboot()
        self.wait_state('operational')
        run = self.request('demo::b')['run_id']
        self.assertEqual(self.wait_run(run)['status'], 'completed')

    def test_rl6_1_7_deferred_waits_for_every_thread(self):
        self.start()
        self.wait_state('operational')
        self.play_recipe('demo::b', 'touch ' + self.machine.path('here'),
                         'wait ' + self.machine.path('go'), 'converged')
        slow = self.request('demo::b', thread='slow')['run_id']
        self.wait_for('here')
        reply = self.ask('shutdown_request', level='stop')
        self.assertEqual(reply['level'], 'stop')
        # Levels only rise.
        reply = self.ask('shutdown_request', level='reboot')
        self.assertEqual(reply['level'], 'stop')
        after = self.request('demo::c', thread='other')['run_id']
        self.assertEqual(self.wait_run(after)['status'], 'completed')
        self.assertFalse(os.path.exists(self.machine.path('stopped')))
        self.machine.write('go', '')
        self.assertEqual(self.wait_run(slow)['status'], 'completed')
        self.wait_for('stopped')
        self.assertFalse(os.path.exists(self.machine.path('rebooted')))

    def test_rl6_1_7_a_pending_shutdown_survives_the_agent(self):
        self.start()
        self.wait_state('operational')
        self.play_recipe('demo::b', 'touch ' + self.machine.path('here'),
                         'wait ' + self.machine.path('go'), 'converged')
        self.request('demo::b')
        self.wait_for('here')
        self.ask('shutdown_request', level='terminate')
        self.kill()
        self.start()
        self.wait_for('terminated')

    def test_rl6_1_7_immediate_skips_what_waits(self):
        self.start()
        self.wait_state('operational')
        go = self.machine.path('go')
        self.play_recipe('demo::b', 'touch ' + self.machine.path('here'),
                         'wait ' + go, 'converged')
        slow = self.request('demo::b')['run_id']
        self.wait_for('here')
        waiting = self.request('demo::c')['run_id']
        reply = self.ask('shutdown_request', level='reboot', immediately=True)
        self.assertTrue(reply['immediately'])
        self.machine.write('go', '')
        self.wait_for('rebooted')
        self.assertEqual(self.results()[slow]['status'], 'completed')
        self.assertIn('skipped', self.results()[waiting]['reason'])

    def test_194_reboots_and_runs_again(self):
        self.machine.script('twice', (
            'test -e %s && exit 0\ntouch %s\nexit 194\n') % (
                (self.machine.path('first'),) * 2))
        self.bundle('boot: [demo]\noperational: [{script: twice}]\n')
        self.start()
        self.wait_state('operational')
        self.play('scripts', 'converged')
        self.request('script[twice]')
        self.wait_for('rebooted')
        self.reboot()
        self.wait_state('operational')
        until(lambda: [r['status'] for r in self.results().values()
                       if r['kind'] == 'operational'] ==
              ['completed', 'completed'])
        self.assertIn('RightScript', self.machine.audit())

    def test_rl6_1_6_a_list_that_hangs_delays_the_shutdown_only_so_long(self):
        self.play_recipe('demo::leave', 'touch ' + self.machine.path('here'),
                         'wait /nowhere/at/all')
        self.start('--decommission-timeout', '1')
        self.wait_state('operational')
        self.ask('shutdown_request', level='stop')
        self.wait_for('here')
        self.wait_for('stopped')
        self.wait_state('decommissioned')

    def test_rl6_1_6_decommission_is_asked_for_and_waited_for(self):
        self.start()
        self.wait_state('operational')
        done = self.machine.run('decommission', '--yes')
        self.assert_exit(done, 0)
        self.assertEqual(self.state(), 'decommissioned')
        self.assertEqual(
            [r['kind'] for r in self.results().values()][-1], 'decommission')

    def test_rl6_1_6_a_machine_that_goes_down_runs_its_list_first(self):
        self.play_recipe('demo::leave', 'touch ' + self.machine.path('left'),
                         'converged')
        self.start()
        self.wait_state('operational')
        self.machine.write('goes_down', '')
        self.assertEqual(self.stop(), 0)
        self.assertTrue(os.path.exists(self.machine.path('left')))
        self.assertEqual(self.machine.instance_state(), 'decommissioned')
        os.unlink(self.machine.path('goes_down'))
        self.reboot()
        self.wait_state('operational')

    def test_rl6_1_3_an_aborted_decommission_only_shuts_down(self):
        self.play_recipe('demo::leave', 'touch ' + self.machine.path('here'),
                         'wait /nowhere/at/all')
        self.start()
        self.wait_state('operational')
        self.ask('shutdown_request', level='stop')
        self.wait_for('here')
        before = len(self.machine.runs())
        self.kill()
        self.start()
        self.wait_for('stopped')
        self.assertEqual(len(self.machine.runs()), before)

    def test_rl6_1_6_decommission_while_booting(self):
        self.play('touch ' + self.machine.path('here'),
                  'wait /nowhere/at/all')
        self.play_recipe('demo::leave', 'converged')
        self.start()
        self.wait_for('here')
        reply = self.ask('decommission', wait=True)
        self.assertEqual(reply['status'], 'completed')
        self.assertEqual(self.state(), 'decommissioned')
        self.assertEqual(self.boots()[0]['status'], 'failed')

    def test_schedules_run_on_the_agents_own_timer(self):
        self.start()
        self.wait_state('operational')
        reply = self.ask('schedule_create', name='often', recipe='demo::a',
                         minute='*')
        self.assertTrue(reply['changed'])
        again = self.ask('schedule_create', name='often', recipe='demo::a',
                         minute='*')
        self.assertFalse(again['changed'])
        wrong = self.ask('schedule_create', name='x', recipe='demo::nope')
        self.assertIn('nope', wrong['text'])
        self.assertTrue(self.ask('schedule_delete', name='often')['changed'])
        self.assertFalse(os.path.exists('/etc/cron.d/rightlink'))


if __name__ == '__main__':
    live_agent.main()
