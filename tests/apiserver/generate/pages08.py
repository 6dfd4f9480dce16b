# SPDX-License-Identifier: Apache-2.0
"""pages08 -- what ports and commands answer in the healthy cluster of Istio 0.8.0."""

import json

import istio08
import kube
import logs08
import metrics08
import traffic
from recording import EPOCH, stamp

NS = istio08.NS
NOT_FOUND = "404 page not found\n"


def dump(node):
    """JSON as Pilot's registration API prints it."""
    return json.dumps(node, indent=1).replace("\n", "\n ")


def endpoints(rec):
    """(service key, [(address, port)]) of everything that Pilot registers, by key."""
    found = {}
    for e in rec.find("Endpoints"):
        m = e["metadata"]
        for subset in e["subsets"]:
            for port in subset["ports"]:
                if port["protocol"] != "TCP":
                    continue
                key = f"{m['name']}.{m['namespace']}.svc.cluster.local" + (f"|{port['name']}" if port.get("name") else "")
                found[key] = [(a["ip"], port["port"]) for a in subset["addresses"]]
    return sorted(found.items())


def registration(rec):
    return dump([{"service-key": key, "hosts": [{"ip_address": ip, "port": port} for ip, port in hosts]}
                 for key, hosts in endpoints(rec)])


def registryz(rec):
    lines = []
    for svc in rec.find("Service"):
        m, spec = svc["metadata"], svc["spec"]
        ports = [{**({"name": p["name"]} if p.get("name") else {}), "port": p["port"], "protocol": protocol_of(p),
                  "authentication_policy": 1000} for p in spec["ports"]]
        lines.append(json.dumps({"hostname": f"{m['name']}.{m['namespace']}.svc.cluster.local", "address": spec["clusterIP"],
                                 "addresses": {"Kubernetes": spec["clusterIP"]}, "ports": ports, "external": "",
                                 "MeshExternal": False, "Resolution": 0}, indent=2) + ",\n")
    return "[\n" + "".join(lines) + "{}]"


def protocol_of(port):
    if port["protocol"] == "UDP":
        return "UDP"
    prefix = (port.get("name") or "").partition("-")[0].upper()
    return prefix if prefix in ("TCP", "GRPC", "HTTP", "HTTP2", "HTTPS", "MONGO", "REDIS") else "TCP"


def endpointz(rec):
    lines = []
    for key, hosts in endpoints(rec):
        host, _, port = key.partition("|")
        eps = [json.dumps({"endpoint": {"Family": 0, "Address": ip, "Port": number}}) + ",\n" for ip, number in hosts]
        lines.append(f'{{"svc": "{host}:{port}", "ep": [\n{"".join(eps)}\n{{}}]}},\n')
    return "[\n\n" + "".join(lines) + "{}]"


def edsz(rec):
    parts = []
    hosts = dict(endpoints(rec))
    for svc in rec.find("Service"):
        m = svc["metadata"]
        for port in svc["spec"]["ports"]:
            host = f"{m['name']}.{m['namespace']}.svc.cluster.local"
            known = hosts.get(host + (f"|{port['name']}" if port.get("name") else ""), [])
            if not known:
                continue
            parts.append(json.dumps({"clusterName": f"outbound|{port['port']}||{host}", "endpoints": [
                {"lbEndpoints": [{"endpoint": {"address": {"socketAddress": {"address": ip, "portValue": number}}}}]}
                for ip, number in known]}, indent=1))
    return "[\n" + ",\n".join(parts) + "\n]\n"


def proxies(rec):
    """(pod, role) of all proxies that ask Pilot."""
    found = [(rec.pod(f"{app}-{version}"), "sidecar") for app, version, _ in istio08.APPS]
    return found + [(rec.pod("istio-" + name), "router") for name in ("ingressgateway", "egressgateway")]


