#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes docs/compatibility.md: which test proves which rule of Chef 11.

Usage: gen_compatibility.py [--check]

Rules are numbered facts about Chef 11: CORE-n for the language, RES-area-n
for the resources. A conformance case names the rules it was recorded for; a
test of ours cites a rule in its name or text. With --check nothing is written
and a stale page is an error.
"""
import collections
import glob
import json
import os
import re
import sys

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..')
PAGE = os.path.join(TOP, 'docs', 'compatibility.md')
INTRO = os.path.join(TOP, 'docs', 'compatibility-intro.md')
CITED = re.compile(r'(?<![a-z])(CORE|RES)[-_]((?:[a-z_]+[-_])?\d+)(?!\d)',
                   re.I)


def read(path):
    with open(path, encoding='utf-8', errors='replace') as f:
        return f.read()


def passes():
    lines = read(os.path.join(TOP, 'tests/conformance/passes.txt'))
    return {line for line in lines.splitlines() if line and line[0] != '#'}


def differs():
    """Conformance cases that differ on purpose: name, rule, why."""
    lines = read(os.path.join(TOP, 'tests/conformance/differs.txt'))
    return [line.split(' ', 2) for line in lines.splitlines()
            if line and line[0] != '#']


def from_conformance(proofs):
    passed = passes()
    total = 0
    for path in glob.glob(f'{TOP}/tests/conformance/open/*/case.json'):
        name = os.path.basename(os.path.dirname(path))
        total += 1
        for rule in json.loads(read(path)).get('rules', []):
            mark = '' if name in passed else ' (differs)'
            proofs[rule.strip()].add(f'conformance `{name}`{mark}')
    return len(passed), total


def from_tests(proofs):
    paths = glob.glob(f'{TOP}/tests/**/*.*', recursive=True)
    for path in sorted(paths):
        rel = os.path.relpath(path, TOP)
        if rel.startswith('tests/conformance/') or \
                not path.endswith(('.c', '.rb', '.py')):
            continue
        for kind, rest in CITED.findall(read(path)):
            number = rest.split('-')[-1].split('_')[-1]
            area = rest[:-len(number)].rstrip('-_').replace('-', '_')
            if kind.upper() == 'CORE':
                if area:
                    continue
                rule = f'CORE-{int(number):03d}'
            else:
                if not area:
                    continue
                rule = f'RES-{area.lower()}-{int(number)}'
            proofs[rule].add(f'`{rel}`')


def unproved(proofs):
    """Rules of docs/rules.txt that no test cites, with why none has to."""
    lines = read(os.path.join(TOP, 'docs', 'rules.txt')).splitlines()
    rules = [line.partition(' ') for line in lines if line and line[0] != '#']
    return [(rule, why) for rule, _, why in rules if rule not in proofs]


def listed(proofs):
    excused = [(rule, why) for rule, why in unproved(proofs) if why]
    open_ = [rule for rule, why in unproved(proofs) if not why]
    out = ['', '## Rules that no test cites', '']
    out += [f'* {rule}: {why}' for rule, why in excused]
    if open_:
        out += ['', 'Without a test of their own yet: ' + ', '.join(open_) +
                '.']
    return out


def order(rule):
    kind, _, rest = rule.partition('-')
    area, _, number = rest.rpartition('-')
    digits = re.sub(r'\D', '', number) or '0'
    return (kind, area, int(digits), rule)


def page():
    proofs = collections.defaultdict(set)
    passed, total = from_conformance(proofs)
    from_tests(proofs)
    out = [read(INTRO),
           '| conformance case that differs | rule | why |', '|---|---|---|']
    out += [f'| `{name}` | {rule} | {why} |' for name, rule, why in differs()]
    out += ['', '## Rules and the tests that prove them', '',
            f'{passed} of {total} conformance cases recorded from the real '
            f'Chef 11.18 pass; {len(proofs)} rules are cited by a test.', '',
            '| rule | proved by |', '|---|---|']
    for rule in sorted(proofs, key=order):
        cells = sorted(proofs[rule])
        more = f', and {len(cells) - 4} more' if len(cells) > 4 else ''
        out.append(f'| {rule} | {", ".join(cells[:4])}{more} |')
    out += listed(proofs)
    return '\n'.join(out) + '\n'


def main():
    text = page()
    if '--check' in sys.argv:
        if read(PAGE) != text:
            print('docs/compatibility.md is stale: run '
                  'docs/gen_compatibility.py')
            return 1
        return 0
    with open(PAGE, 'w', encoding='utf-8') as f:
        f.write(text)
    return 0


if __name__ == '__main__':
    sys.exit(main())
