# SPDX-License-Identifier: Apache-2.0
"""istio05 -- Istio 0.5.0 with Bookinfo, the form that the troubleshooting guide describes: one Mixer, static targets."""

import json

import istio08
import kube
import logs08
import metrics08
import pages08
import prom
import traffic
from kube import container, custom, deployment, service
from recording import RECORDED_AT, Recording, dumps

NS = "istio-system"
HUB, TAG = "docker.io/istio", "0.5.0"
LOGGED = "root@31e8f0a6c2d4-docker.io/istio-0.5.0-c9debceacb63a14a9ae24df433e2ec3ce1f16fc7-Clean"
HANDLER = "handler.prometheus.istio-system"

MESH = """\
mtlsExcludedServices: ["kubernetes.default.svc.cluster.local"]
disablePolicyChecks: false
enableTracing: true
mixerAddress: istio-mixer.istio-system:15004
ingressService: istio-ingress
rdsRefreshDelay: 30s
defaultConfig:
  discoveryRefreshDelay: 30s
  connectTimeout: 10s
  configPath: "/etc/istio/proxy"
  binaryPath: "/usr/local/bin/envoy"
  serviceCluster: istio-proxy
  drainDuration: 45s
  parentShutdownDuration: 1m0s
  proxyAdminPort: 15000
  discoveryAddress: istio-pilot.istio-system:15003
  zipkinAddress: zipkin.istio-system:9411
  statsdUdpAddress: istio-mixer.istio-system:9125
"""
STATIC = (("istio-mesh", "istio-mixer", 42422), ("envoy", "istio-mixer", 9102), ("mixer", "istio-mixer", 9093),
          ("pilot", "istio-pilot", 9093))
PROMETHEUS = "global:\n  scrape_interval: 15s\nscrape_configs:\n" + "".join(
    f"\n- job_name: '{job}'\n  scrape_interval: 5s\n  static_configs:\n  - targets: ['{svc}.{NS}:{port}']\n"
    for job, svc, port in STATIC)
PILOT_KINDS = tuple(("config.istio.io", "v1alpha2", plural, kind) for plural, kind in (
    ("routerules", "RouteRule"), ("egressrules", "EgressRule"), ("destinationpolicies", "DestinationPolicy"),
    ("serviceroles", "ServiceRole"), ("servicerolebindings", "ServiceRoleBinding")))


def sidecar(spec, labels):
    injected, annotations = istio08.sidecar(spec, labels)
    text = json.dumps(injected).replace("proxyv2:0.8.0", f"proxy:{TAG}").replace("proxy_init:0.8.0", f"proxy_init:{TAG}")
    text = text.replace("istio-pilot.istio-system:15007", "istio-pilot.istio-system:15003").replace('"10s", "--zipkin', '"30s", "--zipkin')
    return json.loads(text.replace("istio-statsd-prom-bridge", "istio-mixer")), annotations


def proxy(role, ports):
    return container("istio-proxy", f"{HUB}/proxy:{TAG}",
                     ["proxy", role, "-v", "2", "--controlPlaneAuthPolicy", "NONE", "--customConfigFile",
                      f"/etc/istio/proxy/envoy_{role}.json"], ports, env=istio08.INSTANCE_ENV, volumeMounts=[istio08.CERTS])


