# SPDX-License-Identifier: Apache-2.0
"""metrics08 -- the /metrics pages of Istio 0.8.0, from the same calls as the logs."""

import istio08
import kube
import prom
import traffic
from recording import EPOCH

GRPC_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
DISPATCH_S = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
COUNTS = (0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 15, 20)
BYTES = tuple(10 ** n for n in range(9))
PER_CONFIG = (("adapter_info_config_count", "The number of known instances in the current config."),
              ("adapter_info_config_error_count",
               "The number of errors encountered during processing of the adapter info configuration."),
              ("attribute_count", "The number of known attributes in the current config."),
              ("handler_config_count", "The number of known handlers in the current config."),
              ("instance_config_count", "The number of known instances in the current config."),
              ("rule_config_count", "The number of known instances in the current config."),
              ("rule_config_error_count",
               "The number of errors encountered during processing of the adapter info configuration."),
              ("rule_config_match_error_count", "The number of rule conditions that was not parseable."),
              ("unsatisfied_action_handler_count",
               "The number of actions that were put into action due to handlers being unavailable."))
PER_TABLE = (("new_handler_count", "The number of handlers that were newly created during config transition."),
             ("reused_handler_count", "The number of handlers that are re-used during config transition."),
             ("close_handler_count", "The number of handlers that were closed during config transition."),
             ("handler_build_failure_count", "The number of handlers that failed creation during config transition."),
             ("handler_close_failure_count",
              "The number of errors encountered while closing handlers during config transition."))
HANDLERS = {"prometheus": ("handler.prometheus.istio-system", "metric"), "stdio": ("handler.stdio.istio-system", "logentry"),
            "kubernetesenv": ("handler.kubernetesenv.istio-system", "kubernetes")}

# One dict a configuration: -1, 0 and 1 are empty, as in every start; 2 is what the API server holds.
START = {-1: {}, 0: {"attribute_count": 21}, 1: {}}
FULL = {"attribute_count": 77, "handler_config_count": 3, "instance_config_count": 8, "rule_config_count": 5,
        "new_handler_count": 3}
HEALTHY = {**START, 2: FULL}


def config_counters(page, configs):
    for config, known in configs.items():
        for name, text in PER_CONFIG:
            page.counter("mixer_config_" + name, text, known.get(name, 0), configID=config)
        if config >= 1:
            for name, text in PER_TABLE:
                page.counter("mixer_handler_" + name, text, known.get(name, 0), configID=config)


def grpc(page, method, codes):
    """codes: {grpc_code: calls}."""
    labels = {"grpc_method": method, "grpc_service": "istio.mixer.v1.Mixer", "grpc_type": "unary"}
    total = sum(codes.values())
    for code, count in codes.items():
        page.counter("grpc_server_handled_total",
                     "Total number of RPCs completed on the server, regardless of success or failure.", count,
                     grpc_code=code, **labels)
    page.histogram("grpc_server_handling_seconds",
                   "Histogram of response latency (seconds) of gRPC that had been application-level handled by the server.",
                   GRPC_S, {0.0006: total}, **labels)
    page.counter("grpc_server_msg_received_total", "Total number of RPC stream messages received on the server.", total, **labels)
    page.counter("grpc_server_msg_sent_total", "Total number of gRPC stream messages sent by the server.", total, **labels)
    page.counter("grpc_server_started_total", "Total number of RPCs started on the server.", total, **labels)


