#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""real_states.py -- the rules against outputs of the real Istio 0.8.0 and Prometheus.

Each folder of cases/istio-0.8-real (shared test data, skipped where it is absent) is one state of a real
Mixer, Pilot, Citadel or Prometheus.  Its files are laid out as a bundle's and analysed; the findings must be those
below and no others, each with evidence.  With the first half of the log only, a rule that needs the log may
say "not evaluated", but what it calls ok with half of a log it may not have called a finding with
the whole of it; and a rule that looks for nothing but lines of this log may not call half of it ok.
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(os.environ.get("MESHCASE_SRCDIR", "."))
BUILD = pathlib.Path(os.environ.get("MESHCASE_BUILDDIR", "."))
sys.path.insert(0, str(SOURCE / "tests" / "lib"))
from check_schema import faults_of  # noqa: E402  (a neighbour, not a package)

REPORT_SCHEMA = json.loads((SOURCE / "docs" / "report.schema.json").read_text(encoding="utf-8"))
SHARED = pathlib.Path(os.environ.get("MESHCASE_SHARED", SOURCE / ".." / "shared"))
STATES = SHARED / "cases" / "istio-0.8-real"

# What is wrong, then what follows from it.
EXPECTED = {
    "citadel-cert-files-missing": "SEC-105",
    "citadel-secrets-refused": "SEC-106 SEC-107",
    "mixer-bad-match": "MIX-132 MIX-143",
    "mixer-bad-yaml": "MIX-135",
    "mixer-check-failed": "MIX-106",
    "mixer-check-only": "",
    "mixer-client-unreachable": "",
    "mixer-config-changed": "",
    "mixer-dispatch-error": "MIX-102 MIX-103 MIX-141",
    "mixer-handler-bad-field": "MIX-131 MIX-135 MIX-140 MIX-143",
    "mixer-handler-missing": "MIX-131 MIX-140 MIX-143",
    "mixer-handler-unknown-instance": "MIX-102 MIX-103 MIX-141",
    "mixer-healthy-kubernetesenv": "",
    "mixer-healthy-traffic": "",
    "mixer-idle": "MIX-101",
    "mixer-instance-bad-expression": "MIX-133 MIX-140 MIX-143",
    "mixer-instance-missing": "MIX-131",
    "mixer-kubernetesenv-failing": "MIX-133",
    "mixer-log-debug": "MIX-102 MIX-103",
    "mixer-log-json": "MIX-102 MIX-103 MIX-133 MIX-140 MIX-143",
    "mixer-match-never": "MIX-143",
    "mixer-no-rules": "MIX-130 MIX-140 MIX-143",
    "mixer-only-promtcp": "MIX-143",
    "mixer-port-42422-in-use": "MIX-133 MIX-140 MIX-143",
    "mixer-port-9093-in-use": "MIX-107",
    "mixer-report-failed": "MIX-102 MIX-103",
    "mixer-report-wrong-types": "MIX-144",
    "mixer-store-k8s": "",
    "mixer-store-k8s-no-crds": "MIX-101 MIX-130",
    "mixer-two-handlers": "",
    "mixer-wrong-namespace": "MIX-136 MIX-140 MIX-143",
    "mixer-zipkin-unreachable": "",
    "pilot-apiserver-refused": "PILOT-111",
    "pilot-bookinfo": "",
    "pilot-lds-rejected": "PILOT-103 PILOT-104",
    "pilot-missing-subset": "",      # neither log nor metrics of Pilot show it
    "pilot-mtls-certs-missing": "SEC-115",
    "pilot-no-endpoints": "PILOT-107",
    "pilot-no-services": "PILOT-105",
    "pilot-pod-in-two-services": "TRAF-105",
    "prometheus-healthy": "",
    "prometheus-job-missing": "PROM-101",
    "prometheus-mesh-refused": "PROM-103",
    "prometheus-sd-failing": "PROM-102",
    "prometheus-static-old": "PROM-103",
}
VERSION = "root@48d5ddfd72da-docker.io/istio-0.8.0-6f9f420f0c7119ff4fa6a1966a6f6d89b1b4db84-Clean"
PODS = {
    "mixer": ("istio-telemetry-5c4f8f6c9b-x2kzq", "mixer"),
    "pilot": ("istio-pilot-1", "discovery"),
    "citadel": ("istio-citadel-7d5f9c6b8-q4w2z", "citadel"),
}
PROMETHEUS = "prometheus-6d8b9d6f7c-4h2jv"


def put(folder, name, text):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text)


