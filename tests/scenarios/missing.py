# SPDX-License-Identifier: Apache-2.0
"""missing -- meshes of which something cannot be seen: what rests on it is never called well."""

from clocks import GRAFANA
from overlay import Scenario
from words import delete, dispatch, grpc, merge, ops

NS = "istio-system"
TELEMETRY, MIXER05 = f"{NS}/istio-telemetry-*", f"{NS}/istio-mixer-*"
BROKEN = dict(edits=delete(f"prometheuses/{NS}/handler"))


def forbid(group, resource, verbs=("*",), **more):
    return {"user": "limited", "except": [{"verbs": list(verbs), "apiGroups": [group], "resources": [resource], **more}]}


def status(path, code, message, **more):
    return {"path": path, "action": "status", "status": code, "message": message, **more}


def blind(name, base, says, rules, **changes):
    return Scenario(f"blind-{name}-{base}", base, says, finds=changes.pop("finds", []), blind=rules, **changes)


NO_PAGE = {"status": 404, "body": "404 page not found\n", "type": "text/plain"}
MIXER_CONFIG = ["MIX-110", "MIX-111", "MIX-112"]
MIXER_LOG = ["MIX-103", "MIX-105", "MIX-107", "MIX-135", "MIX-144"]
MIXER_COUNTERS = ["MIX-101", "MIX-102", "MIX-140", "MIX-141"]
MIXER_COUNTERS_05 = ["MIX-101", "MIX-104", "MIX-142", "MIX-145"]