def adsz(rec):
    """Connected proxies; each with its inbound listener and its clusters by name."""
    entries = []
    for number, (pod, role) in enumerate(proxies(rec), 1):
        m, ip = pod["metadata"], pod["status"]["podIP"]
        connect = stamp(kube.started(pod) + 1.2, 9).replace("T", " ").replace("Z", " +0000 UTC")
        listeners = [{"name": f"{ip}_9080", "address": {"socketAddress": {"address": ip, "portValue": 9080}}}]
        clusters = [{"name": name} for name in metrics08.clusters_of(rec)]
        entries.append(f'\n\n  {{"node": "{role}~{ip}~{m["name"]}.{m["namespace"]}~{m["namespace"]}.svc.cluster.local-{number}",\n'
                       f' "addr": "{ip}:{40000 + number}",\n "connect": "{connect} m=+{905.1 + number:.9f}",\n'
                       f' "listeners":{json.dumps(listeners if role == "sidecar" else [])},\n "clusters":{json.dumps(clusters)}}}')
    return "[" + ",".join(entries) + "\n]\n"


def cdsz(rec):
    """As adsz, but clusters alone, with how they find their hosts."""
    entries = []
    clusters = [{"name": name, "type": "EDS", "edsClusterConfig": {"edsConfig": {"ads": {}}, "serviceName": name},
                 "connectTimeout": "1.000s"} for name in metrics08.clusters_of(rec)]
    for number, (pod, role) in enumerate(proxies(rec)[:2], 1):
        m, ip = pod["metadata"], pod["status"]["podIP"]
        connect = stamp(kube.started(pod) + 1.2, 9).replace("T", " ").replace("Z", " +0000 UTC")
        entries.append(f'\n\n  {{"node": "{role}~{ip}~{m["name"]}.{m["namespace"]}~{m["namespace"]}.svc.cluster.local-{number}", '
                       f'"addr": "{ip}:{40000 + number}", "connect": "{connect} m=+{905.1 + number:.9f}",'
                       f'"Clusters":{json.dumps(clusters)}}}')
    return "[" + ",".join(entries) + "\n]\n"


def pilot(rec):
    pod = rec.pod("istio-pilot")
    name = pod["metadata"]["name"]
    for port in (8080, 9093):
        rec.samples(NS, name, port, "/metrics", [metrics08.pilot(rec, pod, n) for n in (0, 1)], "metrics")
    for port in (8080, 9093, 15003, 15007):
        rec.page(NS, name, port, "/v1/registration", "../8080/registration.json", registration(rec))
        for key, hosts in endpoints(rec):
            if key.partition(".")[0] in ("details", "productpage", "ratings", "reviews"):
                rec.route(NS, name, port, f"/v1/registration/{key}",
                          body=dump({"hosts": [{"ip_address": ip, "port": p} for ip, p in hosts]}))
    for port in (8080, 9093):
        rec.route(NS, name, port, "/version", body=logs08.VERSION)
        rec.page(NS, name, port, "/debug/registryz", "../8080/registryz.json", registryz(rec))
        rec.page(NS, name, port, "/debug/endpointz", "../8080/endpointz.json", endpointz(rec))
        rec.page(NS, name, port, "/debug/edsz", "../8080/edsz.json", edsz(rec))
        rec.page(NS, name, port, "/debug/adsz", "../8080/adsz.json", adsz(rec))
        rec.page(NS, name, port, "/debug/cdsz", "../8080/cdsz.json", cdsz(rec))
        rec.route(NS, name, port, "/debug/configz", type="application/json", body="[\n{}]")
        rec.route(NS, name, port, "/cache_stats", type="application/json", body='{\n  "cache_stats": {}\n }')
        rec.route(NS, name, port, "*", status=404, body="404: Page Not Found")
    for port in (15003, 15007):
        rec.route(NS, name, port, "*", status=404, body="404: Page Not Found")


def monitored(rec, prefix, port, texts):
    name = rec.pod(prefix)["metadata"]["name"]
    rec.samples(NS, name, port, "/metrics", texts, "metrics")
    rec.route(NS, name, port, "/version", body=logs08.VERSION)
    return name


# -- Prometheus --------------------------------------------------------------------------------