def dispatches(page, counted):
    """counted: {adapter: (without error, with error)}; both series exist from the start, at 0."""
    for adapter, both in counted.items():
        handler, function = HANDLERS[adapter]
        for error, count in zip(("false", "true"), both):
            labels = {"adapter": adapter, "error": error, "handler": handler, "meshFunction": function}
            page.counter("mixer_runtime_dispatch_count", "Total number of adapter dispatches handled by Mixer.", count, **labels)
            page.histogram("mixer_runtime_dispatch_duration",
                           "Histogram of durations for adapter dispatches handled by Mixer.", DISPATCH_S,
                           {0.00009: count - count // 5, 0.0002: count // 5}, **labels)


def requests(page, destinations, instances, failed=0):
    """Histograms per dispatcher request: {how many: requests}."""
    total = sum(destinations.values())
    page.histogram("mixer_dispatcher_destinations_per_request",
                   "Histogram of destination handlers dispatched to per request, by Mixer.", COUNTS, destinations)
    page.histogram("mixer_dispatcher_instances_per_request", "Histogram of inputs dispatched per request, by Mixer.",
                   COUNTS, instances)
    text = "Total number of requests that are handled by Mixer."
    page.counter("mixer_dispatcher_request_count", text, total - failed, error="false")
    page.counter("mixer_dispatcher_request_count", text, failed, error="true")
    page.histogram("mixer_dispatcher_request_duration", "Histogram of times for requests handled by Mixer.", DISPATCH_S,
                   {0.0002: total - total // 10, 0.0004: total // 10})


def process(page, pod, resident, fds, goroutines, cpu, sample):
    prom.go_process(page, EPOCH + kube.started(pod) + 0.37, resident + 8192 * sample, fds, goroutines,
                    round(cpu + 0.03 * sample, 2))


def telemetry(pod, sample):
    reports = len(traffic.calls(traffic.BEFORE + sample))
    page = prom.Page()
    process(page, pod, 49283072, 41, 2104, 9.41, sample)
    config_counters(page, HEALTHY)
    grpc(page, "Report", {"OK": reports})
    requests(page, {1: reports, 2: reports}, {1: reports, 5: reports})
    dispatches(page, {"kubernetesenv": (reports, 0), "prometheus": (reports, 0), "stdio": (reports, 0)})
    return page.text()


def policy(pod, sample):
    """Checks pass through attribute generation and then find no rule of the check variety."""
    checks = len(traffic.calls(traffic.BEFORE + sample))
    page = prom.Page()
    process(page, pod, 44040192, 37, 2098, 7.02, sample)
    config_counters(page, HEALTHY)
    grpc(page, "Check", {"OK": checks})
    requests(page, {0: checks, 1: checks}, {0: checks, 1: checks})
    dispatches(page, {"kubernetesenv": (checks, 0), "prometheus": (0, 0), "stdio": (0, 0)})
    return page.text()


def mesh(views):
    """Port 42422: what the prometheus adapter has made of the reports."""
    groups = {}
    for call in traffic.calls(views):
        source = f"istio-{call.source}.istio-system" if call.source == "ingressgateway" else f"{call.source}.default"
        key = (f"{source}.svc.cluster.local", call.source_version, f"{call.target}.default.svc.cluster.local",
               call.target_version)
        groups.setdefault(key, []).append(call)
    page = prom.Page()
    for key, found in sorted(groups.items(), key=lambda g: (g[0][2], g[0][3], g[0][0], g[0][1])):
        labels = dict(zip(("source_service", "source_version", "destination_service", "destination_version"), key),
                      response_code="200", connection_mtls="false")
        page.counter("istio_request_count", "request_count", len(found), **labels)
        page.histogram("istio_request_duration", "request_duration", GRPC_S, [c.ms / 1000 for c in found], **labels)
        page.histogram("istio_request_size", "request_size", BYTES, {0: len(found)}, **labels)
        page.histogram("istio_response_size", "response_size", BYTES, [c.bytes for c in found], **labels)
    return page.text()


def clusters_of(rec):
    """Envoy cluster names and how many endpoints each has."""
    found = {}
    endpoints = {(e["metadata"]["namespace"], e["metadata"]["name"]): e for e in rec.find("Endpoints")}
    for svc in rec.find("Service"):
        m = svc["metadata"]
        for port in svc["spec"]["ports"]:
            count = sum(len(s["addresses"]) for s in endpoints.get((m["namespace"], m["name"]), {}).get("subsets", ())
                        if any(p.get("name") == port.get("name") for p in s["ports"]))
            host = f"{m['name']}.{m['namespace']}.svc.cluster.local"
            found[f"outbound|{port['port']}||{host}"] = count
            if m["namespace"] == "default" and m["name"] != "kubernetes":
                for app, version, _ in istio08.APPS:
                    if app == m["name"]:
                        found[f"outbound|{port['port']}|{version}|{host}"] = 1
    return dict(sorted(found.items()))


def pilot(rec, pod, sample):
    page = prom.Page()
    process(page, pod, 58720256, 46, 214, 31.7, sample)
    page.gauge("pilot_conf_out_listeners", "Number of conflicting listeners.", 0)
    page.gauge("pilot_invalid_out_listeners", "Number of invalid outbound listeners.", 0)
    text = "Events from k8s config."
    for kind, stem in (("DestinationRule", "destination-rule"), ("Gateway", "gateway"), ("VirtualService", "virtual-service")):
        page.counter("pilot_k8s_cfg_events", text, len(rec.find(kind)), type=stem, event="add")
    for kind in ("Endpoints", "Node", "Pod", "Service"):
        page.counter("pilot_k8s_reg_events", "Events from k8s registry.", len(rec.find(kind)), type=kind, event="add")
    page.gauge("pilot_services", "Total services known to pilot", len(rec.find("Service")))
    page.gauge("pilot_virt_services", "Total virtual services known to pilot", len(rec.find("VirtualService")))
    proxies = len(istio08.APPS) + 2
    page.gauge("pilot_xds", "Number of endpoints connected to this pilot using XDS", proxies)
    for name, count in clusters_of(rec).items():
        page.gauge("pilot_xds_eds_instances", "Instances for each cluster, as of last push. Zero instances is an error",
                   count, cluster=name)
    page.counter("pilot_xds_push_timeout", "Pilot push timeout", 0)
    for kind in ("cds", "eds", "lds", "rds"):
        page.counter("pilot_xds_pushes", "Pilot push timeout", proxies * 6, type=kind)
    page.counter("pilot_xds_write_timeout", "Pilot write timeout", 0)
    return page.text()


CITADEL = (("secret_controller_secret_deleted_cert_count",
            "The number of certificates recreated due to secret deletion (service account still exists).", 0),
           ("secret_controller_svc_acc_created_cert_count",
            "The number of certificates created due to service account creation.", 11),
           ("secret_controller_svc_acc_deleted_cert_count",
            "The number of certificates deleted due to service account deletion.", 0),
           ("server_authentication_failure_count", "The number of authentication failures.", 0),
           ("server_csr_count", "The number of CSRs recerived by Citadel server.", 0),
           ("server_csr_parsing_err_count", "The number of erorrs occurred when parsing the CSR.", 0),
           ("server_csr_sign_err_count", "The number of erorrs occurred when signing the CSR.", 0),
           ("server_id_extraction_err_count", "The number of erorrs occurred when extracting the ID from CSR.", 0),
           ("server_success_cert_issuance_count", "The number of certificates issuances that have succeeded.", 0))


def citadel(pod, sample):
    page = prom.Page()
    for name, text, value in CITADEL:
        page.counter("citadel_" + name, text, value)
    process(page, pod, 27262976, 15, 24, 1.9, sample)
    return page.text()


def statsd(pod, sample):
    """The bridge: Envoy's statsd counters of all proxies, added up."""
    views = traffic.BEFORE + sample
    page = prom.Page()
    text = "Metric autogenerated by statsd_exporter."
    for name, value in (("envoy_cluster_manager_cds_update_success", 48), ("envoy_cluster_manager_cds_update_rejected", 0),
                        ("envoy_listener_manager_lds_update_success", 48), ("envoy_listener_manager_lds_update_rejected", 0),
                        ("envoy_cluster_xds_grpc_upstream_cx_connect_fail", 0),
                        ("envoy_http_mixer_filter_total_report_calls", len(traffic.calls(views))),
                        ("envoy_http_mixer_filter_total_remote_check_calls", len(traffic.calls(views))),
                        ("envoy_cluster_out_9080_default_svc_upstream_rq_2xx", len(traffic.calls(views)))):
        page.counter(name, text, value)
    process(page, pod, 12582912, 11, 18, 0.8, sample)
    page.counter("statsd_exporter_packets_total", "The total number of StatsD packets seen.", views * 41)
    return page.text()


def prometheus(pod, sample):
    page = prom.Page()
    process(page, pod, 92274688, 58, 137, 22.4, sample)
    page.gauge("prometheus_build_info",
               "A metric with a constant '1' value labeled by version, revision, branch, and goversion from which "
               "prometheus was built.", 1, version="2.3.0", revision="290d717bb7b0fd1f2a0e7b6eba5ff3d4cf1cb7a4",
               branch="HEAD", goversion="go1.10.2")
    page.gauge("prometheus_config_last_reload_successful",
               "Whether the last configuration reload attempt was successful.", 1)
    return page.text()
