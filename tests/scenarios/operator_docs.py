# SPDX-License-Identifier: MIT
"""The examples of docs/operator.md and docs/rightlink6.md do what they say."""
import os
import re
import subprocess

import fabric_world
from fabric_world import BUILD

DOCS = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                    '..', '..', 'docs')


def prepare(node):
    node.write('bundle/bundle.yml', 'name: shop\nboot: []\noperational:\n'
               '  - {recipe: "shop::deploy", remote: true}\n'
               '  - script: uptime\n  - script: slow\n  - script: fails\n')
    node.write('bundle/cookbooks/shop/metadata.rb',
               "name 'shop'\nversion '1.0.0'\n")
    node.write('bundle/cookbooks/shop/recipes/deploy.rb',
               "file '%s' do\n  content 'x'\nend\n" % node.path('deployed'))
    node.script('uptime', 'echo "up for some $UNIT"\n')
    node.script('slow', 'sleep 30\n')
    node.script('fails', 'exit 3\n')


def blocks(name):
    """Commands of each console block: (line, expected status)."""
    with open(os.path.join(DOCS, name), encoding='utf-8') as f:
        text = f.read()
    for block in re.findall(r'```console\n(.*?)```', text, re.S):
        yield [(m.group(1), int(m.group(2) or 0)) for m in re.finditer(
            r'^\$ (.*?)(?: +# (\d+))?$', block, re.M)]


class Examples(fabric_world.Scenario):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for name in ('web-1', 'web-2', 'db-1'):
            cls.world.node(name, 'app:role=' + name.split('-')[0],
                           prepare=prepare)

    def check(self, name, env, at_least):
        env = dict(env, PATH=os.path.join(BUILD, 'bin') + ':' +
                   os.environ['PATH'])
        count = 0
        for block in blocks(name):
            script = 'set -u\n'
            for line, status in block:
                count += 1
                script += ('%s\ns=$?; [ $s = %d ] || { echo "ended with $s: '
                           '$(cat <<\'EOT\'\n%s\nEOT\n)" >&2; exit 99; }\n'
                           % (line, status, line))
            result = subprocess.run(['bash', '-c', script], env=env,
                                    capture_output=True, timeout=200,
                                    stdin=subprocess.DEVNULL, check=False)
            self.assert_exit(result, 0)
        self.assertGreaterEqual(count, at_least)

    def test_operator(self):
        self.check('operator.md', self.world.environment(), 30)

    def test_rightlink6(self):
        self.check('rightlink6.md', self.world.nodes[0].environment(), 12)


if __name__ == '__main__':
    fabric_world.main()