def scrape_config(name, svc, port):
    return (f"- job_name: {name}\n  scrape_interval: 5s\n  scrape_timeout: 5s\n  metrics_path: /metrics\n  scheme: http\n"
            "  kubernetes_sd_configs:\n  - role: endpoints\n  relabel_configs:\n"
            "  - source_labels: [__meta_kubernetes_namespace, __meta_kubernetes_service_name, __meta_kubernetes_endpoint_port_name]\n"
            f"    separator: ;\n    regex: {NS};{svc};{port}\n    replacement: $1\n    action: keep\n")


def prometheus_config(scraped=istio08.SCRAPED):
    """The configuration as Prometheus prints it: defaults added, comments and quotes gone."""
    return ("global:\n  scrape_interval: 15s\n  scrape_timeout: 10s\n  evaluation_interval: 1m\nscrape_configs:\n" +
            "".join(scrape_config(*s) for s in scraped))


def discovered(rec, job):
    """Every endpoint of the control plane, as discovery labels it for a job."""
    for e in rec.find("Endpoints", NS):
        for subset in e["subsets"]:
            for port in subset["ports"]:
                for address in subset["addresses"]:
                    yield {"__address__": f"{address['ip']}:{port['port']}", "__meta_kubernetes_endpoint_port_name": port.get("name", ""),
                           "__meta_kubernetes_endpoint_port_protocol": port["protocol"], "__meta_kubernetes_endpoint_ready": "true",
                           "__meta_kubernetes_endpoints_name": e["metadata"]["name"], "__meta_kubernetes_namespace": NS,
                           "__meta_kubernetes_pod_ip": address["ip"], "__meta_kubernetes_pod_name": address["targetRef"]["name"],
                           "__meta_kubernetes_service_name": e["metadata"]["name"], "__metrics_path__": "/metrics",
                           "__scheme__": "http", "job": job}


def targets(rec, scraped=istio08.SCRAPED, down=None):
    """/api/v1/targets; down is {job: lastError}."""
    active, dropped = [], []
    for number, (job, svc, port) in enumerate(sorted(scraped)):
        for labels in discovered(rec, job):
            if (labels["__meta_kubernetes_service_name"], labels["__meta_kubernetes_endpoint_port_name"]) != (svc, port):
                if len([d for d in dropped if d["discoveredLabels"]["job"] == job]) < 4:
                    dropped.append({"discoveredLabels": labels})
                continue
            url = f"http://{labels['__address__']}/metrics"
            error = (down or {}).get(job, "")
            active.append({"discoveredLabels": labels, "labels": {"instance": labels["__address__"], "job": job},
                           "scrapeUrl": url, "lastError": error.format(url=url, address=labels["__address__"]),
                           "lastScrape": stamp(-1.1 - number / 2, 9), "health": "down" if error else "up"})
    return json.dumps({"status": "success", "data": {"activeTargets": active, "droppedTargets": dropped}},
                      separators=(",", ":"))


def vector(name, samples):
    return json.dumps({"status": "success", "data": {"resultType": "vector", "result": [
        {"metric": {"__name__": name, **labels}, "value": ["@T@", value]} for labels, value in samples]}},
        separators=(",", ":")).replace('"@T@"', "@NOW:unix@")


