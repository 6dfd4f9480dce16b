# SPDX-License-Identifier: Apache-2.0
"""injection -- webhook set-up of 0.5, and a kube-apiserver that sends webhook calls to its proxy."""

import base64
import os

from overlay import APISERVER as SERVER
from overlay import Scenario
from words import clone, crashing, delete, every, klog, merge, not_ready, ops, scaled_to_nothing, warning, zap

NS = "istio-system"
SCRIPTS = "kubernetes-webhook-setup-script-files-are-missing-from-05-release-package"
PROXIED = "automatic-sidecar-injection-will-fail-if-the-kube-apiserver-has-proxy-settings"
APISERVER = "pods/kube-system/kube-apiserver-*"
HOOK = "https://istio-sidecar-injector.istio-system.svc:443/inject"
PROXY = "http://proxy-wsa.esl.example.com:80"


def environment(**variables):
    return [ops(APISERVER, ("/spec/containers/0/env", [{"name": k, "value": v} for k, v in variables.items()]))]


def failed(reason, how="closed", timeout=""):
    def line(at):
        return klog(at, "W", "dispatcher.go:72" if how == "closed" else "admission.go:257",
                    f'Failed calling webhook, failing {how} sidecar-injector.istio.io: failed calling admission webhook '
                    f'"sidecar-injector.istio.io": Post {HOOK}{timeout}: {reason}')
    return [("kube-system/kube-apiserver-*", "kube-apiserver", every(45, -590, -10, line))]


def not_created(reason):
    """A ReplicaSet that lacks a pod, and an event that says why."""
    return merge("replicasets/default/details-v1-*", {"spec": {"replicas": 2}}), warning(
        "default", "details-v1.1538", "ReplicaSet", "details-v1-cfgchflgdh", "FailedCreate",
                   'Error creating: Internal error occurred: failed calling admission webhook "sidecar-injector.istio.io": '
                   f"Post {HOOK}?timeout=30s: {reason}")


# The base of 0.5 was injected by hand.  This is what its webhook installation adds.
INJECTOR_05 = [
    {"add": {"apiVersion": "extensions/v1beta1", "kind": "Deployment", "metadata": {"name": "istio-sidecar-injector", "namespace": NS},
             "spec": {"replicas": 1, "selector": {"matchLabels": {"istio": "sidecar-injector"}}, "template": {
                 "metadata": {"labels": {"istio": "sidecar-injector"}},
                 "spec": {"containers": [{"name": "sidecar-injector-webhook", "image": "docker.io/istio/sidecar_injector:0.5.0"}]}}},
             "status": {"replicas": 1, "readyReplicas": 1, "availableReplicas": 1, "updatedReplicas": 1}}},
    {"add": {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "istio-sidecar-injector", "namespace": NS},
             "spec": {"type": "ClusterIP", "clusterIP": "10.96.174.40", "selector": {"istio": "sidecar-injector"},
                      "ports": [{"protocol": "TCP", "port": 443, "targetPort": 443}]}, "status": {"loadBalancer": {}}}},
    clone(f"pods/{NS}/istio-ca-*", "istio-sidecar-injector-66d9b5cf6-abcde", {
        "metadata": {"labels": {"istio": "sidecar-injector"}, "ownerReferences": None}}, (
        "/spec/containers/0", {"name": "sidecar-injector-webhook", "image": "docker.io/istio/sidecar_injector:0.5.0",
                               "args": ["--caCertFile=/etc/istio/certs/ca-cert.pem", "--tlsCertFile=/etc/istio/certs/cert.pem",
                                        "--tlsKeyFile=/etc/istio/certs/key.pem", "--injectConfig=/etc/istio/inject/config"],
                               "volumeMounts": [{"name": "certs", "mountPath": "/etc/istio/certs", "readOnly": True}]}),
        ("/spec/volumes", [{"name": "certs", "secret": {"secretName": "sidecar-injector-certs"}}]),
        ("/status/podIP", "10.40.1.77"), ("/status/containerStatuses/0/name", "sidecar-injector-webhook")),
    {"add": {"apiVersion": "v1", "kind": "Endpoints", "metadata": {"name": "istio-sidecar-injector", "namespace": NS},
             "subsets": [{"addresses": [{"ip": "10.40.1.77"}], "ports": [{"port": 443, "protocol": "TCP"}]}]}},
    {"add": {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "istio-inject", "namespace": NS},
             "data": {"config": "policy: enabled\ntemplate: |-\n  containers: []\n"}}},
    {"add": {"apiVersion": "v1", "kind": "Secret", "type": "Opaque", "metadata": {"name": "sidecar-injector-certs", "namespace": NS},
             "data": {"cert.pem": "Y2FuYXJ5OiBub2JvZHkgbWF5IGNvbGxlY3QgdGhpcw=="}}},
    merge("namespaces/default", {"metadata": {"labels": {"istio-injection": "enabled"}}}),
]


with open(os.path.join(SERVER, "generate", "root-cert.pem"), "rb") as file:
    BUNDLE = base64.b64encode(file.read()).decode()


def hook_05(bundle=BUNDLE):
    return {"add": {"apiVersion": "admissionregistration.k8s.io/v1beta1", "kind": "MutatingWebhookConfiguration",
                    "metadata": {"name": "istio-sidecar-injector"},
                    "webhooks": [{"name": "sidecar-injector.istio.io", "clientConfig": {
                        "service": {"name": "istio-sidecar-injector", "namespace": NS, "path": "/inject"}, "caBundle": bundle},
                        "rules": [{"operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"]}],
                        "namespaceSelector": {"matchLabels": {"istio-injection": "enabled"}}}]}}


