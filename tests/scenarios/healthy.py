# SPDX-License-Identifier: Apache-2.0
"""healthy -- meshes that are unusual and well: nothing may be found in them."""

import json

from metrics_flow import IDLE08
from overlay import Scenario
from proxies import ADSZ
from routing import nginx
from running import MTLS05, MTLS08, MUTUAL
from words import (access, clone, config, delete, dispatch, endpoints, envoy, every, klog, merge, ops, port, scaled_to_nothing,
                   service, stamp, warning, zap)

NS = "istio-system"
ACCESS = r"^\S+ \[\d{4}-\d\d-\d\dT[^\]]+\] \""
APISERVER = "pods/kube-system/kube-apiserver-*"
PROXY = "http://proxy.example.com:3128"


def well(name, base, says, **changes):
    return Scenario(f"well-{name}-{base}", base, says, finds=[], **changes)


def behind_proxy(no_proxy, **more):
    return [ops(APISERVER, ("/spec/containers/0/env", [{"name": "https_proxy", "value": PROXY}, {"name": "http_proxy", "value": PROXY},
                                                       {"name": "no_proxy", "value": no_proxy}]))]


def namespace(name, **labels):
    return {"add": {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels},
                    "spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"}}}


def bare_pod(ns, name, labels, containers, address="10.40.2.99", node="worker-2", **spec):
    """A pod without a sidecar that runs."""
    return {"add": {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": ns, "labels": labels},
                    "spec": {"containers": containers, "nodeName": node, "restartPolicy": "Always", **spec},
                    "status": {"phase": "Running", "podIP": address, "hostIP": "10.10.0.12",
                               "conditions": [{"type": "Initialized", "status": "True"}, {"type": "Ready", "status": "True"},
                                              {"type": "PodScheduled", "status": "True"}],
                               "containerStatuses": [{"name": c["name"], "ready": True, "restartCount": 0, "image": c["image"],
                                                      "imageID": "", "lastState": {},
                                                      "state": {"running": {"startedAt": "2018-06-14T08:30:00Z"}}}
                                                     for c in containers]}}}


def ended(ns, name, phase, reason=None, **owner):
    """A pod that has ended, and that nobody took away."""
    status = {"phase": phase, "startTime": "2018-06-14T07:00:00Z"}
    if reason:
        status.update(reason=reason, message="The node was low on resource: memory.")
    else:
        status["containerStatuses"] = [{"name": "work", "ready": False, "restartCount": 0, "image": "busybox:1.28", "imageID": "",
                                        "lastState": {}, "state": {"terminated": {"exitCode": 0, "reason": "Completed"}}}]
        status["conditions"] = [{"type": "Ready", "status": "False", "reason": "PodCompleted",
                                 "lastTransitionTime": "2018-06-14T07:01:00Z"}]
    return {"add": {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": ns, **owner},
                    "spec": {"containers": [{"name": "work", "image": "busybox:1.28"}], "nodeName": "worker-1",
                             "restartPolicy": "Never"}, "status": status}}


STATEFUL = [service("data", "db", [port(27017, "mongo")], {"app": "db"}, clusterIP="None"),
            endpoints("data", "db", [port(27017, "mongo")], [("10.40.2.99", "worker-2", "db-0")]),
            bare_pod("data", "db-0", {"app": "db"}, [{"name": "db", "image": "mongo:3.6", "ports": [{"containerPort": 27017}]}]),
            {"add": {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "db", "namespace": "data"},
                     "spec": {"replicas": 1, "serviceName": "db", "selector": {"matchLabels": {"app": "db"}},
                              "template": {"metadata": {"labels": {"app": "db"}}, "spec": {"containers": []}}},
                     "status": {"replicas": 1, "readyReplicas": 1}}}]
EVERY_NAME = ["http", "http2-api", "grpc", "grpc-web", "tcp", "tcp-raw", "mongo", "redis", "https", "https-web", "http-1"]
NO_PROMETHEUS = delete(f"deployments/{NS}/prometheus", f"pods/{NS}/prometheus-*", f"services/{NS}/prometheus",
                       f"endpoints/{NS}/prometheus", f"configmaps/{NS}/prometheus")


