# SPDX-License-Identifier: Apache-2.0
"""signatures -- further failures of the release, beside those that the guide describes."""

from clocks import GRAFANA
from injection import HOOK, PROXIED, SCRIPTS, environment
from metrics_flow import EXISTS, MIXER05, NS, POLICY, SCRAPING, TELEMETRY, CONFIG_JSON, SENDING
from overlay import Scenario
from proxies import CONNECTED, ISTIOCTL, PILOT, curl, gone, lost, restarted
from routing import ROUTES
from running import CPU, LOAD, MTLS08, MUTUAL, OLD
from words import (access, clone, config, crashing, data, delete, dispatch, endpoints, envoy, every, klog, merge, not_ready, ops, port,
                   scaled_to_nothing, service, stamp, warning, zap)

CITADEL, INJECTOR = f"{NS}/istio-citadel-*", f"{NS}/istio-sidecar-injector-*"
ALPHA = "authentication.istio.io/v1alpha1"
RULES = ("promhttp", "promtcp", "stdio", "kubeattrgenrulerule", "tcpkubeattrgenrulerule")


def count(name, value, snapshot=2):
    return {f'mixer_{name}{{configID="{snapshot}"}}': value}


MIXER = [
    Scenario("config-bad-match-0.8", "0.8", "the match of a rule cannot be compiled", [EXISTS], ["MIX-132"],
             edits=[ops(f"rules/{NS}/promhttp", ("/spec/match", 'contextt.protocol == "http"'))],
             metrics=[(TELEMETRY, 9093, count("config_rule_config_match_error_count", 1))],
             logs=[(TELEMETRY, "mixer", [zap(-3280, "warn", "Unable to compile match condition expression: 'unknown attribute "
                    "contextt.protocol', rule='promhttp.rule.istio-system', expression='contextt.protocol == \"http\"'")])]),
    Scenario("config-no-manifests-0.8", "0.8", "the attribute manifests were deleted", [EXISTS], ["MIX-133", "MIX-134"],
             edits=delete(f"attributemanifests/{NS}/*"),
             metrics=[(TELEMETRY, 9093, {**count("config_attribute_count", 21), **count("handler_handler_build_failure_count", 2),
                                         **count("config_unsatisfied_action_handler_count", 3)})],
             answers=[(TELEMETRY, 42422, None)],
             logs=[(TELEMETRY, "mixer", [zap(-3280, "error", "Unable to initialize adapter: snapshot='2', handler='handler.prometheus."
                    "istio-system', adapter='prometheus', err='cannot infer type information from params in instanceConfig "
                    "'requestcount.metric.istio-system': failed to evaluate expression for field 'Dimensions[response_code]'; "
                    "unknown attribute response.code'.\nPlease remove the handler or fix the configuration.")])]),
    Scenario("config-unreadable-handler-0.8", "0.8", "the handler has a value that does not exist", [EXISTS], ["MIX-131", "MIX-135"],
             edits=[ops(f"prometheuses/{NS}/handler", ("/spec/metrics/0/kind", "COUNTERS"))],
             metrics=[(TELEMETRY, 9093, {**count("config_handler_config_count", 2), **count("config_rule_config_error_count", 4)})],
             answers=[(TELEMETRY, 42422, None)],
             logs=[(TELEMETRY, "mixer", [
                 zap(-3280, "warn", 'handler.prometheus.istio-system unable to unmarshal: unknown value "COUNTERS" for enum '
                                    'adapter.prometheus.config.Params_MetricInfo_Kind, {"metrics":[{"kind":"COUNTERS"}]}'),
                 zap(-3279.9, "error", 'Failed to convert handler.prometheus.istio-system spec: unknown value "COUNTERS"'),
                 zap(-3279.8, "error", "Handler not found: handler='handler.prometheus.istio-system', "
                                       "action='promhttp.rule.istio-system[0]'"),
                 zap(-3279.7, "error", "No valid actions found in rule: promhttp.rule.istio-system")])]),
    Scenario("config-other-namespace-0.8", "0.8", "Mixer is told to look for its rules in another namespace", [EXISTS], ["MIX-136"],
             logs=[(TELEMETRY, "mixer", every(60, -3280, -10, lambda at: zap(
                 at, "warn", "No destination sets found for the default namespace 'istio-system'.")))]),
    Scenario("dispatch-matches-nothing-0.8", "0.8", "no rule matches any Report", [SENDING], ["MIX-140", "MIX-143"],
             metrics=[(TELEMETRY, 9093, {'/mixer_dispatcher_destinations_per_request_bucket/': None, dispatch("prometheus", "false"): 0,
                                         dispatch("stdio", "false", "logentry"): 0, dispatch("kubernetesenv", "false", "kubernetes"): 0}),
                      (TELEMETRY, 9093, {f'mixer_dispatcher_destinations_per_request_bucket{{le="{le}"}}': (292, 300)
                                         for le in ("0", "1", "2", "3", "5", "10", "+Inf")})],
             answers=[(TELEMETRY, 42422, {"/metrics": {"body": ""}})]),
    Scenario("config-not-loaded-0.8", "0.8", "the rules exist, and Mixer has loaded none of them", [EXISTS], ["MIX-130", "MIX-140"],
             metrics=[(TELEMETRY, 9093, {**count("config_rule_config_count", 0), **count("config_handler_config_count", 0),
                                         **count("config_instance_config_count", 0), **count("config_attribute_count", 0),
                                         '/mixer_runtime_dispatch_count/': None})],
             answers=[(TELEMETRY, 42422, None)]),
    Scenario("config-resolves-nothing-0.5", "0.5", "Mixer 0.5 gets Reports and resolves no configuration for them", [EXISTS], ["MIX-109"],
             metrics=[(MIXER05, 9093, {"/mixer_config_resolve_count/": None})]),
    Scenario("prometheus-wrong-port-0.5", "0.5", "the static target is Mixer's own port, and it is up", [SCRAPING], ["PROM-104"],
             texts=[(CONFIG_JSON, "istio-mixer.istio-system:42422", "istio-mixer.istio-system:9093"),
                    ("proxy/istio-system/prometheus-*/9090/targets.json", "istio-mixer.istio-system:42422", "istio-mixer.istio-system:9093")]),
]

