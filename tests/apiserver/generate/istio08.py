# SPDX-License-Identifier: Apache-2.0
"""istio08 -- a healthy demo installation of Istio 0.8.0 with Bookinfo: its objects."""

import os

import kube
from kube import container, custom, deployment, field_env, job, service
from recording import b64, digest, dumps, suffix

NS = "istio-system"
HUB = "docker.io/istio"
TAG = "0.8.0"
HERE = os.path.dirname(os.path.abspath(__file__))

CHART = {"chart": "istio-0.8.0", "release": "istio", "heritage": "Tiller"}

MESH = """\
disablePolicyChecks: false
enableTracing: true
mixerCheckServer: istio-policy.istio-system.svc.cluster.local:15004
mixerReportServer: istio-telemetry.istio-system.svc.cluster.local:15004
ingressService: istio-ingress
# How often Envoy asks Pilot for its configuration.
rdsRefreshDelay: 10s
defaultConfig:
  discoveryRefreshDelay: 10s
  connectTimeout: 10s
  configPath: "/etc/istio/proxy"
  binaryPath: "/usr/local/bin/envoy"
  serviceCluster: istio-proxy
  drainDuration: 45s
  parentShutdownDuration: 1m0s
  proxyAdminPort: 15000
  zipkinAddress: zipkin.istio-system:9411
  statsdUdpAddress: istio-statsd-prom-bridge.istio-system:9125
  controlPlaneAuthPolicy: NONE
  discoveryAddress: istio-pilot.istio-system:15007"""

INJECTOR = """\
policy: enabled
template: |-
  initContainers:
  - name: istio-init
    image: docker.io/istio/proxy_init:0.8.0
    args: ["-p", [[ .MeshConfig.ProxyListenPort ]], "-u", 1337]
    securityContext:
      capabilities:
        add: [NET_ADMIN]
      privileged: true
  containers:
  - name: istio-proxy
    image: docker.io/istio/proxyv2:0.8.0
    args:
    - proxy
    - sidecar
    - --discoveryAddress
    - [[ .ProxyConfig.DiscoveryAddress ]]
    - --discoveryRefreshDelay
    - [[ formatDuration .ProxyConfig.DiscoveryRefreshDelay ]]
    securityContext:
      readOnlyRootFilesystem: true
      runAsUser: 1337
  volumes:
  - name: istio-envoy
    emptyDir:
      medium: Memory
  - name: istio-certs
    secret:
      optional: true
      secretName: [[ printf "istio.%s" .Spec.ServiceAccountName ]]
"""

# job name, service, port name; in the order of the chart
SCRAPED = (("istio-mesh", "istio-telemetry", "prometheus"), ("envoy", "istio-statsd-prom-bridge", "statsd-prom"),
           ("istio-policy", "istio-policy", "http-monitoring"), ("istio-telemetry", "istio-telemetry", "http-monitoring"),
           ("pilot", "istio-pilot", "http-monitoring"))

MIXER_KINDS = (
    ("mixer", ("rule", "rules"), ("attributemanifest", "attributemanifests")),
    ("mixer-adapter", ("circonus", "circonuses"), ("denier", "deniers"), ("fluentd", "fluentds"),
     ("kubernetesenv", "kubernetesenvs"), ("listchecker", "listcheckers"), ("memquota", "memquotas"), ("noop", "noops"),
     ("opa", "opas"), ("prometheus", "prometheuses"), ("rbac", "rbacs"), ("servicecontrol", "servicecontrols"),
     ("solarwinds", "solarwindses"), ("stackdriver", "stackdrivers"), ("statsd", "statsds"), ("stdio", "stdios")),
    ("mixer-instance", ("apikey", "apikeys"), ("authorization", "authorizations"), ("checknothing", "checknothings"),
     ("kubernetes", "kuberneteses"), ("listentry", "listentries"), ("logentry", "logentries"), ("metric", "metrics"),
     ("quota", "quotas"), ("reportnothing", "reportnothings"), ("servicecontrolreport", "servicecontrolreports"),
     ("tracespan", "tracespans")),
)
PILOT_KINDS = (("config.istio.io", "v1alpha2", "serviceroles", "ServiceRole"),
               ("config.istio.io", "v1alpha2", "servicerolebindings", "ServiceRoleBinding"),
               ("config.istio.io", "v1alpha2", "destinationpolicies", "DestinationPolicy"),
               ("config.istio.io", "v1alpha2", "egressrules", "EgressRule"),
               ("config.istio.io", "v1alpha2", "routerules", "RouteRule"),
               ("config.istio.io", "v1alpha2", "httpapispecs", "HTTPAPISpec"),
               ("config.istio.io", "v1alpha2", "httpapispecbindings", "HTTPAPISpecBinding"),
               ("config.istio.io", "v1alpha2", "quotaspecs", "QuotaSpec"),
               ("config.istio.io", "v1alpha2", "quotaspecbindings", "QuotaSpecBinding"),
               ("networking.istio.io", "v1alpha3", "virtualservices", "VirtualService"),
               ("networking.istio.io", "v1alpha3", "destinationrules", "DestinationRule"),
               ("networking.istio.io", "v1alpha3", "serviceentries", "ServiceEntry"),
               ("networking.istio.io", "v1alpha3", "gateways", "Gateway"),
               ("authentication.istio.io", "v1alpha1", "policies", "Policy"))