SCENARIOS = [
    blind("mixer-rules-forbidden", "0.8", "rules of Mixer may not be listed", ["MIX-110"], rbac=forbid("config.istio.io", "rules")),
    blind("mixer-handlers-forbidden", "0.8", "prometheus handlers may not be listed", ["MIX-111"],
          rbac=forbid("config.istio.io", "prometheuses")),
    blind("mixer-objects-forbidden", "0.8", "nothing of Mixer's configuration may be listed", MIXER_CONFIG,
          rbac=forbid("config.istio.io", "*")),
    blind("mixer-objects-forbidden", "0.5", "nothing of Mixer's configuration may be listed", MIXER_CONFIG,
          rbac=forbid("config.istio.io", "*")),
    blind("mixer-objects-time-out", "0.8", "the API server fails to list Mixer's configuration", MIXER_CONFIG,
          faults=[status("/apis/config.istio.io/*", 504, "Timeout: request did not complete within the allowed duration")]),
    blind("mixer-not-scraped", "0.8", "port 9093 of Mixer does not answer", MIXER_COUNTERS,
          answers=[(TELEMETRY, 9093, None)]),
    blind("mixer-not-scraped", "0.5", "port 9093 of Mixer does not answer", MIXER_COUNTERS_05, answers=[(MIXER05, 9093, None)]),
    blind("mixer-half-scraped", "0.8", "the page of Mixer's metrics ends in its middle", MIXER_COUNTERS,
          faults=[{"path": "/api/v1/namespaces/istio-system/pods/istio-telemetry-*:9093/proxy/metrics", "action": "truncate", "bytes": 900}]),
    blind("proxying-forbidden", "0.8", "no port of a pod may be asked", [*MIXER_COUNTERS, "PILOT-101", "PILOT-102", "PILOT-105", "PROM-101",
                                                                     "PROM-103"], rbac=forbid("", "pods/proxy")),
    blind("proxying-forbidden", "0.5", "no port of a pod may be asked", [*MIXER_COUNTERS_05, "PROM-101", "PROM-103"],
          rbac=forbid("", "pods/proxy")),
    blind("mixer-log-forbidden", "0.8", "logs may not be read", MIXER_LOG, rbac=forbid("", "pods/log")),
    blind("mixer-log-cut", "0.8", "only the last lines of logs are taken", MIXER_LOG, collect=["--tail", "12"]),
    blind("mixer-log-broken", "0.8", "the connection breaks while Mixer's log is read", MIXER_LOG,
          faults=[{"path": "/api/v1/namespaces/istio-system/pods/istio-telemetry-*/log", "action": "truncate", "bytes": 600}]),
    blind("mixer-log-lost", "0.8", "the node has lost the log of Mixer", MIXER_LOG,
          faults=[status("/api/v1/namespaces/istio-system/pods/istio-telemetry-*/log", 500,
                         "unable to retrieve container logs for docker://2ab2d9809da4")]),
    blind("sidecar-logs-lost", "0.8", "the logs of one sidecar cannot be read", ["HTTP-101", "LIM-101", "PROXY-112", "PROXY-101"],
          faults=[status("/api/v1/namespaces/default/pods/ratings-v1-*/log", 500, "unable to retrieve container logs")]),
    blind("exec-forbidden", "0.8", "no command may be run in a container", ["LIM-102", "PILOT-106"], rbac=forbid("", "pods/exec")),
    blind("exec-forbidden", "0.5", "no command may be run in a container", ["LIM-102", "PILOT-106"], rbac=forbid("", "pods/exec")),
    blind("exec-switched-off", "0.8", "commands were left out by an option", ["LIM-102", "PILOT-106"], collect=["--no-exec"]),
    blind("exec-no-cat", "0.8", "containers have no program that reads files", ["LIM-102"],
          execs=[{"container": c, "argv_glob": glob, "exit": 126, "stdout": "rpc error: code = 2 desc = oci runtime error: exec failed: "
                  'container_linux.go:247: starting container process caused "exec: \\"cat\\": executable file not found in $PATH"\n'}
                 for c in ("istio-proxy", "ingressgateway", "egressgateway") for glob in ("cat *", "sh *")]),
    blind("pods-forbidden", "0.8", "pods may not be listed", ["MIX-101", "PILOT-100", "PROXY-123", "INJ-120", "KUBE-401", "LIM-102"],
          rbac=forbid("", "pods", ("list",))),
    blind("services-forbidden", "0.8", "Services may not be listed", ["TRAF-101", "TRAF-103", "TRAF-104", "TRAF-106", "TRAC-101"],
          rbac=forbid("", "services", ("list", "get"))),
    blind("config-maps-forbidden", "0.8", "ConfigMaps may not be listed", ["HTTP-102", "PROXY-103", "PROXY-104"],
          rbac=forbid("", "configmaps")),
    blind("config-maps-forbidden", "0.5", "ConfigMaps may not be listed", ["HTTP-102", "PROXY-103", "PROXY-104"],
          rbac=forbid("", "configmaps")),
    blind("webhooks-forbidden", "0.8", "webhook registrations may not be listed", ["INJ-101", "INJ-102"],
          rbac=forbid("admissionregistration.k8s.io", "*")),
    blind("apiserver-log-forbidden", "0.8", "nothing in kube-system may be read", ["KUBE-404"],
          rbac=forbid("", "pods/log", namespaces=["kube-system"])),
    blind("events-expired", "0.8", "events may not be listed", ["KUBE-405"], rbac=forbid("", "events")),
    blind("prometheus-silent", "0.8", "Prometheus does not answer", ["PROM-101", "PROM-102", "PROM-103"],
          answers=[(f"{NS}/prometheus-*", 9090, None)]),
    blind("prometheus-silent", "0.5", "Prometheus does not answer", ["PROM-101", "PROM-102", "PROM-103"],
          answers=[(f"{NS}/prometheus-*", 9090, None)]),
    blind("prometheus-forbidden-answer", "0.8", "a proxy before Prometheus asks for a password", ["PROM-101", "PROM-103"],
          answers=[(f"{NS}/prometheus-*", 9090, {path: {"status": 401, "body": "<html>Unauthorized</html>", "type": "text/html"} for path in
                                                 ("/api/v1/targets", "/api/v1/status/config")})]),
    blind("pilot-silent", "0.8", "no port of Pilot answers", ["PILOT-101", "PILOT-102", "PILOT-103"],
          answers=[(f"{NS}/istio-pilot-*", number, None) for number in (8080, 9093, 15003, 15007)]),
    blind("rules-page-lost", "0.8", "a list ends after its first page", ["TRAF-103"],
          faults=[{"path": "/api/v1/services", "query": {"continue": "?*"}, "action": "status", "status": 500, "message": "etcdserver: request timed out"}],
          edits=[{"repeat": "services/default/details", "times": 620}]),
    blind("mixer-hangs", "0.8", "the metrics of Mixer never come", MIXER_COUNTERS, collect=["--request-timeout", "1s"],
          faults=[{"path": "/api/v1/namespaces/istio-system/pods/istio-telemetry-*:9093/proxy/metrics", "action": "hang", "seconds": 20}]),
    blind("mixer-objects-reset", "0.8", "the connection is reset whenever Mixer's configuration is listed", MIXER_CONFIG,
          faults=[{"path": "/apis/config.istio.io/*/rules", "action": "reset"}, {"path": "/apis/config.istio.io/*/metrics", "action": "reset"},
                  {"path": "/apis/config.istio.io/*/prometheuses", "action": "reset"}]),
    blind("targets-cut", "0.8", "what Prometheus says of its targets ends in the middle", ["PROM-102", "PROM-103"],
          faults=[{"path": "/api/v1/namespaces/istio-system/pods/prometheus-*/proxy/api/v1/targets", "action": "truncate", "bytes": 700}]),
    blind("pilot-page-of-another", "0.8", "something else answers at Pilot's port", ["PILOT-101"],
          answers=[(f"{NS}/istio-pilot-*", number, {"/metrics": {"body": "<html>login</html>", "type": "text/html"}}) for number in (8080, 9093)]),
    blind("pages-not-found", "0.8", "Pilot, Mixer and Prometheus answer, and do not have the pages",
          [*MIXER_COUNTERS, "PILOT-101", "PILOT-102", "PILOT-103", "PILOT-105", "PILOT-107", "PROM-101", "PROM-102", "PROM-103"],
          answers=[(TELEMETRY, 9093, {"/metrics": NO_PAGE}), (f"{NS}/prometheus-*", 9090, {
                       "/api/v1/targets": NO_PAGE, "/api/v1/status/config": NO_PAGE}),
                   *((f"{NS}/istio-pilot-*", number, {"/metrics": NO_PAGE, "/debug/adsz": NO_PAGE, "/v1/registration": NO_PAGE})
                     for number in (8080, 9093))], rbac=forbid("", "configmaps")),
    blind("pages-not-found", "0.5", "Mixer and Prometheus answer, and do not have the pages",
          [*MIXER_COUNTERS_05, "PILOT-105", "PROM-102", "PROM-103"],
          answers=[(MIXER05, 9093, {"/metrics": NO_PAGE}), (f"{NS}/prometheus-*", 9090, {"/api/v1/targets": NO_PAGE}),
                   *((f"{NS}/istio-pilot-*", number, {"/metrics": NO_PAGE, "/v1/registration": NO_PAGE}) for number in (8080, 9093))]),
    blind("limited-to-a-namespace", "0.8", "only the namespace default may be read", [*MIXER_CONFIG, *MIXER_LOG, "PILOT-101", "PROM-101"],
          rbac={"user": "dev", "rules": [{"verbs": ["get", "list"], "apiGroups": ["*"], "resources": ["*"], "namespaces": ["default"]}]}),
    # A fault, and a hole that hides another part: the fault is found all the same.
    blind("and-broken", "0.8", "logs may not be read, and the Prometheus handler is gone", MIXER_LOG,
          finds=["MIX-111", "MIX-113"], rbac=forbid("", "pods/log"), **BROKEN),
    blind("and-broken", "0.5", "metrics may not be read, and the Prometheus handler is gone", MIXER_COUNTERS_05,
          finds=["MIX-111", "MIX-113"], rbac=forbid("", "pods/proxy"), **BROKEN),
    Scenario("blind-and-heartbeats-0.8", "0.8", "no clock may be read, and the heartbeats of a node tell that it is ahead", [GRAFANA],
             ["TIME-307"], blind=["LIM-102"], about={"node_skew_s": {"worker-1": 90}},
             rbac={"user": "limited", "except": [{"verbs": ["*"], "apiGroups": [""], "resources": ["pods/exec", "pods/proxy"]}]}),
    blind("and-failing", "0.8", "Mixer's log may not be read, and dispatches fail", MIXER_LOG,
          finds=["MIX-141"], rbac=forbid("", "pods/log"), metrics=[(TELEMETRY, 9093, {dispatch("prometheus", "true"): (3, 5)})]),
]
