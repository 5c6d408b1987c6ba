#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""House rules that a machine can check. Usage: lint.py CHECK [ROOT]

Each check prints one line a finding (file:line: text) and exits 1 if there
was any. `lint.py all` runs every check.
"""
import fnmatch
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

HERE = os.path.dirname(os.path.abspath(__file__))
C_ROOMS = ['common', 'wire', 'resources', 'providers', 'runtime',
           'cookbooks-cache', 'runner', 'router', 'docs', 'tests']
BANNED = ('strcpy strcat strncpy strncat sprintf vsprintf strtok strtok_r '
          'gets atoi atol gmtime localtime ctime asctime mktemp tempnam '
          'system popen strerror alloca signal sleep').split()
LINES_MAX = 600


def tracked(root, *patterns):
    out = subprocess.run(['git', '-C', root, 'ls-files', '-co',
                          '--exclude-standard', *patterns],
                         check=True, capture_output=True, text=True).stdout
    return [p for p in out.splitlines()
            if not p.startswith('tests/conformance/')
            and os.path.isfile(os.path.join(root, p))]


def c_files(root):
    return [p for p in tracked(root, '*.c', '*.h')
            if p.split('/')[0] in C_ROOMS]


def lines_of(root, path):
    with open(os.path.join(root, path), encoding='utf-8') as f:
        return f.read().splitlines()


def table(name):
    with open(os.path.join(HERE, name), encoding='utf-8') as f:
        rows = [line.split('#')[0].strip() for line in f]
    return [r for r in rows if r]


def check_rooms(root):
    """Includes and CMake link lines go only in the drawn direction."""
    allowed = {}
    for row in table('rooms.txt'):
        room, _, rest = row.partition(':')
        allowed[room] = set(rest.split()) | {room}
    for path in c_files(root):
        room = path.split('/')[0]
        if room == 'tests':
            continue
        for n, line in enumerate(lines_of(root, path), 1):
            m = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
            if not m:
                continue
            target = m.group(1).split('/')[0]
            if '/' not in m.group(1):
                yield f'{path}:{n}: write "room/file.h", not {m.group(1)}'
            elif target not in allowed.get(room, set()):
                yield f'{path}:{n}: room {room} may not include {target}/'
    library = {'common': 'common', 'common_http': 'common',
               'common_yml': 'common', 'common_loop': 'common',
               'wire': 'wire', 'resources': 'resources',
               'providers': 'providers', 'converge': 'runtime',
               'ohai': 'runtime', 'fetchcore': 'cookbooks-cache',
               'runnercore': 'runner', 'operatorcore': 'runner',
               'common_db': 'common',
               'common_http_loop': 'common', 'routercore': 'router'}
    for path in tracked(root, '*CMakeLists.txt'):
        room = path.split('/')[0]
        if room in ('tests', 'CMakeLists.txt'):
            continue
        text = '\n'.join(lines_of(root, path))
        for call in re.findall(r'target_link_libraries\(([^)]*)\)', text):
            for word in call.split()[1:]:
                owner = library.get(word)
                if owner and owner not in allowed.get(room, set()):
                    yield f'{path}: room {room} may not link {word}'


def check_owners(root):
    """Outside headers stay in the files that own them."""
    owners = [(r.split()[0], r.split()[1:]) for r in table('owners.txt')]
    for path in c_files(root):
        for n, line in enumerate(lines_of(root, path), 1):
            m = re.match(r'\s*#\s*include\s+<([^>]+)>', line)
            if not m:
                continue
            for prefix, globs in owners:
                if m.group(1).startswith(prefix) and not any(
                        fnmatch.fnmatch(path, g) for g in globs):
                    yield f'{path}:{n}: <{m.group(1)}> belongs to {globs}'


def check_banned(root):
    """No function of common/banned.h is called."""
    call = re.compile(r'(?<![\w.>"])(%s)\s*\(' % '|'.join(BANNED))
    for path in c_files(root):
        if path == 'common/banned.h':
            continue
        in_comment = False
        for n, line in enumerate(lines_of(root, path), 1):
            code = re.sub(r'"(\\.|[^"\\])*"', '""', line)
            if in_comment:
                if '*/' not in code:
                    continue
                code, in_comment = code.split('*/', 1)[1], False
            code = re.sub(r'/\*.*?\*/', '', code)
            if '/*' in code:
                code, in_comment = code.split('/*', 1)[0], True
            m = call.search(code.split('//')[0])
            if m:
                yield f'{path}:{n}: {m.group(1)} is banned'


def check_form(root):
    """SPDX line first, #pragma once, size of files."""
    for path in c_files(root):
        text = lines_of(root, path)
        if not text or 'SPDX-License-Identifier: MIT' not in text[0]:
            yield f'{path}:1: no SPDX line'
        if path.endswith('.h') and '/tbl/' not in path and \
                '#pragma once' not in text:
            yield f'{path}:1: no #pragma once'
        if len(text) > LINES_MAX:
            yield f'{path}: {len(text)} lines (limit {LINES_MAX})'
    for path in tracked(root, 'runtime/lib/*.rb', 'resources/rightscale/*.rb'):
        text = lines_of(root, path)
        if len(text) > LINES_MAX:
            yield f'{path}: {len(text)} lines (limit {LINES_MAX})'


