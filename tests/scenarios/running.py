# SPDX-License-Identifier: Apache-2.0
"""running -- Envoy crashes under load, uses much CPU, and is restarted for certificates."""

from overlay import Scenario
from words import (clone, config, delete, endpoints, envoy, every, merge, ops, port, scaled_to_nothing, service, zap)

NS = "istio-system"
LOAD = "envoy-is-crashing-under-load"
CPU = "envoy-process-high-cpu-usage"
HEADLESS = "headless-tcp-services-losing-connection-from-istiofied-containers"
LIMITS = ("Limit                     Soft Limit           Hard Limit           Units     \n"
          "Max processes             unlimited            unlimited            processes \n"
          "Max open files            {}{}files     \n")


def files(soft, hard, pods="*"):
    return [{"pods": pods, "container": ["istio-proxy", "ingressgateway", "egressgateway", "istio-ingress"],
             "argv": ["cat", "/proc/1/limits"], "stdout": LIMITS.format(f"{soft:<21}", f"{hard:<21}")},
            {"pods": pods, "container": ["istio-proxy", "ingressgateway", "egressgateway", "istio-ingress"],
             "argv_glob": "sh -c ulimit -a", "stdout": f"open files                      (-n) {soft}\n"}]


def asserted(at):
    return envoy(at, "critical", "assert", "assert failure: fd_ != -1: external/envoy/source/common/network/connection_impl.cc:58")


def epochs(place, container, signal):
    lines = []
    for number in range(3):
        at = -500 + 100 * number
        lines += [zap(at, "warn", f"Epoch {number} terminated with an error: {signal}"),
                  zap(at + .1, "warn", "Aborted all epochs"),
                  zap(at + .2, "info", f"Epoch {number}: set retry delay to {200 * 2 ** number}ms, budget to {9 - number}"),
                  zap(at + .5, "info", f"Reconciling configuration (budget {9 - number})"),
                  zap(at + .6, "info", "Epoch 0 starting")]
    return (place, container, lines)


CRASHES = [
    Scenario("files-limit-0.8", "0.8", "proxies may open 1024 files", [LOAD], ["LIM-102"], execs=files(1024, 4096)),
    Scenario("files-limit-0.5", "0.5", "proxies may open 1024 files", [LOAD], ["LIM-102"], execs=files(1024, 1024)),
    Scenario("files-limit-gateway-0.8", "0.8", "the ingress gateway alone may open 1024 files", [LOAD], ["LIM-102"],
             execs=files(1024, 1024, "istio-system/istio-ingressgateway-*")),
    Scenario("files-assert-0.8", "0.8", "Envoy asserts that it got a socket", [LOAD], ["LIM-101"],
             logs=[("default/productpage-*", "istio-proxy", [asserted(-300)])]),
    Scenario("files-assert-0.5", "0.5", "Envoy asserts that it got a socket, and is started again", [LOAD], ["LIM-101", "LIM-103"],
             logs=[("default/productpage-*", "istio-proxy", [asserted(-500.1), asserted(-400.1)]),
                   epochs("default/productpage-*", "istio-proxy", "signal: aborted")]),
    Scenario("files-accept-0.8", "0.8", "a gateway cannot accept: too many open files", [LOAD], ["LIM-101"],
             logs=[(f"{NS}/istio-ingressgateway-*", "ingressgateway", [envoy(-300, "critical", "main",
                    "external/envoy/source/common/network/listener_impl.cc:91] panic: listener accept failure: "
                    "Too many open files")])]),
    Scenario("files-epochs-0.8", "0.8", "Envoy is aborted again and again, its container is not restarted", [LOAD], ["LIM-103"],
             logs=[epochs("default/reviews-v3-*", "istio-proxy", "signal: aborted")]),
    Scenario("files-nearly-0.8", "0.8", "Mixer has nearly as many files open as it may", [LOAD], ["LIM-104"],
             metrics=[(f"{NS}/istio-telemetry-*", 9093, {"process_max_fds": 1024, "process_open_fds": (1003, 1011)})]),
]


OLD = '"--discoveryRefreshDelay",\n      "{}"'
DELAYS = "rdsRefreshDelay: {0}\\ndefaultConfig:\\n  discoveryRefreshDelay: {0}\\n  "


POLLING = [
    Scenario("cpu-every-second-0.5", "0.5", "polling proxies ask Pilot every second", [CPU], ["PROXY-104"],
             texts=[("objects/istio-system.json", DELAYS.format("30s"), DELAYS.format("1s")),
                    ("objects/default.json", OLD.format("30s"), OLD.format("1s"))]),
    Scenario("cpu-large-mesh-0.5", "0.5", "no delay is set, so every second it is, in a mesh of hundreds", [CPU], ["PROXY-104"],
             texts=[("objects/istio-system.json", DELAYS.format("30s"), "defaultConfig:\\n  "),
                    ("objects/default.json", OLD.format("30s"), OLD.format("1s"))],
             edits=[{"repeat": "pods/default/details-v1-*", "times": 240}]),
    Scenario("cpu-not-reinjected-0.5", "0.5", "the delay was raised, and the sidecars still have the old one", [CPU], ["PROXY-103"],
             texts=[("objects/default.json", OLD.format("30s"), OLD.format("1s"))]),
    Scenario("cpu-not-reinjected-0.8", "0.8", "the delay was raised, and the sidecars still have the old one", [CPU], ["PROXY-103"],
             texts=[("objects/default.json", OLD.format("10s"), OLD.format("1s"))]),
    Scenario("cpu-every-second-0.8", "0.8", "polling proxies of 0.8 ask Pilot every second", [CPU], ["PROXY-104"],
             texts=[("objects/istio-system.json", "discoveryRefreshDelay: 10s", "discoveryRefreshDelay: 1s"),
                    ("objects/istio-system.json", "rdsRefreshDelay: 10s", "rdsRefreshDelay: 1s"),
                    ("objects/default.json", OLD.format("10s"), OLD.format("1s")),
                    ("objects/default.json", "docker.io/istio/proxyv2:0.8.0", "docker.io/istio/proxy:0.8.0")],
             edits=delete("virtualservices/default/*", "destinationrules/default/*", "gateways/default/*")),
]