def root_cert():
    with open(os.path.join(HERE, "root-cert.pem"), encoding="ascii") as file:
        return file.read()


def prometheus_yml():
    """The chart's configuration: every job finds its endpoints by service and port name."""
    parts = ["global:\n  scrape_interval: 15s\nscrape_configs:\n"]
    for name, svc, port in SCRAPED:
        parts.append(f"""
- job_name: '{name}'
  scrape_interval: 5s
  kubernetes_sd_configs:
  - role: endpoints
  relabel_configs:
  - source_labels: [__meta_kubernetes_namespace, __meta_kubernetes_service_name, __meta_kubernetes_endpoint_port_name]
    action: keep
    regex: {NS};{svc};{port}
""")
    parts.append("""
- job_name: 'kubernetes-nodes'
  scheme: https
  tls_config:
    ca_file: /var/run/secrets/kubernetes.io/serviceaccount/ca.crt
  bearer_token_file: /var/run/secrets/kubernetes.io/serviceaccount/token
  kubernetes_sd_configs:
  - role: node
  relabel_configs:
  - target_label: __address__
    replacement: kubernetes.default.svc:443
  - source_labels: [__meta_kubernetes_node_name]
    regex: (.+)
    target_label: __metrics_path__
    replacement: /api/v1/nodes/${1}/proxy/metrics
""")
    return "".join(parts)


# -- the cluster -------------------------------------------------------------------------------

def cluster(rec):
    """Nodes, namespaces and kube-system."""
    for name in kube.NODES:
        rec.add("cluster", kube.node(name))
    rec.add("cluster", kube.namespace("default", {"istio-injection": "enabled"}))
    for name in ("kube-public", "kube-system"):
        rec.add("cluster", kube.namespace(name))
    rec.add("cluster", kube.namespace(NS, {"name": NS}, at=-3310))
    admission = ("Initializers,NamespaceLifecycle,LimitRanger,ServiceAccount,DefaultStorageClass,NodeRestriction,"
                 "MutatingAdmissionWebhook,ValidatingAdmissionWebhook,ResourceQuota")
    host = {"hostNetwork": True, "priorityClassName": "system-cluster-critical"}
    commands = {
        "kube-apiserver": ["--advertise-address=10.10.0.10", "--admission-control=" + admission,
                           "--service-cluster-ip-range=10.96.0.0/12", "--secure-port=6443", "--authorization-mode=Node,RBAC"],
        "kube-controller-manager": ["--leader-elect=true", "--cluster-cidr=10.40.0.0/16"],
        "kube-scheduler": ["--leader-elect=true"],
        "etcd": ["--listen-client-urls=https://127.0.0.1:2379"]}
    for name, flags in commands.items():
        image = "k8s.gcr.io/etcd-amd64:3.1.12" if name == "etcd" else f"k8s.gcr.io/{name}-amd64:v1.10.3"
        spec = {"containers": [container(name, image, command=[name] + flags)], **host}
        rec.add("kube-system", kube.pod(f"{name}-master-0", "kube-system", spec, "master-0", "10.10.0.10", -89000,
                                        {"component": name, "tier": "control-plane"}))
    for name in kube.NODES:
        spec = {"containers": [container("kube-proxy", "k8s.gcr.io/kube-proxy-amd64:v1.10.3",
                                         command=["kube-proxy", "--config=/var/lib/kube-proxy/config.conf"])], **host}
        rec.add("kube-system", kube.pod(f"kube-proxy-{suffix('proxy', name)}", "kube-system", spec, name,
                                        kube.NODE_IP[name], -88900, {"k8s-app": "kube-proxy"}))
    dns = {"containers": [container("kubedns", "k8s.gcr.io/k8s-dns-kube-dns-amd64:1.14.8",
                                    ["--domain=cluster.local.", "--dns-port=10053"],
                                    ((10053, "UDP", "dns-local"), (10053, "TCP", "dns-tcp-local"))),
                          container("dnsmasq", "k8s.gcr.io/k8s-dns-dnsmasq-nanny-amd64:1.14.8", ["-v=2"],
                                    ((53, "UDP", "dns"), (53, "TCP", "dns-tcp")))], "dnsPolicy": "Default"}
    deployment(rec, "kube-system", "kube-dns", "kube-system", {"k8s-app": "kube-dns"}, dns, "master-0", at=-88800)
    service(rec, "kube-system", "kube-dns", "kube-system", {"k8s-app": "kube-dns"},
            (("dns", 53, 53, "UDP"), ("dns-tcp", 53, 53, "TCP")), at=-88800, cluster_ip="10.96.0.10")
    service(rec, "default", "kubernetes", "default", None, (("https", 443, 6443, "TCP"),), at=-90000,
            cluster_ip="10.96.0.1", labels={"component": "apiserver", "provider": "kubernetes"})
    rec.add("default", {"apiVersion": "v1", "kind": "Endpoints",
                        "metadata": kube.meta("Endpoints", "kubernetes", "default", -90000),
                        "subsets": [{"addresses": [{"ip": "10.10.0.10"}],
                                     "ports": [{"name": "https", "port": 6443, "protocol": "TCP"}]}]})


