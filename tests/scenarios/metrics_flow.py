# SPDX-License-Identifier: Apache-2.0
"""metrics_flow -- where are the metrics for my service: from proxies over Mixer to Prometheus."""

from overlay import Scenario
from words import (clone, config, crashing, data, delete, dispatch, dispatch05, every, grpc, merge, not_ready, ops,
                   scaled_to_nothing, zap)

NS = "istio-system"
TELEMETRY, POLICY, MIXER05 = f"{NS}/istio-telemetry-*", f"{NS}/istio-policy-*", f"{NS}/istio-mixer-*"
PROMETHEUS = f"{NS}/prometheus-*"
RECEIVING = "verify-mixer-is-receiving-report-calls"
EXISTS = "verify-mixer-metrics-configuration-exists"
SENDING = "verify-mixer-is-sending-metric-instances-to-the-prometheus-adapter"
SCRAPING = "verify-prometheus-configuration"
NO_REPORT = {'/grpc_server_.*grpc_method="Report"/': None}
IDLE08 = {**NO_REPORT, dispatch("prometheus", "false"): 0, dispatch("stdio", "false", "logentry"): 0,
          dispatch("kubernetesenv", "false", "kubernetes"): 0, 'mixer_dispatcher_request_count{error="false"}': 0}
IDLE05 = {**NO_REPORT, "/mixer_adapter_dispatch_count/": None, "/mixer_config_resolve_count/": None}
REPORT_FAILED = ("Report failed:1 error occurred:\n\n* failed to report all values: 1 error occurred:\n\n"
                 "* could not find metric info from adapter config for requestcount.metric.istio-system")
CONFIG = "config.istio.io/v1alpha2"

RECEIVES = [
    Scenario("report-none-0.8", "0.8", "Mixer counts no Report, though the pods have sidecars",
             [RECEIVING], ["MIX-101"], metrics=[(TELEMETRY, 9093, IDLE08)], answers=[(TELEMETRY, 42422, {"/metrics": {"body": ""}})]),
    Scenario("report-none-0.5", "0.5", "Mixer 0.5 counts no Report",
             [RECEIVING], ["MIX-101"], metrics=[(MIXER05, 9093, IDLE05)], answers=[(MIXER05, 42422, {"/metrics": {"body": ""}})]),
    Scenario("report-series-only-gone-0.8", "0.8", "nothing but the series of Report is missing",
             [RECEIVING], ["MIX-101"], metrics=[(TELEMETRY, 9093, NO_REPORT)]),
    Scenario("report-series-only-gone-0.5", "0.5", "nothing but the series of Report is missing",
             [RECEIVING], ["MIX-101"], metrics=[(MIXER05, 9093, NO_REPORT)]),
    Scenario("report-all-fail-0.8", "0.8", "every Report fails with InvalidArgument", [RECEIVING], ["MIX-102", "MIX-103", "MIX-141"],
             metrics=[(TELEMETRY, 9093, {grpc("Report", "OK"): None, grpc("Report", "InvalidArgument"): (146, 150),
                                         dispatch("prometheus", "true"): (146, 150), dispatch("prometheus", "false"): 0})],
             logs=[(TELEMETRY, "mixer", every(4, -590, -10, lambda at: zap(at, "error", REPORT_FAILED, "api")))]),
    Scenario("report-no-service-0.5", "0.5", "Mixer's Service was deleted", [RECEIVING], ["MIX-108"],
             edits=delete(f"services/{NS}/istio-mixer", f"endpoints/{NS}/istio-mixer")),
    Scenario("report-other-namespace-0.8", "0.8", "proxies report to another namespace", [RECEIVING], ["MIX-108"],
             texts=[("objects/istio-system.json", "mixerReportServer: istio-telemetry.istio-system.svc", "mixerReportServer: istio-telemetry.istio.svc")]),
    Scenario("report-mixer-down-0.8", "0.8", "istio-telemetry crashes at its start", [RECEIVING], ["KUBE-410", "MIX-107", "MIX-108"],
             edits=[*crashing(NS, "istio-telemetry"), not_ready(NS, "istio-telemetry")],
             answers=[(TELEMETRY, 9093, None), (TELEMETRY, 42422, None)],
             logs=[(TELEMETRY, name, [(-92, "Unable to initialize Mixer: unable to setup monitoring: unable to "
                                            "listen on socket: listen tcp :9093: bind: address already in use")])
                   for name in ("mixer", "mixer.previous")]),
    Scenario("report-hangs-0.8", "0.8", "Mixer waits for the API server and answers no call", [RECEIVING], ["MIX-101", "MIX-105"],
             metrics=[(TELEMETRY, 9093, {**NO_REPORT, "/mixer_runtime_dispatch_count/": None})],
             answers=[(TELEMETRY, 42422, {"/metrics": {"body": ""}})],
             without=[(TELEMETRY, "mixer", "Cache sync successful|Starting gRPC|serving prometheus|\\{\"level\"")]),
    Scenario("report-no-sidecars-0.8", "0.8", "the applications were never injected", [RECEIVING], ["INJ-121", "MIX-101"],
             edits=[ops(f"pods/default/{name}-*", ("/spec/containers/1", None), ("/spec/initContainers", None),
                        ("/metadata/annotations", None), ("/status/containerStatuses/1", None),
                        ("/status/initContainerStatuses", None))
                    for name in ("details-v1", "productpage-v1", "ratings-v1", "reviews-v1", "reviews-v2", "reviews-v3")] +
             [merge("namespaces/default", {"metadata": {"labels": {"istio-injection": None}}})],
             metrics=[(TELEMETRY, 9093, IDLE08)], answers=[(TELEMETRY, 42422, {"/metrics": {"body": ""}})]),
]