def check_ruby(root):
    """Ruby boundary: no cast on registration, roots only in host.c, no AUTO."""
    for path in tracked(root, 'runtime/ruby/*.c', 'runtime/ruby/*.h'):
        text = lines_of(root, path)
        with_ruby = any('ruby.h>' in line for line in text)
        for n, line in enumerate(text, 1):
            if 'RUBY_METHOD_FUNC' in line:
                yield f'{path}:{n}: no cast on method registration'
            if 'rb_gc_register_address' in line and \
                    not path.endswith('host.c'):
                yield f'{path}:{n}: roots live in the table of host.c'
            if with_ruby and 'common/auto.h' in line:
                yield f'{path}:{n}: no AUTO where Ruby may raise'


def check_magic(root):
    """Object magics are unique."""
    seen = {}
    for path in c_files(root):
        for n, line in enumerate(lines_of(root, path), 1):
            m = re.match(r'#\s*define\s+(\w+_MAGIC)\s+(\w+)', line)
            if not m:
                continue
            if m.group(2) in seen:
                yield (f'{path}:{n}: {m.group(1)} equals '
                       f'{seen[m.group(2)]}')
            seen[m.group(2)] = m.group(1)


def check_words(root):
    """The repository speaks of the project alone."""
    bad = re.compile(r'/work/|/tmp/rl/|Co-Authored-By|\bTODO\b(?!\(#\d+\))')
    for path in tracked(root):
        if path == 'tests/lint/lint.py':
            continue
        try:
            text = lines_of(root, path)
        except UnicodeDecodeError:
            continue
        for n, line in enumerate(text, 1):
            if bad.search(line):
                yield f'{path}:{n}: {line.strip()[:80]}'


def check_headers(root):
    """Every header compiles alone, with gcc and clang."""
    flags = ['-std=gnu17', '-D_GNU_SOURCE', '-fsyntax-only', '-I', root,
             '-Wall', '-Wextra', '-Wno-unused', '-x', 'c']
    ruby = subprocess.run(['pkg-config', '--cflags', 'ruby-3.1'],
                          capture_output=True, text=True).stdout.split()
    ruby = [f.replace('-I', '-isystem', 1) for f in ruby]
    headers = [p for p in c_files(root)
               if p.endswith('.h') and '/tbl/' not in p]

    def one(job):
        compiler, path = job
        extra = ruby if path.startswith('runtime/ruby/') else []
        r = subprocess.run([compiler, *flags, *extra,
                            os.path.join(root, path)],
                           capture_output=True, text=True)
        if r.returncode:
            return f'{path}: {compiler}: {r.stderr.strip().splitlines()[0]}'
        return None

    jobs = [(c, p) for c in ('gcc', 'clang') for p in headers]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield from filter(None, pool.map(one, jobs))


def check_format(root):
    """clang-format has nothing to change."""
    def one(path):
        r = subprocess.run(['clang-format', '--dry-run', '-Werror', path],
                           cwd=root, capture_output=True, text=True)
        return r.stderr.splitlines()[0] if r.returncode else None

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield from filter(None, pool.map(one, c_files(root)))


def check_shell(root):
    """shellcheck is content."""
    scripts = [p for p in tracked(root) if p.endswith('.sh') or (
        '.' not in os.path.basename(p) and
        open(os.path.join(root, p), 'rb').read(32).startswith(
            (b'#!/bin/sh', b'#!/bin/bash', b'#!/usr/bin/env bash')))]
    scripts = [s for s in scripts if not s.startswith('docs/demo-bundle')]
    r = subprocess.run(['shellcheck', '-f', 'gcc', *scripts], cwd=root,
                       capture_output=True, text=True)
    yield from r.stdout.splitlines()


def check_commits(root):
    """Subjects read "room: imperative subject", at most 72 characters."""
    r = subprocess.run(['git', '-C', root, 'log', '--no-merges',
                        '--format=%h %s', '-300'],
                       capture_output=True, text=True)
    for line in r.stdout.splitlines():
        commit, _, subject = line.partition(' ')
        if len(subject) > 72:
            yield f'{commit}: subject has {len(subject)} characters'
        if not re.match(r"[\w./, *{}+-]+: \S", subject):
            yield f'{commit}: no "room: " in front: {subject}'


CHECKS = {name[6:]: fn for name, fn in list(globals().items())
          if name.startswith('check_')}


def main():
    if len(sys.argv) < 2 or sys.argv[1] not in [*CHECKS, 'all']:
        print(__doc__, 'checks:', *CHECKS, file=sys.stderr)
        return 2
    root = os.path.abspath(sys.argv[2] if len(sys.argv) > 2
                           else os.path.join(HERE, '..', '..'))
    names = CHECKS if sys.argv[1] == 'all' else [sys.argv[1]]
    found = 0
    for name in names:
        for finding in CHECKS[name](root):
            print(f'{name}: {finding}')
            found += 1
    return 1 if found else 0


if __name__ == '__main__':
    sys.exit(main())
