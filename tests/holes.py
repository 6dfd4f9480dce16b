#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""holes.py -- a hole never reads as health.

Healthy and broken recorded clusters are served and collected.  Then each member in turn is taken away,
cut or emptied, with and without the manifest's saying so, and the rest analysed.  No verdict may appear
but "not evaluated", and where one is gone its rule must say "not evaluated": so nothing is found in a
healthy cluster, and what is found in a broken one never becomes well.

    holes.py [--all] [SCENARIO...]      --all: every member in every way (an hour)
"""
import argparse
import collections
import hashlib
import io
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "scenarios"), os.path.join(HERE, "lib")]
sys.dont_write_bytecode = True

import catalogue  # noqa: E402
import run as scenarios  # noqa: E402
from check_schema import faults_of  # noqa: E402

BUILD = scenarios.BUILD
REPORT_SCHEMA = json.loads(pathlib.Path(HERE, "../docs/report.schema.json").read_text(encoding="utf-8"))
SPEAKS_OF_COLLECTING = ("collector.log", "redactions.ndjson", "manifest.json")

MANY = ("exec/", "http/sidecar/", "kubernetes/config.istio.io/", "logs/kube-system/")

# Both releases, well and with several faults; a member in so many is tried where not all of them are.
CLUSTERS = {"well-plain-0.8": 1, "well-plain-0.5": 2, "several-all-of-mixer-0.8": 4, "several-control-plane-0.8": 4,
            "several-routes-0.8": 4, "several-injection-0.8": 4, "several-metrics-0.5": 4, "several-load-0.5": 4}


def collect(name, work):
    """The members of the cluster's bundle: name -> bytes."""
    options = argparse.Namespace(full=True, real=False, answers=str(work))
    bundle, _ = scenarios.collect(catalogue.named(name), work, options)
    members = {}
    with tarfile.open(bundle) as archive:
        for entry in archive:
            if entry.isfile() and "/" in entry.name:
                members[entry.name.partition("/")[2]] = archive.extractfile(entry).read()
    return members


def analyse(work, members):
    """Verdicts: (rule, subject) -> how often each."""
    with tarfile.open(work / "holed.tar", "w") as archive:
        for name, data in members.items():
            entry = tarfile.TarInfo("case/" + name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    run = subprocess.run([BUILD / "meshcase-analyze", "-f", "json", "--fail-on", "never",
                          work / "holed.tar"],
                         capture_output=True, check=True, timeout=60)
    verdicts = collections.defaultdict(collections.Counter)
    report = json.loads(run.stdout)
    faults = faults_of(report, REPORT_SCHEMA)
    assert not faults, faults
    for verdict in report["verdicts"]:
        # What rests on the manifest's records is told by how a capture ended.
        if "manifest" in verdict["rule"]["needs"]:
            continue
        verdicts[verdict["rule"]["id"], verdict["subject"]][verdict["verdict"]] += 1
    return verdicts


def with_capture(bundle, name, **changes):
    manifest = json.loads(bundle["manifest.json"])
    for capture in manifest["captures"]:
        if any(member["name"] == name for member in capture["members"]):
            capture.update(changes)
    return {**bundle, "manifest.json": json.dumps(manifest).encode()}


def forbidden(members, name):
    """It could not be collected, and the manifest says so."""
    rest = with_capture(members, name, state="failed", reason="it is forbidden", members=[],
                        **{"class": "forbidden"})
    del rest[name]
    return rest


def truncated(members, name):
    """Half of it was collected, and the manifest says so."""
    half = members[name][:len(members[name]) // 2]
    digest = hashlib.sha256(half).hexdigest()
    rest = with_capture(members, name, state="partial", reason="it was cut", truncated="bytes",
                        members=[{"name": name, "bytes": len(half), "sha256": digest}],
                        **{"class": "truncated"})
    return {**rest, name: half}


def lost(members, name):
    """It was collected and is not there any more."""
    return {other: data for other, data in members.items() if other != name}


def shortened(members, name):
    """It was collected and half of it is not there any more."""
    return {**members, name: members[name][:len(members[name]) // 2]}


def emptied(members, name):
    """It was collected and all of it is gone but its name."""
    return {**members, name: b""}


DAMAGES = (forbidden, truncated, lost, shortened, emptied)


def complaints(before, after):
    """Verdicts that a hole may not bring about."""
    silent = {rule for (rule, _), kinds in after.items() if kinds["not_evaluated"]}
    for key in sorted(before.keys() | after.keys()):
        for kind in after[key] - before[key]:
            if kind != "not_evaluated":
                yield f"{key[0]} says {kind} of '{key[1]}'"
        if before[key] - after[key] and key[0] not in silent:
            yield f"{key[0]} has nothing to say of '{key[1]}' and does not tell why"


def holes(members, step):
    """(name, damage) of what is tried; step 0: everything."""
    names = sorted(name for name in members if name not in SPEAKS_OF_COLLECTING)
    for i, name in enumerate(names):
        # Many of a kind: some of them do.
        if step and i % (step * 4 if name.startswith(MANY) else step):
            continue
        for k, damage in enumerate(DAMAGES):
            # One damage a member, another one for the next.
            if step and k != i // step % len(DAMAGES):
                continue
            if members[name] or damage in (lost, forbidden):
                yield name, damage


def judge(cluster, step, work):
    """How many holes were tried, and how many wrong verdicts there were."""
    members = collect(cluster, work)
    before = analyse(work, members)
    tried = wrong = 0
    for name, damage in holes(members, step):
        tried += 1
        for complaint in complaints(before, analyse(work, damage(members, name))):
            wrong += 1
            print(f"{cluster}: {name} {damage.__name__}: {complaint}", flush=True)
    return tried, wrong


def main():
    if not shutil.which("kubectl"):
        print("holes: skipped: no kubectl")
        return 77
    arguments = [a for a in sys.argv[1:] if a != "--all"]
    tried = wrong = 0
    for cluster in arguments or CLUSTERS:
        with tempfile.TemporaryDirectory() as folder:
            step = 0 if "--all" in sys.argv else CLUSTERS.get(cluster, 1)
            t, w = judge(cluster, step, pathlib.Path(folder))
            tried, wrong = tried + t, wrong + w
    print(f"{tried} holes, {wrong} wrong verdicts")
    return 1 if wrong or not tried else 0


if __name__ == "__main__":
    sys.exit(main())