def prometheus(rec, scraped=istio08.SCRAPED, down=None, sub=""):
    """The HTTP API; sub names the folder when an overlay writes it again."""
    pod = rec.pod("prometheus")
    name = pod["metadata"]["name"]
    get = lambda path, **a: rec.route(NS, name, 9090, path, type="application/json", **a)   # noqa: E731
    rec.samples(NS, name, 9090, "/metrics", [metrics08.prometheus(pod, n) for n in (0, 1)], "metrics")
    rec.page(NS, name, 9090, "/api/v1/targets", "targets.json", targets(rec, scraped, down))
    rec.page(NS, name, 9090, "/api/v1/status/config", "status-config.json",
             json.dumps({"status": "success", "data": {"yaml": prometheus_config(scraped)}}))
    get("/api/v1/rules", body='{"status":"success","data":{"groups":[]}}')
    get("/api/v1/alerts", body='{"status":"success","data":{"alerts":[]}}')
    get("/api/v1/status/flags", body='{"status":"success","data":{"config.file":"/etc/prometheus/prometheus.yml",'
                                     '"storage.tsdb.retention":"6h"}}')
    get("/api/v1/query?query=time()", body='{"status":"success","data":{"resultType":"scalar","result":[@NOW:unix@,"@NOW:unix@"]}}')
    up = [({"instance": t["labels"]["instance"], "job": t["labels"]["job"]}, "0" if t["health"] == "down" else "1")
          for t in json.loads(targets(rec, scraped, down))["data"]["activeTargets"]]
    get("/api/v1/query?query=up", body=vector("up", up))
    get("/api/v1/query?query=process_start_time_seconds",
        body=vector("process_start_time_seconds", [({"instance": labels["instance"], "job": labels["job"]},
                                                    str(EPOCH + kube.started(owner(rec, labels)) + 0.37))
                                                   for labels, value in up if value == "1"]))
    get("/api/v1/query", body='{"status":"success","data":{"resultType":"vector","result":[]}}')
    rec.route(NS, name, 9090, "/-/healthy", body="Prometheus is Healthy.\n")
    rec.route(NS, name, 9090, "/-/ready", body="Prometheus is Ready.\n")
    get("/version", body='{"version":"2.3.0","revision":"290d717bb7b0fd1f2a0e7b6eba5ff3d4cf1cb7a4","branch":"HEAD","goVersion":"go1.10.2"}')
    rec.route(NS, name, 9090, "*", status=404, body=NOT_FOUND)


def owner(rec, labels):
    ip = labels["instance"].partition(":")[0]
    [pod] = [p for p in rec.find("Pod") if p["status"]["podIP"] == ip]
    return pod


# -- commands ----------------------------------------------------------------------------------

# name, soft, hard, unit; as /proc/PID/limits has them
LIMITS = (
    ("Max cpu time", "unlimited", "unlimited", "seconds"),
    ("Max file size", "unlimited", "unlimited", "bytes"),
    ("Max data size", "unlimited", "unlimited", "bytes"),
    ("Max stack size", "8388608", "unlimited", "bytes"),
    ("Max core file size", "unlimited", "unlimited", "bytes"),
    ("Max resident set", "unlimited", "unlimited", "bytes"),
    ("Max processes", "unlimited", "unlimited", "processes"),
    ("Max open files", "{nofile}", "{nofile}", "files"),
    ("Max locked memory", "65536", "65536", "bytes"),
    ("Max address space", "unlimited", "unlimited", "bytes"),
    ("Max file locks", "unlimited", "unlimited", "locks"),
    ("Max pending signals", "63707", "63707", "signals"),
    ("Max msgqueue size", "819200", "819200", "bytes"),
    ("Max nice priority", "0", "0", ""),
    ("Max realtime priority", "0", "0", ""),
    ("Max realtime timeout", "unlimited", "unlimited", "us"),
)


def limits(nofile):
    """/proc/1/limits, whose columns have a fixed width."""
    lines = [("Limit", "Soft Limit", "Hard Limit", "Units"), *LIMITS]
    text = "".join(f"{name:<25} {soft:<20} {hard:<20} {unit and f'{unit:<10}'}\n" for name, soft, hard, unit in lines)
    return text.replace(f"{'{nofile}':<20}", f"{nofile:<20}")


ULIMIT = """\
core file size          (blocks, -c) unlimited
data seg size           (kbytes, -d) unlimited
file size               (blocks, -f) unlimited
max locked memory       (kbytes, -l) 64
max memory size         (kbytes, -m) unlimited
open files                      (-n) {nofile}
pipe size            (512 bytes, -p) 8
stack size              (kbytes, -s) 8192
max user processes              (-u) unlimited
virtual memory          (kbytes, -v) unlimited
"""
STATUS = "Name:\t{name}\nUmask:\t0022\nState:\tS (sleeping)\nPid:\t1\nPPid:\t0\nFDSize:\t64\nVmRSS:\t   41236 kB\nThreads:\t14\n"
KERNEL = {"/proc/sys/fs/file-max": "1620448\n", "/proc/sys/fs/file-nr": "4160\t0\t1620448\n", "/proc/sys/fs/nr_open": "1048576\n",
          "/proc/sys/fs/inotify/max_user_instances": "8192\n", "/proc/sys/fs/inotify/max_user_watches": "524288\n"}
