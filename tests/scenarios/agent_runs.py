# SPDX-License-Identifier: MIT
"""Boots and runs: state, journal, audit, results, exit statuses."""
import json
import os
import signal
import subprocess
import sys
import time

import support


class Boot(support.PlayScenario):
    def test_a_good_boot_ends_operational(self):
        self.bundle()
        self.play('say hello', 'converged')
        result = self.machine.boot()
        self.assert_exit(result, 0)
        self.assertIn(b'hello', result.stdout)
        self.assertNotIn(b'\033', result.stdout)
        self.assertEqual(self.machine.instance_state(), 'operational')
        kept = self.machine.result()
        self.assertEqual(kept['status'], 'completed')
        self.assertEqual(kept['state'], 'operational')
        self.assertEqual(kept['executables'], ['recipe[demo]'])
        self.assertEqual((kept['updated'], kept['total']), (1, 2))
        names = [e['event'] for e in self.machine.events()]
        self.assertEqual(names[0], 'run_started')
        self.assertEqual(names[-1], 'run_finished')
        self.assertIn('hello', self.machine.audit())

    def test_a_failed_cook_strands_and_a_second_boot_heals(self):
        self.bundle()
        self.play('event {"event":"resource_failed","resource":"file[/x]",'
                  '"action":"create","text":"no such directory"}', 'exit 1')
        result = self.machine.boot()
        self.assert_exit(result, 1)
        self.assertIn(b'file[/x]: no such directory', result.stdout)
        self.assertEqual(self.machine.instance_state(), 'stranded')
        self.assertEqual(self.machine.result()['reason'],
                         'file[/x]: no such directory')
        self.play('converged')
        self.assert_exit(self.machine.boot(), 0)
        self.assertEqual(self.machine.instance_state(), 'operational')

    def test_a_killed_cook_leaves_a_complete_journal(self):
        self.bundle()
        self.play('event {"event":"resource_updated","resource":"file[/x]",'
                  '"action":"create","elapsed_ms":1}', 'signal 9')
        result = self.machine.boot()
        self.assert_exit(result, 1)
        self.assertIn(b'killed by signal 9 (SIGKILL)', result.stdout)
        kept = self.machine.result()
        self.assertEqual(kept['status'], 'crashed')
        names = [e['event'] for e in self.machine.events()]
        self.assertIn('resource_updated', names)
        self.assertIn('cook_crashed', names)
        self.assertEqual(names[-1], 'run_finished')
        self.assertEqual(self.machine.instance_state(), 'stranded')

    def test_a_killed_agent_is_found_at_the_next_boot(self):
        self.bundle()
        here, go_on = self.machine.path('here'), self.machine.path('go')
        self.play('event {"event":"resource_updated","resource":"file[/x]",'
                  '"action":"create","elapsed_ms":1}',
                  'touch ' + here, 'wait ' + go_on, 'converged')
        agent = self.machine.start('boot', '--bundle', self.machine.bundle)
        while not os.path.exists(here):
            self.assertIsNone(agent.poll())
            time.sleep(0.02)
        other = self.machine.boot()
        self.assert_exit(other, 75)
        agent.kill()
        agent.communicate()  # ends when nobody holds the pipes: no cook left
        self.assertFalse(os.path.exists(go_on))
        self.machine.events(0)
        self.assertEqual(self.machine.instance_state(), 'booting')
        self.play('converged')
        self.assert_exit(self.machine.boot(), 0)
        self.assertEqual(self.machine.result(0)['status'], 'crashed')
        self.assertEqual(self.machine.result(1)['status'], 'completed')

    def test_wait_waits_for_the_other_run(self):
        self.bundle()
        here, go_on = self.machine.path('here'), self.machine.path('go')
        self.play('touch ' + here, 'wait ' + go_on, 'converged')
        first = self.machine.start('boot', '--bundle', self.machine.bundle)
        while not os.path.exists(here):
            self.assertIsNone(first.poll())
            time.sleep(0.02)
        second = self.machine.start('boot', '--bundle', self.machine.bundle,
                                    '--wait')
        open(go_on, 'w', encoding='ascii').close()
        for agent in (first, second):
            agent.communicate()
            self.assertEqual(agent.returncode, 0)
        self.assertEqual(len(self.machine.runs()), 2)

    def test_an_interrupted_boot_stops_the_cook_and_dies_by_the_signal(self):
        self.bundle()
        here = self.machine.path('here')
        self.play('touch ' + here, 'wait /nowhere/at/all')
        agent = self.machine.start('boot', '--bundle', self.machine.bundle)
        while not os.path.exists(here):
            self.assertIsNone(agent.poll())
            time.sleep(0.02)
        agent.send_signal(signal.SIGTERM)
        agent.communicate()
        self.assertEqual(agent.returncode, -signal.SIGTERM)
        self.assertEqual(self.machine.result()['reason'],
                         'interrupted by SIGTERM')

    def test_exit_zero_before_converging_is_a_failure(self):
        self.bundle()
        self.play('exit 0')
        result = self.machine.boot()
        self.assert_exit(result, 1)
        self.assertIn(b'before it had converged', result.stdout)

    def test_what_is_no_frame_fails_the_run(self):
        self.bundle()
        self.play('raw ' + 'x' * 50, 'wait /nowhere/at/all')
        result = self.machine.boot()
        self.assert_exit(result, 1)
        self.assertIn(b'no event', result.stdout)

    def test_an_unknown_event_is_a_warning(self):
        self.bundle()
        self.play('event {"event":"moon_risen"}', 'converged')
        self.assert_exit(self.machine.boot(), 0)
        self.assertIn("unknown event 'moon_risen'", self.machine.audit())

    def test_a_run_that_takes_too_long_is_ended(self):
        self.bundle('timeout: 1\nboot: [demo]\n')
        self.play('wait /nowhere/at/all')
        result = self.machine.boot()
        self.assert_exit(result, 21)
        self.assertIn(b'longer than its time limit', result.stdout)
        self.assertEqual(self.machine.result()['exit'], 21)

    def test_much_output_passes(self):
        self.bundle()
        self.play('flood 20', 'say the end', 'converged')
        result = self.machine.boot()
        self.assert_exit(result, 0)
        self.assertIn(b'the end', result.stdout)
        self.assertGreater(len(self.machine.audit()), 20 << 20)

    def test_json_output_is_the_result(self):
        self.bundle()
        result = self.machine.boot('--output', 'json')
        self.assert_exit(result, 0)
        self.assertEqual(json.loads(result.stdout)['status'], 'completed')

    def test_jsonl_output_is_the_events(self):
        self.bundle()
        self.play('say hello', 'converged')
        result = self.machine.boot('--output', 'jsonl')
        self.assert_exit(result, 0)
        events = [json.loads(line) for line in result.stdout.splitlines()]
        self.assertEqual(events, self.machine.events())
        self.assertIn(b'hello', result.stderr)

    def test_without_a_cook_the_boot_fails_clearly(self):
        self.bundle()
        os.unlink(self.machine.path('libexec', 'cook'))
        result = self.machine.boot()
        self.assert_exit(result, 1)
        self.assertIn(b"cook: run '", result.stdout)

    def test_a_full_disk_is_one_clear_failure(self):
        self.bundle()
        small = self.machine.path('state')
        os.mkdir(small)
        mounted = subprocess.run(
            ['mount', '-t', 'tmpfs', '-o', 'size=256k', 'small', small],
            capture_output=True, check=False)
        if mounted.returncode != 0:
            self.skipTest('cannot mount a tmpfs here')
        self.addCleanup(subprocess.run, ['umount', small], check=True)
        self.play('flood 1', 'converged')
        result = self.machine.boot()
        self.assert_exit(result, 1)
        self.assertIn(b'No space left on device',
                      result.stdout + result.stderr)
        self.machine.events()
        # So full that not even a run can begin: nothing of it is left.
        before = self.machine.runs()
        with open(os.path.join(small, 'fill'), 'wb') as f:
            try:
                f.write(bytes(300_000))
            except OSError:
                pass
        result = self.machine.run('run', 'demo')
        self.assert_exit(result, 1)
        self.assertIn(b'No space left on device',
                      result.stdout + result.stderr)
        self.assertEqual(before, self.machine.runs())

    def test_why_run_leaves_the_state_alone(self):
        self.bundle()
        self.play('spec', 'converged')
        self.assert_exit(self.machine.boot('--why-run'), 0)
        self.assertIn('"why_run": true', self.machine.audit())
        self.assertNotEqual(self.machine.instance_state(), 'operational')


