# SPDX-License-Identifier: Apache-2.0
"""faults -- what goes wrong on purpose, by method and path, a given number of times."""

import fnmatch
import threading
import urllib.parse

ACTIONS = ("status", "hang", "reset", "truncate", "slow", "delay", "expire", "endless")
KEYS = {
    "method",
    "path",
    "query",
    "action",
    "status",
    "message",
    "retry_after",
    "body",
    "type",
    "seconds",
    "bytes",
    "bytes_per_second",
    "count",
    "after",
    "comment",
}


class Faults:
    """A list of faults; each request takes the first that matches and is not used up."""

    def __init__(self, entries):
        self.entries = []
        self.lock = threading.Lock()
        for entry in entries:
            unknown = set(entry) - KEYS
            if unknown or entry.get("action") not in ACTIONS or "path" not in entry:
                raise ValueError(
                    f"fault {entry}: needs path and one action of {', '.join(ACTIONS)}; unknown: {sorted(unknown)}"
                )
            self.entries.append(dict(entry, seen=0, used=0))

    def take(self, method, path, query):
        """The fault for this request, or None.  path is a shell pattern over the decoded path."""
        asked = {k: v[-1] for k, v in urllib.parse.parse_qs(query, keep_blank_values=True).items()}
        with self.lock:
            for entry in self.entries:
                if entry.get("method", "GET") not in (method, "*"):
                    continue
                if not fnmatch.fnmatchcase(path, entry["path"]):
                    continue
                if not all(fnmatch.fnmatchcase(asked.get(k, ""), v) for k, v in entry.get("query", {}).items()):
                    continue
                entry["seen"] += 1
                if entry["seen"] <= entry.get("after", 0) or entry["used"] >= entry.get("count", 1 << 30):
                    continue
                entry["used"] += 1
                return entry
        return None