STARTED = [zap(-3285, "info", "flags (*bootstrap.PilotArgs)(0xc42041c000)({\n DiscoveryOptions: (envoy.DiscoveryServiceOptions) {\n  "
                              "Port: (int) 8080\n }\n})\n")]

PILOTS = [
    Scenario("pilot-hangs-0.8", "0.8", "Pilot waits for the API server and opens no port", [CONNECTED], ["KUBE-410", "PILOT-100", "PILOT-106", "PILOT-116"],
             unseen=["PILOT-101", "PILOT-102", "PILOT-103", "PILOT-105", "PILOT-107", "PILOT-108", "PROXY-106"],
             edits=[ops(f"pods/{NS}/istio-pilot-*", ("/status/conditions/1/status", "False"), ("/status/containerStatuses/0/ready", False)),
                    not_ready(NS, "istio-pilot")],
             without=[(PILOT, "discovery", "Discovery service started|XDS|ADS|PUSH|informer")], answers=gone(PILOT, 8080, 9093, 15003, 15007),
             logs=[(PILOT, "discovery", STARTED)], execs=curl(7, "Failed to connect to istio-pilot port 15007: Connection refused")),
    Scenario("cpu-pilot-not-restarted-0.8", "0.8", "the delay was raised, and Pilot still works with the old one", [CPU], ["PILOT-110"],
             texts=[("objects/*.json", "efreshDelay: 10s", "efreshDelay: 30s"), ("objects/default.json", OLD.format("10s"), OLD.format("30s"))],
             logs=[(PILOT, "discovery", [zap(-3280, "info", "mesh configuration (*v1alpha1.MeshConfig)(0xc42025a580)(rds_refresh_delay:<"
                    "seconds:10 > default_config:<discovery_refresh_delay:<seconds:10 > > )")])]),
    Scenario("pilot-gives-up-0.8", "0.8", "Pilot gives up pushing to a proxy, again and again", [ISTIOCTL], ["PILOT-109"],
             logs=[(PILOT, "discovery", every(30, -580, -10, lambda at: zap(at, "error", "Repeated failure to push "
                    "sidecar~10.40.2.10~ratings-v1-cjfjlkcmhj-9fsh5.default~default.svc.cluster.local-3", "ads")))]),
    Scenario("pilot-ignores-object-0.8", "0.8", "Pilot cannot convert a VirtualService and ignores it", [ROUTES], ["PILOT-113"],
             logs=[(PILOT, "discovery", [zap(-400, "warn", "Failed to convert VirtualService object, ignoring: reviews default "
                    'unknown field "rout" in v1alpha3.HTTPRoute')])]),
    Scenario("pilot-out-of-memory-0.8", "0.8", "Pilot was killed for want of memory", [ISTIOCTL], ["PILOT-114"],
             edits=[restarted(NS, "istio-pilot", 0, 137, "OOMKilled")],
             logs=[(PILOT, "discovery.previous", [zap(-2000, "info", "Discovery service started at http=[::]:8080 grpc=[::]:15010")])]),
    Scenario("pilot-no-certificates-0.8", "0.8", "the control plane demands mutual TLS and Pilot has no certificate", [CONNECTED], ["KUBE-410", "PILOT-100", "PILOT-101", "PILOT-106", "PROXY-101", "SEC-115"],
             texts=[("objects/*.json", "istio-pilot.istio-system:15007", "istio-pilot.istio-system:15005"),
                    ("objects/istio-system.json", '"istio-pilot:8080"', '"istio-pilot:15005"'),
                    ("objects/istio-system.json", "controlPlaneAuthPolicy: NONE", "controlPlaneAuthPolicy: MUTUAL_TLS"),
                    ("objects/*.json", '"--controlPlaneAuthPolicy",\n      "NONE"', '"--controlPlaneAuthPolicy",\n      "MUTUAL_TLS"')],
             edits=[*crashing(NS, "istio-pilot", exit_code=147), not_ready(NS, "istio-pilot")],
             answers=gone(PILOT, 8080, 9093, 15003, 15007),
             logs=[(PILOT, name, [zap(-95, "error", "Failed to find certificates for GRPC secure in /etc/certs/")])
                   for name in ("discovery", "discovery.previous")] + [("default/*", "istio-proxy", every(30, -900, -10, lost))],
             execs=curl(7, "Failed to connect to istio-pilot port 15005: Connection refused")),
]