def control_plane(rec):
    rec.add(NS, kube.config_map("istio", NS, {"mesh": MESH}))
    rec.add(NS, kube.config_map("prometheus", NS, {"prometheus.yml": PROMETHEUS}))
    rec.add(NS, kube.config_map("istio-mixer", NS, {"mapping.conf": ""}))
    for name in ("istio-mixer", "istio-pilot", "istio-ca", "istio-ingress", "prometheus", "default"):
        account = name + "-service-account" if name.startswith("istio") else name
        rec.add(NS, kube.service_account(account, NS))
        rec.add("secrets", kube.secret("istio." + account, NS, "istio.io/key-and-cert", ("cert-chain.pem", "key.pem", "root-cert.pem")))
    rec.add("default", kube.service_account("default", "default", at=-89000))
    rec.add("secrets", kube.secret("istio.default", "default", "istio.io/key-and-cert", ("cert-chain.pem", "key.pem", "root-cert.pem")))
    statsd = container("statsd-to-prometheus", "prom/statsd-exporter:v0.5.0", ["-statsd.mapping-config=/etc/statsd/mapping.conf"],
                       (9102, (9125, "UDP", None)), volumeMounts=[{"name": "config-volume", "mountPath": "/etc/statsd"}])
    mixer = container("mixer", f"{HUB}/mixer:{TAG}",
                      ["--configStoreURL=k8s://", f"--configDefaultNamespace={NS}",
                       "--zipkinURL=http://zipkin:9411/api/v1/spans", "-v", "2"],
                      (9091, 9093, 9094, 42422))
    add = lambda name, account, labels, containers, node, more=(): deployment(   # noqa: E731
        rec, NS, name, NS, labels, {"serviceAccountName": account, "containers": containers,
                                    "volumes": [istio08.cert_volume(account), *more]}, node, annotations=istio08.NO_INJECT)
    add("istio-mixer", "istio-mixer-service-account", {"istio": "mixer"}, [statsd, mixer, proxy("mixer", (15004,))], "worker-1",
        [{"name": "config-volume", "configMap": {"name": "istio-mixer"}}])
    service(rec, NS, "istio-mixer", NS, {"istio": "mixer"},
            (("tcp-plain", 9091, 9091, "TCP"), ("tcp-mtls", 15004, 15004, "TCP"), ("http-monitoring", 9093, 9093, "TCP"),
             ("configapi", 9094, 9094, "TCP"), ("statsd-prom", 9102, 9102, "TCP"), ("statsd-udp", 9125, 9125, "UDP"),
             ("prometheus", 42422, 42422, "TCP")), labels={"istio": "mixer"})
    discovery = container("discovery", f"{HUB}/pilot:{TAG}", ["discovery", "-v", "2", "--admission-service", "istio-pilot"],
                          (8080, 443), env=istio08.INSTANCE_ENV[:2],
                          volumeMounts=[{"name": "config-volume", "mountPath": "/etc/istio/config"}])
    add("istio-pilot", "istio-pilot-service-account", {"istio": "pilot"}, [discovery, proxy("pilot", (15003,))], "worker-2",
        [{"name": "config-volume", "configMap": {"name": "istio"}}])
    service(rec, NS, "istio-pilot", NS, {"istio": "pilot"},
            (("http-discovery", 15003, 15003, "TCP"), ("http-legacy-discovery", 8080, 8080, "TCP"),
             ("http-monitoring", 9093, 9093, "TCP"), ("admission-webhook", 443, 443, "TCP")), labels={"istio": "pilot"})
    ca = container("istio-ca", f"{HUB}/istio-ca:{TAG}", [f"--istio-ca-storage-namespace={NS}", "--grpc-port=8060",
                                                         "--self-signed-ca=true", "--workload-cert-ttl=24h"],
                   command=["/usr/local/bin/istio_ca"])
    add("istio-ca", "istio-ca-service-account", {"istio": "istio-ca"}, [ca], "worker-1")
    ingress = container("istio-ingress", f"{HUB}/proxy:{TAG}",
                        ["proxy", "ingress", "-v", "2", "--discoveryAddress", "istio-pilot:15003", "--discoveryRefreshDelay", "30s",
                         "--drainDuration", "45s", "--parentShutdownDuration", "1m0s", "--connectTimeout", "10s", "--serviceCluster",
                         "istio-ingress", "--zipkinAddress", "zipkin:9411", "--statsdUdpAddress", "istio-mixer:9125",
                         "--proxyAdminPort", "15000", "--controlPlaneAuthPolicy", "NONE"], (80, 443), env=istio08.INSTANCE_ENV,
                        volumeMounts=[istio08.CERTS])
    add("istio-ingress", "istio-ingress-service-account", {"istio": "ingress"}, [ingress], "worker-2")
    service(rec, NS, "istio-ingress", NS, {"istio": "ingress"}, (("http", 80, 80, "TCP"), ("https", 443, 443, "TCP")),
            labels={"istio": "ingress"}, kind="LoadBalancer")
    add("prometheus", "prometheus", {"app": "prometheus"},
        [container("prometheus", "docker.io/prom/prometheus:v2.0.0",
                   ["--storage.tsdb.retention=6h", "--config.file=/etc/prometheus/prometheus.yml"],
                   ((9090, "TCP", "http"),))], "worker-1", [{"name": "config-volume", "configMap": {"name": "prometheus"}}])
    service(rec, NS, "prometheus", NS, {"app": "prometheus"}, (("http-prometheus", 9090, 9090, "TCP"),), labels={"name": "prometheus"})
    add("zipkin", "default", {"app": "zipkin"}, [container("zipkin", "docker.io/openzipkin/zipkin:latest", ports=(9411,))], "worker-2")
    service(rec, NS, "zipkin", NS, {"app": "zipkin"}, (("http", 9411, 9411, "TCP"),))


