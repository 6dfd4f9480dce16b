# SPDX-License-Identifier: Apache-2.0
"""clocks -- no traces in Zipkin, no Grafana output: clocks that differ, and backends that are away."""

from overlay import Scenario
from words import crashing, delete, merge, not_ready, ops, scaled_to_nothing

NS = "istio-system"
ZIPKIN = "no-traces-appearing-in-zipkin-when-running-istio-locally-on-mac"
GRAFANA = "no-grafana-output-when-connecting-from-a-local-web-client-to-istio-remotely-hosted"
DAYS = 86400
ON_WORKER_1 = ("default/details-*", "default/reviews-v1-*", "default/reviews-v3-*", f"{NS}/istio-pilot-*", f"{NS}/istio-policy-*",
               f"{NS}/istio-ingressgateway-*")


def behind(seconds):
    """Commands in containers tell another time than the API server."""
    return [{"container": ["istio-proxy", "ingressgateway", "egressgateway", "istio-ingress", "discovery"],
             "argv_glob": "date*", "date": True, "date_skew_s": seconds}]


TRACES = [
    Scenario("traces-containers-behind-0.8", "0.8", "the clock in containers is four days behind", [ZIPKIN], ["TIME-301", "TIME-305"],
             execs=behind(-4 * DAYS)),
    Scenario("traces-containers-behind-0.5", "0.5", "the clock in containers is four days behind", [ZIPKIN], ["TIME-301", "TIME-305"],
             execs=behind(-4 * DAYS)),
    Scenario("traces-containers-ahead-0.8", "0.8", "the clock in containers is two hours ahead", [ZIPKIN], ["TIME-301", "TIME-305"],
             execs=behind(7200)),
    Scenario("traces-one-node-behind-0.8", "0.8", "the containers of one node are ten minutes behind", [ZIPKIN], ["TIME-301"],
             execs=[{**e, "pods": place} for e in behind(-600)
                    for place in ("default/ratings-*", "default/productpage-*", "default/reviews-v2-*")],
             about={"node_skew_s": {"worker-2": -600}}),
    Scenario("traces-no-backend-0.8", "0.8", "proxies send traces to a Service that does not exist", [ZIPKIN], ["TRAC-101"],
             edits=delete(f"services/{NS}/zipkin", f"endpoints/{NS}/zipkin", f"services/{NS}/tracing", f"endpoints/{NS}/tracing",
                          f"deployments/{NS}/istio-tracing", f"pods/{NS}/istio-tracing-*")),
    Scenario("traces-backend-down-0.8", "0.8", "the tracing backend does not start", [ZIPKIN], ["KUBE-410", "TRAC-101"],
             edits=[*crashing(NS, "istio-tracing"), not_ready(NS, "zipkin"), not_ready(NS, "tracing")]),
    Scenario("traces-switched-off-0.8", "0.8", "the tracing backend runs, and the mesh is told not to trace", [ZIPKIN], ["TRAC-102"],
             texts=[("objects/istio-system.json", "enableTracing: true", "enableTracing: false")]),
    Scenario("traces-backend-away-0.5", "0.5", "Zipkin was scaled to nothing", [ZIPKIN], ["TRAC-101"],
             edits=scaled_to_nothing(NS, "zipkin", "zipkin")),
    Scenario("traces-no-backend-0.5", "0.5", "proxies send traces to a Service that does not exist", [ZIPKIN], ["TRAC-101"],
             edits=delete(f"services/{NS}/zipkin", f"endpoints/{NS}/zipkin", f"deployments/{NS}/zipkin", f"pods/{NS}/zipkin-*")),
]

DASHBOARDS = [
    Scenario("grafana-cluster-ahead-0.8", "0.8", "the whole cluster is five minutes ahead of the collector", [GRAFANA], ["TIME-301", "TIME-303"],
             serve=["--skew", "300"]),
    Scenario("grafana-cluster-behind-0.5", "0.5", "the whole cluster is an hour behind the collector", [GRAFANA], ["TIME-301", "TIME-303"],
             serve=["--skew", "-3600"]),
    Scenario("grafana-cluster-days-behind-0.8", "0.8", "the whole cluster is four days behind the collector", [GRAFANA, ZIPKIN], ["TIME-301", "TIME-303"],
             serve=["--skew", str(-4 * DAYS)]),
    Scenario("grafana-browser-0.8", "0.8", "the browser's clock is far from the cluster's", [GRAFANA], ["TIME-304"],
             collect=["--client-date", "2018-06-14T09:00:00Z"]),
    Scenario("grafana-browser-0.5", "0.5", "the browser's clock is far from the cluster's", [GRAFANA], ["TIME-304"],
             collect=["--client-date", "2018-06-14T09:00:00Z"]),
    Scenario("grafana-node-ahead-0.8", "0.8", "one node is ninety seconds ahead", [GRAFANA], ["TIME-301", "TIME-302"],
             about={"node_skew_s": {"worker-1": 90}}, skews=[("_nodes/worker-1", 10250, 90)],
             execs=[{**e, "pods": place} for e in behind(90) for place in ON_WORKER_1]),
    Scenario("grafana-prometheus-behind-0.8", "0.8", "Prometheus' own clock is ten minutes behind", [GRAFANA], ["TIME-301"],
             skews=[(f"{NS}/prometheus-*", 9090, -600)]),
]

SCENARIOS = TRACES + DASHBOARDS
