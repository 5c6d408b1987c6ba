# SPDX-License-Identifier: MIT
"""Real agents at a real router: recipes that find and call each other, audits
that arrive whole whatever is killed meanwhile.
"""
import json
import os
import sys
import time
import unittest

import fabric_client
from joined_node import Node, command, until
from live_agent import Connection

BUILD = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else 'build/dev')

CALLER = '''
server_collection 'web' do
  tags ['app:role=web']
end
ruby_block 'seen' do
  block do
    found = node[:server_collection]['web'].keys.sort.join(',')
    ::File.open('%s', 'a') { |f| f.puts(found) }
  end
end
remote_recipe 'there' do
  recipe 'shop::open'
  recipients_tags ['app:role=web']
  attributes('shop' => { 'word' => 'from afar' })
end
'''
CALLED = '''
::File.open('%s', 'a') do |f|
  f.puts([node['shop']['word'], node['remote_recipe']['from'],
          (node['remote_recipe']['tags'] || []).join('+')].join(' '))
end
'''


class Remote(unittest.TestCase):
    def setUp(self):
        self.router = fabric_client.Router(BUILD).start()
        self.addCleanup(self.router.close)
        self.operator = self.router.operator()
        self.nodes = []

    def tearDown(self):
        for node in self.nodes:
            node.close()

    def node(self, name, *tags):
        node = Node(BUILD, name)
        node.env['LSAN_OPTIONS'] = 'detect_leaks=0'
        self.nodes.append(node)
        node.write('bundle/cookbooks/shop/metadata.rb', "name 'shop'\n"
                   "version '1.0.0'\n")
        node.write('bundle/cookbooks/shop/recipes/call.rb',
                   CALLER % node.path('seen'))
        node.write('bundle/cookbooks/shop/recipes/open.rb',
                   CALLED % node.path('called'))
        node.write('bundle/cookbooks/shop/recipes/closed.rb', '\n')
        node.write('bundle/bundle.yml', (
            'name: shop\nboot: []\noperational:\n- shop::call\n'
            '- shop::closed\n- {recipe: "shop::open", remote: true}\n'
            '- script[work]\n'))
        node.join(self.router, *[w for t in tags for w in ('--tag', t)])
        node.start()
        node.wait_log('router_connected')
        node.wait_log('to=operational')
        return node

    def ask(self, node, **request):
        connection = Connection(node)
        connection.send(**request)
        reply = connection.receive()
        connection.close()
        return reply

    def run_on(self, node, name, kind='recipe', **more):
        cid = self.operator.run(kind=kind, name=name, ids=[node.id],
                                **more)['cid']
        return self.operator.wait_done(cid, 60)[node.id]

    def test_a_recipe_finds_and_calls_the_others(self):
        db = self.node('db')
        web = [self.node(name, 'app:role=web') for name in ('w1', 'w2')]
        end = self.run_on(db, 'shop::call')
        self.assertEqual(end['state'], 'ok', end)
        self.assertEqual(db.read('seen').split(),
                         [','.join(sorted(n.id for n in web))])
        for node in web:
            until(lambda n=node: n.read('called'))
            self.assertEqual(node.read('called').split('\n')[0],
                             'from afar %s app:role=web' % db.id)
        self.assertEqual(db.read('called'), '')
        receipt = [json.loads(line) for line in self.events(db, end['run_id'])
                   if '"remote_requested"' in line][0]
        self.assertEqual(receipt['matched'], 2)
        self.assertEqual(sorted(receipt['ids']), sorted(n.id for n in web))
        # The sender reads what became of it.
        done = until(lambda: self.done_of(db, receipt['request_id']))
        self.assertEqual({d['id']: d['state'] for d in done},
                         {n.id: 'ok' for n in web})

    def done_of(self, node, request_id):
        reply = self.ask(node, type='remote_status', request_id=request_id,
                         wait_ms=1000)
        self.assertTrue(reply['ok'], reply)
        return reply['deliveries'] if reply['done'] else None

    def events(self, node, run_id):
        return node.read('state/runs/%s/events.jsonl' % run_id).splitlines()

    def test_an_instance_may_only_call_what_is_remote(self):
        asker, other = self.node('a'), self.node('b')
        reply = self.ask(asker, type='remote_run', recipe='shop::closed',
                         recipients=[other.id])
        self.assertEqual(reply['matched'], 1, reply)
        done = until(lambda: self.done_of(asker, reply['request_id']))
        self.assertEqual(done[0]['state'], 'rejected')
        self.assertIn('remote: true', done[0]['reason'])
        # The same of an operator is carried out.
        self.assertEqual(self.run_on(other, 'shop::closed')['state'], 'ok')
        own = self.ask(asker, type='remote_run', recipe='shop::closed',
                       recipients=[asker.id])
        self.assertIn('remote: true', own['text'])

    def test_a_request_outlives_a_router_that_is_away(self):
        asker, other = self.node('a'), self.node('b')
        self.router.kill()
        connection = Connection(asker)
        connection.send(type='remote_run', recipe='shop::open',
                        recipients=[other.id], timeout_ms=60000,
                        attributes={'shop': {'word': 'late'}})
        time.sleep(1)
        self.router.start()
        reply = connection.receive()
        self.assertEqual(reply['matched'], 1, reply)
        until(lambda: other.read('called'))
        self.assertEqual(other.read('called').split()[0], 'late')
        time.sleep(0.5)
        self.assertEqual(len(other.read('called').splitlines()), 1)

    def test_the_clients_wait_has_an_end(self):
        asker = self.node('a')
        self.router.kill()
        reply = self.ask(asker, type='remote_run', recipe='shop::open',
                         recipients=['i-nobody'], timeout_ms=1500)
        self.assertEqual(reply['code'], 'ERR_TIMEOUT')

    # ---- audits ----

    def audit(self, run_id):
        status, v = self.operator.call('GET', '/v1/audits/' + run_id)
        return v['audit'] if status == 200 else None

    def part(self, run_id, part):
        data = b''
        while True:
            status, _, piece = self.operator.http.raw(
                'GET', '/v1/audits/%s/%s?offset=%d' % (run_id, part,
                                                       len(data)))
            self.assertEqual(status, 200)
            if not piece:
                return data
            data += piece

    def assert_whole(self, node, run_id):
        audit = until(lambda: (self.audit(run_id) or {}).get('closed') and
                      self.audit(run_id))
        for part, name in (('text', 'audit.txt'), ('events', 'events.jsonl')):
            path = os.path.join(node.state, 'runs', run_id, name)
            with open(path, 'rb') as f:
                self.assertEqual(self.part(run_id, part), f.read())
        self.assertFalse(os.path.exists(os.path.join(
            node.state, 'runs', run_id, 'upload.json')))
        return audit

    def test_an_audit_grows_while_the_run_goes_on(self):
        node = self.node('n')
        node.script('work', 'echo begun; touch %s\n'
                    'while [ ! -e %s ]; do sleep 0.05; done\n'
                    'head -c 300000 /dev/zero | tr "\\0" x\necho\n' % (
                        node.path('here'), node.path('go')))
        cid = self.operator.run(kind='script', name='work',
                                ids=[node.id])['cid']
        until(lambda: os.path.exists(node.path('here')))
        run_id = until(lambda: self.operator.deliveries(cid)['deliveries'][0]
                       .get('run_id'))
        until(lambda: (self.audit(run_id) or {}).get('text_bytes', 0) > 0 and
              b'begun' in self.part(run_id, 'text'))
        self.assertEqual(self.audit(run_id)['status'], 'running')
        node.write('go', '')
        self.assertEqual(self.operator.wait_done(cid)[node.id]['state'], 'ok')
        audit = self.assert_whole(node, run_id)
        self.assertEqual((audit['status'], audit['cid'], audit['kind']),
                         ('completed', cid, 'remote'))

    def test_an_audit_goes_on_after_both_sides_were_killed(self):
        node = self.node('n')
        node.script('work', 'echo begun; touch %s\nsleep 300\n' %
                    node.path('here'))
        cid = self.operator.run(kind='script', name='work',
                                ids=[node.id])['cid']
        until(lambda: os.path.exists(node.path('here')))
        self.router.kill()
        node.kill()
        self.router.start()
        node.start()
        end = self.operator.wait_done(cid, 60)[node.id]
        self.assertEqual(end['state'], 'interrupted')
        audit = self.assert_whole(node, end['run_id'])
        self.assertIn(audit['status'], ('failed', 'crashed'))

    def test_runs_of_a_machine_without_its_router_arrive_later(self):
        node = self.node('n')
        self.router.kill()
        done = node.run('run', 'script[work]')
        self.assertEqual(done.returncode, 0, done.stderr)
        runs = sorted(os.listdir(os.path.join(node.state, 'runs')))
        self.assertTrue(os.path.exists(os.path.join(
            node.state, 'runs', runs[-1], 'upload.json')))
        node.kill()
        node.start()
        self.router.start()
        audit = self.assert_whole(node, runs[-1])
        self.assertEqual(audit['kind'], 'operational')

    def test_a_cancelled_run_is_stopped(self):
        node = self.node('n')
        node.script('work', 'touch %s\nsleep 300\n' % node.path('here'))
        cid = self.operator.run(kind='script', name='work',
                                ids=[node.id])['cid']
        until(lambda: os.path.exists(node.path('here')))
        self.operator.cancel(cid)
        end = self.operator.wait_done(cid, 60)[node.id]
        self.assertEqual((end['state'], end['reason']),
                         ('interrupted', 'an operator cancelled it'))
        self.assert_whole(node, end['run_id'])

    def test_rl6_2_5_cooks_of_several_threads_work_side_by_side(self):
        node = self.node('n')
        node.script('work', 'touch %s\nwhile [ ! -e %s ]; do sleep 0.05; '
                    'done\n' % (node.path('here'), node.path('go')))
        slow = self.operator.run(kind='script', name='work', thread='slow',
                                 ids=[node.id])['cid']
        until(lambda: os.path.exists(node.path('here')))
        fast = self.run_on(node, 'shop::closed', thread='fast')
        self.assertEqual(fast['state'], 'ok')
        self.assertEqual(self.operator.states(slow), {node.id: 'running'})
        node.write('go', '')
        self.assertEqual(
            self.operator.wait_done(slow)[node.id]['state'], 'ok')

    def test_a_time_limit_of_a_command(self):
        node = self.node('n')
        node.script('work', 'sleep 300\n')
        end = self.run_on(node, 'work', kind='script', timeout_ms=1000)
        self.assertEqual(end['state'], 'failed')
        self.assertIn('time limit', end['reason'])

    def test_an_operator_shuts_a_node_down(self):
        node = self.node('n')
        node.stop()
        node.start('--os-stop', 'touch ' + node.path('stopped'))
        node.wait_log('router_connected', 2)
        cid = self.operator.run(kind='shutdown', name=None, shutdown='stop',
                                ids=[node.id])['cid']
        self.assertEqual(self.operator.wait_done(cid)[node.id]['state'], 'ok')
        until(lambda: os.path.exists(node.path('stopped')))
        state = until(lambda: [
            i['state'] for i in self.operator.call(
                'GET', '/v1/instances')[1]['instances']] == ['decommissioned'])
        self.assertTrue(state)


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1])