def body(path):
    """The body of a recorded answer with its headers; None where it was none."""
    if not path.exists():
        return None
    text = path.read_bytes()
    head, _, rest = text.replace(b"\r\n", b"\n").partition(b"\n\n")
    return rest if head.startswith(b"HTTP/") and b" 200 " in head.split(b"\n")[0] + b" " else None


def lay_out(state, folder, log_name):
    put(folder, "http/pilot/istio-system/istio-pilot-1/version.txt", VERSION.encode())
    component = state.name.split("-")[0]
    if component in PODS:
        pod, container = PODS[component]
        for number in (1, 2):
            sample = state / f"metrics.{number}.prom"
            if sample.exists() and not sample.read_bytes().startswith(b"curl:"):
                put(folder, f"metrics/{component}/istio-system/{pod}.9093.{number}.prom", sample.read_bytes())
        put(folder, f"logs/istio-system/{pod}/{container}.log", (state / log_name).read_bytes())
        for page in ("registration", "adsz", "edsz") if component == "pilot" else ():
            answer = body(state / "http" / f"{page}.txt")
            if answer is not None:
                put(folder, f"http/pilot/istio-system/{pod}/{page}.json", answer)
    else:
        api = f"http/prometheus/istio-system/{PROMETHEUS}/"
        for source, name in (("targets.txt", "targets.json"), ("status-config.txt", "config.json")):
            answer = body(state / "http" / source)
            if answer is not None:
                put(folder, api + name, answer)


def analyse(state, log_name):
    """{rule id: set of verdicts} of every rule, {rule id: needs}, and findings that cite nothing."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="meshcase-state-"))
    try:
        lay_out(state, folder, log_name)
        done = subprocess.run(
            [BUILD / "meshcase-analyze", "--rules", SOURCE / "rules", "--format", "json", folder],
            capture_output=True, text=True, timeout=60, check=False)
        if done.returncode not in (0, 1):
            raise RuntimeError(f"meshcase-analyze ended with {done.returncode}: {done.stderr.strip()}")
        verdicts, needs, bare = {}, {}, []
        report = json.loads(done.stdout)
        for fault in faults_of(report, REPORT_SCHEMA):
            raise RuntimeError(f"the report does not fit its schema: {fault}")
        for verdict in report["verdicts"]:
            rule = verdict["rule"]["id"]
            verdicts.setdefault(rule, set()).add(verdict["verdict"])
            needs[rule] = verdict["rule"]["needs"]
            if verdict["verdict"] == "finding" and not verdict.get("evidence"):
                bare.append(rule)
        return verdicts, needs, bare
    finally:
        shutil.rmtree(folder)


def problems_of(state):
    whole, needs, bare = analyse(state, "log.txt")
    if bare:
        yield f"findings without evidence: {bare}"
    found = {rule for rule, verdicts in whole.items() if "finding" in verdicts}
    if any("error" in verdicts for verdicts in whole.values()):
        yield f"rules failed: {sorted(r for r, v in whole.items() if 'error' in v)}"
    if state.name in EXPECTED and found != set(EXPECTED[state.name].split()):
        yield f"found {sorted(found)}, expected {EXPECTED[state.name].split()}"
    if state.name == "mixer-check-only" and whole["MIX-101"] != {"not_evaluated"}:
        yield "a scrape of istio-policy alone was read as evidence of Reports"
    if (state / "log.truncated.txt").exists():
        half, _, bare = analyse(state, "log.truncated.txt")
        component = state.name.split("-")[0]
        blind = sorted(rule for rule, verdicts in half.items() if verdicts == {"ok"}
                       and set(needs[rule]) <= {f"logs:{component}"} and needs[rule])
        if blind:
            yield f"half of the log is called ok: {blind}"
        if bare:
            yield f"half of the log gives findings without evidence: {bare}"
        surprise = {rule for rule, verdicts in half.items() if "finding" in verdicts} - found
        if surprise:
            yield f"half of the log gives other findings: {sorted(surprise)}"
        health = {rule for rule in found if half[rule] == {"ok"}}
        if health:
            yield f"half of the log reads as health: {sorted(health)}"


def main():
    if not STATES.is_dir():
        print("real_states: skipped: the recorded states are not beside the source tree")
        return 77
    passed = failed = 0
    for state in sorted(STATES.iterdir()):
        if not state.name.startswith(("mixer-", "pilot-", "citadel-", "prometheus-")):
            continue
        complaints = list(problems_of(state))
        for complaint in complaints:
            print(f"{state.name}: {complaint}")
        passed += not complaints
        failed += bool(complaints)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
