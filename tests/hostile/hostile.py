#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Recipes and inputs that mean harm, against `rightlink solo`.

Usage: hostile.py SOLO-COMMAND [CASE...]

Each case is a recipe (or another bad input), the exit status that must come
out, and what the output must say. In all of them the resource that ran before
the harm must have left its file, no staging file may lie about, and the run
must end by itself.
"""
import os
import re
import shlex
import subprocess
import sys
import tempfile

BEFORE = 'file "@ROOT@/before" do\n  content "whole\\n"\nend\n'
CRASH = r'(?i)(crash|killed|terminated|signal)'


def at_converge(code):
    return BEFORE + 'ruby_block "harm" do\n  block do\n' + code + \
        '\n  end\nend\n'


def recipe(text, status, *says, ran=True, **more):
    return {'recipe': text, 'status': status, 'says': says, 'ran': ran, **more}


DEFAULT = r'default\.rb'
CASES = {
    # while the recipe is compiled: nothing has run yet
    'raise at compile': recipe(
        BEFORE + 'raise "boom"\n', 1, 'boom', DEFAULT, r'>>', ran=False),
    'syntax error': recipe(
        BEFORE + 'if true\n  file "x" do\n', 1, r'(?i)syntax', DEFAULT,
        ran=False),
    'unknown resource': recipe(
        BEFORE + 'fille "/x" do\nend\n', 1, 'fille', DEFAULT, ran=False),
    'unknown property': recipe(
        BEFORE + 'file "/x" do\n  contnt "y"\nend\n', 1, 'contnt', 'content',
        ran=False),
    'exit at compile': recipe(
        BEFORE + 'exit 3\n', 1, r'(?i)exit', ran=False),
    'exit! at compile': recipe(
        BEFORE + 'exit!(0)\n', 1, r'(?i)(exit|ended|died)', ran=False),
    'throw at compile': recipe(
        BEFORE + 'throw :nobody\n', 1, r'uncaught throw', ran=False),
    'recursion at compile': recipe(
        BEFORE + 'def deep(n)\n  deep(n + 1)\nend\ndeep(0)\n', 1,
        r'stack level too deep', ran=False),
    'interrupt raised': recipe(
        BEFORE + 'raise Interrupt, "stop"\n', 1, 'stop', ran=False),
    # while it converges
    'raise at converge': recipe(
        at_converge('raise "boom"'), 1, 'boom', r'ruby_block\[harm\]'),
    'exit at converge': recipe(at_converge('exit 3'), 1, r'(?i)exit'),
    'exit! at converge': recipe(
        at_converge('exit!(0)'), 1, r'(?i)(exit|ended|died)'),
    'abort': recipe(at_converge('abort "enough"'), 1, 'enough'),
    'throw': recipe(at_converge('throw :nobody'), 1, 'uncaught throw'),
    'main thread killed': recipe(
        at_converge('Thread.main.kill'), 1, r'(?i)(exit|kill)'),
    'recursion': recipe(
        at_converge('deep = lambda { |n| deep.call(n + 1) }\ndeep.call(0)'),
        1, 'stack level too deep'),
    'fork that returns': recipe(
        at_converge('pid = fork { exit!(7) }\nProcess.wait(pid)\n'
                    'raise "no" unless $?.exitstatus == 7'), 0, 'finished'),
    'fork that raises': recipe(
        at_converge('pid = fork { raise "child" }\nProcess.wait(pid)'), 0,
        'finished'),
    'killed by KILL': recipe(
        at_converge('Process.kill(:KILL, Process.pid)\nsleep'), 1, CRASH),
    'killed by SEGV': recipe(
        at_converge('trap(:TERM, "DEFAULT")\n'
                    'Process.kill(:ABRT, Process.pid)\nsleep'), 1, CRASH),
    'standard output closed': recipe(
        at_converge('STDOUT.close') + 'file "@ROOT@/after"\n', None),
    'much output': recipe(
        at_converge('chunk = "x" * 1_000_000\n'
                    '200.times { $stdout.write(chunk, "\\n") }'), 0,
        'finished', quiet=True),
    'command with much output': recipe(
        BEFORE + 'execute "head -c 300000000 /dev/zero"\n', 0, 'finished'),
    'garbage collector under stress': recipe(
        BEFORE + 'GC.stress = true\nfile "@ROOT@/stressed" do\n'
        '  content "x"\nend\nGC.stress = false\n', 0, 'finished'),
    'garbage collector under stress at converge': recipe(
        BEFORE + 'ruby_block("on") { block { GC.stress = true } }\n'
        'file "@ROOT@/a" do\n  content "x"\n  mode "0600"\nend\n'
        'execute "true"\n'
        'ruby_block("off") { block { GC.stress = false } }\n', 0,
        'finished'),
    'object of a finished run': recipe(
        at_converge('r = Chef::Resource::File.new("@ROOT@/direct", '
                    'run_context)\nr.content("x")\nr.run_action(:create)'),
        0, 'finished'),
    'core methods redefined': recipe(
        'class String\n  def harmless\n    nil\n  end\nend\n' + BEFORE +
        'class Object\n  def inspect\n    raise "inspect"\n  end\nend\n'
        'file "/nowhere/at/all" do\n  content "x"\nend\n', 1,
        'Parent directory'),
    'exception without a message': recipe(
        at_converge('raise Class.new(StandardError) { def message; '
                    'raise "again"; end }'), 1),
    'exception with a huge message': recipe(
        at_converge('raise "y" * 5_000_000'), 1, 'yyyy'),
    'not UTF-8': recipe(
        at_converge('raise "\\xff\\xfe".b + "bytes"'), 1, 'bytes'),
    'parent missing': recipe(
        BEFORE + 'file "@ROOT@/no/dir/x" do\n  content "y"\nend\n', 1,
        'Parent directory', r'file\[', DEFAULT),
    'disk full': recipe(
        BEFORE + 'file "/dev/full/x" do\n  content "y"\nend\n', 1),
    # other inputs
    'bad JSON': recipe(BEFORE, 2, r'node\.json', ran=False,
                       json='{"run_list": [}'),
    'missing JSON': recipe(BEFORE, 2, r'absent\.json', ran=False,
                           args=['-j', 'absent.json']),
    'JSON too deep': recipe(BEFORE, 2, ran=False,
                            json='{"a":' + '[' * 5000 + ']' * 5000 + '}'),
    'bad solo.rb': recipe(BEFORE, 2, r'solo\.rb', ran=False,
                          solo='cookbook_path [\n'),
    'missing cookbook': recipe(BEFORE, 1, 'nosuch', ran=False,
                               json='{"run_list": ["nosuch"]}'),
    'missing recipe': recipe(BEFORE, 1, 'nosuch', ran=False,
                             json='{"run_list": ["t::nosuch"]}'),
    'missing role': recipe(BEFORE, 1, 'nosuch', ran=False,
                           json='{"run_list": ["role[nosuch]"]}'),
    'unknown option': recipe(BEFORE, 1, 'nosuch', ran=False,
                             args=['--nosuch']),
}


def put(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'w', encoding='utf-8') as f:
        f.write(text)


def run(solo, case, work):
    root = os.path.join(work, 'root')
    os.makedirs(root)
    put(f'{work}/cookbooks/t/metadata.rb', 'name "t"\nversion "1.0.0"\n')
    put(f'{work}/cookbooks/t/recipes/default.rb',
        case['recipe'].replace('@ROOT@', root))
    put(f'{work}/solo.rb',
        f'cookbook_path "{work}/cookbooks"\nfile_cache_path "{work}/cache"\n'
        f'file_backup_path "{work}/backup"\nrole_path "{work}/roles"\n'
        'node_name "t"\n' + case.get('solo', ''))
    put(f'{work}/node.json', case.get('json', '{"run_list": ["t"]}'))
    argv = [*solo, '-c', f'{work}/solo.rb', '-j', f'{work}/node.json', '-F',
            'doc', '--no-color', '-l', 'info', *case.get('args', [])]
    return subprocess.run(argv, cwd=work, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=120, check=False), root


def faults(solo, case):
    with tempfile.TemporaryDirectory(prefix='hostile-') as work:
        try:
            done, root = run(solo, case, work)
        except subprocess.TimeoutExpired:
            return ['did not end within 120 s'], ''
        text = done.stdout.decode('utf-8', 'replace')
        found = []
        if case['status'] is not None and done.returncode != case['status']:
            found.append(f'exit status {done.returncode}, '
                         f'expected {case["status"]}')
        if done.returncode < 0:
            found.append(f'died of signal {-done.returncode}')
        for pattern in case['says']:
            if not re.search(pattern, text):
                found.append(f'output does not match {pattern!r}')
        if case['ran']:
            path = os.path.join(root, 'before')
            if not os.path.exists(path) or open(path).read() != 'whole\n':
                found.append('the resource before the harm was lost')
        odd = [n for n in os.listdir(root) if n.startswith('.')]
        if odd:
            found.append(f'left behind: {odd}')
        if re.search(r'runtime/lib/\S+\.rb:\d+:in .*(NoMethodError|TypeError)',
                     text):
            found.append('the runtime itself raised')
        return found, text[-3000:]


def main():
    solo = shlex.split(sys.argv[1])
    wanted = sys.argv[2:] or list(CASES)
    failed = 0
    for name in wanted:
        found, text = faults(solo, CASES[name])
        print(f'{"FAIL" if found else "ok":5} {name}', flush=True)
        for fault in found:
            print(f'      {fault}')
        if found:
            failed += 1
            print('      | ' + text.replace('\n', '\n      | '))
    print(f'{len(wanted) - failed} passed, {failed} failed')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
