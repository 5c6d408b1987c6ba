# SPDX-License-Identifier: MIT
"""Runs of a running agent: threads, limits, stops, crashes at any point."""
import os
import random
import signal
import time

import live_agent
from live_agent import children_of, until


class Queue(live_agent.LiveScenario):
    def setUp(self):
        super().setUp()
        self.start()
        self.wait_state('operational')

    def marker(self, recipe, *more):
        """The recipe appends its run's mark to a file once it runs."""
        self.play_recipe(recipe, *more, 'mark %s %s' % (
            self.machine.path('marks'), recipe[-1]), 'converged')

    def test_rl6_2_5_runs_of_a_thread_come_in_order(self):
        for recipe in ('demo::a', 'demo::b', 'demo::c'):
            self.marker(recipe)
        runs = [self.request('demo::' + name)['run_id'] for name in 'abcabc']
        for run in runs:
            self.assertEqual(self.wait_run(run)['status'], 'completed')
        self.assertEqual(self.marks(), list('abcabc'))

    def test_rl6_2_5_threads_run_beside_one_another(self):
        go = self.machine.path('go')
        self.play_recipe('demo::a', 'touch ' + self.machine.path('here'),
                         'wait ' + go, 'converged')
        slow = self.request('demo::a', thread='slow')['run_id']
        self.wait_for('here')
        fast = self.request('demo::b', thread='fast')['run_id']
        self.assertEqual(self.wait_run(fast)['status'], 'completed')
        behind = self.request('demo::b', thread='slow')
        self.assertEqual(behind['ahead'], 1)
        self.assertEqual(
            self.wait_run(behind['run_id'], timeout_ms=100)['status'],
            'waiting')
        self.assertEqual(
            self.wait_run(slow, timeout_ms=100)['status'], 'running')
        self.machine.write('go', '')
        self.assertEqual(self.wait_run(slow)['status'], 'completed')
        self.assertEqual(
            self.wait_run(behind['run_id'])['status'], 'completed')

    def test_a_run_that_takes_too_long_is_ended(self):
        self.play_recipe('demo::a', 'wait /nowhere/at/all')
        run = self.request('demo::a', timeout_ms=500)['run_id']
        end = self.wait_run(run)
        self.assertEqual(end['status'], 'failed')
        self.assertIn('time limit', end['reason'])

    def escaping(self):
        """A recipe whose grandchild leaves session and process group."""
        pid = self.machine.path('pid')
        self.machine.script('escape', (
            "setsid sh -c 'setsid sh -c \"echo \\$\\$ >%s.new; mv %s.new %s; "
            "exec sleep 300\" &' &\nsleep 300\n") % (pid, pid, pid))
        self.bundle('boot: []\noperational: [{script: escape}]\n')
        self.play('scripts', 'converged')
        self.kill()
        self.start()
        until(lambda: self.state() == 'operational')
        run = self.request('script[escape]')['run_id']
        self.wait_for('pid')
        return run, int(self.machine.read(pid))

    def assert_gone(self, pid):
        def is_gone():
            try:
                with open('/proc/%d/stat' % pid, encoding='utf-8') as f:
                    return f.read().rsplit(')', 1)[1].split()[0] == 'Z'
            except FileNotFoundError:
                return True
        until(is_gone)

    def test_a_stop_ends_escaped_grandchildren(self):
        run, pid = self.escaping()
        self.assertEqual(
            self.ask('run_stop', run_id=run, reason='enough')['was'],
            'running')
        end = self.wait_run(run)
        self.assertEqual((end['status'], end['reason']), ('stopped', 'enough'))
        self.assert_gone(pid)

    def test_a_limit_ends_escaped_grandchildren(self):
        self.machine.write('unused', '')
        run, pid = self.escaping()
        self.ask('run_stop', run_id=run)
        self.wait_run(run)
        self.assert_gone(pid)
        os.unlink(self.machine.path('pid'))
        limited = self.request('script[escape]', timeout_ms=1500)['run_id']
        self.wait_for('pid')
        pid = int(self.machine.read(self.machine.path('pid')))
        self.assertIn('time limit', self.wait_run(limited)['reason'])
        self.assert_gone(pid)

    def test_a_crash_of_perform_ends_escaped_grandchildren(self):
        run, pid = self.escaping()
        perform = [p for p, words in children_of(self.agent.pid)
                   if 'perform' in words][0]
        os.kill(perform, signal.SIGKILL)
        end = self.wait_run(run)
        self.assertEqual(end['status'], 'crashed')
        self.assertIn('SIGKILL', end['reason'])
        self.assert_gone(pid)

    def test_a_crash_of_the_agent_ends_escaped_grandchildren(self):
        run, pid = self.escaping()
        self.kill()
        self.start()
        end = self.wait_run(run)
        self.assertNotEqual(end['status'], 'completed')
        self.assert_gone(pid)

    def test_daemons_of_a_good_run_live_on(self):
        pid = self.machine.path('pid')
        self.machine.script('serve', (
            "setsid sh -c 'echo $$ >%s; exec sleep 300' "
            '>/dev/null 2>&1 &\n') % pid)
        self.bundle('boot: []\noperational: [{script: serve}]\n')
        self.play('scripts', 'converged')
        self.kill()
        self.start()
        until(lambda: self.state() == 'operational')
        run = self.request('script[serve]')['run_id']
        self.assertEqual(self.wait_run(run)['status'], 'completed')
        self.wait_for('pid')
        daemon = int(self.machine.read(pid))
        self.stop()
        os.kill(daemon, 0)
        os.kill(daemon, signal.SIGKILL)

    def test_killed_at_any_point_nothing_is_lost_and_nothing_runs_twice(self):
        dice = random.Random(4)
        victims = ('agent', 'perform', 'play_cook')
        for recipe in ('demo::a', 'demo::b', 'demo::c'):
            self.marker(recipe, 'pause 0.05')
        runs = {}
        for round_number in range(12):
            for _ in range(3):
                name = dice.choice('abc')
                reply = self.request('demo::' + name,
                                     thread=dice.choice(('one', 'two')))
                runs[reply['run_id']] = name
            time.sleep(dice.random() * 0.3)
            self.strike(victims[round_number % len(victims)], dice)
        ends = {run: self.wait_run(run)['status'] for run in runs}
        marks = self.marks()
        for name in 'abc':
            mine = [r for r, n in runs.items() if n == name]
            good = [r for r in mine if ends[r] == 'completed']
            # One that was cut short may have made its mark before.
            self.assertGreaterEqual(marks.count(name), len(good))
            self.assertLessEqual(marks.count(name), len(mine))
        self.assertEqual(set(runs) - set(self.results()), set())
        self.assertIn('completed', ends.values())
        self.assertTrue(self.ask('agent_status')['ok'])
        self.assertEqual(self.ask('agent_status')['runs'], [])

    def strike(self, victim, dice):
        if victim == 'agent':
            self.kill()
            self.start()
            return
        pids = [p for p, words in children_of(self.agent.pid)
                if victim in words]
        if pids:
            try:
                os.kill(dice.choice(pids), signal.SIGKILL)
            except ProcessLookupError:
                pass

    def test_what_waits_survives_the_agent(self):
        go = self.machine.path('go')
        self.play_recipe('demo::a', 'touch ' + self.machine.path('here'),
                         'wait ' + go, 'converged')
        self.marker('demo::b')
        cut = self.request('demo::a')['run_id']
        self.wait_for('here')
        waiting = [self.request('demo::b')['run_id'] for _ in range(3)]
        self.kill()
        self.start()
        self.assertNotEqual(self.wait_run(cut)['status'], 'completed')
        for run in waiting:
            self.assertEqual(self.wait_run(run)['status'], 'completed')
        self.assertEqual(self.marks(), list('bbb'))

    def test_sigterm_stops_runs_and_keeps_what_waits(self):
        self.play_recipe('demo::a', 'touch ' + self.machine.path('here'),
                         'wait /nowhere/at/all')
        self.marker('demo::b')
        cut = self.request('demo::a')['run_id']
        self.wait_for('here')
        waiting = self.request('demo::b')['run_id']
        self.assertEqual(self.stop(), 0)
        self.assertEqual(self.results()[cut]['reason'],
                         'stopped: the agent is being stopped')
        self.start()
        self.assertEqual(self.wait_run(waiting)['status'], 'completed')
        self.assertEqual(self.state(), 'operational')


if __name__ == '__main__':
    live_agent.main()