def definitions(rec, pilot_kinds=PILOT_KINDS):
    for package, *kinds in MIXER_KINDS:
        for singular, plural in kinds:
            rec.add("crds", kube.crd("config.istio.io", "v1alpha2", plural, singular, package, singular=singular))
    for group, version, plural, kind in pilot_kinds:
        rec.add("crds", kube.crd(group, version, plural, kind, "istio.io.pilot"))


# -- Mixer's configuration ---------------------------------------------------------------------

DIMENSIONS = {"source_service": 'source.service | "unknown"', "source_version": 'source.labels["version"] | "unknown"',
              "destination_service": 'destination.service | "unknown"',
              "destination_version": 'destination.labels["version"] | "unknown"'}
HTTP = {**DIMENSIONS, "response_code": "response.code | 200", "connection_mtls": "connection.mtls | false"}
TCP = {**DIMENSIONS, "connection_mtls": "connection.mtls | false"}
METRICS = (("requestcount", "request_count", "1", HTTP), ("requestduration", "request_duration", 'response.duration | "0ms"', HTTP),
           ("requestsize", "request_size", "request.size | 0", HTTP),
           ("responsesize", "response_size", "response.size | 0", HTTP),
           ("tcpbytesent", "tcp_bytes_sent", "connection.sent.bytes | 0", TCP),
           ("tcpbytereceived", "tcp_bytes_received", "connection.received.bytes | 0", TCP))
ATTRIBUTES = {"origin.ip": "IP_ADDRESS", "origin.uid": "STRING", "request.headers": "STRING_MAP", "request.id": "STRING",
              "request.host": "STRING", "request.method": "STRING", "request.path": "STRING", "request.scheme": "STRING",
              "request.size": "INT64", "request.total_size": "INT64", "request.time": "TIMESTAMP",
              "request.referer": "STRING", "request.useragent": "STRING", "request.api_key": "STRING",
              "response.code": "INT64", "response.duration": "DURATION", "response.headers": "STRING_MAP",
              "response.size": "INT64", "response.total_size": "INT64", "response.time": "TIMESTAMP",
              "source.uid": "STRING", "source.user": "STRING", "destination.uid": "STRING", "connection.id": "STRING",
              "connection.received.bytes": "INT64", "connection.sent.bytes": "INT64", "connection.mtls": "BOOL",
              "connection.duration": "DURATION", "context.protocol": "STRING", "context.time": "TIMESTAMP",
              "context.timestamp": "TIMESTAMP", "api.service": "STRING", "api.version": "STRING",
              "api.operation": "STRING", "api.protocol": "STRING", "origin.user": "STRING",
              "request.reason": "STRING", "connection.received.bytes_total": "INT64",
              "connection.sent.bytes_total": "INT64", "request.auth.principal": "STRING",
              "request.auth.audiences": "STRING", "request.auth.presenter": "STRING",
              "request.auth.claims": "STRING_MAP", "request.auth.raw_claims": "STRING"}
DERIVED = {f"{side}.{name}": kind for side in ("source", "destination")
           for name, kind in (("ip", "IP_ADDRESS"), ("labels", "STRING_MAP"), ("name", "STRING"),
                              ("namespace", "STRING"), ("service", "STRING"), ("serviceAccount", "STRING"))}
ENTRY = {"severity": '"Info"', "timestamp": "request.time", "monitored_resource_type": '"UNSPECIFIED"',
         "variables": {"sourceIp": 'source.ip | ip("0.0.0.0")', "sourceService": 'source.service | ""',
                       "sourceUser": 'source.user | source.uid | ""', "sourceNamespace": 'source.namespace | ""',
                       "destinationIp": 'destination.ip | ip("0.0.0.0")', "destinationService": 'destination.service | ""',
                       "destinationNamespace": 'destination.namespace | ""', "protocol": 'request.scheme | "http"',
                       "method": 'request.method | ""', "url": 'request.path | ""', "responseCode": "response.code | 0",
                       "responseSize": "response.size | 0", "requestSize": "request.size | 0",
                       "latency": 'response.duration | "0ms"', "connectionMtls": "connection.mtls | false",
                       "userAgent": 'request.useragent | ""', "responseTimestamp": "response.time",
                       "receivedBytes": "request.total_size | connection.received.bytes | 0",
                       "sentBytes": "response.total_size | connection.sent.bytes | 0"}}