def away(*names, services=()):
    """An add-on that was never installed."""
    return delete(*(ref for name in names for ref in (f"deployments/{NS}/{name}", f"pods/{NS}/{name}-*")),
                  *(ref for name in services for ref in (f"services/{NS}/{name}", f"endpoints/{NS}/{name}")))


RENAMED = [("istio-system", "mesh-control")]

SCENARIOS = [
    well("plain", "0.8", "the demo installation with Bookinfo"),
    well("plain", "0.5", "the guide's own release with Bookinfo"),
    well("renamed", "0.8", "the control plane lives in another namespace", rename=RENAMED,
         collect=["--istio-namespace", "mesh-control"]),
    well("renamed", "0.5", "the control plane lives in another namespace", rename=RENAMED,
         collect=["--istio-namespace", "mesh-control"]),
    well("mutual-tls", "0.8", "mutual TLS is on, with Citadel, and no headless Service", texts=MTLS08,
         edits=MUTUAL),
    well("mutual-tls", "0.5", "mutual TLS is on, with istio-ca, and no headless Service", texts=MTLS05),
    well("managed", "0.8", "a managed control plane: no master, no kube-apiserver pod",
         edits=delete("pods/kube-system/kube-apiserver-*", "pods/kube-system/etcd-*", "pods/kube-system/kube-controller-manager-*",
                      "pods/kube-system/kube-scheduler-*", "pods/kube-system/kube-proxy-wvqd2", "nodes/master-0"),
         unseen=["KUBE-401", "KUBE-402", "KUBE-404"]),
    well("managed", "0.5", "a managed control plane: no kube-apiserver pod",
         edits=delete("pods/kube-system/kube-apiserver-*"), unseen=["KUBE-401", "KUBE-402", "KUBE-404"]),
    well("no-prometheus", "0.8", "the Prometheus add-on was never installed", edits=NO_PROMETHEUS,
         unseen=["PROM-101", "PROM-102", "PROM-103", "PROM-104"]),
    well("no-prometheus", "0.5", "the Prometheus add-on was never installed", edits=NO_PROMETHEUS,
         unseen=["PROM-101", "PROM-102", "PROM-103", "PROM-104"]),
    well("no-add-ons", "0.8", "no tracing, no Grafana, no servicegraph, and the mesh knows it",
         edits=away("istio-tracing", "grafana", "servicegraph", services=("zipkin", "tracing", "grafana", "servicegraph")),
         texts=[("objects/istio-system.json", "enableTracing: true", "enableTracing: false"),
                ("objects/istio-system.json", '  zipkinAddress: zipkin.istio-system:9411\\n', ''),
                ("objects/default.json", '"--zipkinAddress",\n      "zipkin.istio-system:9411",\n      ', '')]),
    well("several-replicas", "0.8", "two ingress gateways and another namespace without a mesh",
         edits=[namespace("legacy"), bare_pod("legacy", "web-1", {"app": "web"}, [{"name": "web", "image": "nginx:1.13"}]),
                service("legacy", "web", [port(80)], {"app": "web"})]),
    well("stateful", "0.8", "a StatefulSet with a headless Service outside of the mesh, no mutual TLS",
         edits=[namespace("data"), *STATEFUL]),
    well("stateful-mutual-tls", "0.8", "the same, with mutual TLS in the mesh", texts=MTLS08,
         edits=[*MUTUAL, namespace("data"), *STATEFUL]),
    well("headless-http", "0.8", "a headless Service of HTTP in the mesh", texts=MTLS08,
         edits=[*MUTUAL, service("default", "ratings-peers", [port(9080, "http")], {"app": "ratings"}, clusterIP="None"),
                endpoints("default", "ratings-peers", [port(9080, "http")],
                          [("10.40.2.10", "worker-2", "ratings-v1-cjfjlkcmhj-9fsh5")])]),
    well("headless-plain", "0.5", "a headless TCP Service and no mutual TLS",
         edits=[namespace("data"), *STATEFUL]),
    well("port-names", "0.8", "every protocol that Istio knows, as a port's name",
         edits=[namespace("catalogue"),
                service("catalogue", "all", [port(7000 + n, name) for n, name in enumerate(EVERY_NAME)], {"app": "all"}),
                bare_pod("catalogue", "all-1", {"app": "all"}, [{"name": "all", "image": "all:1", "ports": [
                    {"containerPort": 7000 + n} for n in range(len(EVERY_NAME))]}])]),
    well("unnamed-port-outside", "0.5", "unnamed ports of Services that have no sidecar and no rule",
         edits=[namespace("legacy"), bare_pod("legacy", "web-1", {"app": "web"}, [{"name": "web", "image": "nginx:1.13"}]),
                service("legacy", "web", [port(80)], {"app": "web"})]),
    well("external-names", "0.8", "ExternalName Services and ServiceEntries",
         edits=[{"add": {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "search", "namespace": "default"},
                         "spec": {"type": "ExternalName", "externalName": "search.example.com", "sessionAffinity": "None"},
                         "status": {"loadBalancer": {}}}},
                config("ServiceEntry", "books-api", {"hosts": ["www.googleapis.example.com"], "location": "MESH_EXTERNAL",
                                                     "resolution": "DNS",
                                                     "ports": [{"number": 443, "name": "https", "protocol": "HTTPS"}]}),
                config("ServiceEntry", "old-db", {"hosts": ["db.example.com"], "addresses": ["192.0.2.60/32"],
                                                  "location": "MESH_EXTERNAL", "resolution": "NONE",
                                                  "ports": [{"number": 3306, "name": "tcp", "protocol": "TCP"}]})]),
    well("own-rule-names", "0.8", "rules and handlers with names of their own, which lead to Prometheus",
         edits=[{"clone": f"rules/{NS}/promhttp", "name": "our-http-metrics", "merge": {}, "ops": [
                    {"op": "replace", "path": "/spec/actions/0/handler", "value": "store.prometheus"}]},
                {"clone": f"rules/{NS}/promtcp", "name": "our-tcp-metrics", "merge": {}, "ops": [
                    {"op": "replace", "path": "/spec/actions/0/handler", "value": "store.prometheus.istio-system"}]},
                {"clone": f"prometheuses/{NS}/handler", "name": "store", "merge": {}, "ops": []},
                *delete(f"rules/{NS}/promhttp", f"rules/{NS}/promtcp", f"prometheuses/{NS}/handler")],
         texts=[(f"proxy/{NS}/istio-*/9093/metrics.*.prom", "handler.prometheus.istio-system", "store.prometheus.istio-system")]),
    well("no-stdio", "0.8", "access logs were switched off",
         edits=delete(f"rules/{NS}/stdio", f"stdios/{NS}/handler", f"logentries/{NS}/accesslog")),
    well("ended-pods", "0.8", "completed, evicted and unknown pods, and a CronJob between two runs",
         edits=[ended("default", "details-v1-cfgchflgdh-evict", "Failed", "Evicted", labels={"app": "details", "version": "v1"}),
                ended(NS, "istio-telemetry-dhccldbjgd-evict", "Failed", "Evicted",
                      labels={"istio": "mixer", "istio-mixer-type": "telemetry"}),
                ended(NS, "istio-pilot-dhldbhmggg-evict", "Failed", "Evicted", labels={"istio": "pilot"}),
                ended("default", "report-1528962000-x7k2p", "Succeeded", labels={"job-name": "report-1528962000"}),
                {"add": {"apiVersion": "batch/v1beta1", "kind": "CronJob", "metadata": {"name": "report", "namespace": "default"},
                         "spec": {"schedule": "0 * * * *", "jobTemplate": {"spec": {"template": {"spec": {"containers": []}}}}},
                         "status": {"lastScheduleTime": "2018-06-14T08:00:00Z"}}}]),
    well("host-network", "0.8", "a DaemonSet on the hosts' network, in a namespace of its own",
         edits=[namespace("monitoring"),
                bare_pod("monitoring", "node-exporter-abcde", {"app": "node-exporter"},
                         [{"name": "node-exporter", "image": "quay.io/prometheus/node-exporter:v0.15.2",
                           "ports": [{"containerPort": 9100, "hostPort": 9100}]}], "10.10.0.12", hostNetwork=True)]),
    well("not-injected-on-purpose", "0.8", "a pod that says that it wants no sidecar",
         edits=[merge("pods/default/ratings-v1-*", {"metadata": {"labels": {"tier": "backend"}}}),
                {"add": bare_pod("default", "loadgen-1", {"app": "loadgen"}, [{"name": "loadgen", "image": "loadgen:2"}])["add"] | {
                    "metadata": {"name": "loadgen-1", "namespace": "default", "labels": {"app": "loadgen"},
                                 "annotations": {"sidecar.istio.io/inject": "false"}}}}]),
    well("windows-node", "0.8", "a node of another operating system joined",
         edits=[{"clone": "nodes/worker-1", "name": "win-1", "merge": {
             "metadata": {"labels": {"beta.kubernetes.io/os": "windows", "kubernetes.io/hostname": "win-1"}},
             "spec": {"externalID": "win-1", "podCIDR": "10.40.9.0/24"},
             "status": {"nodeInfo": {"operatingSystem": "windows", "osImage": "Windows Server 2016 Datacenter",
                                     "kernelVersion": "10.0.14393", "containerRuntimeVersion": "docker://17.6.2"}}}, "ops": []}]),
    well("openshift", "0.8", "an OpenShift cluster: its annotations, and proxies with arbitrary users",
         edits=[merge("namespaces/default", {"metadata": {"annotations": {
                    "openshift.io/sa.scc.uid-range": "1000000000/10000", "openshift.io/sa.scc.mcs": "s0:c1,c0"}}}),
                merge("pods/default/*", {"metadata": {"annotations": {"openshift.io/scc": "anyuid"}}})]),
    well("no-proxy-names", "0.8", "kube-apiserver has a proxy, and the names of Services are excepted",
         edits=behind_proxy("127.0.0.1,localhost,.svc,.cluster.local,10.96.0.0/12")),
    well("no-proxy-name", "0.8", "kube-apiserver has a proxy, and the injector itself is excepted",
         edits=behind_proxy("localhost,istio-sidecar-injector.istio-system.svc")),
    well("no-proxy-namespace", "0.8", "kube-apiserver has a proxy, and the namespace's domain is excepted",
         edits=behind_proxy("localhost,istio-system.svc")),
    well("no-proxy-star", "0.8", "kube-apiserver has a proxy, and everything is excepted", edits=behind_proxy("*")),
    well("start-noise", "0.8", "the noise of a start: one lost stream, one failed work item, one webhook retry",
         logs=[("default/*", "istio-proxy", [envoy(-2390, "warning", "upstream", "external/envoy/source/common/config/"
                "grpc_mux_impl.cc:235] gRPC config stream closed: 14, no healthy upstream")]),
               (f"{NS}/istio-pilot-*", "discovery", [zap(-3290, "info", "Work item failed (waiting till full synchronization), "
                                                                       "repeating after delay 1s")]),
               (f"{NS}/istio-telemetry-*", "mixer", [zap(-500, "info", "transport: http2Server.HandleStreams failed to read frame: "
                "read tcp 10.40.2.3:9092->10.40.2.1:51444: read: connection reset by peer"),
                (-400, "gc 2 @0.020s 5%: 0.021+2.3+0.061 ms clock")])]),
    well("application-errors", "0.8", "the application answers with errors of its own, 404, 500 and a denied request",
         logs=[("default/reviews-v1-*", "istio-proxy", [access(-100 - n, "GET /reviews/9 HTTP/1.1", code, authority="reviews:9080",
                                                               upstream="127.0.0.1:9080") for n, code in enumerate((404, 500, 403))])]),
    well("nginx-1.1", "0.8", "an NGINX in the mesh that forwards with HTTP/1.1", edits=nginx("good")),
    well("certificate-once", "0.8", "a sidecar was restarted once for its certificate, weeks apart", texts=MTLS08, edits=MUTUAL,
         logs=[("default/reviews-v1-*", "istio-proxy", [
             zap(-1500, "info", 'watchFileEvents: "/etc/certs/..data": CREATE'), zap(-1490, "info", "watchFileEvents: notifying"),
             zap(-1489.9, "info", "Received new config, resetting budget"), zap(-1489.8, "info", "Reconciling configuration (budget 10)"),
             zap(-1489.7, "info", "Epoch 1 starting"), zap(-1429, "info", "Epoch 0 exited normally")])]),
    well("seconds-apart", "0.8", "clocks differ by less than anybody can tell", serve=["--skew", "0.4"]),
    well("many-services", "0.8", "a larger mesh: more than a hundred Services outside of it",
         edits=[namespace("many")] + [service("many", f"svc-{n}", [port(80, "http")], {"app": f"svc-{n}"}, clusterIP=f"10.97.0.{n}")
                                      for n in range(1, 121)]),
    well("ended-job-failed-once", "0.8", "the job that configures Mixer needed two attempts",
         edits=[merge(f"jobs/{NS}/istio-mixer-post-install", {"status": {"failed": 1}})]),
    well("citadel-off", "0.8", "Citadel was scaled to nothing where nothing uses certificates, as the guide says",
         edits=scaled_to_nothing(NS, "istio-citadel", "istio-citadel")),
    well("two-mixers", "0.8", "a second Mixer for telemetry has just been started and was not called yet",
         edits=[clone(f"pods/{NS}/istio-telemetry-*", "istio-telemetry-dhccldbjgd-zzzzz", {"status": {"podIP": "10.40.1.90"}})],
         metrics=[(f"{NS}/istio-telemetry-*-zzzzz", 9093, {
             '/grpc_server_/': None, dispatch("prometheus", "false"): 0, dispatch("stdio", "false", "logentry"): 0,
             dispatch("kubernetesenv", "false", "kubernetes"): 0, 'mixer_dispatcher_request_count{error="false"}': 0})],
         answers=[(f"{NS}/istio-telemetry-*-zzzzz", 42422, {"/metrics": {"body": ""}})]),
    well("control-plane-tls", "0.8", "the control plane speaks mutual TLS, and everybody knows",
         texts=[("objects/*.json", "istio-pilot.istio-system:15007", "istio-pilot.istio-system:15005"),
                ("objects/istio-system.json", '"istio-pilot:8080"', '"istio-pilot:15005"'),
                ("objects/istio-system.json", "controlPlaneAuthPolicy: NONE", "controlPlaneAuthPolicy: MUTUAL_TLS"),
                ("objects/*.json", '"--controlPlaneAuthPolicy",\n      "NONE"', '"--controlPlaneAuthPolicy",\n      "MUTUAL_TLS"')],
         execs=[{"container": ["ingressgateway", "egressgateway"], "argv_glob": "curl *http://istio-pilot*:15003/v1/registration*",
                 "exit": 52, "stderr": "curl: (52) Empty reply from server\n"},
                {"container": ["ingressgateway", "egressgateway"], "argv_glob": "curl *https://istio-pilot*/v1/registration*",
                 "stdout_file": "registration.txt"}]),
    well("websocket", "0.8", "an application asks for WebSockets with 426, over HTTP/1.1",
         logs=[("default/reviews-v1-*", "istio-proxy", [access(-100 - n, "GET /socket HTTP/1.1", 426, upstream="127.0.0.1:9080")
                                                       for n in range(9)])]),
    well("websocket", "0.5", "an application asks for WebSockets with 426, over HTTP/1.1",
         logs=[("default/reviews-v1-*", "istio-proxy", [access(-100 - n, "GET /socket HTTP/1.1", 426, upstream="127.0.0.1:9080")
                                                       for n in range(9)])]),
    well("empty", "0.8", "an installation without any application yet",
         edits=delete("pods/default/*", "deployments/default/*", "replicasets/default/*", "gateways/default/*", "virtualservices/default/*",
                      "destinationrules/default/*", *(f"{kind}/default/{name}" for kind in ("services", "endpoints")
                                                      for name in ("details", "productpage", "ratings", "reviews"))),
         metrics=[(f"{NS}/istio-telemetry-*", 9093, IDLE08), *((f"{NS}/istio-pilot-*", number, {"pilot_xds": 2}) for number in (8080, 9093))],
         answers=[(f"{NS}/istio-telemetry-*", 42422, {"/metrics": {"body": ""}})]),
    well("quiet-start", "0.8", "a mesh that was just started, and that nobody has called yet",
         metrics=[(f"{NS}/istio-telemetry-*", 9093, {**IDLE08, "process_start_time_seconds": 9e9})], answers=[(f"{NS}/istio-telemetry-*", 42422, {"/metrics": {"body": ""}})],
         without=[("default/*", "istio-proxy", ACCESS), (f"{NS}/istio-ingressgateway-*", "ingressgateway", ACCESS)]),
    well("versions", "0.8", "Kubernetes of later years", files={"version.json": json.dumps({
        "major": "1", "minor": "16+", "gitVersion": "v1.16.13-gke.401", "gitCommit": "", "gitTreeState": "clean", "platform": "linux/amd64"})}),
    well("two-pilots", "0.8", "two Pilots, and all proxies are connected to one of them",
         edits=[clone(f"pods/{NS}/istio-pilot-*", "istio-pilot-dhldbhmggg-zzzzz", {"status": {"podIP": "10.40.1.91"}})],
         metrics=[(f"{NS}/istio-pilot-*-zzzzz", number, {"pilot_xds": 0}) for number in (8080, 9093)],
         answers=[(f"{NS}/istio-pilot-*-zzzzz", number, {"/debug/adsz": {"body": "[\n]\n"}}) for number in (8080, 9093)]),
    well("pods-renamed", "0.8", "pods of the control plane with names that no Deployment gives",
         rename=[("istio-pilot-dhldbhmggg-7wxwj", "pilot-main-0"), ("istio-telemetry-dhccldbjgd-dfz86", "mixer-tele-0"),
                 ("istio-policy-fcbflfdljc-frtgr", "mixer-pol-0"), ("prometheus-dcfjbmfllm-xnlgq", "prom-k8s-0")]),
    well("pods-renamed", "0.5", "pods of the control plane with names that no Deployment gives",
         rename=[("istio-pilot-dhldbhmggg-7wxwj", "pilot-main-0"), ("istio-mixer-chggbjbfj-vqdbd", "mixer-0"),
                 ("prometheus-dcfjbmfllm-xnlgq", "prom-k8s-0")]),
    well("no-gateways", "0.8", "a mesh without gateways",
         edits=away("istio-ingressgateway", "istio-egressgateway", services=("istio-ingressgateway", "istio-egressgateway")) +
         delete("gateways/default/*", "virtualservices/default/bookinfo")),
    well("resolved-at-last", "0.5", "the configuration of a service resolved with errors before it resolved", metrics=[(f"{NS}/istio-mixer-*", 9093, {
        'mixer_config_resolve_count{error="true",target="details.default.svc.cluster.local"}': (2, 2)})]),
    well("load-generator", "0.8", "a client with a sidecar that serves nothing and has no Service",
         edits=[clone("pods/default/ratings-v1-*", "loadgen-0", {"metadata": {"labels": {"app": "loadgen", "version": "v1"}, "ownerReferences": None},
                                                                 "status": {"podIP": "10.40.1.66"}},
                      ("/spec/containers/0/ports", None), ("/spec/initContainers/0/args/11", ""))],
         documents=[(ADSZ, [{"op": "add", "path": "/-", "value": {
             "node": "sidecar~10.40.1.66~loadgen-0.default~default.svc.cluster.local-9", "addr": "10.40.1.66:40009",
             "connect": "2018-06-14 08:20:06.200000000 +0000 UTC m=+906.100000000", "listeners": [], "clusters": []}}])]),
    well("terminating", "0.8", "a pod is on its way out while another one starts",
         edits=[clone("pods/default/ratings-v1-*", "ratings-v1-cjfjlkcmhj-going", {
                    "metadata": {"deletionTimestamp": stamp(20), "deletionGracePeriodSeconds": 30}, "status": {"podIP": "10.40.2.91"}},
                    ("/status/conditions/1/status", "False"), ("/status/containerStatuses/1/ready", False))]),
    well("job-with-sidecar", "0.8", "a Job's work is done and its sidecar goes on, as sidecars do",
         edits=[clone("pods/default/ratings-v1-*", "migrate-x7k2p", {
                    "metadata": {"labels": {"app": "migrate", "job-name": "migrate", "version": None}, "ownerReferences": None},
                    "status": {"podIP": "10.40.2.92"}},
                    ("/spec/containers/0/ports", None), ("/spec/initContainers/0/args/11", ""), ("/spec/restartPolicy", "Never"),
                    ("/status/conditions/1/status", "False"), ("/status/containerStatuses/0/ready", False),
                    ("/status/containerStatuses/0/state", {"terminated": {"exitCode": 0, "reason": "Completed"}}))],
         documents=[(ADSZ, [{"op": "add", "path": "/-", "value": {
             "node": "sidecar~10.40.2.92~migrate-x7k2p.default~default.svc.cluster.local-9", "addr": "10.40.2.92:40009",
             "connect": "2018-06-14 08:20:06.200000000 +0000 UTC m=+906.100000000", "listeners": [], "clusters": []}}])],
         metrics=[(f"{NS}/istio-pilot-*", number, {"pilot_xds": 9}) for number in (8080, 9093)]),
    well("without-selector", "0.8", "Services without selector, with endpoints that somebody wrote, and NodePorts",
         edits=[service("default", "legacy-db", [port(5432, "tcp-postgres")], None),
                {"add": {"apiVersion": "v1", "kind": "Endpoints", "metadata": {"name": "legacy-db", "namespace": "default"},
                         "subsets": [{"addresses": [{"ip": "192.0.2.44"}], "ports": [{"name": "tcp-postgres", "port": 5432}]}]}},
                merge("services/default/productpage", {"spec": {"type": "NodePort"}})]),
    well("full-names", "0.8", "rules of traffic name hosts in full, and from another namespace",
         edits=[namespace("routing"),
                *delete("virtualservices/default/reviews", "destinationrules/default/reviews"),
                config("VirtualService", "reviews", {"hosts": ["reviews.default.svc.cluster.local"], "http": [
                    {"route": [{"destination": {"host": "reviews.default.svc.cluster.local", "subset": "v1"}}]}]}, "routing"),
                config("DestinationRule", "reviews", {"host": "reviews.default.svc.cluster.local", "subsets": [
                    {"name": "v1", "labels": {"version": "v1"}}]}, "routing")]),
    well("mesh-and-gateway", "0.8", "a VirtualService for the mesh and a gateway, with TCP and redirects beside it",
         edits=[merge("virtualservices/default/bookinfo", {"spec": {"gateways": ["bookinfo-gateway", "mesh"],
                                                                    "hosts": ["productpage.example.com", "productpage"]}}),
                *delete("virtualservices/default/productpage"),
                config("VirtualService", "old-paths", {"hosts": ["details"], "http": [
                    {"match": [{"uri": {"prefix": "/old"}}], "redirect": {"uri": "/details"}},
                    {"route": [{"destination": {"host": "details", "subset": "v1"}}]}]}),
                *delete("virtualservices/default/details")]),
    well("egress-rules", "0.5", "EgressRules, RouteRules with redirects and faults, and a DestinationPolicy",
         edits=[config("EgressRule", "google", {"destination": {"service": "*.google.com"},
                                                "ports": [{"port": 443, "protocol": "https"}]}, version="config.istio.io/v1alpha2"),
                config("DestinationPolicy", "ratings-cb", {"destination": {"name": "ratings", "labels": {"version": "v1"}},
                                                           "circuitBreaker": {"simpleCb": {"maxConnections": 100}}},
                       version="config.istio.io/v1alpha2"),
                config("RouteRule", "ratings-delay", {"destination": {"name": "ratings"}, "precedence": 2,
                                                      "httpFault": {"delay": {"percent": 10, "fixedDelay": "5s"}},
                                                      "route": [{"labels": {"version": "v1"}}]}, version="config.istio.io/v1alpha2")]),
    well("other-targets-down", "0.8", "another job of Prometheus cannot scrape, and that is no part of the mesh",
         targets={"istio-policy": "context deadline exceeded"}),
    well("denials", "0.8", "a denier refuses some requests, as it shall",
         edits=[config("denier", "refuse", {"status": {"code": 7, "message": "not allowed"}}, NS, "config.istio.io/v1alpha2"),
                config("checknothing", "all", {}, NS, "config.istio.io/v1alpha2"),
                config("rule", "refuse-v3", {"match": 'source.labels["version"] == "v3"', "actions": [
                    {"handler": "refuse.denier", "instances": ["all.checknothing"]}]}, NS, "config.istio.io/v1alpha2")],
         logs=[("default/reviews-v1-*", "istio-proxy", [access(-90 - n, "GET /ratings/0 HTTP/1.1", 403, authority="ratings:9080")
                                                       for n in range(5)])]),
    well("restarted-long-ago", "0.8", "a sidecar was restarted when its node was",
         edits=[ops("pods/default/reviews-v2-*", ("/status/containerStatuses/1/restartCount", 1),
                    ("/status/containerStatuses/1/lastState", {"terminated": {
                        "exitCode": 0, "reason": "Completed", "startedAt": "2018-06-14T08:10:00Z", "finishedAt": "2018-06-14T08:19:00Z"}}))],
         logs=[("default/reviews-v2-*", "istio-proxy.previous", [zap(-2990, "info", "Epoch 0 starting"),
                                                                zap(-2470, "info", "Agent terminating")])]),
    well("young-pod", "0.8", "a pod was made seconds ago and starts",
         edits=[clone("pods/default/ratings-v1-*", "ratings-v1-cjfjlkcmhj-young", {
                    "metadata": {"creationTimestamp": stamp(-8)}, "status": {"phase": "Pending", "podIP": None, "startTime": stamp(-7)}},
                    ("/status/conditions/0/status", "False"), ("/status/conditions/1/status", "False"),
                    ("/status/conditions/1/lastTransitionTime", stamp(-7)), ("/status/conditions/0/lastTransitionTime", stamp(-7)),
                    ("/status/initContainerStatuses/0/ready", False),
                    ("/status/initContainerStatuses/0/state", {"waiting": {"reason": "PodInitializing"}}),
                    ("/status/containerStatuses/0/ready", False),
                    ("/status/containerStatuses/0/state", {"waiting": {"reason": "PodInitializing"}}),
                    ("/status/containerStatuses/1/ready", False),
                    ("/status/containerStatuses/1/state", {"waiting": {"reason": "PodInitializing"}}))], unseen=["LIM-102"]),
    well("private-registry", "0.8", "images of a registry with a port, with tags of one's own",
         texts=[("objects/*.json", "docker.io/istio/", "registry.example.com:5000/mesh/istio/"), ("objects/*.json", ":0.8.0\"", ":0.8.0-hardened.3\"")]),
    well("digests", "0.8", "images by digest: the release is told by the programs alone",
         texts=[("objects/*.json", f"docker.io/istio/{name}:0.8.0", f"docker.io/istio/{name}@sha256:{'0d5f' * 16}")
                for name in ("pilot", "mixer", "citadel", "proxyv2", "proxy_init", "sidecar_injector")],
         unseen=["PROXY-105"]),
    well("digests", "0.5", "images by digest: the release is told by the programs alone",
         texts=[("objects/*.json", f"docker.io/istio/{name}:0.5.0", f"docker.io/istio/{name}@sha256:{'0d5f' * 16}")
                for name in ("pilot", "mixer", "istio-ca", "proxy", "proxy_init")], unseen=["PROXY-105"]),
    well("native-names", "0.8", "Services of every kind of the mesh's own namespace, and an unnamed port of an add-on",
         edits=[service(NS, "dashboard", [port(80)], {"app": "grafana"}),
                service(NS, "jaeger-agent", [port(6831, "udp-thrift", protocol="UDP")], {"app": "jaeger"}, clusterIP="None")]),
]