CONFIGURED = [
    Scenario("config-no-prometheus-rules-0.8", "0.8", "promhttp and promtcp were deleted", [EXISTS], ["MIX-110"],
             edits=delete(f"rules/{NS}/promhttp", f"rules/{NS}/promtcp")),
    Scenario("config-no-prometheus-rules-0.5", "0.5", "promhttp and promtcp were deleted", [EXISTS], ["MIX-110"],
             edits=delete(f"rules/{NS}/promhttp", f"rules/{NS}/promtcp")),
    Scenario("config-no-handler-0.8", "0.8", "the Prometheus handler was deleted", [EXISTS], ["MIX-111", "MIX-113"],
             edits=delete(f"prometheuses/{NS}/handler")),
    Scenario("config-no-handler-0.5", "0.5", "the Prometheus handler was deleted", [EXISTS], ["MIX-111", "MIX-113"],
             edits=delete(f"prometheuses/{NS}/handler")),
    Scenario("config-no-instances-0.8", "0.8", "all metric instances were deleted", [EXISTS], ["MIX-112", "MIX-113"],
             edits=delete(f"metrics/{NS}/*")),
    Scenario("config-no-instances-0.5", "0.5", "all metric instances were deleted", [EXISTS], ["MIX-112", "MIX-113"],
             edits=delete(f"metrics/{NS}/*")),
    Scenario("config-one-instance-missing-0.8", "0.8", "one metric instance is missing", [EXISTS], ["MIX-113"],
             edits=delete(f"metrics/{NS}/responsesize")),
    Scenario("config-rules-name-other-handler-0.8", "0.8", "rules name a handler of another name", [EXISTS], ["MIX-113"],
             edits=[ops(f"rules/{NS}/prom*", ("/spec/actions/0/handler", "promhandler.prometheus"))]),
    Scenario("config-only-http-0.8", "0.8", "promhttp is there, and is pointed at stdio alone", [EXISTS], ["MIX-110"],
             edits=[ops(f"rules/{NS}/prom*", ("/spec/actions/0/handler", "handler.stdio"))]),
    Scenario("config-nothing-at-all-0.8", "0.8", "the job that configures Mixer failed", [EXISTS], ["KUBE-415", "MIX-110", "MIX-111", "MIX-112"],
             edits=delete(*(f"{kind}/{NS}/*" for kind in ("rules", "prometheuses", "stdios", "metrics", "logentries",
                                                          "kubernetesenvs", "kuberneteses", "attributemanifests"))) +
             [merge(f"jobs/{NS}/istio-mixer-post-install", {"status": {
                 "succeeded": None, "completionTime": None, "failed": 6,
                 "conditions": [{"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded",
                                 "message": "Job has reach the specified backoff limit"}]}})]),
    Scenario("config-resolves-with-errors-0.5", "0.5", "the configuration of one service resolves only with errors",
             [EXISTS], ["MIX-104"], metrics=[(MIXER05, 9093, {
                 'mixer_config_resolve_count{error="false",target="ratings.default.svc.cluster.local"}': None,
                 'mixer_config_resolve_count{error="true",target="ratings.default.svc.cluster.local"}': (26, 27)})]),
    Scenario("config-rejected-0.8", "0.8", "Mixer's newest configuration has errors", [EXISTS], ["MIX-113", "MIX-131"],
             metrics=[(TELEMETRY, 9093, {'mixer_config_rule_config_error_count{configID="2"}': 1,
                                         'mixer_config_instance_config_count{configID="2"}': 7})],
             edits=delete(f"metrics/{NS}/tcpbytesent"),
             logs=[(TELEMETRY, "mixer", [zap(-3300, "error", "Instance not found: instance='tcpbytesent.metric.istio-system'"
                                                             ", action='promtcp.rule.istio-system[0]'")])]),
    Scenario("config-bad-expression-0.8", "0.8", "an instance has an unknown attribute, its handler cannot be built",
             [EXISTS], ["MIX-133"],
             metrics=[(TELEMETRY, 9093, {'mixer_handler_handler_build_failure_count{configID="2"}': 1,
                                         'mixer_config_unsatisfied_action_handler_count{configID="2"}': 2})],
             edits=[ops(f"metrics/{NS}/requestcount", ("/spec/dimensions/response_code", "response.kode | 200"))],
             answers=[(TELEMETRY, 42422, None)],
             logs=[(TELEMETRY, "mixer", [zap(-3280, "error",
                    "Unable to initialize adapter: snapshot='2', handler='handler.prometheus.istio-system', "
                    "adapter='prometheus', err='cannot infer type information from params in instanceConfig "
                    "'requestcount.metric.istio-system': failed to evaluate expression for field "
                    "'Dimensions[response_code]'; unknown attribute response.kode'.\n"
                    "Please remove the handler or fix the configuration.")])]),
]