WAITS = [ops(f"pods/{NS}/istio-sidecar-injector-*", ("/status/phase", "Pending"), ("/status/conditions/1/status", "False"),
             ("/status/containerStatuses/0/ready", False),
             ("/status/containerStatuses/0/state", {"waiting": {"reason": "ContainerCreating"}}))]


def unmounted(secret):
    return warning(NS, "istio-sidecar-injector.mount", "Pod", "istio-sidecar-injector-66d9b5cf6-abcde", "FailedMount",
                   f'MountVolume.SetUp failed for volume "certs" : secrets "{secret}" not found')


MISSING = [
    Scenario("webhook-no-secret-0.5", "0.5", "the injector waits for the Secret that the missing script makes", [SCRIPTS], ["INJ-103", "INJ-104", "KUBE-410"],
             edits=[*INJECTOR_05[:-2], INJECTOR_05[-1], hook_05(), *WAITS, not_ready(NS, "istio-sidecar-injector"),
                    unmounted("sidecar-injector-certs")]),
    Scenario("webhook-empty-bundle-0.5", "0.5", "the webhook's CA certificate was never filled in", [SCRIPTS], ["INJ-102"],
             edits=[*INJECTOR_05, hook_05("")]),
    Scenario("webhook-placeholder-bundle-0.5", "0.5", "the webhook's CA certificate still is the manifest's placeholder",
             [SCRIPTS], ["INJ-102"], edits=[*INJECTOR_05, hook_05("JHtDQV9CVU5ETEV9")]),
    Scenario("webhook-not-registered-0.5", "0.5", "the injector runs and no webhook is registered", [SCRIPTS], ["INJ-101"],
             edits=INJECTOR_05),
    Scenario("webhook-label-alone-0.5", "0.5", "a namespace asks for injection and there is no injector", [SCRIPTS], ["INJ-101"],
             edits=[INJECTOR_05[-1]]),
    Scenario("webhook-empty-bundle-0.8", "0.8", "the manifest was applied again, which blanks the CA certificate", [SCRIPTS], ["INJ-102"],
             edits=[ops("mutatingwebhookconfigurations/istio-sidecar-injector", ("/webhooks/0/clientConfig/caBundle", ""))]),
    Scenario("webhook-not-registered-0.8", "0.8", "the webhook's registration was deleted", [SCRIPTS], ["INJ-101"],
             edits=delete("mutatingwebhookconfigurations/istio-sidecar-injector")),
]

OPENLY = [
    Scenario("apiserver-proxy-guide-0.5", "0.5", "the guide's own case: proxy settings, and it fails open", [PROXIED], ["KUBE-401", "KUBE-404"],
             edits=[*INJECTOR_05, hook_05(), *environment(
                 http_proxy=PROXY, https_proxy=PROXY,
                 no_proxy="127.0.0.1,localhost,dockerhub.example.com,10.84.100.125,10.84.100.126,10.84.100.127")],
             logs=failed("Service Unavailable", "open")),
    Scenario("apiserver-proxy-settings-0.8", "0.8", "proxy settings that cover the injector, nothing has failed yet", [PROXIED], ["KUBE-401"],
             edits=environment(http_proxy=PROXY, https_proxy=PROXY, no_proxy="127.0.0.1,localhost,10.10.0.10")),
    Scenario("apiserver-proxy-upper-0.8", "0.8", "the same in capital letters", [PROXIED], ["KUBE-401"],
             edits=environment(HTTPS_PROXY=PROXY, NO_PROXY="localhost,10.10.0.10")),
    Scenario("apiserver-proxy-no-exception-0.5", "0.5", "a proxy and no exception at all", [PROXIED], ["KUBE-401"],
             edits=[*INJECTOR_05, hook_05(), *environment(https_proxy=PROXY)]),
    Scenario("apiserver-proxy-http-0.8", "0.8", "a proxy for HTTP alone, which API servers of that time use for HTTPS, too", [PROXIED], ["KUBE-401"],
             edits=environment(http_proxy=PROXY)),
    Scenario("apiserver-proxy-other-cidr-0.8", "0.8", "the exception is the range of pods, not that of Services", [PROXIED], ["KUBE-401"],
             edits=environment(https_proxy=PROXY, no_proxy="127.0.0.1,10.40.0.0/16,example.com")),
    Scenario("apiserver-closed-log-0.8", "0.8", "kube-apiserver logs that it fails closed, and pods are not created", [PROXIED], ["KUBE-404", "KUBE-405"],
             logs=failed("Service Unavailable", "closed", "?timeout=30s"), edits=[*not_created("Service Unavailable")]),
    Scenario("apiserver-closed-event-0.8", "0.8", "only events tell that the webhook fails", [PROXIED], ["KUBE-405"],
             edits=[*not_created("Service Unavailable")]),
    Scenario("apiserver-open-log-0.5", "0.5", "only the log tells that the webhook fails open", [PROXIED], ["KUBE-404"],
             edits=[*INJECTOR_05, hook_05()], logs=failed("Service Unavailable", "open")),
    Scenario("apiserver-unreachable-0.8", "0.8", "the API server cannot reach the injector", [PROXIED], ["KUBE-404"],
             logs=failed("dial tcp 10.96.174.40:443: getsockopt: no route to host", "closed", "?timeout=30s")),
    Scenario("apiserver-injector-down-0.8", "0.8", "the injector does not run", [PROXIED], ["INJ-104", "KUBE-410"],
             edits=[*crashing(NS, "istio-sidecar-injector"), not_ready(NS, "istio-sidecar-injector")],
             logs=[(f"{NS}/istio-sidecar-injector-*", "sidecar-injector-webhook.previous", [zap(
                 -92, "error", "Failed to create injection webhook: open /etc/istio/certs/cert-chain.pem: no such file or directory")])]),
]

SCENARIOS = MISSING + OPENLY