TRAFFIC = [
    Scenario("route-inbound-conflict-0.8", "0.8", "two Services disagree on a port, and Pilot left out an inbound listener", [ROUTES], ["TRAF-104", "TRAF-105"],
             edits=[service("default", "ratings-raw", [port(9080, "tcp")], {"app": "ratings"}),
                    endpoints("default", "ratings-raw", [port(9080, "tcp")],
                              [("10.40.2.10", "worker-2", "ratings-v1-cjfjlkcmhj-9fsh5")])],
             logs=[(PILOT, "discovery", [zap(-400, "warn", "Conflicting inbound listeners on 10.40.2.10:9080: previous listener "
                                             "10.40.2.10_9080")])]),
    Scenario("route-gateway-port-0.8", "0.8", "a Gateway listens on a port that its Service does not have", [ROUTES], ["TRAF-119"],
             edits=[ops("gateways/default/bookinfo-gateway", ("/spec/servers/0/port/number", 8085))]),
    Scenario("route-gateway-headless-0.8", "0.8", "a gateway routes to a headless Service", [ROUTES], ["TRAF-121"],
             edits=[ops("services/default/productpage", ("/spec/clusterIP", "None"))]),
    Scenario("route-entry-without-address-0.8", "0.8", "a ServiceEntry for TCP has no address", [ROUTES], ["TRAF-122"],
             edits=[config("ServiceEntry", "nats", {"hosts": ["nats.example.com"], "location": "MESH_EXTERNAL", "resolution": "NONE",
                                                    "ports": [{"number": 4222, "name": "tcp", "protocol": "TCP"}]})]),
    Scenario("route-two-for-one-host-0.8", "0.8", "two VirtualServices claim one host", [ROUTES], ["TRAF-126"],
             edits=[config("VirtualService", "reviews-canary", {"hosts": ["reviews"], "http": [
                 {"route": [{"destination": {"host": "reviews", "subset": "v3"}}]}]})]),
    Scenario("route-no-pods-0.8", "0.8", "the routed Service selects no pod: its selector is misspelt", [ROUTES], ["TRAF-127"],
             edits=[ops("services/default/ratings", ("/spec/selector/app", "rating")),
                    ops("endpoints/default/ratings", ("/subsets", []))]),
    Scenario("route-no-pods-0.5", "0.5", "the routed Service selects no pod: its selector is misspelt", [ROUTES], ["TRAF-127"],
             edits=[ops("services/default/ratings", ("/spec/selector/app", "rating")),
                    ops("endpoints/default/ratings", ("/subsets", []))]),
    Scenario("route-listener-conflict-0.8", "0.8", "two Services fight for one outbound listener", [ROUTES], ["TRAF-107"],
             edits=[service("default", "cache-a", [port(6379, "tcp")], {"app": "cache-a"}, clusterIP="None"),
                    service("default", "cache-b", [port(6379, "http")], {"app": "cache-b"}, clusterIP="None")],
             logs=[(PILOT, "discovery", [zap(-400, "warn", "buildSidecarOutboundListeners: listener conflict (TCP current and new HTTP) "
                    "on 0.0.0.0:6379, destination:outbound|6379||cache-a.default.svc.cluster.local, current Listener: "
                    "(0.0.0.0_6379 {})")])]),
]

