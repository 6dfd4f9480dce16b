# SPDX-License-Identifier: Apache-2.0
"""backends -- what pods answer over HTTP (through the proxy subresource) and to exec.

proxy/NAMESPACE/POD/PORT/routes.json is {"PATH" or "PATH?QUERY": ANSWER}.  ANSWER has "body", or
"files" (beside routes.json; each further request gets the next one, the last one stays), and
optionally status, type, headers, date_skew_s, delay_s and error (a network error instead of an answer).
exec/*.json is a list of {"pods": "NS/POD" pattern, "container": pattern or patterns, "argv" or
"argv_glob", and "stdout", "stderr", "exit" or "date": true}.
"""

import fnmatch
import os
import threading
import urllib.parse
from dataclasses import dataclass, field

REFUSED = "connection refused"


@dataclass
class Answer:
    status: int = 200
    type: str = "text/plain; charset=utf-8"
    body: bytes = b""
    headers: dict = field(default_factory=dict)
    date_skew_s: float = 0.0
    delay_s: float = 0.0
    error: str = ""  # "connection refused", "no route to host", "i/o timeout", "EOF"


@dataclass
class Execution:
    stdout: bytes = b""
    stderr: bytes = b""
    exit: int = 0
    delay_s: float = 0.0


def _fits(name, patterns):
    return any(fnmatch.fnmatchcase(name, p) for p in ([patterns] if isinstance(patterns, str) else patterns))


def _asked(argv, entry):
    if "argv" in entry:
        return entry["argv"] == argv
    return fnmatch.fnmatchcase(" ".join(argv), entry["argv_glob"])


class Backends:
    def __init__(self, cluster, watch):
        self.cluster = cluster
        self.watch = watch
        self.served = {}  # how often each route answered: selects its sample
        self.lock = threading.Lock()

    def http(self, place, port, path, query):
        """place is NAMESPACE/POD or _nodes/NODE; no routes.json for the port means nobody listens."""
        folder = f"proxy/{place}/{port}"
        routes = self.cluster.json(f"{folder}/routes.json")
        if routes is None:
            return Answer(error=REFUSED)
        full = path + ("?" + urllib.parse.unquote(query) if query else "")
        for key in (full, path, "*"):
            if key in routes:
                return self._answer(folder, key, routes[key])
        return Answer(404, "text/plain; charset=utf-8", b"404 page not found\n")

    def _answer(self, folder, key, route):
        skew = float(route.get("date_skew_s", 0))
        answer = Answer(
            route.get("status", 200),
            route.get("type", "text/plain; charset=utf-8"),
            b"",
            route.get("headers", {}),
            skew,
            float(route.get("delay_s", 0)),
            route.get("error", ""),
        )
        text = route.get("body", "")
        if "files" in route:
            with self.lock:
                count = self.served[folder + key] = self.served.get(folder + key, 0) + 1
            name = route["files"][min(count, len(route["files"])) - 1]
            path = self.cluster.file(os.path.normpath(f"{folder}/{name}"))
            if path is None:
                raise FileNotFoundError(f"{folder}/{name}")
            with open(path, encoding="utf-8") as file:
                text = file.read()
        answer.body = self.watch.fill(self.watch.move(text), skew).encode()
        return answer

    def exec(self, namespace, pod, container, argv):
        """The first recorded entry that fits; else the runtime's refusal to start an unknown program."""
        for entry in self.cluster.exec_entries:
            if not fnmatch.fnmatchcase(f"{namespace}/{pod}", entry.get("pods", "*")):
                continue
            if not _fits(container, entry.get("container", "*")) or not _asked(argv, entry):
                continue
            skew = float(entry.get("date_skew_s", 0))
            if entry.get("date"):
                return Execution(self._date(argv, skew), b"", 0, float(entry.get("delay_s", 0)))
            out, err = (
                self.watch.fill(self.watch.move(self._text(entry, k)), skew).encode() for k in ("stdout", "stderr")
            )
            return Execution(out, err, entry.get("exit", 0), float(entry.get("delay_s", 0)))
        program = argv[0] if argv else ""
        text = (
            f"rpc error: code = 2 desc = oci runtime error: exec failed: container_linux.go:247: starting container "
            f'process caused "exec: \\"{program}\\": executable file not found in $PATH"\n\n'
        )
        return Execution(text.encode(), b"", 126)

    def _date(self, argv, skew):
        """As date(1) with a +FORMAT, or without one."""
        form = next((a[1:] for a in argv if a.startswith("+")), "%a %b %e %H:%M:%S UTC %Y")
        return self.watch.fill(f"@NOW:{form}@\n", skew).encode()

    def _text(self, entry, stream):
        if stream + "_file" in entry:
            path = self.cluster.file("exec/" + entry[stream + "_file"])
            if path is None:
                raise FileNotFoundError("exec/" + entry[stream + "_file"])
            with open(path, encoding="utf-8") as file:
                return file.read()
        return entry.get(stream, "")