def routing(rec):
    for app in ("productpage", "details", "ratings"):
        rec.add("routing", custom("RouteRule", f"{app}-default", "default", {"destination": {"name": app}, "precedence": 1,
                                                                            "route": [{"labels": {"version": "v1"}}]}, at=-2390))
    rec.add("routing", custom("RouteRule", "reviews-default", "default", {
        "destination": {"name": "reviews"}, "precedence": 1,
        "route": [{"labels": {"version": v}, "weight": w} for v, w in (("v1", 34), ("v2", 33), ("v3", 33))]}, at=-2390))
    for obj in list(rec.objects["mixer"]):
        if obj["kind"] == "rule" and obj["metadata"]["name"].startswith("prom"):
            protocol = obj["metadata"]["name"][4:]
            obj["metadata"].pop("labels", None)
            obj["spec"]["match"] = f'context.protocol == "{protocol}"'
    rec.objects["networking"] = []


# -- metrics -----------------------------------------------------------------------------------

def targets_of(calls):
    """{service as Mixer resolves it: reports}; the ingress reports its own part of each page view."""
    found = {}
    for call in calls:
        found[f"{call.target}.default.svc.cluster.local"] = found.get(f"{call.target}.default.svc.cluster.local", 0) + 1
        if call.source == "ingressgateway":
            found["ingress.istio-system.svc.cluster.local"] = found.get("ingress.istio-system.svc.cluster.local", 0) + 1
    return dict(sorted(found.items()))


DISPATCHED = "Total number of adapter dispatches handled by Mixer."
RESOLVED = "Total number of config resolves handled by Mixer."


def dispatched(page, adapter, handler, function, count, error="false", code="OK"):
    labels = {"adapter": adapter, "error": error, "handler": handler, "meshFunction": function, "response_code": code}
    page.counter("mixer_adapter_dispatch_count", DISPATCHED, count, **labels)
    page.histogram("mixer_adapter_dispatch_duration", "Histogram of times for adapter dispatches handled by Mixer.",
                   metrics08.DISPATCH_S, {0.0001: count}, **labels)


def mixer_page(pod, sample, unresolved=(), failing=0):
    """unresolved: targets whose configuration cannot be resolved; failing: dispatches of a second handler that fail."""
    page = prom.Page()
    metrics08.process(page, pod, 51380224, 44, 2110, 12.3, sample)
    found = targets_of(traffic.calls(traffic.BEFORE + sample))
    total = sum(found.values())
    bad = sum(n for t, n in found.items() if t in unresolved)
    metrics08.grpc(page, "Report", {**({"Internal": failing + bad} if failing + bad else {}), "OK": total - failing - bad})
    metrics08.grpc(page, "Check", {"OK": total})
    for target, count in found.items():
        labels = {"error": "true" if target in unresolved else "false", "target": target}
        page.counter("mixer_config_resolve_count", RESOLVED, count, **labels)
        page.histogram("mixer_config_resolve_duration", "Histogram of times for config resolves handled by Mixer.",
                       metrics08.DISPATCH_S, {0.0002: count}, **labels)
    dispatched(page, "kubernetesenv", "handler.kubernetesenv.istio-system", "kubernetes", total - bad)
    dispatched(page, "prometheus", HANDLER, "metric", total - bad - failing)
    if failing:
        dispatched(page, "prometheus", "handler.prometheus.default", "metric", failing, "true", "INTERNAL")
    dispatched(page, "stdio", "handler.stdio.istio-system", "logentry", total - bad)
    return page.text()


# -- logs, pages, the whole ----------------------------------------------------------------------

