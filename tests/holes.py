#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""holes.py -- a hole never reads as health.

A healthy recorded cluster is served and collected.  Then each member in turn is taken away, cut or
emptied, with and without the manifest's saying so, and the rest analysed.  No verdict may appear but
"not evaluated", and where one is gone its rule must say "not evaluated".
"""
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
import time

SOURCE = pathlib.Path(os.environ.get("MESHCASE_SRCDIR", "."))
BUILD = pathlib.Path(os.environ.get("MESHCASE_BUILDDIR", "."))
sys.path.insert(0, str(SOURCE / "tests" / "lib"))
from check_schema import faults_of  # noqa: E402  (a neighbour, not a package)

REPORT_SCHEMA = json.loads((SOURCE / "docs" / "report.schema.json").read_text(encoding="utf-8"))
SPEAKS_OF_COLLECTING = ("collector.log", "redactions.ndjson", "manifest.json")

MANY = ("exec/", "http/sidecar/", "kubernetes/config.istio.io/", "logs/kube-system/")

def collect(work):
    """The members of the healthy cluster's bundle: name -> bytes."""
    server = subprocess.Popen(
        [sys.executable, SOURCE / "tests/apiserver/server.py",
         SOURCE / "tests/apiserver/clusters/bookinfo-healthy", "--log", work / "requests",
         "--kubeconfig", work / "kubeconfig", "--port-file", work / "port",
         "--parent-pid", str(os.getpid())],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(300):
            if (work / "port").exists() and (work / "kubeconfig").exists():
                break
            time.sleep(0.1)
        subprocess.run([BUILD / "meshcase-collect", "--kubeconfig", work / "kubeconfig",
                        "--sample-interval", "1s", "--quiet", "-o", work / "whole.tar.gz"],
                       check=True, stderr=subprocess.DEVNULL)
    finally:
        server.terminate()
        server.wait()
    members = {}
    with tarfile.open(work / "whole.tar.gz") as archive:
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
                          "--now", "2018-06-20T00:00:00Z", work / "holed.tar"],
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


def main():
    if not shutil.which("kubectl"):
        print("holes: skipped: no kubectl")
        return 77
    everything = "--all" in sys.argv
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        members = collect(work)
        before = analyse(work, members)
        tried = wrong = 0
        names = [name for name in members if name not in SPEAKS_OF_COLLECTING]
        # One damage a member, another one for the next: --all tries all of them (minutes).
        for i, name in enumerate(sorted(names)):
            # Many of a kind: some of them do.
            if not everything and name.startswith(MANY) and i % 4:
                continue
            for k, damage in enumerate(DAMAGES):
                if not everything and k != i % len(DAMAGES):
                    continue
                if damage is not lost and damage is not forbidden and not members[name]:
                    continue
                tried += 1
                for complaint in complaints(before, analyse(work, damage(members, name))):
                    wrong += 1
                    print(f"{name} {damage.__name__}: {complaint}")
    print(f"{tried} holes, {wrong} wrong verdicts")
    return 1 if wrong or not tried else 0


sys.exit(main())