NO_SIDECAR = [("/spec/containers/1", None), ("/spec/initContainers", None), ("/metadata/annotations", None),
              ("/status/containerStatuses/1", None), ("/status/initContainerStatuses", None)]

INJECTION = [
    Scenario("inject-open-0.8", "0.8", "a namespace asks for sidecars and one of its pods has none", [PROXIED], ["INJ-120"],
             edits=[ops("pods/default/ratings-v1-*", *NO_SIDECAR)],
             metrics=[(PILOT, number, {"pilot_xds": 7}) for number in (8080, 9093)]),
    Scenario("inject-bad-certificate-0.8", "0.8", "kube-apiserver does not trust the injector's certificate", [PROXIED], ["INJ-105"],
             logs=[(INJECTOR, "sidecar-injector-webhook", every(30, -580, -10, lambda at: zap(
                 at, "info", "http: TLS handshake error from 10.10.0.10:51234: remote error: tls: bad certificate")))]),
    Scenario("inject-expired-0.8", "0.8", "kube-apiserver says that the injector's certificate has expired", [PROXIED], ["KUBE-404"],
             logs=[("kube-system/kube-apiserver-*", "kube-apiserver", every(45, -590, -10, lambda at: klog(
                 at, "W", "dispatcher.go:72", "Failed calling webhook, failing closed sidecar-injector.istio.io: failed calling admission "
                 f'webhook "sidecar-injector.istio.io": Post {HOOK}?timeout=30s: x509: certificate has expired or is not yet valid')))]),
    Scenario("inject-selector-0.8", "0.8", "the webhook selects namespaces by another label", [PROXIED], ["INJ-124"],
             edits=[ops("mutatingwebhookconfigurations/istio-sidecar-injector", (
                 "/webhooks/0/namespaceSelector", {"matchLabels": {"istio-inject": "on"}}))]),
    Scenario("inject-label-missing-0.8", "0.8", "the namespace lost its label", finds=["INJ-121"], edits=[
        merge("namespaces/default", {"metadata": {"labels": {"istio-injection": None}}})]),
    Scenario("inject-policy-off-0.8", "0.8", "the policy of injection is disabled", finds=["INJ-123"], edits=[
        data(f"configmaps/{NS}/istio-sidecar-injector", "config", "policy: disabled\ntemplate: |-\n  containers: []\n"),
        ops("pods/default/ratings-v1-*", *NO_SIDECAR)], metrics=[(PILOT, number, {"pilot_xds": 7}) for number in (8080, 9093)]),
    Scenario("inject-admission-off-0.8", "0.8", "kube-apiserver runs without the admission plugin for webhooks", finds=["KUBE-402"],
             texts=[("objects/kube-system.json", "MutatingAdmissionWebhook,", "")]),
    Scenario("inject-cannot-register-0.8", "0.8", "the injector may not register its webhook", finds=["INJ-102", "INJ-106"],
             logs=[(INJECTOR, "sidecar-injector-webhook", every(5, -580, -10, lambda at: zap(
                 at, "error", "Register webhook failed: mutatingwebhookconfigurations.admissionregistration.k8s.io "
                              '"istio-sidecar-injector" is forbidden. Retrying...')))],
             edits=[ops("mutatingwebhookconfigurations/istio-sidecar-injector", ("/webhooks/0/clientConfig/caBundle", ""))]),
    Scenario("inject-host-network-0.8", "0.8", "a pod on its host's network stands behind a Service of the mesh", finds=["INJ-122"],
             edits=[ops("pods/default/ratings-v1-*", *NO_SIDECAR, ("/spec/hostNetwork", True), ("/status/podIP", "10.10.0.12"))],
             metrics=[(PILOT, number, {"pilot_xds": 7}) for number in (8080, 9093)]),
]

