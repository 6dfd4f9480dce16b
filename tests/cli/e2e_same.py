# SPDX-License-Identifier: Apache-2.0
"""e2e_same.py REPORT REPORT -- what two reports on the same evidence say differently: a line each."""
import json
import sys


def main():
    one, other = (json.load(open(path, encoding="utf-8")) for path in sys.argv[1:3])
    for part in ("verdicts", "summary"):
        if one[part] == other[part]:
            continue
        print(f"with fewer fields the {part} are not the same")
        for a, b in zip(one[part], other[part]):
            if a != b:
                print(f"  {a}\n  {b}")
                break


main()