PROXIES = ["istio-proxy", "ingressgateway", "egressgateway"]
TOOLED = PROXIES + ["discovery", "details", "productpage", "ratings", "reviews", "prometheus", "grafana", "jaeger"]


def basics(containers, nofile, name="pilot-agent"):
    """Harmless commands of any image that has a userland."""
    entries = [{"container": containers, "argv": ["cat", "/proc/1/limits"], "stdout": limits(nofile)},
               {"container": containers, "argv": ["cat", "/proc/1/status"], "stdout": STATUS.format(name=name)},
               {"container": containers, "argv": ["ls", "/proc/1/fd"], "stdout": "".join(f"{n}\n" for n in range(18))},
               {"container": containers, "argv_glob": "sh -c ulimit -a", "stdout": ULIMIT.format(nofile=nofile)},
               {"container": containers, "argv_glob": "date*", "date": True}]
    return entries + [{"container": containers, "argv": ["cat", path], "stdout": text} for path, text in KERNEL.items()]


def envoy_clusters(rec):
    """Envoy's /clusters of a proxy: text, one fact a line."""
    lines = []
    hosts = dict(endpoints(rec))
    for name, count in metrics08.clusters_of(rec).items():
        lines.append(f"{name}::default_priority::max_connections::1024\n{name}::added_via_api::true\n")
        host, port = name.split("|")[3], name.split("|")[1]
        for key, known in hosts.items():
            if key.partition("|")[0] != host or name.split("|")[2]:
                continue
            for ip, number in known[:count]:
                if str(number) == port:
                    lines.append(f"{name}::{ip}:{number}::cx_active::1\n{name}::{ip}:{number}::cx_connect_fail::0\n"
                                 f"{name}::{ip}:{number}::health_flags::healthy\n")
    return "".join(lines)


STATS = {"cluster_manager.cds.update_success": 6, "cluster_manager.cds.update_rejected": 0,
         "listener_manager.lds.update_success": 6, "listener_manager.lds.update_rejected": 0,
         "cluster.xds-grpc.upstream_cx_connect_fail": 0, "cluster.xds-grpc.upstream_cx_active": 1,
         "control_plane.connected_state": 1, "server.live": 1, "server.uptime": 3280, "server.watchdog_miss": 0,
         "server.total_connections": 9, "server.memory_allocated": 11534336, "http.mixer_filter.total_report_calls": 40,
         "listener.0.0.0.0_15001.downstream_cx_active": 2}


def config_dump(rec):
    """The form of the time: one object a kind.  The proxy's own name is left out: all share this page."""
    admin = "type.googleapis.com/envoy.admin.v2alpha."
    clusters = [{"version_info": stamp(-2380), "cluster": {"name": name, "type": "EDS"}} for name in metrics08.clusters_of(rec)]
    listener = {"name": "virtual", "address": {"socket_address": {"address": "0.0.0.0", "port_value": 15001}}}
    bootstrap = {"admin": {"address": {"socket_address": {"address": "127.0.0.1", "port_value": 15000}}}}
    return json.dumps({"configs": {
        "bootstrap": {"@type": admin + "BootstrapConfigDump", "bootstrap": bootstrap},
        "clusters": {"@type": admin + "ClustersConfigDump", "version_info": stamp(-2380), "dynamic_active_clusters": clusters},
        "listeners": {"@type": admin + "ListenersConfigDump", "version_info": stamp(-2380),
                      "dynamic_active_listeners": [{"version_info": stamp(-2380), "listener": listener}]}}}, indent=1) + "\n"