SECURITY = [
    Scenario("certificates-waited-for-0.8", "0.8", "a pod waits for the Secret of its service account", finds=["KUBE-410", "SEC-103", "SEC-116"],
             edits=[ops(f"pods/{NS}/istio-policy-*", ("/status/phase", "Pending"), ("/status/conditions/1/status", "False"),
                        ("/status/containerStatuses/0/ready", False), ("/status/containerStatuses/1/ready", False),
                        ("/status/containerStatuses/0/state", {"waiting": {"reason": "ContainerCreating"}}),
                        ("/status/containerStatuses/1/state", {"waiting": {"reason": "ContainerCreating"}})),
                    *delete(f"secrets/{NS}/istio.istio-mixer-service-account"),
                    warning(NS, "istio-policy.mount", "Pod", "istio-policy-fcbflfdljc-frtgr", "FailedMount",
                            'MountVolume.SetUp failed for volume "istio-certs" : secrets "istio.istio-mixer-service-account" not found')]),
    Scenario("citadel-cannot-start-0.8", "0.8", "Citadel cannot read its own key", finds=["KUBE-410", "SEC-105"],
             edits=crashing(NS, "istio-citadel", exit_code=255), answers=gone(CITADEL, 9093),
             logs=[(CITADEL, name, [zap(-92, "error", "Failed to create a self-signed Citadel (error: [failed to create CA KeyCertBundle "
                    "(failed to parse private key PEM: failed to parse the RSA private key)])")])
                   for name in ("citadel", "citadel.previous")]),
    Scenario("citadel-cannot-write-0.8", "0.8", "Citadel may not write the Secrets of certificates", finds=["SEC-107"],
             logs=[(CITADEL, "citadel", [zap(-400, "error", 'Failed to create secret for service account "default"  (error: secrets is '
                    'forbidden), retries 3 times')])]),
    Scenario("tls-rule-without-mode-0.8", "0.8", "mutual TLS of the mesh, and a DestinationRule that does not name it", finds=["SEC-111"], texts=MTLS08,
             edits=MUTUAL[1:], without=[("default/details-*", "istio-proxy", '" 200 '), ("default/productpage-*", "istio-proxy", "details:9080")],
             logs=[("default/productpage-*", "istio-proxy", every(15, -590, -10, lambda at: access(
                 at, "GET /details/0 HTTP/1.1", 503, "UC", "python-requests/2.18.4", "details:9080", "10.40.1.9:9080")))]),
    Scenario("tls-rule-without-policy-0.8", "0.8", "a DestinationRule speaks mutual TLS to servers that do not", finds=["SEC-112"],
             edits=MUTUAL[:1]),
    Scenario("tls-policy-without-rule-0.8", "0.8", "a Policy demands mutual TLS and clients speak plain text", finds=["SEC-113"],
             edits=[config("Policy", "ratings", {"targets": [{"name": "ratings"}], "peers": [{"mtls": {}}]}, version=ALPHA)]),
    Scenario("policy-down-0.8", "0.8", "istio-policy is down, and every request gets 503", finds=["KUBE-410", "MIX-107", "SEC-116"],
             edits=[*crashing(NS, "istio-policy"), not_ready(NS, "istio-policy")], answers=gone(POLICY, 9093, 42422),
             targets={"istio-policy": "Get http://10.40.1.4:9093/metrics: dial tcp 10.40.1.4:9093: getsockopt: connection refused"},
             logs=[(POLICY, "mixer.previous", [(-92, "Unable to initialize Mixer: unable to listen on socket: listen tcp :9091: bind: "
                                                     "address already in use")])]),
]

OTHER = [
    Scenario("node-tells-of-time-0.8", "0.8", "a node's problem detector tells that its time service is down", [GRAFANA], ["TIME-308"],
             edits=[ops("nodes/worker-1", ("/status/conditions/-", {
                 "type": "NTPProblem", "status": "True", "reason": "NTPIsDown", "message": "ntp service is not up",
                 "lastHeartbeatTime": stamp(-8), "lastTransitionTime": stamp(-4000)}))]),
    Scenario("files-control-plane-0.8", "0.8", "Mixer has run out of file descriptors", [LOAD], ["LIM-105"],
             logs=[(TELEMETRY, "mixer", every(20, -580, -10, lambda at: zap(
                 at, "error", "http: Accept error: accept tcp [::]:9093: accept4: too many open files; retrying in 1s")))]),
    Scenario("out-of-memory-mixer-0.8", "0.8", "Mixer was killed for want of memory", finds=["KUBE-411"],
             edits=[restarted(NS, "istio-telemetry", 0, 137, "OOMKilled")],
             logs=[(TELEMETRY, "mixer.previous", [zap(-2000, "info", "Built new config.Snapshot: id='2'")])]),
    Scenario("gke-0.8", "0.8", "the node image of GKE that breaks 0.8", finds=["TRAF-125"],
             edits=[merge(f"nodes/{name}", {"status": {"nodeInfo": {"osImage": "Container-Optimized OS from Google",
                                                                    "kubeletVersion": "v1.10.2-gke.1"}}}) for name in ("worker-1", "worker-2")],
             files={"version.json": '{"major": "1", "minor": "10+", "gitVersion": "v1.10.2-gke.1", "platform": "linux/amd64"}'}),
]

SCENARIOS = MIXER + PILOTS + TRAFFIC + INJECTION + SECURITY + OTHER
