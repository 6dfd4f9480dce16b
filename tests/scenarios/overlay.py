# SPDX-License-Identifier: Apache-2.0
"""overlay -- makes a cluster folder of a scenario: a recorded cluster with what the scenario changes.

The folder is an overlay that tests/apiserver/server.py serves.  What a scenario may say is in Scenario.
"""

import fnmatch
import json
import os
import re
import sys
from dataclasses import dataclass, field

APISERVER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "apiserver")
sys.path[:0] = [APISERVER, os.path.join(APISERVER, "generate")]
sys.dont_write_bytecode = True

from fakekube import cluster as fake  # noqa: E402
from recording import stamp  # noqa: E402

CLUSTERS = os.path.join(APISERVER, "clusters")
BASES = {"0.8": "bookinfo-healthy", "0.5": "bookinfo-0.5"}


@dataclass
class Scenario:
    """What is changed, and what must be said of it.

    Places name pods as NAMESPACE/POD, where * matches as in a shell; every place must match something.
    """

    name: str
    base: str                                     # a key of BASES
    says: str                                     # one line: what is wrong, or unusual and well
    guide: list = field(default_factory=list)     # sections of the guide that must be found
    finds: list = None                            # rules that find something, all of them
    unseen: list = field(default_factory=list)    # rules that may lack their evidence
    blind: list = field(default_factory=list)     # rules that must lack their evidence: never ok
    edits: list = field(default_factory=list)     # of objects: as in edits/*.json, or clone below
    logs: list = field(default_factory=list)      # (place, container, [(seconds before the recording, text)])
    without: list = field(default_factory=list)   # (place, container, regular expression): lines that are taken away
    metrics: list = field(default_factory=list)   # (place, port, {series or /regular expression/: value or None})
    answers: list = field(default_factory=list)   # (place, port, {path: answer}); None for the port: refused
    skews: list = field(default_factory=list)     # (place, port, seconds): all answers carry another Date
    texts: list = field(default_factory=list)     # (path pattern, old, new) in recorded files
    targets: dict = field(default_factory=dict)   # job of Prometheus -> why it cannot be scraped; None: nothing is kept
    documents: list = field(default_factory=list)  # (path pattern, changes): of recorded JSON, as in words.ops
    files: dict = field(default_factory=dict)     # path -> text
    execs: list = field(default_factory=list)     # as in exec/*.json, before those of the base
    about: dict = field(default_factory=dict)     # of cluster.json
    rbac: dict = None
    faults: list = None
    rename: list = field(default_factory=list)    # (old, new) in all files and their names
    serve: list = field(default_factory=list)     # options of the server
    collect: list = field(default_factory=list)   # options of the collector