def mixer_log(pod):
    at = kube.started(pod)
    zap, adapter = logs08.zap, logs08.adapter
    return [(at + 0.3, logs08.OPTIONS.replace("APIAddress: tcp://127.0.0.1:9092\n", "")),
            zap(at + 1.1, "info", "Kubernetes cache has been synchronised: 6 rules"),
            adapter(at + 1.2, "info", "serving prometheus metrics on 42422", "handler.prometheus"),
            (at + 1.3, f"Istio Mixer: {LOGGED}"), (at + 1.31, "Starting gRPC server on port 9091")]


def logs(rec):
    named = lambda prefix: rec.pod(prefix)   # noqa: E731
    logs08.kube_system(rec)
    info = lambda prefix, after, text: logs08.zap(kube.started(named(prefix)) + after, "info", text)   # noqa: E731
    for prefix, name, records in (
            ("istio-mixer", "mixer", mixer_log(named("istio-mixer"))),
            ("istio-pilot", "discovery", [info("istio-pilot", 0.3, f"version {LOGGED}"),
                                          info("istio-pilot", 0.9, "Discovery service started at :8080")]),
            ("istio-ca", "istio-ca", [info("istio-ca", 0.3, "Use self-signed certificate as the CA certificate")])):
        rec.log(NS, named(prefix)["metadata"]["name"], name, records)
    for prefix, name, role in (("istio-mixer", "istio-proxy", "proxy"), ("istio-pilot", "istio-proxy", "proxy"),
                               ("istio-ingress", "istio-ingress", "proxy")):
        pod = named(prefix)
        records = logs08.agent_start(kube.started(pod), pod, role, pod["status"]["podIP"], "istio-pilot:15003")
        if prefix == "istio-ingress":
            peer = rec.pod("productpage")["status"]["podIP"] + ":9080"
            records += [(c.at, traffic.access_line(c, False, peer)) for c in traffic.calls() if c.source == "ingressgateway"]
        rec.log(NS, pod["metadata"]["name"], name, records)
    rec.log(NS, named("prometheus")["metadata"]["name"], "prometheus", logs08.prometheus(rec))
    for app, version, _ in istio08.APPS:
        pod = named(f"{app}-{version}")["metadata"]["name"]
        rec.log("default", pod, app, logs08.application(rec, app, version))
        rec.log("default", pod, "istio-proxy", [r for r in logs08.sidecar(rec, app, version) if "gRPC config" not in r[1]])
    for name in list(rec.files):
        text = rec.files[name].replace(logs08.VERSION, LOGGED)
        rec.files[name] = text.replace("istio-pilot.istio-system:15007", "istio-pilot.istio-system:15003")


def static_targets():
    active = [{"discoveredLabels": {"__address__": f"{svc}.{NS}:{port}", "__metrics_path__": "/metrics", "__scheme__": "http", "job": job},
               "labels": {"instance": f"{svc}.{NS}:{port}", "job": job}, "scrapeUrl": f"http://{svc}.{NS}:{port}/metrics",
               "lastError": "", "lastScrape": pages08.stamp(-1.4, 9), "health": "up"} for job, svc, port in sorted(STATIC)]
    return json.dumps({"status": "success", "data": {"activeTargets": active, "droppedTargets": []}})