class Run(support.PlayScenario):
    def test_run_takes_what_the_bundle_lists(self):
        self.bundle('boot: [demo]\noperational: ["demo::deploy"]\n')
        self.assert_exit(self.machine.boot(), 0)
        self.play('spec', 'converged')
        result = self.machine.run('run', 'demo::deploy', '--json', '-',
                                  stdin=b'{"release": {"version": "7"}}')
        self.assert_exit(result, 0)
        self.assertEqual(self.machine.result()['kind'], 'operational')
        self.assertIn('"release": {"version": "7"}', self.machine.audit())
        self.assertEqual(self.machine.instance_state(), 'operational')

    def test_run_refuses_what_is_not_listed(self):
        self.bundle('boot: [demo]\noperational: ["demo::deploy"]\n')
        self.assert_exit(self.machine.boot(), 0)
        before = len(self.machine.runs())
        result = self.machine.run('run', 'demo::deplyo')
        self.assert_exit(result, 43)
        self.assertIn(b"did you mean 'demo::deploy'?", result.stderr)
        self.assertEqual(len(self.machine.runs()), before)

    def test_a_wrong_command_line_is_told_in_the_form_asked_for(self):
        result = self.machine.run('run', '--jsom', 'x', '--output', 'json')
        self.assert_exit(result, 64)
        self.assertIn("did you mean '--json'?",
                      json.loads(result.stdout)['error']['message'])
        result = self.machine.run('bot')
        self.assert_exit(result, 64)
        self.assertIn(b"did you mean 'boot'?", result.stderr)

    def test_run_without_a_boot_wants_a_bundle(self):
        result = self.machine.run('run', 'demo')
        self.assert_exit(result, 43)
        self.assertIn(b'give --bundle DIR', result.stderr)

    def test_runs_and_audit_show_what_happened(self):
        self.bundle()
        self.play('say hello there', 'converged')
        self.assert_exit(self.machine.boot('--quiet'), 0)
        listed = self.machine.run('runs', '--output', 'json')
        runs = json.loads(listed.stdout)
        self.assertEqual([r['status'] for r in runs], ['completed'])
        text = self.machine.run('audit')
        self.assertIn(b'hello there', text.stdout)
        lines = self.machine.run('audit', runs[0]['run_id'][:20],
                                 '--output', 'jsonl').stdout.splitlines()
        self.assertEqual(json.loads(lines[-1])['event'], 'run_finished')
        missing = self.machine.run('audit', '7Z')
        self.assert_exit(missing, 1)


if __name__ == '__main__':
    support.main()