BINDINGS = {"source.ip": '$out.source_pod_ip | ip("0.0.0.0")', "source.labels": "$out.source_labels | emptyStringMap()",
            "source.namespace": '$out.source_namespace | "default"', "source.service": '$out.source_service | "unknown"',
            "destination.ip": '$out.destination_pod_ip | ip("0.0.0.0")',
            "destination.labels": "$out.destination_labels | emptyStringMap()",
            "destination.namespace": '$out.destination_namespace | "default"',
            "destination.service": '$out.destination_service | "unknown"'}


def prometheus_metric(instance, name, dimensions):
    kind = "DISTRIBUTION" if name in ("request_duration", "request_size", "response_size") else "COUNTER"
    entry = {"name": name, "instance_name": f"{instance}.metric.{NS}", "kind": kind, "label_names": list(dimensions)}
    if name == "request_duration":
        entry["buckets"] = {"explicit_buckets": {"bounds": [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]}}
    elif kind == "DISTRIBUTION":
        entry["buckets"] = {"exponentialBuckets": {"numFiniteBuckets": 8, "scale": 1, "growthFactor": 10}}
    return entry


def mixer_config(rec):
    """What the post-install job creates."""
    add = lambda *a, **k: rec.add("mixer", custom(*a, **k))   # noqa: E731
    for name, attributes in (("istioproxy", ATTRIBUTES), ("kubernetes", DERIVED)):
        add("attributemanifest", name, NS, {"attributes": {k: {"valueType": v} for k, v in attributes.items()}})
    add("stdio", "handler", NS, {"outputAsJson": True})
    add("logentry", "accesslog", NS, ENTRY)
    add("rule", "stdio", NS, {"match": "true", "actions": [{"handler": "handler.stdio", "instances": ["accesslog.logentry"]}]})
    for instance, _, value, dimensions in METRICS:
        labels = {"istio-protocol": "tcp"} if dimensions is TCP else None
        add("metric", instance, NS, {"value": value, "dimensions": dimensions,
                                     "monitored_resource_type": '"UNSPECIFIED"'}, labels=labels)
    add("prometheus", "handler", NS, {"metrics": [prometheus_metric(i, n, d) for i, n, _, d in METRICS]})
    for protocol, chosen in (("http", METRICS[:4]), ("tcp", METRICS[4:])):
        add("rule", "prom" + protocol, NS,
            {"actions": [{"handler": "handler.prometheus", "instances": [f"{i}.metric" for i, *_ in chosen]}]},
            labels={"istio-protocol": protocol})
    add("kubernetesenv", "handler", NS, {})
    generate = [{"handler": "handler.kubernetesenv", "instances": ["attributes.kubernetes"]}]
    add("rule", "kubeattrgenrulerule", NS, {"actions": generate})
    add("rule", "tcpkubeattrgenrulerule", NS, {"match": 'context.protocol == "tcp"', "actions": generate})
    add("kubernetes", "attributes", NS, {"source_uid": 'source.uid | ""', "source_ip": 'source.ip | ip("0.0.0.0")',
                                         "destination_uid": 'destination.uid | ""', "attribute_bindings": BINDINGS})
    for name in ("istio-policy", "istio-telemetry"):
        rec.add("networking", custom(
            "DestinationRule", name, NS,
            {"host": f"{name}.{NS}.svc.cluster.local", "trafficPolicy": {"connectionPool": {
                "http": {"http2MaxRequests": 10000, "maxRequestsPerConnection": 10000}}}},
            api="networking.istio.io/v1alpha3"))


# -- the control plane -------------------------------------------------------------------------

INSTANCE_ENV = [field_env("POD_NAME", "metadata.name"), field_env("POD_NAMESPACE", "metadata.namespace"),
                field_env("INSTANCE_IP", "status.podIP")]
CERTS = {"name": "istio-certs", "mountPath": "/etc/certs", "readOnly": True}
NO_INJECT = {"sidecar.istio.io/inject": "false"}


def cert_volume(account, optional=True):
    return {"name": "istio-certs", "secret": {"secretName": "istio." + account, "optional": optional}}


def envoy_container(cluster_name, ports):
    return container("istio-proxy", f"{HUB}/proxyv2:{TAG}",
                     ["proxy", "--serviceCluster", cluster_name, "--templateFile",
                      f"/etc/istio/proxy/envoy_{cluster_name[6:]}.yaml.tmpl", "--controlPlaneAuthPolicy", "NONE"], ports,
                     env=INSTANCE_ENV, volumeMounts=[CERTS])