def pages(rec):
    pod = rec.pod("istio-mixer")
    name = pod["metadata"]["name"]
    rec.samples(NS, name, 9093, "/metrics", [mixer_page(pod, n) for n in (0, 1)], "metrics")
    rec.route(NS, name, 9093, "/version", body=LOGGED)
    mesh = [metrics08.mesh(traffic.BEFORE + n).replace('connection_mtls="false",', "") for n in (0, 1)]
    rec.samples(NS, name, 42422, "/metrics", mesh, "metrics")
    rec.samples(NS, name, 9102, "/metrics", [metrics08.statsd(pod, n) for n in (0, 1)], "metrics")
    pilot = rec.pod("istio-pilot")
    for port in (8080, 9093):
        page = prom.Page()
        metrics08.process(page, pilot, 41943040, 31, 171, 15.2, 0)
        page.counter("pilot_discovery_calls", "Individual method calls in Pilot", 214, method="ListClusters", build_version=LOGGED)
        rec.page(NS, pilot["metadata"]["name"], port, "/metrics", "metrics.prom", page.text(), "text/plain; version=0.0.4")
    for port in (8080, 15003):
        rec.page(NS, pilot["metadata"]["name"], port, "/v1/registration", "../8080/registration.json", pages08.registration(rec))
        rec.route(NS, pilot["metadata"]["name"], port, "/cache_stats", type="application/json",
                  body='{\n  "cache_stats": {}\n }')
    prometheus = rec.pod("prometheus")["metadata"]["name"]
    rec.page(NS, prometheus, 9090, "/api/v1/targets", "targets.json", static_targets())
    rec.page(NS, prometheus, 9090, "/api/v1/status/config", "status-config.json",
             json.dumps({"status": "success", "data": {"yaml": PROMETHEUS.replace("'", "").replace("\n\n", "\n")}}))
    rec.route(NS, prometheus, 9090, "/api/v1/query?query=time()", type="application/json",
              body='{"status":"success","data":{"resultType":"scalar","result":[@NOW:unix@,"@NOW:unix@"]}}')
    rec.route(NS, prometheus, 9090, "/-/healthy", body="Prometheus is Healthy.\n")
    containers = [c for c in pages08.TOOLED if "gateway" not in c] + ["istio-ingress"]
    rec.execs["basics"] = pages08.basics(containers, 1048576)
    rec.files["exec/registration.txt"] = pages08.registration(rec)
    proxies = ["istio-proxy", "istio-ingress"]
    rec.execs["istio"] = [e for e in pages08.admin_pages(rec, proxies) if e["argv_glob"].startswith("curl")] + [
        {"container": proxies, "argv_glob": "curl *http://istio-pilot*:15003/v1/registration*",
                           "stdout_file": "registration.txt"}]


def healthy():
    rec = Recording({"description": "Istio 0.5.0 with one Mixer, static targets and Bookinfo on Kubernetes 1.9, all well",
                     "recorded_at": RECORDED_AT})
    istio08.cluster(rec)
    for obj in rec.find("Namespace"):
        if obj["metadata"]["name"] == "default":
            del obj["metadata"]["labels"]
    istio08.definitions(rec, PILOT_KINDS)
    istio08.mixer_config(rec)
    control_plane(rec)
    istio08.bookinfo(rec, inject=sidecar)
    routing(rec)
    istio08.events(rec)
    rec.files["version.json"] = dumps(dict(kube.VERSION, minor="9", gitVersion="v1.9.4")) + "\n"
    logs(rec)
    pages(rec)
    for stem, objects in rec.objects.items():
        rec.objects[stem] = json.loads(json.dumps(objects).replace("v1.10.3", "v1.9.4"))
    return rec


def broken(rec):
    """An overlay: a handler of the namespace default fails, and the configuration for reviews does not resolve."""
    out = Recording({"description": "bookinfo-0.5, but a second Prometheus handler fails and nothing resolves for reviews",
                     "base": "../bookinfo-0.5"})
    pod = rec.pod("istio-mixer")
    name = pod["metadata"]["name"]
    reviews = "reviews.default.svc.cluster.local"
    for number in (1, 2):
        out.files[f"proxy/{NS}/{name}/9093/metrics.{number}.prom"] = mixer_page(pod, number - 1, (reviews,), 4 + number - 1)
    records = mixer_log(pod)
    for call in traffic.calls():
        if call.target == "reviews":
            records.append(logs08.zap(call.at + 0.9, "error", "Report 0 returned with: INTERNAL (1 error occurred:\n\n"
                                      f"* unable to resolve config for {reviews}: identity attribute is not known)"))
    for call in [c for c in traffic.calls() if c.target == "ratings"][:4]:
        records.append(logs08.zap(call.at + 0.9, "error", "Report 0 returned with: INTERNAL (1 error occurred:\n\n"
                                  "* could not find metric info from adapter config for requestcount.metric.default)"))
    out.log(NS, name, "mixer", records)
    out.edits["handler"] = [
        {"add": custom("prometheus", "handler", "default", {"metrics": []}, at=-1800)},
        {"add": custom("rule", "promhttp", "default", {"match": 'destination.service == "ratings.default.svc.cluster.local"',
                       "actions": [{"handler": "handler.prometheus", "instances": ["requestcount.metric"]}]}, at=-1800)},
        {"add": custom("metric", "requestcount", "default", {"value": "1", "dimensions": {}}, at=-1800)}]
    return out.tree()