class Overlay:
    def __init__(self, scenario, folder):
        self.scenario = scenario
        self.folder = folder
        self.base = os.path.join(CLUSTERS, BASES[scenario.base])
        if scenario.rename:
            self.base = self._renamed()
        self.recorded = fake.Cluster(self.base)
        self.names = sorted(os.path.relpath(os.path.join(top, name), self.base)
                            for top, _, names in os.walk(self.base) for name in names)
        self.changed = {}

    def _renamed(self):
        """A copy of the base with other words in all files and their names."""
        copy = os.path.join(self.folder, "base")
        for top, _, names in os.walk(self.base):
            for name in names:
                path = os.path.join(top, name)
                with open(path, encoding="utf-8") as file:
                    text = file.read()
                target = os.path.relpath(path, self.base)
                for old, new in self.scenario.rename:
                    text, target = text.replace(old, new), target.replace(old, new)
                self._write(os.path.join("base", target), text)
        return copy

    def _write(self, path, text):
        full = os.path.join(self.folder, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as file:
            file.write(text)

    def text(self, path):
        if path not in self.changed:
            with open(os.path.join(self.base, path), encoding="utf-8") as file:
                self.changed[path] = file.read()
        return self.changed[path]

    def matching(self, pattern):
        found = fnmatch.filter(sorted({*self.names, *self.changed}), pattern)
        if not found:
            raise ValueError(f"{self.scenario.name}: {pattern} names no file of the base")
        return found

    def pods(self, place):
        """NAMESPACE/POD of the pods of the base and of the clones that fit."""
        pods = [f"{key[2]}/{key[3]}" for key in sorted(self.recorded.objects) if key[1] == "Pod"]
        pods += [f"{e['add']['metadata']['namespace']}/{e['add']['metadata']['name']}" for e in self.edits
                 if e.get("add", {}).get("kind") == "Pod"]
        found = fnmatch.filter(pods, place)
        if not found:
            raise ValueError(f"{self.scenario.name}: {place} names no pod")
        return found

    # -- parts ---------------------------------------------------------------------------------

    def _clone(self, edit):
        """{"clone": reference, "name": NAME, "merge": ..., "ops": [...]}: another object like one of the base.
        Another pod writes and answers the same."""
        keys = self.recorded.select(edit["clone"])
        if len(keys) != 1:
            raise ValueError(f"{self.scenario.name}: {edit['clone']} names {len(keys)} objects")
        obj = json.loads(json.dumps(self.recorded.objects[keys[0]]))
        for word in ("uid", "selfLink", "resourceVersion"):
            obj["metadata"].pop(word, None)
        obj["metadata"]["name"] = edit["name"]
        obj = fake.merge(obj, edit.get("merge", {}))
        for op in edit.get("ops", ()):
            fake.apply_op(obj, op)
        if keys[0][1] == "Pod":
            for top in ("logs", "proxy"):
                old = f"{top}/{keys[0][2]}/{keys[0][3]}/"
                for path in [n for n in self.names if n.startswith(old)]:
                    self.changed[f"{top}/{obj['metadata']['namespace']}/{edit['name']}/{path[len(old):]}"] = self.text(path)
        return {"add": obj}

    def _logs(self):
        for place, container, records in self.scenario.logs:
            for pod in self.pods(place):
                path = f"logs/{pod}/{container}.log"
                lines = self.text(path).splitlines() if path in {*self.names, *self.changed} else []
                for offset, text in sorted(records, key=lambda record: record[0]):
                    for number, line in enumerate(text.split("\n")):
                        lines.append(f"{stamp(offset + number * 1e-6, 9)} {line}")
                lines.sort(key=lambda line: line[:30])
                self.changed[path] = "".join(line + "\n" for line in lines)
        for place, container, pattern in self.scenario.without:
            for pod in self.pods(place):
                path = f"logs/{pod}/{container}.log"
                kept = [line for line in self.text(path).splitlines(True) if not re.search(pattern, line)]
                if len(kept) == len(self.text(path).splitlines()):
                    raise ValueError(f"{self.scenario.name}: {pattern} matches no line of {path}")
                self.changed[path] = "".join(kept)

    def _metrics(self):
        for place, port, series in self.scenario.metrics:
            for pod in self.pods(place):
                for number, path in enumerate(self.matching(f"proxy/{pod}/{port}/metrics*.prom")):
                    self.changed[path] = self._page(self.text(path), series, number)

    def _page(self, text, series, sample):
        lines = text.splitlines()
        for name, value in series.items():
            value = value[sample] if isinstance(value, tuple) else value
            if name.startswith("/"):
                kept = [line for line in lines if not re.match(name.strip("/"), line)]
                assert value is None and len(kept) < len(lines), name
            else:
                kept = [line for line in lines if line.rpartition(" ")[0] != name]
                if value is not None:
                    kept.append(f"{name} {value}")
            lines = kept
        return "".join(line + "\n" for line in lines)

    def _answers(self):
        for place, port, routes in self.scenario.answers:
            for pod in [place] if place.startswith("_nodes/") else self.pods(place):
                path = f"proxy/{pod}/{port}/routes.json"
                if routes is None:
                    self.hidden.append(path)
                    continue
                known = json.loads(self.text(path)) if path in {*self.names, *self.changed} else {}
                known.update(routes)
                self.changed[path] = json.dumps(known)

    def _skews(self):
        for place, port, seconds in self.scenario.skews:
            for path in self.matching(f"proxy/{place}/{port}/routes.json"):
                routes = json.loads(self.text(path))
                self.changed[path] = json.dumps({k: {**answer, "date_skew_s": seconds} for k, answer in routes.items()})

    def _targets(self):
        """What Prometheus says of its targets."""
        if not self.scenario.targets:
            return
        [path] = self.matching("proxy/istio-system/prometheus-*/9090/targets.json")
        document = json.loads(self.text(path))
        data = document["data"]
        for job, error in self.scenario.targets.items():
            those = [t for t in data["activeTargets"] if t["labels"]["job"] == job]
            assert those, job
            for target in those:
                if error is None:
                    data["activeTargets"].remove(target)
                    data["droppedTargets"].append({"discoveredLabels": target["discoveredLabels"]})
                else:
                    target.update(health="down", lastError=error)
        self.changed[path] = json.dumps(document)

    def _documents(self):
        for pattern, changes in self.scenario.documents:
            for path in self.matching(pattern):
                document = json.loads(self.text(path))
                for op in changes:
                    fake.apply_op(document, op)
                self.changed[path] = json.dumps(document)

    def _texts(self):
        for pattern, old, new in self.scenario.texts:
            hits = 0
            for path in self.matching(pattern):
                if old in self.text(path):
                    hits += 1
                    self.changed[path] = self.changed[path].replace(old, new)
            if not hits:
                raise ValueError(f"{self.scenario.name}: {old} is not in {pattern}")

    def write(self):
        scenario = self.scenario
        self.edits = []
        self.edits = [self._clone(e) if "clone" in e else e for e in scenario.edits]
        self.hidden = list(scenario.about.get("remove_files", []))
        self._texts()
        self._documents()
        self._targets()
        self._logs()
        self._metrics()
        self._answers()
        self._skews()
        self.changed.update(scenario.files)
        about = {"description": scenario.says, "base": self.base, **scenario.about, "remove_files": self.hidden}
        parts = {"cluster": about, "edits/edits": self.edits, "exec/exec": scenario.execs, "rbac": scenario.rbac,
                 "faults": scenario.faults}
        for path, text in self.changed.items():
            self._write(path, text)
        for name, part in parts.items():
            if part:
                self._write(f"{name}.json", json.dumps(part))
        return self.folder


def write(scenario, folder):
    """Writes the scenario's cluster into an empty folder."""
    return Overlay(scenario, folder).write()
