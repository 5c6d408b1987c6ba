# SPDX-License-Identifier: MIT
"""The agent is killed at each point of a run; nothing is lost or done twice."""
import json
import os

import support

REQUEST = json.dumps({'type': 'remote_run', 'recipe': 'demo::allow',
                      'recipients_tags': ['a:b=c']})
STEPS = [
    'say hello',
    'event {"event":"resource_updated","resource":"file[/x]",'
    '"action":"create","elapsed_ms":1}',
    'request {"type":"tag_publish","tag":"a:b=c"}',
    'scripts',
    'request ' + REQUEST,
    'event {"event":"converge_finished","updated":1,"total":1}',
]


class Kill(support.PlayScenario):
    def setUp(self):
        super().setUp()
        self.machine.script('mark', 'echo one >>"$OUT"\n',
                            'Inputs:\n  OUT: {}')
        self.bundle('inputs: {OUT: {default: %s}}\n'
                    'boot: [demo, {script: mark}]\n'
                    'operational: [{recipe: "demo::allow", remote: true}]\n'
                    % self.machine.path('marks'))

    def boot_killed(self, steps):
        self.play(*steps, 'kill_agent')
        agent = self.machine.start('boot', '--bundle', self.machine.bundle)
        agent.communicate()
        self.assertEqual(agent.returncode, -9)

    def test_killed_at_each_point(self):
        for point in range(len(STEPS) + 1):
            with self.subTest(point=point):
                self.doCleanups()
                self.setUp()
                self.boot_killed(STEPS[:point])
                self.check_after(point)

    def check_after(self, point):
        machine = self.machine
        self.assertEqual(machine.instance_state(), 'booting')
        names = [e['event'] for e in machine.events(0)]
        self.assertEqual('resource_updated' in names, point > 1)
        asked = point > 4
        inbox = os.listdir(os.path.join(machine.state, 'inbox'))
        self.assertEqual(len(inbox), 1 if asked else 0)
        tags = machine.run('tag').stdout
        self.assertEqual(tags, b'a:b=c\n' if point > 2 else b'')
        self.play('converged')
        self.assert_exit(machine.boot(), 0)
        results = [machine.result(i) for i in range(len(machine.runs()))]
        self.assertEqual([r['status'] for r in results],
                         ['crashed', 'completed'] + ['completed'] * asked)
        self.assertEqual([r['kind'] for r in results],
                         ['boot', 'boot'] + ['remote'] * asked)
        self.assert_exit(machine.boot(), 0)
        self.assertEqual(len(machine.runs()), 3 + asked)

    def test_killed_by_its_script(self):
        self.machine.script('mark', 'kill -9 $PPID; sleep 300\n')
        self.play('scripts', 'converged')
        agent = self.machine.start('boot', '--bundle', self.machine.bundle)
        agent.communicate()
        self.assertEqual(agent.returncode, -9)
        self.machine.events(0)
        self.machine.script('mark', 'exit 0\n')
        self.assert_exit(self.machine.boot(), 0)
        self.assertEqual(self.machine.instance_state(), 'operational')


if __name__ == '__main__':
    support.main()