def gateway(rec, name, ports, node_name):
    args = ["proxy", "router", "-v", "2", "--discoveryRefreshDelay", "1s", "--drainDuration", "45s",
            "--parentShutdownDuration", "1m0s", "--connectTimeout", "10s", "--serviceCluster", "istio-" + name,
            "--zipkinAddress", "zipkin:9411", "--statsdUdpAddress", "istio-statsd-prom-bridge:9125", "--proxyAdminPort",
            "15000", "--controlPlaneAuthPolicy", "NONE", "--discoveryAddress", "istio-pilot:8080"]
    spec = {"serviceAccountName": f"istio-{name}-service-account",
            "containers": [container(name, f"{HUB}/proxyv2:{TAG}", args, [p for _, p in ports], volumeMounts=[CERTS],
                                     env=INSTANCE_ENV + [field_env("ISTIO_META_POD_NAME", "metadata.name")])],
            "volumes": [cert_volume("default")]}
    deployment(rec, NS, "istio-" + name, NS, {"istio": name}, spec, node_name, labels=dict(CHART, app=name),
               annotations=NO_INJECT)
    service(rec, NS, "istio-" + name, NS, {"istio": name}, [(n, p, p, "TCP") for n, p in ports], labels=CHART,
            kind="LoadBalancer" if name == "ingressgateway" else "ClusterIP")


def pilot(rec):
    discovery = container("discovery", f"{HUB}/pilot:{TAG}", ["discovery"], (8080, 15010),
                          env=INSTANCE_ENV[:2] + [{"name": "PILOT_THROTTLE", "value": "500"},
                                                  {"name": "PILOT_CACHE_SQUASH", "value": "5"}],
                          readinessProbe={"httpGet": {"path": "/v1/registration", "port": 8080, "scheme": "HTTP"},
                                          "initialDelaySeconds": 30, "periodSeconds": 30, "timeoutSeconds": 5},
                          volumeMounts=[{"name": "config-volume", "mountPath": "/etc/istio/config"}, CERTS])
    spec = {"serviceAccountName": "istio-pilot-service-account",
            "containers": [discovery, envoy_container("istio-pilot", (15003, 15005, 15007, 15011))],
            "volumes": [{"name": "config-volume", "configMap": {"name": "istio"}},
                        cert_volume("istio-pilot-service-account", False)]}
    deployment(rec, NS, "istio-pilot", NS, {"istio": "pilot"}, spec, "worker-1", labels=dict(CHART, istio="pilot"),
               annotations=NO_INJECT)
    service(rec, NS, "istio-pilot", NS, {"istio": "pilot"},
            [(n, p, p, "TCP") for n, p in (("http-old-discovery", 15003), ("https-discovery", 15005),
                                           ("http-discovery", 15007), ("grpc-xds", 15010), ("https-xds", 15011),
                                           ("http-legacy-discovery", 8080), ("http-monitoring", 9093))], labels=CHART)


def mixers(rec):
    for kind, node_name in (("policy", "worker-1"), ("telemetry", "worker-2")):
        args = ["--address", "tcp://127.0.0.1:9092", "--configStoreURL=k8s://", f"--configDefaultNamespace={NS}",
                "--trace_zipkin_url=http://zipkin:9411/api/v1/spans"]
        spec = {"serviceAccountName": "istio-mixer-service-account",
                "containers": [container("mixer", f"{HUB}/mixer:{TAG}", args, (9092, 9093, 42422)),
                               envoy_container("istio-" + kind, (9091, 15004))],
                "volumes": [cert_volume("istio-mixer-service-account")]}
        deployment(rec, NS, "istio-" + kind, NS, {"istio": "mixer", "istio-mixer-type": kind}, spec, node_name,
                   labels=dict(CHART, istio="mixer"), annotations=NO_INJECT)
        ports = [("grpc-mixer", 9091), ("grpc-mixer-mtls", 15004), ("http-monitoring", 9093)]
        if kind == "telemetry":
            ports.append(("prometheus", 42422))
        service(rec, NS, "istio-" + kind, NS, {"istio": "mixer", "istio-mixer-type": kind},
                [(n, p, p, "TCP") for n, p in ports], labels=dict(CHART, istio="mixer"))


