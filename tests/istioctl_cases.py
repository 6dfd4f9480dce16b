#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""istioctl_cases.py -- the rules against the inputs that Istio's own analyzers are tested with.

Each case of cases/istioctl-analyze (shared test data, skipped where it is absent) is a set of objects and the
messages that Istio expects of them.  The objects are laid out as a complete bundle of a release of today and analysed: for
every expected message that a rule answers, that rule must find its object, and it may find no other.
"""
import collections
import json
import os
import pathlib
import subprocess
import sys
import tempfile

BUILD = pathlib.Path(os.environ.get("MESHCASE_BUILDDIR", "."))
SOURCE = pathlib.Path(os.environ.get("MESHCASE_SRCDIR", "."))
CASES = pathlib.Path(os.environ.get("MESHCASE_SHARED", SOURCE / ".." / "shared")) / "cases" / "istioctl-analyze"
VERSION = {"major": "1", "minor": "29", "gitVersion": "v1.29.0"}
RELEASE = '{"serverVersion": {"Info": {"version": "1.20.0"}}}'

# Message, or message and kind, -> the rules that answer it.  Messages that are not here have no rule.
RULES = {
    "ConflictingGateways": ["MOD-203"],
    "ConflictingMeshGatewayVirtualServiceHosts": ["MOD-201"],
    "ConflictingSidecarWorkloadSelectors": ["MOD-205"],
    "EnvoyFilterUsesAddOperationIncorrectly": ["MOD-210"],
    "EnvoyFilterUsesRelativeOperation": ["MOD-209"],
    "EnvoyFilterUsesRemoveOperationIncorrectly": ["MOD-210"],
    "GatewayDuplicateCertificate": ["MOD-208"],
    "GatewayPortNotDefinedOnService": ["TRAF-119"],
    "MultipleSidecarsWithoutWorkloadSelectors": ["MOD-204"],
    "NamespaceMultipleInjectionLabels": ["MOD-202"],
    "NegativeConditionStatus": ["MOD-212"],
    "NoServerCertificateVerificationDestinationLevel": ["MOD-207"],
    "NoServerCertificateVerificationPortLevel": ["MOD-207"],
    "ReferencedInternalGateway": ["TRAF-115"],
    "ReferencedResourceNotFound Gateway": ["TRAF-118"],
    "ReferencedResourceNotFound Sidecar": ["MOD-206"],
    "ReferencedResourceNotFound VirtualService": ["TRAF-111", "TRAF-115"],
    "ServiceEntryAddressesRequired": ["MOD-211"],
    "UnknownDestinationRuleHost": ["MOD-213"],
    # A Gateway that does not exist is told as that.
    "VirtualServiceHostNotFoundInGateway": ["TRAF-115", "TRAF-116"],
    "VirtualServiceUnreachableRule": ["TRAF-131"],
}
# What is judged otherwise, on purpose: Istio takes it for granted that its default gateway has a pod.
GRANTED = {"gatewayBadPort", "gatewayCorrectPort"}
# Kinds that every bundle lists, with objects or without.
KINDS = {
    "": "Pod Service Endpoints ConfigMap Secret Event Namespace Node",
    "apps": "Deployment DaemonSet ReplicaSet StatefulSet",
    "batch": "Job",
    "networking.k8s.io": "Ingress NetworkPolicy",
    "admissionregistration.k8s.io": "MutatingWebhookConfiguration ValidatingWebhookConfiguration",
    "networking.istio.io": "VirtualService DestinationRule Gateway ServiceEntry Sidecar EnvoyFilter WorkloadEntry WorkloadGroup ProxyConfig",
    "security.istio.io": "PeerAuthentication RequestAuthentication AuthorizationPolicy",
    "telemetry.istio.io": "Telemetry",
    "extensions.istio.io": "WasmPlugin",
    "gateway.networking.k8s.io": "Gateway GatewayClass HTTPRoute GRPCRoute TLSRoute ReferenceGrant",
    "config.istio.io": "RouteRule rule prometheus metric",
    "authentication.istio.io": "Policy MeshPolicy",
}
CLUSTER_WIDE = ("Namespace", "Node", "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration", "GatewayClass", "MeshPolicy")


def plural(kind):
    lower = kind.lower()
    if lower == "endpoints":
        return lower
    if lower.endswith(("s", "x")):
        return lower + "es"
    return lower[:-1] + "ies" if lower.endswith("y") and lower[-2] not in "aeo" else lower + "s"


def objects_of(case, yaml):
    for name in case["inputs"]:
        for document in yaml.safe_load_all((CASES / name).read_text(encoding="utf-8")):
            for obj in [document] if document and document.get("kind") != "List" else (document or {}).get("items", []):
                if obj["kind"] not in CLUSTER_WIDE:
                    obj["metadata"].setdefault("namespace", "default")
                yield obj


def lay_out(case, folder, yaml):
    lists = {(group, plural(kind)): [] for group, kinds in KINDS.items() for kind in kinds.split()}
    for obj in objects_of(case, yaml):
        group = obj["apiVersion"].rpartition("/")[0]
        lists.setdefault((group, plural(obj["kind"])), []).append(obj)
    if case["meshConfig"]:
        lists["", "configmaps"].append({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "istio", "namespace": "istio-system"},
                                        "data": {"mesh": yaml.safe_dump(case["meshConfig"])}})
    for (group, name), items in lists.items():
        path = folder / "kubernetes" / (group or "core") / (name + ".json")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"kind": "List", "apiVersion": "v1", "items": items}, default=str), encoding="utf-8")
    (folder / "kubernetes" / "version.json").write_text(json.dumps(VERSION), encoding="utf-8")
    page = folder / "http/pilot/istio-system/istiod-1/version.txt"
    page.parent.mkdir(parents=True)
    page.write_text("root@build-docker.io/istio-1.20.0-5f5d657c72d30a97a92d5d9d1d9ad9f9f6f4d6c7-Clean", encoding="utf-8")


def findings(folder):
    """rule -> subjects"""
    run = subprocess.run([BUILD / "meshcase-analyze", "-f", "json", "--fail-on", "never", folder], capture_output=True, check=True)
    found = collections.defaultdict(set)
    for verdict in json.loads(run.stdout)["verdicts"]:
        if verdict["verdict"] in ("finding", "error"):
            found[verdict["rule"]["id"]].add(verdict["subject"])
    return found


def answers(message):
    kind = message["origin"].partition(" ")[0]
    return RULES.get(message["message"], RULES.get(f"{message['message']} {kind}", ()))


def subject_of(origin):
    """KIND NS/NAME or KIND NAME, as a rule's subject."""
    kind, _, name = origin.partition(" ")
    return name if "/" in name or kind in CLUSTER_WIDE else "default/" + name


