#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""coverage.py -- docs/guide-coverage.md: each section of the guide, its rules, and the scenarios that show them.

    coverage.py [--write]

Without --write it says whether the page is up to date, and whether a section lacks a rule or a scenario.
"""

import json
import os
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True

import catalogue  # noqa: E402

SOURCE = pathlib.Path(os.environ.get("MESHCASE_SRCDIR", pathlib.Path(__file__).parent / "../.."))
BUILD = pathlib.Path(os.environ.get("MESHCASE_BUILDDIR", ".")).resolve()
GUIDE = "https://istio.io/archive/v0.8/help/troubleshooting/"
PAGE = SOURCE / "docs/guide-coverage.md"
LEDGER = "rules/signatures.yaml"
SIGNATURES = 36

# The guide's sections in its order, by their anchors.
SECTIONS = {
    "route-rules-have-no-effect-on-my-application": "Route rules have no effect",
    "verifying-connectivity-to-istio-pilot": "Connectivity to Pilot",
    "no-traces-appearing-in-zipkin-when-running-istio-locally-on-mac": "No traces in Zipkin",
    "envoy-wont-connect-to-my-http10-service": "HTTP/1.0 services",
    "no-grafana-output-when-connecting-from-a-local-web-client-to-istio-remotely-hosted": "No Grafana output",
    "where-are-the-metrics-for-my-service": "Missing metrics",
    "verify-mixer-is-receiving-report-calls": "Missing metrics: Report calls",
    "verify-mixer-metrics-configuration-exists": "Missing metrics: Mixer's configuration",
    "verify-mixer-is-sending-metric-instances-to-the-prometheus-adapter": "Missing metrics: dispatch to Prometheus",
    "verify-prometheus-configuration": "Missing metrics: Prometheus",
    "how-can-i-debug-issues-with-the-service-mesh": "Debugging the mesh",
    "with-istioctl": "Debugging with istioctl",
    "with-gdb": "Debugging with gdb",
    "with-tcpdump": "Debugging with tcpdump",
    "envoy-is-crashing-under-load": "Envoy crashes under load",
    "headless-tcp-services-losing-connection-from-istiofied-containers": "Headless TCP services",
    "envoy-process-high-cpu-usage": "Envoy uses much CPU",
    "kubernetes-webhook-setup-script-files-are-missing-from-05-release-package": "Webhook scripts of 0.5",
    "automatic-sidecar-injection-will-fail-if-the-kube-apiserver-has-proxy-settings": "A proxy before kube-apiserver",
}

HEAD = f"""# Coverage of the troubleshooting guide

Made by `make guide-coverage`; a test tells when it is out of date. Each section of
[Istio 0.8's troubleshooting guide]({GUIDE}), the rules that
answer it, the evidence that they need, and what their findings say (… is filled in). The scenarios are recorded clusters of
`tests/scenarios/` with one fault or several; each is served to the real `kubectl`, collected and analysed, and its
findings must be exactly those that it names. A rule whose evidence is missing says "not evaluated".

"""


def cell(text):
    return text.replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*").replace("\n", " ").strip()


def rules():
    run = subprocess.run([BUILD / "meshcase-rules", "list", "--json", SOURCE / "rules"], capture_output=True, check=True)
    return [json.loads(line) for line in run.stdout.splitlines()]


def shown_by(rule):
    return [s.name for s in catalogue.SCENARIOS if rule["id"] in (s.finds or ())]


def table(found):
    yield "| rule | finds | needs | says | scenarios |\n|---|---|---|---|---|\n"
    for rule in found:
        names = shown_by(rule)
        scenarios = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "") or "its tests alone"
        applies = f" (Istio {rule['istio']})" if rule["istio"] else ""
        says = " / ".join(rule["messages"][:2])
        yield f"| {rule['id']} | {cell(rule['title'] + applies)} | {cell(', '.join(rule['needs']))} | {cell(says)} | {scenarios} |\n"


def section(anchor, title, all_rules):
    yield f"## {title}\n\n<{GUIDE}#{anchor}>\n\n"
    yield from table([r for r in all_rules if anchor in r["guide"]])
    yield "\n"
    for s in catalogue.SCENARIOS:
        if anchor in s.guide:
            yield f"* `{s.name}`: {s.says}\n"
    yield "\n"


def ledger():
    """The entries of the ledger of known failures: YAML of one form, {id: 1, signature: "...", rules: [...],
    needs: "..."}; beside numbers, ids that are words for what the guide does by hand."""
    text = (SOURCE / LEDGER).read_text(encoding="utf-8")
    for entry in re.split(r"(?m)^ *- \{id: ", text)[1:]:
        number = re.match(r"\w+", entry).group()
        fields = dict(re.findall(r'(signature|needs): "((?:[^"\\]|\\.)*)"', entry))
        listed = re.search(r"rules: \[([^\]]*)\]", entry)
        yield number, fields.get("signature", ""), re.findall(r"[A-Z]+-\d+", listed.group(1)) if listed else [], fields.get("needs", "")


def signatures():
    yield (f"## {SIGNATURES} known failures of the release\n\nBeyond the guide: how each is told, and what it would take to judge the rest "
           f"of it (`{LEDGER}`).\n\n| | failure | rules | evidence that would be needed |\n|---|---|---|---|\n")
    for number, what, ids, needs in ledger():
        yield f"| {number} | {cell(what)} | {', '.join(ids)} | {cell(needs)} |\n"


def page(all_rules):
    parts = [HEAD]
    for anchor, title in SECTIONS.items():
        parts.extend(section(anchor, title, all_rules))
    parts.extend(signatures())
    return "".join(parts)


def lacks(all_rules):
    """What is owed to the guide."""
    anchors = {a for r in all_rules for a in r["guide"]}
    for anchor in sorted(anchors - set(SECTIONS)):
        yield f"{anchor} is no section of the guide"
    for anchor in SECTIONS:
        if anchor not in anchors:
            yield f"{anchor} has no rule"
        if not any(anchor in s.guide and s.finds for s in catalogue.SCENARIOS):
            yield f"{anchor} has no scenario"
    known = {r["id"] for r in all_rules}
    entries = list(ledger())
    if [e[0] for e in entries if e[0].isdigit()] != [str(n + 1) for n in range(SIGNATURES)]:
        yield f"{LEDGER} does not list {SIGNATURES} failures in their order"
    for number, _, ids, needs in entries:
        if not ids and not needs:
            yield f"failure {number} has neither a rule nor the evidence that it would take"
        for rule in sorted(set(ids) - known):
            yield f"failure {number} names the rule {rule}, which does not exist"
    for s in catalogue.SCENARIOS:
        for rule in sorted({*(s.finds or ()), *s.blind, *s.unseen} - known):
            yield f"{s.name} names the rule {rule}, which does not exist"


def main():
    all_rules = rules()
    text = page(all_rules)
    if "--write" in sys.argv:
        PAGE.write_text(text, encoding="utf-8")
        return 0
    found = list(lacks(all_rules))
    if not PAGE.exists() or PAGE.read_text(encoding="utf-8") != text:
        found.append("docs/guide-coverage.md is out of date: make guide-coverage")
    for complaint in found:
        print(complaint)
    print(f"{len(SECTIONS)} sections, {len(found)} complaints")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