def security(rec):
    spec = {"serviceAccountName": "istio-citadel-service-account",
            "containers": [container("citadel", f"{HUB}/citadel:{TAG}",
                                     ["--append-dns-names=true", "--grpc-port=8060", "--grpc-hostname=citadel",
                                      "--self-signed-ca=true", f"--citadel-storage-namespace={NS}"])]}
    deployment(rec, NS, "istio-citadel", NS, {"istio": "citadel"}, spec, "worker-2", labels=dict(CHART, istio="citadel"),
               annotations=NO_INJECT)
    service(rec, NS, "istio-citadel", NS, {"istio": "citadel"},
            (("grpc-citadel", 8060, 8060, "TCP"), ("http-monitoring", 9093, 9093, "TCP")))
    probe = {"exec": {"command": ["/usr/local/bin/sidecar-injector", "probe", "--probe-path=/health", "--interval=2s"]},
             "initialDelaySeconds": 4, "periodSeconds": 4}
    mounts = [{"name": "config-volume", "mountPath": "/etc/istio/config", "readOnly": True},
              {"name": "certs", "mountPath": "/etc/istio/certs", "readOnly": True},
              {"name": "inject-config", "mountPath": "/etc/istio/inject", "readOnly": True}]
    spec = {"serviceAccountName": "istio-sidecar-injector-service-account",
            "containers": [container("sidecar-injector-webhook", f"{HUB}/sidecar_injector:{TAG}",
                                     ["--caCertFile=/etc/istio/certs/root-cert.pem",
                                      "--tlsCertFile=/etc/istio/certs/cert-chain.pem",
                                      "--tlsKeyFile=/etc/istio/certs/key.pem",
                                      "--injectConfig=/etc/istio/inject/config", "--meshConfig=/etc/istio/config/mesh",
                                      "--healthCheckInterval=2s", "--healthCheckFile=/health"],
                                     livenessProbe=probe, readinessProbe=probe, volumeMounts=mounts)],
            "volumes": [{"name": "config-volume", "configMap": {"name": "istio"}},
                        {"name": "certs", "secret": {"secretName": "istio.istio-sidecar-injector-service-account"}},
                        {"name": "inject-config", "configMap": {"name": "istio-sidecar-injector"}}]}
    deployment(rec, NS, "istio-sidecar-injector", NS, {"istio": "sidecar-injector"}, spec, "worker-1",
               labels=dict(CHART, istio="sidecar-injector"))
    service(rec, NS, "istio-sidecar-injector", NS, {"istio": "sidecar-injector"}, ((None, 443, 443, "TCP"),))
    rec.add("cluster", {
        "apiVersion": "admissionregistration.k8s.io/v1beta1", "kind": "MutatingWebhookConfiguration",
        "metadata": kube.meta("MutatingWebhookConfiguration", "istio-sidecar-injector", at=-3285,
                              labels=dict(CHART, app="istio-sidecar-injector")),
        "webhooks": [{"name": "sidecar-injector.istio.io", "failurePolicy": "Fail",
                      "clientConfig": {"service": {"name": "istio-sidecar-injector", "namespace": NS, "path": "/inject"},
                                       "caBundle": b64(root_cert())},
                      "namespaceSelector": {"matchLabels": {"istio-injection": "enabled"}},
                      "rules": [{"operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"],
                                 "resources": ["pods"]}]}]})


def addons(rec):
    bridge = container("statsd-prom-bridge", "prom/statsd-exporter:latest", ["-statsd.mapping-config=/etc/statsd/mapping.conf"],
                       (9102, (9125, "UDP", None)), volumeMounts=[{"name": "config-volume", "mountPath": "/etc/statsd"}])
    deployment(rec, NS, "istio-statsd-prom-bridge", NS, {"istio": "statsd-prom-bridge"},
               {"serviceAccountName": "istio-mixer-service-account", "containers": [bridge],
                "volumes": [{"name": "config-volume", "configMap": {"name": "istio-statsd-prom-bridge"}}]}, "worker-2",
               labels=dict(CHART, istio="mixer"), annotations=NO_INJECT)
    service(rec, NS, "istio-statsd-prom-bridge", NS, {"istio": "statsd-prom-bridge"},
            (("statsd-prom", 9102, 9102, "TCP"), ("statsd-udp", 9125, 9125, "UDP")), labels=CHART)
    prometheus = container("prometheus", "docker.io/prom/prometheus:latest",
                           ["--storage.tsdb.retention=6h", "--config.file=/etc/prometheus/prometheus.yml"],
                           ((9090, "TCP", "http"),), livenessProbe={"httpGet": {"path": "/-/healthy", "port": 9090}},
                           readinessProbe={"httpGet": {"path": "/-/ready", "port": 9090}},
                           volumeMounts=[{"name": "config-volume", "mountPath": "/etc/prometheus"}])
    deployment(rec, NS, "prometheus", NS, {"app": "prometheus"},
               {"serviceAccountName": "prometheus", "containers": [prometheus],
                "volumes": [{"name": "config-volume", "configMap": {"name": "prometheus"}}]}, "worker-2",
               labels=dict(CHART, app="prometheus"), annotations=NO_INJECT)
    service(rec, NS, "prometheus", NS, {"app": "prometheus"}, (("http-prometheus", 9090, 9090, "TCP"),),
            labels={"name": "prometheus"}, annotations={"prometheus.io/scrape": "true"})
    for name, image, ports, node_name in (
            ("grafana", f"{HUB}/grafana:{TAG}", (("http", 3000),), "worker-1"),
            ("servicegraph", f"{HUB}/servicegraph:{TAG}", (("http", 8088),), "worker-2")):
        deployment(rec, NS, name, NS, {"app": name}, {"containers": [container(name, image, ports=[p for _, p in ports])]},
                   node_name, labels=dict(CHART, app=name), annotations=NO_INJECT)
        service(rec, NS, name, NS, {"app": name}, [(n, p, p, "TCP") for n, p in ports], labels=dict(CHART, app=name))
    jaeger = container("jaeger", "jaegertracing/all-in-one:1.5", ports=(9411, 16686, (5775, "UDP", None)),
                       env=[{"name": "COLLECTOR_ZIPKIN_HTTP_PORT", "value": "9411"}])
    deployment(rec, NS, "istio-tracing", NS, {"app": "jaeger"}, {"containers": [jaeger]}, "worker-1",
               labels=dict(CHART, app="jaeger"), annotations=NO_INJECT)
    service(rec, NS, "zipkin", NS, {"app": "jaeger"}, (("http", 9411, 9411, "TCP"),), labels=dict(CHART, app="jaeger"))
    service(rec, NS, "tracing", NS, {"app": "jaeger"}, (("query-http", 80, 16686, "TCP"),), labels=dict(CHART, app="jaeger"))