def complaints(case, found, answering):
    expected = collections.defaultdict(set)
    for message in case["expected"]:
        rules = answers(message)
        for rule in rules:
            expected[rule].add(subject_of(message["origin"]))
        if rules and not any(subject_of(message["origin"]) in found[rule] for rule in rules):
            yield f"{message['message']} of {message['origin']} is not found"
    for rule in answering:
        for subject in sorted(found[rule] - expected[rule]):
            yield f"{rule} finds '{subject}', which Istio does not"


def main():
    try:
        import yaml
    except ImportError:
        print("istioctl-cases: skipped: no python3-yaml")
        return 77
    if not CASES.is_dir():
        print(f"istioctl-cases: skipped: no {CASES}")
        return 77
    document = json.loads((CASES / "cases.json").read_text(encoding="utf-8"))
    # A case is about one analyzer and says nothing of the messages of others.
    answering = collections.defaultdict(set)
    for case in document["cases"]:
        for message in case["expected"]:
            answering[case["analyzer"]].update(answers(message))
    wrong = told = answered = 0
    for case in document["cases"]:
        if case["name"] in GRANTED:
            continue
        with tempfile.TemporaryDirectory() as folder:
            lay_out(case, pathlib.Path(folder), yaml)
            found = findings(folder)
        if "-v" in sys.argv:
            print("==", case["name"], [(m["message"], m["origin"]) for m in case["expected"]])
            print("    ", {rule: sorted(subjects) for rule, subjects in sorted(found.items())})
        told += len(case["expected"])
        answered += sum(bool(answers(message)) for message in case["expected"])
        for complaint in complaints(case, found, sorted(answering[case["analyzer"]])):
            wrong += 1
            print(f"{case['name']}: {complaint}")
    print(f"{len(document['cases'])} cases, {answered} of {told} messages answered by a rule, {wrong} wrong")
    return 1 if wrong or not answered else 0


if __name__ == "__main__":
    sys.exit(main())