SENDS = [
    Scenario("dispatch-errors-0.8", "0.8", "dispatches to Prometheus fail", [SENDING], ["MIX-102", "MIX-103", "MIX-141"],
             metrics=[(TELEMETRY, 9093, {dispatch("prometheus", "true"): (40, 44), dispatch("prometheus", "false"): 106,
                                         grpc("Report", "OK"): 106, grpc("Report", "InvalidArgument"): (40, 44)})],
             logs=[(TELEMETRY, "mixer", every(4, -170, -10, lambda at: zap(at, "error", REPORT_FAILED, "api")))]),
    Scenario("dispatch-errors-metric-only-0.8", "0.8", "the counter of failed dispatches grows", [SENDING], ["MIX-141"],
             metrics=[(TELEMETRY, 9093, {dispatch("prometheus", "true"): (3, 5)})]),
    Scenario("dispatch-none-0.8", "0.8", "Reports arrive and none goes to Prometheus", [SENDING], ["MIX-140"],
             metrics=[(TELEMETRY, 9093, {dispatch("prometheus", "false"): 0})],
             answers=[(TELEMETRY, 42422, {"/metrics": {"body": ""}})]),
    Scenario("dispatch-none-0.5", "0.5", "no dispatch to the Prometheus adapter is recorded", [SENDING], ["MIX-145"],
             metrics=[(MIXER05, 9093, {'/mixer_adapter_dispatch_count.adapter="prometheus"/': None})]),
    Scenario("dispatch-internal-0.5", "0.5", "dispatches to a handler in another namespace fail with INTERNAL", [SENDING], ["MIX-142"],
             metrics=[(MIXER05, 9093, {dispatch05("prometheus", "true", "INTERNAL", "handler.prometheus.default"): (4, 5)})]),
    Scenario("dispatch-report-0-returned-0.5", "0.5", "the log says that Report 0 returned with INTERNAL", [SENDING], ["MIX-120", "MIX-142"],
             metrics=[(MIXER05, 9093, {dispatch05("prometheus", "true", "INTERNAL"): (9, 9)})],
             logs=[(MIXER05, "mixer", every(30, -590, -300, lambda at: zap(
                 at, "error", "Report 0 returned with: INTERNAL (1 error occurred:\n\n* failed to report all values: "
                              "1 error occurred:\n\n* could not find metric info from adapter config for "
                              "requestcount.metric.istio-system)")))]),
    Scenario("dispatch-panics-0.8", "0.8", "the handler panics: labels do not fit", [SENDING], ["MIX-102", "MIX-103"],
             metrics=[(TELEMETRY, 9093, {grpc("Report", "OK"): 97, grpc("Report", "InvalidArgument"): (49, 53),
                                         'mixer_dispatcher_request_count{error="true"}': (49, 53)})],
             logs=[(TELEMETRY, "mixer", [line for at in range(-200, -10, 4) for line in (
                 zap(at, "error", "panic during handler dispatch: inconsistent label cardinality"),
                 zap(at + 0.001, "error", "Report failed:1 error occurred:\n\n* panic during handler dispatch: "
                                          "inconsistent label cardinality", "api"))])]),
    Scenario("dispatch-other-labels-0.8", "0.8", "a metric of the handler has a label that its instance has not", [SENDING], ["MIX-114"],
             edits=[ops(f"prometheuses/{NS}/handler", ("/spec/metrics/0/label_names/-", "tenant"))]),
    Scenario("dispatch-not-described-0.8", "0.8", "the handler describes no TCP metrics", [SENDING], ["MIX-114"],
             edits=[ops(f"prometheuses/{NS}/handler", ("/spec/metrics/5", None), ("/spec/metrics/4", None))]),
    Scenario("dispatch-lookup-failed-0.8", "0.8", "an instance cannot be made from what proxies report", [SENDING], ["MIX-144"],
             logs=[(TELEMETRY, "mixer", [line for at in range(-580, -10, 15) for line in (
                 zap(at, "error", "evaluation failed at [requestcount.metric.istio-system]'Dimensions[response_code]': "
                                  "'lookup failed: 'response.time''"),
                 zap(at + 0.001, "warn", "error creating instance: destination='metric:handler.prometheus.istio-system"
                                         "(prometheus)', error='evaluation failed at [requestcount.metric.istio-system]"
                                         "'Dimensions[response_code]': 'lookup failed: 'response.time'''"))])]),
]