def jobs(rec):
    image = "quay.io/coreos/hyperkube:v1.7.6_coreos.0"
    apply = container("hyperkube", image, command=["./kubectl", "apply", "-f", "/tmp/mixer/custom-resources.yaml"],
                      volumeMounts=[{"name": "tmp-configmap-mixer", "mountPath": "/tmp/mixer"}])
    job(rec, NS, "istio-mixer-post-install", NS,
        {"serviceAccountName": "istio-mixer-post-install-account", "containers": [apply], "restartPolicy": "Never",
         "volumes": [{"name": "tmp-configmap-mixer", "configMap": {"name": "istio-mixer-custom-resources"}}]},
        "worker-1", -3280, {"app": "mixer", "release": "istio"},
        {"helm.sh/hook": "post-install", "helm.sh/hook-delete-policy": "before-hook-creation"})
    clean = container("hyperkube", image, command=["/bin/bash", "-c", f"./kubectl delete --ignore-not-found -n {NS} deploy/istio-ca"])
    job(rec, NS, "istio-cleanup-old-ca", NS,
        {"serviceAccountName": "istio-cleanup-old-ca-service-account", "containers": [clean], "restartPolicy": "OnFailure"},
        "worker-2", -3280, {"app": "security", "release": "istio"}, {"helm.sh/hook": "post-install"})


def control_plane(rec):
    rec.add(NS, kube.config_map("istio", NS, {"mesh": MESH}, labels=dict(CHART, app="istio")))
    rec.add(NS, kube.config_map("istio-sidecar-injector", NS, {"config": INJECTOR}, labels=dict(CHART, istio="sidecar-injector")))
    rec.add(NS, kube.config_map("prometheus", NS, {"prometheus.yml": prometheus_yml()}, labels=dict(CHART, app="prometheus")))
    rec.add(NS, kube.config_map("istio-statsd-prom-bridge", NS, {"mapping.conf": ""}, labels=CHART))
    rec.add(NS, kube.config_map("istio-mixer-custom-resources", NS,
                                {"custom-resources.yaml": "# the resources of config.istio.io as installed\n"}, labels=CHART))
    accounts = ["default", "prometheus", "istio-mixer-post-install-account", "istio-cleanup-old-ca-service-account"]
    accounts += [f"istio-{n}-service-account" for n in ("pilot", "mixer", "citadel", "sidecar-injector", "ingressgateway",
                                                         "egressgateway")]
    keys = ("cert-chain.pem", "key.pem", "root-cert.pem")
    for name in accounts:
        rec.add(NS, kube.service_account(name, NS))
        rec.add("secrets", kube.secret("istio." + name, NS, "istio.io/key-and-cert", keys,
                                       annotations={"istio.io/service-account.name": name}))
    rec.add("secrets", kube.secret("istio-ca-secret", NS, "istio.io/ca-root", ("ca-cert.pem", "ca-key.pem")))
    rec.add("default", kube.service_account("default", "default", at=-89000))
    rec.add("secrets", kube.secret("istio.default", "default", "istio.io/key-and-cert", keys,
                                   annotations={"istio.io/service-account.name": "default"}))
    security(rec)
    pilot(rec)
    mixers(rec)
    gateway(rec, "ingressgateway", (("http", 80), ("https", 443), ("tcp", 31400)), "worker-1")
    gateway(rec, "egressgateway", (("http", 80), ("https", 443)), "worker-2")
    addons(rec)
    jobs(rec)


# -- Bookinfo ----------------------------------------------------------------------------------

APPS = (("details", "v1", "worker-1"), ("productpage", "v1", "worker-2"), ("ratings", "v1", "worker-2"),
        ("reviews", "v1", "worker-1"), ("reviews", "v2", "worker-2"), ("reviews", "v3", "worker-1"))


