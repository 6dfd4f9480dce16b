#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""plan_covers_rules.py -- the built-in plan collects what rules need, and lint tells when it would not.

Each capture of the plan, and each kind of object, is taken out in turn: lint must refuse the rest, unless it
is for people alone.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(os.environ.get("MESHCASE_SRCDIR", "."))
BUILD = pathlib.Path(os.environ.get("MESHCASE_BUILDDIR", ".")).resolve()

# What is collected for who reads the bundle; no rule would be blind without it.
FOR_PEOPLE = {
    "cluster", "proxy-metrics", "versions", "grafana", "application-logs", "application-metrics",
    # Rules look at the same pages of gateways.
    "sidecar-state",
    "serviceaccounts", "replicationcontrollers", "resourcequotas", "limitranges", "persistentvolumeclaims", "componentstatuses",
    "ingresses.extensions", "ingresses.networking.k8s.io", "ingressclasses.networking.k8s.io", "networkpolicies.networking.k8s.io",
    "cronjobs.batch", "horizontalpodautoscalers.autoscaling", "poddisruptionbudgets.policy", "endpointslices.discovery.k8s.io",
    "validatingwebhookconfigurations.admissionregistration.k8s.io", "customresourcedefinitions.apiextensions.k8s.io",
    "apiservices.apiregistration.k8s.io", "nodes.metrics.k8s.io", "pods.metrics.k8s.io", "servicemonitors.monitoring.coreos.com",
    "podmonitors.monitoring.coreos.com", "prometheusrules.monitoring.coreos.com",
    "*.rbac.istio.io", "*.telemetry.istio.io", "*.extensions.istio.io", "*.install.istio.io",
    # Two names of one kind, of which a cluster serves one: either will do.
    "deployments.apps", "deployments.extensions", "replicasets.apps", "replicasets.extensions", "daemonsets.apps",
    "daemonsets.extensions",
}


def parts(text):
    """(name, plan without it) of each capture and each kind of object."""
    head, *captures = re.split(r"(?m)^(?=- id: )", text)
    for capture in captures:
        name = re.match(r"- id: (\S+)", capture)[1]
        yield name, head + "".join(c for c in captures if c is not capture)
    for line in re.findall(r'(?m)^  - \S+\n', text):
        yield line.strip("- \n\""), text.replace(line, "", 1)


def lint(plan, folder):
    path = pathlib.Path(folder) / "plan.yaml"
    path.write_text(plan, encoding="utf-8")
    run = subprocess.run([BUILD / "meshcase-rules", "lint", "--plan", path, SOURCE / "rules"], capture_output=True, text=True)
    return run.returncode, run.stdout


def main():
    text = (SOURCE / "collector/plans/istio.yaml").read_text(encoding="utf-8")
    tried = wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        status, told = lint(text, folder)
        if status != 0:
            print(f"the built-in plan does not collect what rules need:\n{told}")
            return 1
        for name, rest in parts(text):
            tried += 1
            status, told = lint(rest, folder)
            refused = status == 1 and "which no plan collects" in told
            if refused == (name in FOR_PEOPLE):
                wrong += 1
                print(f"without {name} lint {'refuses the plan' if refused else 'is content'}: {told[:200]}")
    print(f"{tried} parts of the plan, {wrong} wrong")
    return 1 if wrong or tried < 40 else 0


if __name__ == "__main__":
    sys.exit(main())