JOB08 = ("- job_name: istio-mesh\\n  scrape_interval: 5s\\n  scrape_timeout: 5s\\n  metrics_path: /metrics\\n  "
         "scheme: http\\n  kubernetes_sd_configs:\\n  - role: endpoints\\n  relabel_configs:\\n  - source_labels: "
         "[__meta_kubernetes_namespace, __meta_kubernetes_service_name, __meta_kubernetes_endpoint_port_name]\\n    "
         "separator: ;\\n    regex: istio-system;istio-telemetry;prometheus\\n    replacement: $1\\n    action: keep\\n")
JOB05 = ("- job_name: istio-mesh\\n  scrape_interval: 5s\\n  static_configs:\\n  "
         "- targets: [istio-mixer.istio-system:42422]\\n")
CONFIG_JSON = "proxy/istio-system/prometheus-*/9090/status-config.json"
SCRAPES = [
    Scenario("prometheus-no-job-0.8", "0.8", "the job istio-mesh is not in Prometheus' configuration", [SCRAPING], ["PROM-101"],
             texts=[(CONFIG_JSON, JOB08, "")], targets={"istio-mesh": None}),
    Scenario("prometheus-no-job-0.5", "0.5", "the job istio-mesh is not in Prometheus' configuration", [SCRAPING], ["PROM-101"],
             texts=[(CONFIG_JSON, JOB05, "")], targets={"istio-mesh": None}),
    Scenario("prometheus-target-down-0.5", "0.5", "the target istio-mesh is DOWN", [SCRAPING], ["PROM-103"],
             targets={"istio-mesh": "Get http://istio-mixer.istio-system:42422/metrics: dial tcp 10.96.102.21:42422: "
                                   "getsockopt: no route to host"}),
    Scenario("prometheus-wrong-host-0.5", "0.5", "the static target's name is misspelt", [SCRAPING], ["PROM-103"],
             texts=[(CONFIG_JSON, "istio-mixer.istio-system:42422", "istio-mixr.istio-system:42422")],
             targets={"istio-mesh": "Get http://istio-mixr.istio-system:42422/metrics: dial tcp: lookup "
                                    "istio-mixr.istio-system on 10.96.0.10:53: no such host"}),
    Scenario("prometheus-target-down-0.8", "0.8", "the target istio-mesh is DOWN", [SCRAPING], ["PROM-103"],
             targets={"istio-mesh": "Get http://10.40.2.3:42422/metrics: dial tcp 10.40.2.3:42422: "
                                    "getsockopt: connection refused"}),
    Scenario("prometheus-relabels-all-away-0.8", "0.8", "the Service was renamed, relabelling keeps nothing", [SCRAPING], ["PROM-102"],
             texts=[(CONFIG_JSON, "istio-system;istio-telemetry;prometheus", "istio-system;istio-mixer;prometheus")],
             targets={"istio-mesh": None}),
    Scenario("prometheus-not-found-0.8", "0.8", "the metrics path of the job is wrong", [SCRAPING], ["PROM-103"],
             texts=[(CONFIG_JSON, JOB08, JOB08.replace("/metrics", "/stats"))],
             targets={"istio-mesh": "server returned HTTP status 404 Not Found"}),
    Scenario("prometheus-crashes-0.8", "0.8", "Prometheus does not start", [SCRAPING], ["KUBE-410", "PROM-105"],
             edits=[*crashing(NS, "prometheus"), not_ready(NS, "prometheus")], answers=[(PROMETHEUS, 9090, None)],
             logs=[(PROMETHEUS, "prometheus.previous", [(-92, 'level=error ts=2018-06-14T08:58:28.1Z caller=main.go:582 err="Error '
                                                'loading config couldn\'t load configuration (--config.file=/etc/'
                                                'prometheus/prometheus.yml): yaml: unmarshal errors"')])]),
]