def sidecar(spec, labels):
    """What the injector adds to a pod: (pod spec, annotations)."""
    ports = ",".join(str(p["containerPort"]) for c in spec["containers"] for p in c.get("ports", ()))
    init = container("istio-init", f"{HUB}/proxy_init:{TAG}",
                     ["-p", "15001", "-u", "1337", "-m", "REDIRECT", "-i", "*", "-x", "", "-b", ports + ",", "-d", ""],
                     securityContext={"capabilities": {"add": ["NET_ADMIN"]}, "privileged": True})
    args = ["proxy", "sidecar", "--configPath", "/etc/istio/proxy", "--binaryPath", "/usr/local/bin/envoy",
            "--serviceCluster", labels["app"], "--drainDuration", "45s", "--parentShutdownDuration", "1m0s",
            "--discoveryAddress", "istio-pilot.istio-system:15007", "--discoveryRefreshDelay", "10s", "--zipkinAddress",
            "zipkin.istio-system:9411", "--connectTimeout", "10s", "--statsdUdpAddress",
            "istio-statsd-prom-bridge.istio-system:9125", "--proxyAdminPort", "15000", "--controlPlaneAuthPolicy", "NONE"]
    proxy = container("istio-proxy", f"{HUB}/proxyv2:{TAG}", args,
                      env=INSTANCE_ENV + [field_env("ISTIO_META_POD_NAME", "metadata.name"),
                                          {"name": "ISTIO_META_INTERCEPTION_MODE", "value": "REDIRECT"}],
                      securityContext={"privileged": False, "readOnlyRootFilesystem": True, "runAsUser": 1337},
                      volumeMounts=[{"name": "istio-envoy", "mountPath": "/etc/istio/proxy"},
                                    {"name": "istio-certs", "mountPath": "/etc/certs/", "readOnly": True}])
    status = ('{"version":"' + digest("template") + '","initContainers":["istio-init"],"containers":["istio-proxy"],'
              '"volumes":["istio-envoy","istio-certs"],"imagePullSecrets":null}')
    injected = dict(spec, initContainers=[init], containers=spec["containers"] + [proxy],
                    volumes=[{"name": "istio-envoy", "emptyDir": {"medium": "Memory"}}, cert_volume("default")])
    return injected, {"sidecar.istio.io/status": status}


def bookinfo(rec, inject=sidecar, at=-2400):
    for app, version, node_name in APPS:
        spec = {"containers": [container(app, f"istio/examples-bookinfo-{app}-{version}:1.5.0", ports=(9080,))]}
        deployment(rec, "default", f"{app}-{version}", "default", {"app": app, "version": version}, spec, node_name, at=at,
                   inject=inject)
    for app in ("details", "productpage", "ratings", "reviews"):
        service(rec, "default", app, "default", {"app": app}, (("http", 9080, 9080, "TCP"),), at=at, labels={"app": app})


def routing(rec, at=-2390):
    def add(kind, name, spec):
        rec.add("networking", custom(kind, name, "default", spec, at=at, api="networking.istio.io/v1alpha3"))
    to = lambda host, subset, **more: {"destination": {"host": host, "subset": subset}, **more}   # noqa: E731
    add("Gateway", "bookinfo-gateway",
        {"selector": {"istio": "ingressgateway"},
         "servers": [{"port": {"number": 80, "name": "http", "protocol": "HTTP"}, "hosts": ["*"]}]})
    add("VirtualService", "bookinfo",
        {"hosts": ["*"], "gateways": ["bookinfo-gateway"], "http": [{
            "match": [{"uri": {"exact": "/productpage"}}, {"uri": {"exact": "/login"}}, {"uri": {"exact": "/logout"}},
                      {"uri": {"prefix": "/api/v1/products"}}],
            "route": [{"destination": {"host": "productpage", "port": {"number": 9080}}}]}]})
    for app in ("productpage", "ratings", "details"):
        add("VirtualService", app, {"hosts": [app], "http": [{"route": [to(app, "v1")]}]})
    add("VirtualService", "reviews", {"hosts": ["reviews"], "http": [{"route": [
        to("reviews", "v1", weight=34), to("reviews", "v2", weight=33), to("reviews", "v3", weight=33)]}]})
    for app in ("productpage", "ratings", "details", "reviews"):
        versions = [v for a, v, _ in APPS if a == app]
        add("DestinationRule", app, {"host": app, "subsets": [{"name": v, "labels": {"version": v}} for v in versions]})


def events(rec):
    for pod in list(rec.find("Pod", NS)) + list(rec.find("Pod", "default")):
        kube.pod_events(rec, "events", pod)


def objects(rec):
    cluster(rec)
    definitions(rec)
    mixer_config(rec)
    control_plane(rec)
    bookinfo(rec)
    routing(rec)
    events(rec)
    rec.files["version.json"] = dumps(kube.VERSION) + "\n"
