# SPDX-License-Identifier: Apache-2.0
"""broken08 -- an overlay: the metrics of a service went missing in two steps.

08:52:30  somebody renames an instance in the Prometheus handler: responsesize is not known to it any
          more.  Reports fail from then on (InvalidArgument), the other three metrics are still kept.
08:56:00  somebody deletes the handler.  Mixer finds no handler for promhttp and promtcp, drops both
          rules, stops its server on 42422; Reports succeed again, and nothing arrives anywhere.
"""

import istio08
import kube
import logs08
import metrics08
import pages08
import prom
import traffic
from recording import Recording

NS = istio08.NS
RENAMED, DELETED = -450, -240
HANDLER = "handler.prometheus.istio-system"

FULL = dict(metrics08.FULL)
CHANGED = {**FULL, "attribute_count": 0}
# Without its handler each of the two rules counts twice: no handler, then no valid action.
GONE = {**CHANGED, "handler_config_count": 2, "rule_config_error_count": 4, "new_handler_count": 2}
CONFIGS = {**metrics08.START, 2: {**FULL, "close_handler_count": 3}, 3: {**CHANGED, "close_handler_count": 3}, 4: GONE}

FAILED = ("Report failed:1 error occurred:\n\n* failed to report all values: 1 error occurred:\n\n"
          "* could not find metric info from adapter config for responsesize.metric.istio-system")


def phase(call):
    """0 healthy, 1 reports fail, 2 no handler."""
    at = call.at + 0.9
    return 0 if at < RENAMED else 1 if at < DELETED else 2


def counts(sample):
    found = [0, 0, 0]
    for call in traffic.calls(traffic.BEFORE + sample):
        found[phase(call)] += 1
    return found


def telemetry(pod, sample):
    well, failed, unseen = counts(sample)
    total = well + failed + unseen
    page = prom.Page()
    metrics08.process(page, pod, 50331648, 39, 2101, 9.62, sample)
    metrics08.config_counters(page, CONFIGS)
    metrics08.grpc(page, "Report", {"InvalidArgument": failed, "OK": well + unseen})
    with_handler = well + failed
    metrics08.requests(page, {1: total + unseen, 2: with_handler}, {1: total + unseen, 5: with_handler}, failed)
    metrics08.dispatches(page, {"kubernetesenv": (total, 0), "prometheus": (well, failed), "stdio": (total, 0)})
    return page.text()


def policy(pod, sample):
    """Reads the same configuration, hence the same errors; its checks go well."""
    checks = len(traffic.calls(traffic.BEFORE + sample))
    page = prom.Page()
    metrics08.process(page, pod, 44040192, 35, 2096, 7.11, sample)
    metrics08.config_counters(page, CONFIGS)
    metrics08.grpc(page, "Check", {"OK": checks})
    metrics08.requests(page, {0: checks, 1: checks}, {0: checks, 1: checks})
    metrics08.dispatches(page, {"kubernetesenv": (checks, 0), "prometheus": (0, 0), "stdio": (0, 0)})
    return page.text()


def changes(at_offset=0.0):
    """What both Mixers write when the configuration changes."""
    zap, adapter = logs08.zap, logs08.adapter
    a, b = RENAMED + at_offset, DELETED + at_offset
    missing = [zap(b + 0.002 + n * 0.00003, "error", text) for n, text in enumerate((
        f"Handler not found: handler='{HANDLER}', action='promhttp.rule.istio-system[0]'",
        "No valid actions found in rule: promhttp.rule.istio-system",
        f"Handler not found: handler='{HANDLER}', action='promtcp.rule.istio-system[0]'",
        "No valid actions found in rule: promtcp.rule.istio-system"))]
    return [zap(a, "info", "Publishing 1 events"), zap(a + 0.002, "info", "Built new config.Snapshot: id='3'"),
            adapter(a + 0.004, "warn", "Metric response_size redefined. Reloading adapter.", "handler.prometheus"),
            zap(a + 0.008, "info", "Cleaning up handler table, with config ID:2"),
            adapter(a + 0.0081, "error", "adapter did not close all the scheduled daemons", "handler.prometheus"),
            zap(b, "info", "Publishing 1 events"), *missing,
            zap(b + 0.0025, "info", "Built new config.Snapshot: id='4'"),
            zap(b + 0.006, "info", "Cleaning up handler table, with config ID:3"),
            adapter(b + 0.0065, "info", "HTTP server stopped", "handler.prometheus")]


def logs(rec, out):
    for kind in ("policy", "telemetry"):
        pod = rec.pod("istio-" + kind)
        records = logs08.mixer_start(kube.started(pod), pod["status"]["podIP"])
        records += changes(0.0 if kind == "telemetry" else 0.017)
        if kind == "telemetry":
            for call in traffic.calls():
                at, text = logs08.access_entry(rec, call)
                records.append((at, text))
                if phase(call) == 1:
                    records.append(logs08.zap(at + 0.0004, "error", FAILED, "api"))
        out.log(NS, pod["metadata"]["name"], "mixer", records)


def overlay(rec):
    """rec is the healthy recording that this one is based on."""
    out = Recording({"description": "bookinfo-healthy, but the Prometheus handler was first broken and then deleted",
                     "base": "../bookinfo-healthy"})
    policy_pod, telemetry_pod = rec.pod("istio-policy"), rec.pod("istio-telemetry")
    names = [p["metadata"]["name"] for p in (policy_pod, telemetry_pod)]
    out.about["remove_files"] = [f"proxy/{NS}/{name}/42422/*" for name in names]
    out.edits["handler"] = [{"delete": f"prometheuses.config.istio.io/{NS}/handler"}]
    for name, make, pod in zip(names, (policy, telemetry), (policy_pod, telemetry_pod)):
        for number in (1, 2):
            out.files[f"proxy/{NS}/{name}/9093/metrics.{number}.prom"] = make(pod, number - 1)
    logs(rec, out)
    out.objects = {}
    view = Recording(dict(out.about))
    view.objects = rec.objects
    pages08.prometheus(view, down={"istio-mesh": "Get {url}: dial tcp {address}: getsockopt: connection refused"})
    out.files.update(view.files)
    out.routes = view.routes
    return out.tree()
