# SPDX-License-Identifier: Apache-2.0
"""several -- meshes with more than one fault: each of them is found, and nothing beside them."""

from clocks import GRAFANA, ZIPKIN, behind
from injection import PROXIED, PROXY, SCRIPTS, environment, failed
from metrics_flow import (EXISTS, IDLE05, IDLE08, MIXER05, RECEIVING, REPORT_FAILED, SCRAPING, SENDING, TELEMETRY)
from overlay import Scenario
from proxies import CONNECTED, GDB, ISTIOCTL, NACK, PILOT, SEGFAULT, TCPDUMP, curl, lost
from routing import HTTP10, ROUTES, nginx, refused, renamed_port
from running import CPU, HEADLESS, LOAD, MTLS05, OLD, files, headless
from words import crashing, delete, dispatch, dispatch05, every, grpc, merge, not_ready, ops, zap

NS = "istio-system"

SCENARIOS = [
    Scenario("several-metrics-0.8", "0.8", "the handler is gone, Prometheus lacks its job, and no Report ever came",
             [RECEIVING, EXISTS, SCRAPING], ["MIX-101", "MIX-111", "MIX-113", "PROM-103"],
             edits=delete(f"prometheuses/{NS}/handler"), metrics=[(TELEMETRY, 9093, IDLE08)],
             answers=[(TELEMETRY, 42422, None)],
             targets={"istio-mesh": "Get http://10.40.2.3:42422/metrics: dial tcp 10.40.2.3:42422: getsockopt: connection refused"}),
    Scenario("several-metrics-0.5", "0.5", "no metric instances, failing dispatches, and a target that is down",
             [EXISTS, SENDING, SCRAPING], ["MIX-112", "MIX-113", "MIX-142", "PROM-103"],
             edits=delete(f"metrics/{NS}/*"),
             metrics=[(MIXER05, 9093, {dispatch05("prometheus", "true", "INTERNAL"): (9, 10)})],
             targets={"istio-mesh": "context deadline exceeded"}),
    Scenario("several-routes-0.8", "0.8", "an unnamed port, an HTTP/1.0 client, and a sidecar that nothing is sent to",
             [ROUTES, HTTP10, TCPDUMP], ["HTTP-101", "PROXY-123", "TRAF-101", "TRAF-103"],
             edits=[*renamed_port(None),
                    ops("pods/default/details-v1-*", ("/spec/initContainers", None), ("/status/initContainerStatuses", None))],
             logs=[("default/ratings-v1-*", "istio-proxy", every(20, -580, -10, refused))]),
    Scenario("several-clocks-0.8", "0.8", "the cluster is an hour behind, and no tracing backend is installed", [GRAFANA, ZIPKIN], ["TIME-301", "TIME-303", "TRAC-101"],
             serve=["--skew", "-3600"],
             edits=delete(f"services/{NS}/zipkin", f"endpoints/{NS}/zipkin", f"services/{NS}/tracing", f"endpoints/{NS}/tracing",
                          f"deployments/{NS}/istio-tracing", f"pods/{NS}/istio-tracing-*")),
    Scenario("several-control-plane-0.8", "0.8", "Pilot is unreachable, proxies reject listeners, one of them crashed",
             [CONNECTED, ISTIOCTL, GDB], ["PILOT-104", "PILOT-106", "PROXY-112"],
             execs=curl(7, "Failed to connect to istio-pilot port 15007: Connection refused"),
             logs=[(PILOT, "discovery", every(60, -580, -10, lambda at: zap(at, "warn", NACK, "ads"))),
                   ("default/reviews-v2-*", "istio-proxy", SEGFAULT)]),
    Scenario("several-injection-0.8", "0.8", "a proxy before kube-apiserver, and a webhook without its certificate", [PROXIED, SCRIPTS], ["INJ-102", "KUBE-401", "KUBE-404"],
             edits=[*environment(https_proxy=PROXY, no_proxy="localhost"),
                    ops("mutatingwebhookconfigurations/istio-sidecar-injector", ("/webhooks/0/clientConfig/caBundle", ""))],
             logs=failed("Service Unavailable", "closed", "?timeout=30s")),
    Scenario("several-load-0.5", "0.5", "few open files, old delays in the sidecars, and a headless Service under mutual TLS",
             [LOAD, CPU, HEADLESS], ["LIM-102", "PROXY-103", "SEC-101"],
             texts=[*MTLS05, ("objects/default.json", OLD.format("30s"), OLD.format("1s"))],
             edits=headless("10.40.2.88", "redis-0", "worker-2"), execs=files(1024, 1024)),
    Scenario("several-renamed-0.8", "0.8", "a control plane in another namespace: no handler, and a sidecar that nothing is sent to",
             [EXISTS, TCPDUMP], ["MIX-111", "MIX-113", "PROXY-123"], rename=[("istio-system", "mesh-control")], collect=["--istio-namespace", "mesh-control"],
             edits=[*delete("prometheuses/mesh-control/handler"),
                    ops("pods/default/details-v1-*", ("/spec/initContainers", None), ("/status/initContainerStatuses", None))]),
    Scenario("several-renamed-0.5", "0.5", "a control plane in another namespace: no rules, an unnamed port, no tracing backend",
             [EXISTS, ROUTES, ZIPKIN], ["MIX-110", "TRAC-101", "TRAF-102", "TRAF-103"], rename=[("istio-system", "mesh-control")], collect=["--istio-namespace", "mesh-control"],
             edits=[*delete("rules/mesh-control/prom*", "services/mesh-control/zipkin", "endpoints/mesh-control/zipkin",
                            "deployments/mesh-control/zipkin", "pods/mesh-control/zipkin-*"), *renamed_port(None)]),
    Scenario("several-all-of-mixer-0.8", "0.8", "Reports fail, the configuration is rejected, a clock is off", [EXISTS, SENDING, GRAFANA], ["MIX-102", "MIX-103", "MIX-113", "MIX-131", "MIX-141", "TIME-301", "TIME-303"],
             edits=delete(f"metrics/{NS}/tcpbytesent"),
             metrics=[(TELEMETRY, 9093, {'mixer_config_rule_config_error_count{configID="2"}': 1,
                                         dispatch("prometheus", "true"): (40, 44), dispatch("prometheus", "false"): 106,
                                         grpc("Report", "OK"): 106, grpc("Report", "InvalidArgument"): (40, 44)})],
             logs=[(TELEMETRY, "mixer", every(4, -170, -10, lambda at: zap(at, "error", REPORT_FAILED, "api")))],
             serve=["--skew", "120"]),
]
