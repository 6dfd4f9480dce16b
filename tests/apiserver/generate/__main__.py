# SPDX-License-Identifier: Apache-2.0
"""Writes the recorded clusters: python3 tests/apiserver/generate [--check] [CLUSTERS_DIR].

What it writes is committed, and is what the server serves; --check says whether the two agree.
"""

import os
import sys

sys.dont_write_bytecode = True

import recording  # noqa: E402
from scenarios import SCENARIOS  # noqa: E402


def main(argv):
    check = "--check" in argv
    rest = [a for a in argv if a != "--check"]
    here = os.path.dirname(os.path.abspath(__file__))
    top = rest[0] if rest else os.path.join(here, "..", "clusters")
    bad = 0
    for name, make in SCENARIOS.items():
        tree = make()
        folder = os.path.join(top, name)
        if check:
            for path in recording.differences(tree, folder):
                print(f"{name}/{path}: not what the generator writes")
                bad += 1
            continue
        recording.write(tree, folder)
        print(f"{name}: {len(tree)} files, {sum(len(t.encode()) for t in tree.values())} bytes")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