MTLS08 = [("objects/istio-system.json", "disablePolicyChecks: false\\nenableTracing",
           "authPolicy: MUTUAL_TLS\\ndisablePolicyChecks: false\\nenableTracing")]
MUTUAL = [merge(f"destinationrules/default/{name}", {"spec": {"trafficPolicy": {"tls": {"mode": "ISTIO_MUTUAL"}}}})
          for name in ("details", "productpage", "ratings", "reviews")]
MTLS05 = [("objects/istio-system.json", "disablePolicyChecks: false\\nenableTracing",
           "authPolicy: MUTUAL_TLS\\ndisablePolicyChecks: false\\nenableTracing")]


def headless(address, pod, node, name="tcp", number=6379):
    """A headless Service, and its pod: a clone of ratings."""
    return [service("default", "redis", [port(number, name)], {"app": "redis"}, clusterIP="None"),
            endpoints("default", "redis", [port(number, name)], [(address, node, pod)]),
            clone("pods/default/ratings-v1-*", pod, {"metadata": {"labels": {"app": "redis"}, "ownerReferences": None}},
                  ("/spec/containers/0/ports", [{"containerPort": number, "protocol": "TCP"}]),
                  ("/spec/initContainers/0/args/11", f"{number},"), ("/status/podIP", address), ("/spec/nodeName", node))]


def renewed(place):
    """The proxy is started anew for its certificate, as the agent tells."""
    lines = []
    for number, at in enumerate(range(-2700, 0, 900), 1):
        lines += [zap(at, "info", 'watchFileEvents: "/etc/certs/..data": CREATE'), zap(at + 10, "info", "watchFileEvents: notifying"),
                  zap(at + 10.1, "info", "Received new config, resetting budget"),
                  zap(at + 10.2, "info", "Reconciling configuration (budget 10)"),
                  zap(at + 10.3, "info", f"Epoch {number} starting"), zap(at + 71, "info", f"Epoch {number - 1} exited normally")]
    return (place, "istio-proxy", lines)


# In 0.8 the clone is a proxy that Pilot must list, too.
STREAM = [("proxy/istio-system/istio-pilot-*/8080/adsz.json", [{"op": "add", "path": "/-", "value": {
    "node": "sidecar~10.40.2.88~redis-0.default~default.svc.cluster.local-9", "addr": "10.40.2.88:40009",
    "connect": "2018-06-14 08:20:06.200000000 +0000 UTC m=+906.100000000", "listeners": [], "clusters": []}}])]
COUNTED = [(f"{NS}/istio-pilot-*", number, {"pilot_xds": 9}) for number in (8080, 9093)]

TLS = [
    Scenario("headless-mutual-tls-0.5", "0.5", "mutual TLS, istio-ca, and a headless TCP Service", [HEADLESS], ["SEC-101"],
             texts=MTLS05, edits=headless("10.40.2.88", "redis-0", "worker-2"), logs=[renewed("default/reviews-v1-*")]),
    Scenario("headless-mutual-tls-quiet-0.5", "0.5", "the same, and no log tells of a restart", [HEADLESS], ["SEC-101"],
             texts=MTLS05, edits=headless("10.40.2.88", "redis-0", "worker-2", "redis")),
    Scenario("headless-mutual-tls-0.8", "0.8", "mutual TLS, Citadel, and a headless TCP Service", [HEADLESS], ["SEC-101"],
             texts=MTLS08, edits=headless("10.40.2.88", "redis-0", "worker-2") + MUTUAL, documents=STREAM, metrics=COUNTED,
             logs=[renewed("default/reviews-v1-*")]),
    Scenario("headless-unnamed-port-0.5", "0.5", "mutual TLS and a headless Service with an unnamed port", [HEADLESS], ["SEC-101"],
             texts=MTLS05, edits=headless("10.40.2.88", "redis-0", "worker-2", None, 3306)),
    Scenario("headless-no-citadel-0.5", "0.5", "mutual TLS is on and istio-ca was scaled to nothing", [HEADLESS], ["SEC-102"],
             texts=MTLS05, edits=scaled_to_nothing(NS, "istio-ca")),
    Scenario("headless-no-citadel-0.8", "0.8", "mutual TLS is on and Citadel was scaled to nothing", [HEADLESS], ["SEC-102"],
             texts=MTLS08, edits=MUTUAL + scaled_to_nothing(NS, "istio-citadel", "istio-citadel")),
]

SCENARIOS = CRASHES + POLLING + TLS