METRICS = "where-are-the-metrics-for-my-service"

AROUND = [
    Scenario("metrics-checks-fail-0.8", "0.8", "istio-policy answers Check calls with errors", [METRICS], ["MIX-106"],
             metrics=[(POLICY, 9093, {grpc("Check", "Internal"): (30, 31)})],
             logs=[(POLICY, "mixer", every(20, -580, -10, lambda at: zap(
                 at, "error", "Check failed:1 error occurred:\n\n* performing check operation failed", "api")))]),
    Scenario("metrics-statsd-flags-0.8", "0.8", "the statsd bridge does not understand its flags", [METRICS], ["KUBE-410", "KUBE-416"],
             edits=[*crashing(NS, "istio-statsd-prom-bridge"), not_ready(NS, "istio-statsd-prom-bridge")],
             answers=[(f"{NS}/istio-statsd-prom-bridge-*", 9102, None)],
             targets={"envoy": "Get http://10.40.2.5:9102/metrics: dial tcp 10.40.2.5:9102: getsockopt: connection refused"},
             logs=[(f"{NS}/istio-statsd-prom-bridge-*", name, [(-92, "statsd_exporter: error: unknown short flag '-t', try --help")])
                   for name in ("statsd-prom-bridge", "statsd-prom-bridge.previous")]),
    Scenario("metrics-mixer-scaled-away-0.8", "0.8", "istio-telemetry was scaled to nothing", [RECEIVING], ["KUBE-414", "MIX-108"],
             edits=scaled_to_nothing(NS, "istio-telemetry", "istio-telemetry")),
    Scenario("metrics-mixer-down-0.5", "0.5", "the only Mixer does not start", [RECEIVING], ["KUBE-410", "MIX-107", "MIX-108", "PROM-103", "SEC-116"],
             edits=[*crashing(NS, "istio-mixer", 1), not_ready(NS, "istio-mixer")],
             answers=[(MIXER05, 9093, None), (MIXER05, 42422, None), (MIXER05, 9102, None)],
             targets={job: "dial tcp 10.96.102.21: getsockopt: connection refused" for job in ("istio-mesh", "envoy", "mixer")},
             logs=[(MIXER05, "mixer.previous", [(-92, "Unable to initialize Mixer: unable to connect to the configuration server: "
                                                      "dial tcp 10.96.0.1:443: i/o timeout")])]),
]

SCENARIOS = AROUND + RECEIVES + CONFIGURED + SENDS + SCRAPES
