#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""traces.py -- judges a trace of meshcase-collect: what it wrote, and whom it spoke to.

    strace -f -qq -e trace=network,openat,open,creat,mkdir,mkdirat -o TRACE meshcase-collect ...; traces.py TRACE

The collector itself writes the nameless spool, the partial bundle and what kubectl is to know already, and speaks to
the socket of kubectl proxy alone.
"""

import re
import sys

lines = [line.split(None, 1) for line in open(sys.argv[1], errors="replace")]
# The process that opens the partial bundle is the collector, whatever started it.
ours = next(pid for pid, text in lines if ".partial-" in text)
written, spoken = set(), set()
for pid, text in lines:
    if pid != ours:
        continue
    opened = re.match(r'(?:openat\([^,]+, |open\()"([^"]*)", ([A-Z_|0-9]+)', text)
    if opened and re.search(r"O_WRONLY|O_RDWR|O_CREAT|O_TMPFILE", opened.group(2)):
        written.add((opened.group(1), "O_TMPFILE" if "TMPFILE" in opened.group(2) else "named"))
    if text.startswith("connect("):
        spoken.add(re.sub(r"^connect\(\d+, |, \d+\) = .*", "", text).strip())
print("written:", sorted(written))
print("spoken to:", sorted(spoken))
bad = [w for w in written if w[1] != "O_TMPFILE" and ".partial-" not in w[0] and not w[0].startswith("/dev/null") and "/cache/discovery/" not in w[0]]
assert not bad, bad
assert spoken and all("AF_UNIX" in s and "meshcase-" in s for s in spoken), spoken
