# SPDX-License-Identifier: Apache-2.0
"""logs08 -- what each container of the healthy cluster wrote, in the formats of its program."""

import json
import time

import istio08
import kube
import traffic
from recording import EPOCH, number_of, stamp

VERSION = "root@7f2c41d0a9be-docker.io/istio-0.8.0-6f9f420f0c7119ff4fa6a1966a6f6d89b1b4db84-Clean"


def zap(at, level, message, scope=None, tail=None):
    """A record of Istio's Go programs: separated by tabs, microseconds, UTC."""
    parts = [stamp(at, 6), level] + ([scope] if scope else []) + [message] + ([tail] if tail else [])
    return at, "\t".join(parts)


def plain(at, text):
    return at, text


def envoy(at, level, logger, source, message, thread=11):
    when = stamp(at, 3).replace("T", " ").rstrip("Z")
    return at, f"[{when}][{thread}][{level}][{logger}] {source}] {message}"


def klog(at, level, thread, source, message):
    when = time.strftime("%m%d %H:%M:%S", time.gmtime(int((EPOCH + at) // 1)))
    return at, f"{level}{when}.{int((at % 1) * 1e6):06d} {thread:7d} {source}] {message}"


# -- Mixer -------------------------------------------------------------------------------------

OPTIONS = """\
Mixer started with
MaxMessageSize: 1048576
MaxConcurrentStreams: 1024
APIWorkerPoolSize: 1024
AdapterWorkerPoolSize: 1024
APIPort: 9091
APIAddress: tcp://127.0.0.1:9092
MonitoringPort: 9093
EnableProfiling: true
SingleThreaded: false
ConfigStoreURL: k8s://
ConfigDefaultNamespace: istio-system
ConfigIdentityAttribute: destination.service
ConfigIdentityAttributeDomain: svc.cluster.local
LoggingOptions: log.Options{OutputPaths:[]string{"stdout"}, ErrorOutputPaths:[]string{"stderr"}, outputLevels:"default:info"}
TracingOptions: tracing.Options{ZipkinURL:"http://zipkin:9411/api/v1/spans", JaegerURL:"", LogTraceSpans:false}
IntrospectionOptions: ctrlz.Options{Port:0x2694, Address:"127.0.0.1"}
"""


def adapter(at, level, message, handler):
    return zap(at, level, message, "adapters", f'{{"adapter": "{handler}.istio-system"}}')


def mixer_start(at, ip):
    """From the first line to the moment when calls are taken; at is when the container started."""
    return [plain(at + 0.4, OPTIONS), zap(at + 0.512, "info", "Built new config.Snapshot: id='0'"),
            zap(at + 0.611, "info", "Built new config.Snapshot: id='1'"),
            zap(at + 0.612, "info", "Cleaning up handler table, with config ID:-1"),
            zap(at + 1.604, "info", "Built new config.Snapshot: id='2'"),
            adapter(at + 1.606, "info", 'getting kubeconfig from: ""', "handler.kubernetesenv"),
            adapter(at + 1.611, "info", "Waiting for kubernetes cache sync...", "handler.kubernetesenv"),
            adapter(at + 1.711, "info", "Cache sync successful.", "handler.kubernetesenv"),
            adapter(at + 1.713, "info", "serving prometheus metrics on 42422", "handler.prometheus"),
            zap(at + 1.72, "info", "Cleaning up handler table, with config ID:1"),
            plain(at + 1.73, f"Istio Mixer: {VERSION}"), plain(at + 1.731, "Starting gRPC server on port 9091"),
            zap(at + 1.733, "info", f"ControlZ available at {ip}:9876")]


def access_entry(rec, call):
    """What the stdio handler writes for one report."""
    source = rec.pod(f"{call.source}-{call.source_version}" if call.source_version != "unknown" else "istio-" + call.source)
    target = rec.pod(f"{call.target}-{call.target_version}")
    ns = source["metadata"]["namespace"]
    service = call.source if ns == "default" else "istio-" + call.source
    entry = {"level": "info", "time": stamp(call.at, 6), "instance": "accesslog.logentry.istio-system", "apiClaims": "",
             "apiKey": "", "apiName": "", "apiVersion": "", "connectionMtls": False,
             "destinationIp": target["status"]["podIP"], "destinationNamespace": "default",
             "destinationService": f"{call.target}.default.svc.cluster.local", "latency": f"{call.ms}ms",
             "method": "GET", "originIp": "0.0.0.0", "protocol": "http", "receivedBytes": 843, "referer": "",
             "requestOperation": "", "requestSize": 0, "responseCode": 200, "responseSize": call.bytes,
             "responseTimestamp": stamp(call.at + call.ms / 1000, 6), "sentBytes": call.bytes + 180,
             "sourceIp": source["status"]["podIP"], "sourceNamespace": ns,
             "sourceService": f"{service}.{ns}.svc.cluster.local",
             "sourceUser": f"kubernetes://{source['metadata']['name']}.{ns}", "url": call.path, "userAgent": call.agent}
    return call.at + 0.9 + (call.number % 10) / 100, json.dumps(entry, separators=(",", ":"))


# -- pilot-agent and Envoy ---------------------------------------------------------------------

def agent_start(at, pod, role, ip, discovery):
    """An agent that starts Envoy once and never again."""
    m = pod["metadata"]
    identity = f"{m['name']}.{m['namespace']}"
    records = [zap(at + 0.02, "info", f"Version {VERSION}"),
               zap(at + 0.021, "info", f'Proxy role: model.Proxy{{ClusterID:"", Type:"{role}", IPAddress:"{ip}", ID:"{identity}", '
                                       f'Domain:"{m["namespace"]}.svc.cluster.local", Metadata:map[string]string(nil)}}'),
               zap(at + 0.022, "info", "Effective config: binaryPath: /usr/local/bin/envoy\nconfigPath: /etc/istio/proxy\n"
                                       f"connectTimeout: 10.000s\ndiscoveryAddress: {discovery}\n"
                                       "drainDuration: 45.000s\nparentShutdownDuration: 60.000s\nproxyAdminPort: 15000\n"
                                       "zipkinAddress: zipkin.istio-system:9411\n"),
               zap(at + 0.023, "info", 'Monitored certs: []envoy.CertSource{envoy.CertSource{Directory:"/etc/certs/", '
                                       'Files:[]string{"cert-chain.pem", "key.pem", "root-cert.pem"}}}'),
               zap(at + 0.03, "info", "Starting proxy agent"),
               zap(at + 0.04, "info", "Received new config, resetting budget"),
               zap(at + 0.041, "info", "Reconciling configuration (budget 10)"),
               zap(at + 0.042, "info", "Epoch 0 starting"),
               zap(at + 0.05, "info", "Envoy command: [-c /etc/istio/proxy/envoy-rev0.json --restart-epoch 0 --drain-time-s 45 "
                                      f"--parent-shutdown-time-s 60 --service-cluster istio-proxy --service-node {role}~{ip}~{identity}~"
                                      f"{m['namespace']}.svc.cluster.local --max-obj-name-len 189 -l warn --v2-config-only]")]
    if role != "proxy":
        records.append(envoy(at + 0.9, "warning", "upstream", "external/envoy/source/common/config/grpc_mux_impl.cc:235",
                             "gRPC config stream closed: 14, no healthy upstream"))
    return records


def sidecar(rec, app, version):
    pod = rec.pod(f"{app}-{version}")
    records = agent_start(kube.started(pod), pod, "sidecar", pod["status"]["podIP"], "istio-pilot.istio-system:15007")
    for call in traffic.calls():
        if call.target == app and call.target_version == version:
            records.append((call.at, traffic.access_line(call, True, "")))
        if call.source == app and call.source_version == version:
            peer = rec.pod(f"{call.target}-{call.target_version}")["status"]["podIP"] + ":9080"
            records.append((call.at - 0.001, traffic.access_line(call, False, peer)))
    return records


def gateway(rec, name):
    pod = rec.pod("istio-" + name)
    records = agent_start(kube.started(pod), pod, "router", pod["status"]["podIP"], "istio-pilot:8080")
    if name == "ingressgateway":
        peer = rec.pod("productpage")["status"]["podIP"] + ":9080"
        records += [(c.at, traffic.access_line(c, False, peer)) for c in traffic.calls() if c.source == name]
    return records


# -- Pilot and the rest of the control plane ---------------------------------------------------

def pilot(rec):
    pod = rec.pod("istio-pilot")
    at = kube.started(pod)
    services, routes = len(rec.find("Service")), len(rec.find("VirtualService"))
    records = [zap(at + 0.1, "info", f"version {VERSION}"),
               zap(at + 0.2, "info", "registering for apiVersion config.istio.io/v1alpha2"),
               zap(at + 0.21, "info", "registering for apiVersion networking.istio.io/v1alpha3"),
               zap(at + 0.22, "info", 'CRD controller watching namespaces ""'),
               zap(at + 0.23, "info", "Adding Kubernetes registry adapter"),
               zap(at + 0.24, "info", 'Service controller watching namespace "" for service, endpoint, nodes and pods, '
                                      "refresh 60000000000"),
               zap(at + 0.3, "info", "Discovery service started at http=[::]:8080 grpc=[::]:15010"),
               zap(at + 0.31, "info", "Waiting for informer caches to sync"),
               zap(at + 0.32, "info", 'controller "destination-rule" is syncing...'),
               zap(at + 0.33, "info", "Work item failed (waiting till full synchronization), repeating after delay 1s"),
               zap(at + 1.4, "info", "Cleared discovery service cache"),
               zap(at + 1.5, "info", f"XDS: Registry event, pushing. Services: {services - 4}, VirtualServices: 0, "
                                     "ConnectedEndpoints: 0", "ads")]
    clusters = len(rec.find("Service")) * 2
    for number, (app, version, _) in enumerate(istio08.APPS, 1):
        proxy = rec.pod(f"{app}-{version}")
        ip, name = proxy["status"]["podIP"], proxy["metadata"]["name"]
        con, peer = f"sidecar~{ip}~{name}.default~default.svc.cluster.local-{number}", f"{ip}:{40000 + number_of(name) % 20000}"
        start = kube.started(proxy) + 1.2
        node, known = f"{{ sidecar {ip} {name}.default default.svc.cluster.local map[]}}", clusters - 4
        ads = lambda after, text: zap(start + after, "info", text, "ads")   # noqa: E731, B023
        records += [ads(0, f'ADS:CDS: REQ {con} {peer} raw: node:<id:"{con.rpartition("-")[0]}" cluster:"{app}" > '
                           'type_url:"type.googleapis.com/envoy.api.v2.Cluster" '),
                    ads(0.01, f'CDS: PUSH for {node} "{peer}", Response: {clusters}'),
                    ads(0.02, f'EDS: PUSH for {con} "{peer}" clusters {known} endpoints {known} empty 0 []'),
                    ads(0.04, f'LDS: PUSH for node:{node} addr:"{peer}" listeners:30'),
                    ads(0.06, f"ADS: RDS: PUSH for addr:{peer} routes:4")]
    records.append(zap(-2380, "info", f"XDS: Registry event, pushing. Services: {services}, VirtualServices: {routes}, "
                                      "ConnectedEndpoints: 8", "ads"))
    return records


def citadel(rec):
    at = kube.started(rec.pod("istio-citadel"))
    records = [zap(at + 0.1, "info", "Use self-signed certificate as the CA certificate"),
               zap(at + 0.2, "info", 'Failed to get secret (error: secrets "istio-ca-secret" not found), will create one'),
               zap(at + 0.6, "info", 'adding registry entry "k8s.cluster.local" -> "k8s.cluster.local"'),
               zap(at + 0.7, "info", "Citadel monitor has started."), zap(at + 0.71, "info", "Citadel has started"),
               zap(at + 0.72, "info", "Monitor server started."), zap(at + 0.73, "info", "Starting GRPC server on port 8060")]
    for number, account in enumerate(rec.find("ServiceAccount")):
        m = account["metadata"]
        records.append(zap(at + 1 + number * 0.05, "info",
                           f'Istio secret for service account "{m["name"]}" in namespace "{m["namespace"]}" has been created'))
    return records


def injector(rec):
    at = kube.started(rec.pod("istio-sidecar-injector"))
    records = [zap(at + 0.1, "info", f"version {VERSION}"),
               zap(at + 0.2, "info", "New configuration: sha256sum 3b9a7d10e6f24c58"),
               zap(at + 0.21, "info", "Policy: enabled"),
               zap(at + 0.22, "info", "Template: |\n  " + istio08.INJECTOR.partition("template: |-\n")[2].replace("\n", "\n  ").rstrip())]
    for app, version, _ in istio08.APPS:
        pod = rec.pod(f"{app}-{version}")
        records.append(zap(kube.started(pod) - 4, "info",
                           f"AdmissionReview for Kind=/v1, Kind=Pod Namespace=default Name= () UID={pod['metadata']['uid']} "
                           "Rfc6902PatchOperation=CREATE UserInfo={system:serviceaccount:kube-system:replicaset-controller}"))
    return records


def prometheus(rec):
    at = kube.started(rec.pod("prometheus"))
    lines = ['level=info ts={} caller=main.go:222 msg="Starting Prometheus" version="(version=2.3.0, branch=HEAD, revision=290d717)"',
             'level=info ts={} caller=main.go:225 fd_limits="(soft=1048576, hard=1048576)"',
             'level=info ts={} caller=web.go:415 component=web msg="Start listening for connections" address=0.0.0.0:9090',
             'level=info ts={} caller=main.go:603 msg="Loading configuration file" filename=/etc/prometheus/prometheus.yml',
             'level=info ts={} caller=main.go:502 msg="Server is ready to receive web requests."']
    return [(at + n * 0.2, text.format(stamp(at + n * 0.2, 9))) for n, text in enumerate(lines)]


APP_LINES = {
    "productpage": (" * Running on http://0.0.0.0:9080/ (Press CTRL+C to quit)", '127.0.0.1 - - [{}] "GET /productpage HTTP/1.1" 200 -'),
    "details": ("[{}] INFO  WEBrick::HTTPServer#start: pid=1 port=9080", '127.0.0.1 - - [{}] "GET /details/0 HTTP/1.1" 200 178'),
    "ratings": ("Server listening on: http://0.0.0.0:9080", "GET /ratings/0"),
    "reviews": ("[AUDIT   ] CWWKF0011I: The server defaultServer is ready to run a smarter planet.", None)}


def application(rec, app, version):
    pod = rec.pod(f"{app}-{version}")
    first, each = APP_LINES[app]
    form = lambda at: time.strftime("%d/%b/%Y %H:%M:%S", time.gmtime(EPOCH + int(at // 1)))   # noqa: E731
    records = [(kube.started(pod) + 1, first.format(form(kube.started(pod) + 1)))]
    if each:
        records += [(c.at + 0.002, each.format(form(c.at))) for c in traffic.calls() if c.target == app]
    return records


SIMPLE = {
    "grafana": ['t={iso} lvl=info msg="Starting Grafana" logger=server version=5.0.4',
                't={iso} lvl=info msg="HTTP Server Listen" logger=http.server address=0.0.0.0:3000 protocol=http'],
    "servicegraph": ["{go} Starting servicegraph service at 0.0.0.0:8088"],
    "jaeger": ['{{"level":"info","ts":{unix}.21,"caller":"standalone/main.go:171","msg":"Starting agent"}}',
               '{{"level":"info","ts":{unix}.24,"caller":"standalone/main.go:231",'
               '"msg":"Listening for Zipkin HTTP traffic","zipkin.http-port":9411}}'],
    "statsd-prom-bridge": ['time="{iso}" level=info msg="Starting StatsD -> Prometheus Exporter (version=0.6.0)"',
                           'time="{iso}" level=info msg="Accepting StatsD Traffic on :9125"',
                           'time="{iso}" level=info msg="Accepting Prometheus Requests on :9102"']}


def simple(rec, prefix, container):
    at = kube.started(rec.pod(prefix))
    moment = {"iso": stamp(at + 1), "unix": EPOCH + at + 1,
              "go": time.strftime("%Y/%m/%d %H:%M:%S", time.gmtime(EPOCH + at + 1))}
    return [(at + 1 + n / 10, text.format(**moment)) for n, text in enumerate(SIMPLE[container])]


ADMISSION = ("Loaded 7 admission controller(s) successfully in the following order: NamespaceLifecycle,LimitRanger,Initializers,"
             "ServiceAccount,MutatingAdmissionWebhook,ValidatingAdmissionWebhook,ResourceQuota.")
TRACE = 'Trace[891203447]: "List /api/v1/pods" (started: 2018-06-14 08:39:58 +0000 UTC) (total time: 611ms):'


def kube_system(rec):
    master = lambda at, source, text: klog(at, "I", 1, source, text)   # noqa: E731
    etcd = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(EPOCH - 89001))
    logs = {
        "kube-apiserver": [
            master(-89000.5, "server.go:145", "Version: v1.10.3"),
            master(-88998.25, "plugins.go:149", ADMISSION),
            master(-88997.5, "serve.go:96", "Serving securely on [::]:6443"),
            master(-3297.25, "controller.go:105", "OpenAPI AggregationController: Processing item v1alpha2.config.istio.io"),
            master(-1200.5, "trace.go:76", TRACE)],
        "kube-controller-manager": [
            master(-88990.5, "controllermanager.go:116", "Version: v1.10.3"),
            master(-88985.25, "leaderelection.go:184", "successfully acquired lease kube-system/kube-controller-manager")],
        "kube-scheduler": [master(-88990.5, "server.go:555", "Version: v1.10.3")],
        "etcd": [(-89001, f"{etcd}.114027 I | etcdserver: starting server... [version: 3.1.12]")]}
    for component, records in logs.items():
        rec.log("kube-system", f"{component}-master-0", component, records)
    for pod in rec.find("Pod", "kube-system"):
        name = pod["metadata"]["name"]
        if name.startswith("kube-proxy"):
            rec.log("kube-system", name, "kube-proxy", [klog(-88899.5, "I", 1, "server.go:444", "Version: v1.10.3")])
        if name.startswith("kube-dns"):
            rec.log("kube-system", name, "kubedns", [klog(-88790.5, "I", 1, "dns.go:48", "version: 1.14.8")])
            rec.log("kube-system", name, "dnsmasq", [
                klog(-88789.5, "I", 1, "main.go:74", "opts: {{/usr/sbin/dnsmasq [-k --cache-size=1000]} true 10s}")])


def write(rec):
    kube_system(rec)
    ns = istio08.NS
    for kind in ("policy", "telemetry"):
        pod = rec.pod("istio-" + kind)
        records = mixer_start(kube.started(pod), pod["status"]["podIP"])
        if kind == "telemetry":
            records += [access_entry(rec, c) for c in traffic.calls()]
        rec.log(ns, pod["metadata"]["name"], "mixer", records)
        rec.log(ns, pod["metadata"]["name"], "istio-proxy",
                agent_start(kube.started(pod), pod, "proxy", pod["status"]["podIP"], "istio-pilot:15007"))
    named = lambda prefix: rec.pod(prefix)["metadata"]["name"]   # noqa: E731
    rec.log(ns, named("istio-pilot"), "discovery", pilot(rec))
    pod = rec.pod("istio-pilot")
    rec.log(ns, named("istio-pilot"), "istio-proxy",
            agent_start(kube.started(pod), pod, "proxy", pod["status"]["podIP"], "istio-pilot:15007"))
    rec.log(ns, named("istio-citadel"), "citadel", citadel(rec))
    rec.log(ns, named("istio-sidecar-injector"), "sidecar-injector-webhook", injector(rec))
    rec.log(ns, named("prometheus"), "prometheus", prometheus(rec))
    for name in ("ingressgateway", "egressgateway"):
        rec.log(ns, named("istio-" + name), name, gateway(rec, name))
    for prefix, container in (("grafana", "grafana"), ("servicegraph", "servicegraph"), ("istio-tracing", "jaeger"),
                              ("istio-statsd-prom-bridge", "statsd-prom-bridge")):
        rec.log(ns, named(prefix), container, simple(rec, prefix, container))
    resources = [o for o in rec.objects["mixer"]] + [o for o in rec.find("DestinationRule", ns)]
    created = [(-3276 + n * 0.05, f'{o["kind"].lower()} "{o["metadata"]["name"]}" created') for n, o in enumerate(resources)]
    rec.log(ns, named("istio-mixer-post-install"), "hyperkube", created)
    rec.log(ns, named("istio-cleanup-old-ca"), "hyperkube", [])
    for app, version, _ in istio08.APPS:
        rec.log("default", named(f"{app}-{version}"), app, application(rec, app, version))
        rec.log("default", named(f"{app}-{version}"), "istio-proxy", sidecar(rec, app, version))
        at = kube.started(rec.pod(f"{app}-{version}"))
        rec.log("default", named(f"{app}-{version}"), "istio-init", [
            (at - 2, "+ iptables -t nat -N ISTIO_REDIRECT"),
            (at - 1.9, "+ iptables -t nat -A ISTIO_INBOUND -p tcp --dport 9080 -j ISTIO_IN_REDIRECT")])