def admin_pages(rec, containers):
    """Envoy's admin port, by the agent's own command and by curl."""
    rec.files["exec/clusters.txt"] = envoy_clusters(rec)
    rec.files["exec/config_dump.txt"] = config_dump(rec)
    pages = {"clusters": {"stdout_file": "clusters.txt"}, "config_dump": {"stdout_file": "config_dump.txt"},
             "listeners": {"stdout": json.dumps(["0.0.0.0:15001", "0.0.0.0:9080", "10.96.0.10:53"]) + "\n"},
             "stats": {"stdout": "".join(f"{k}: {v}\n" for k, v in sorted(STATS.items()))},
             "server_info": {"stdout": "envoy 5ff2a50ff7b8b3a92a3c5ad2b4b8be19ecf4be0b/1.7.0-dev/Clean/RELEASE live 3280 3280 0\n"},
             "certs": {"stdout": '{\n "certificates": []\n}\n'}}
    return [{"container": containers, "argv_glob": glob.format(page), **answer} for page, answer in pages.items()
            for glob in ("*pilot-agent debug {}", "curl *:15000/{}")]


def commands(rec):
    pilot_name = rec.pod("istio-pilot")["metadata"]["name"]
    rec.files["exec/adsz.txt"] = f"{pilot_name} ads\n" + adsz(rec)
    rec.files["exec/edsz.txt"] = f"{pilot_name} eds\n" + edsz(rec)
    rec.files["exec/registration.txt"] = registration(rec)
    rec.execs["basics"] = basics(TOOLED, 1048576)
    rec.execs["istio"] = admin_pages(rec, PROXIES) + [
        {"container": PROXIES, "argv_glob": "*pilot-agent request *", "exit": 255,
         "stderr": 'Error: unknown command "request" for "pilot-agent"\n'},
        {"container": ["discovery"], "argv_glob": "*pilot-discovery debug all ads", "stdout_file": "adsz.txt"},
        {"container": ["discovery"], "argv_glob": "*pilot-discovery debug all eds", "stdout_file": "edsz.txt"},
        {"container": PROXIES, "argv_glob": "curl *http://istio-pilot*:15007/v1/registration*", "stdout_file": "registration.txt"},
        {"container": PROXIES, "argv_glob": "curl *http://istio-pilot*:15003/v1/registration*", "stdout_file": "registration.txt"},
        {"container": PROXIES, "argv_glob": "curl *http://istio-pilot*:8080/v1/registration*", "stdout_file": "registration.txt"},
        {"container": PROXIES, "argv_glob": "curl *https://istio-pilot*:15005/v1/registration*", "stdout_file": "registration.txt"},
        {"container": PROXIES, "argv_glob": "curl *https://istio-pilot*:15003/v1/registration*", "exit": 35,
         "stderr": "curl: (35) gnutls_handshake() failed: An unexpected TLS packet was received.\n"}]


def write(rec):
    pilot(rec)
    policy, telemetry = rec.pod("istio-policy"), rec.pod("istio-telemetry")
    monitored(rec, "istio-policy", 9093, [metrics08.policy(policy, n) for n in (0, 1)])
    name = monitored(rec, "istio-telemetry", 9093, [metrics08.telemetry(telemetry, n) for n in (0, 1)])
    rec.samples(NS, name, 42422, "/metrics", [metrics08.mesh(traffic.BEFORE + n) for n in (0, 1)], "metrics")
    # The adapter's server runs in istio-policy too; nobody reports to it: an empty page, not a refusal.
    rec.route(NS, policy["metadata"]["name"], 42422, "/metrics", body="", type="text/plain; version=0.0.4; charset=utf-8")
    monitored(rec, "istio-citadel", 9093, [metrics08.citadel(rec.pod("istio-citadel"), n) for n in (0, 1)])
    bridge = rec.pod("istio-statsd-prom-bridge")
    rec.samples(NS, bridge["metadata"]["name"], 9102, "/metrics", [metrics08.statsd(bridge, n) for n in (0, 1)], "metrics")
    prometheus(rec)
    rec.route(NS, rec.pod("grafana")["metadata"]["name"], 3000, "/api/health", type="application/json",
              body='{"commit":"7dc36ae","database":"ok","version":"5.0.4"}')
    rec.route(NS, rec.pod("istio-tracing")["metadata"]["name"], 16686, "/api/services", type="application/json",
              body='{"data":["productpage","details","reviews","ratings","istio-ingressgateway"],"total":5,"errors":null}')
    for node in kube.NODES:
        rec.route("_nodes", node, 10250, "/healthz", body="ok")
    commands(rec)
