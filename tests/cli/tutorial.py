#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tutorial.py write FOLDER PAGE...: the commands of the pages' console blocks, as FOLDER/run, with what
the pages show of each as FOLDER/NUMBER.shown; run leaves what each says as FOLDER/NUMBER.said.
tutorial.py compare SHOWN SAID: fails where SHOWN is not what was said, lines left out at "..." aside."""
import re
import sys
from pathlib import Path

GAP = '...'
# What differs from run to run, and what grows with each new rule and line of the plan.
MOVING = [(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z', 'TIME'),
          (r'[\d.]+ [KM]iB', 'SIZE'),
          (r'\d+ (ok|not applicable|captures complete|members)\b', r'N \1'),
          (r'\d+ of \d+ rights', 'N of N rights')]


def steps(page):
    """Pairs of a command and the lines that are shown below it."""
    found = []
    for block in re.findall(r'^```console\n(.*?)^```$', page, re.M | re.S):
        lines = block.splitlines()
        assert lines[0].startswith('$ '), f'no command leads {lines[0]!r}'
        for line in lines:
            if line.startswith('$ '):
                found.append((line[2:], []))
            else:
                found[-1][1].append(line)
    return found


def write(folder, pages):
    script = ['step() { (exit $status); }', 'status=0']
    number = 100
    for page in pages:
        found = steps(Path(page).read_text())
        assert found, f'{page} shows no command'
        for command, shown in found:
            number += 1
            base = f'{folder}/{number}'
            Path(base + '.command').write_text(command + '\n')
            Path(base + '.shown').write_text(''.join(line + '\n' for line in shown))
            # Each command sees the status of the one before it, as at a prompt.
            script += ['step', f'{{ {command}', f"}} >'{base}.said' 2>&1 </dev/null", 'status=$?']
    Path(folder, 'run').write_text('\n'.join(script) + '\n')


def plain(path):
    text = Path(path).read_text()
    for pattern, word in MOVING:
        text = re.sub(pattern, word, text)
    return text.splitlines()


def matches(shown, said):
    """The line of SHOWN that was not said, None where all were.  Runs between gaps are whole."""
    runs, at, loose = [[]], 0, False
    for line in shown:
        runs.append([]) if line == GAP else runs[-1].append(line)
    for i, run in enumerate(runs):
        last = i == len(runs) - 1
        if last and not run:
            return None if loose or at == len(said) else said[at]
        places = range(at, len(said) - len(run) + 1) if loose else [at]
        if last and loose:
            places = [p for p in places if p + len(run) == len(said)]
        place = next((p for p in places if said[p:p + len(run)] == run), None)
        if place is None or (last and place + len(run) != len(said)):
            return '\n'.join(run)
        at, loose = place + len(run), True
    return None


def compare(shown, said):
    wrong = matches(plain(shown), plain(said))
    if wrong is not None:
        sys.exit(f'shown, and not said:\n{wrong}\nsaid:\n' + Path(said).read_text())


if __name__ == '__main__':
    write(sys.argv[2], sys.argv[3:]) if sys.argv[1] == 'write' else compare(sys.argv[2], sys.argv[3])
