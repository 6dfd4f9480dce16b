# SPDX-License-Identifier: Apache-2.0
"""proxies -- connectivity to Pilot, and debugging with istioctl, gdb and tcpdump."""

from overlay import Scenario
from words import access, clone, crashing, data, delete, envoy, every, merge, not_ready, ops, scaled_to_nothing, warning, zap

NS = "istio-system"
PILOT, GATEWAY, INGRESS = f"{NS}/istio-pilot-*", f"{NS}/istio-ingressgateway-*", f"{NS}/istio-ingress-*"
CONNECTED = "verifying-connectivity-to-istio-pilot"
ISTIOCTL, GDB, TCPDUMP = "with-istioctl", "with-gdb", "with-tcpdump"
ADSZ = "proxy/istio-system/istio-pilot-*/8080/adsz.json"
APPLICATIONS = "default/*"
CLOSED = "gRPC config stream closed: 14, no healthy upstream"


def lost(at):
    return envoy(at, "warning", "upstream", "external/envoy/source/common/config/grpc_mux_impl.cc:235] " + CLOSED)


def curl(exit_code, text, stdout=""):
    """What curl of the registration API does in a gateway."""
    return [{"container": ["ingressgateway", "egressgateway", "istio-ingress"], "argv_glob": "curl *istio-pilot*registration*",
             "stdout": stdout, "stderr": f"curl: ({exit_code}) {text}\n" if exit_code else "", "exit": exit_code}]


def gone(place, *ports):
    return [(place, number, None) for number in ports]


TO_PILOT = [
    Scenario("pilot-down-0.8", "0.8", "Pilot does not start", [CONNECTED], ["KUBE-410", "PILOT-100", "PILOT-101", "PILOT-106", "PILOT-111", "PROXY-101"],
             edits=[*crashing(NS, "istio-pilot"), not_ready(NS, "istio-pilot")],
             answers=gone(PILOT, 8080, 9093, 15003, 15007),
             execs=curl(7, "Failed to connect to istio-pilot port 15007: Connection refused"),
             logs=[(PILOT, "discovery.previous", [zap(-95, "error", "failed to create discovery service: failed to register "
                    "custom resources. Post https://10.96.0.1:443/apis/apiextensions.k8s.io/v1beta1/"
                    "customresourcedefinitions: dial tcp 10.96.0.1:443: getsockopt: connection refused")])] +
             [("default/*", "istio-proxy", every(30, -900, -10, lost))]),
    Scenario("pilot-down-0.5", "0.5", "Pilot does not start", [CONNECTED], ["KUBE-410", "PILOT-100", "PILOT-106"],
             edits=[*crashing(NS, "istio-pilot"), not_ready(NS, "istio-pilot")],
             answers=gone(PILOT, 8080, 9093, 15003),
             execs=curl(7, "Failed to connect to istio-pilot port 15003: Connection refused"),
             logs=[(PILOT, "discovery.previous", [zap(-95, "error", "failed to create discovery service")])]),
    Scenario("pilot-scaled-away-0.8", "0.8", "somebody scaled Pilot to nothing", [CONNECTED], ["KUBE-414", "PILOT-100", "PILOT-101", "PILOT-106", "PROXY-101"],
             edits=scaled_to_nothing(NS, "istio-pilot", "istio-pilot"),
             execs=curl(7, "Failed to connect to istio-pilot port 15007: Connection refused"),
             logs=[("default/*", "istio-proxy", every(30, -900, -10, lost))]),
    Scenario("pilot-curl-refused-0.8", "0.8", "the gateway cannot connect to Pilot's registration API", [CONNECTED], ["PILOT-106"],
             execs=curl(7, "Failed to connect to istio-pilot port 15007: Connection timed out")),
    Scenario("pilot-curl-refused-0.5", "0.5", "the ingress cannot connect to Pilot's registration API", [CONNECTED], ["PILOT-106"],
             execs=curl(7, "Failed to connect to istio-pilot port 15003: Connection timed out")),
    Scenario("pilot-curl-unresolved-0.8", "0.8", "the gateway cannot resolve Pilot's name", [CONNECTED], ["PILOT-106"],
             execs=curl(6, "Could not resolve host: istio-pilot")),
    Scenario("pilot-registration-empty-0.8", "0.8", "Pilot answers and knows no Service", [CONNECTED], ["PILOT-105"],
             execs=curl(0, "", "[]"), answers=[(PILOT, 8080, {"/v1/registration": {"body": "[]", "type": "application/json"}}),
                                              (PILOT, 15007, {"/v1/registration": {"body": "[]"}}),
                                              (PILOT, 15003, {"/v1/registration": {"body": "[]"}})],
             metrics=[(PILOT, 8080, {"pilot_services": 0}), (PILOT, 9093, {"pilot_services": 0})]),
    Scenario("pilot-registration-empty-0.5", "0.5", "Pilot answers and knows no Service", [CONNECTED], ["PILOT-105"],
             execs=curl(0, "", "[]"), answers=[(PILOT, 8080, {"/v1/registration": {"body": "[]", "type": "application/json"}}),
                                              (PILOT, 15003, {"/v1/registration": {"body": "[]"}})]),
    Scenario("pilot-nobody-connected-0.8", "0.8", "no proxy is connected to Pilot", [CONNECTED], ["PILOT-101", "PILOT-102", "PROXY-101"],
             metrics=[(PILOT, 8080, {"pilot_xds": 0}), (PILOT, 9093, {"pilot_xds": 0})], files={},
             answers=[(PILOT, 8080, {"/debug/adsz": {"body": "[\n]", "type": "application/json"},
                                     "/debug/cdsz": {"body": "[\n]", "type": "application/json"}})],
             logs=[("default/*", "istio-proxy", every(30, -900, -10, lost))]),
    Scenario("pilot-one-not-connected-0.8", "0.8", "one sidecar is not connected to Pilot", [CONNECTED], ["PILOT-102"],
             metrics=[(PILOT, 8080, {"pilot_xds": 7}), (PILOT, 9093, {"pilot_xds": 7})],
             documents=[(ADSZ, [{"op": "remove", "path": "/0"}]),
                        (ADSZ.replace("adsz", "cdsz"), [{"op": "remove", "path": "/0"}])]),
    Scenario("pilot-stream-lost-0.8", "0.8", "one sidecar loses its stream to Pilot again and again", [CONNECTED], ["PROXY-101"],
             logs=[("default/ratings-v1-*", "istio-proxy", every(12, -590, -5, lost))]),
    Scenario("pilot-other-address-0.8", "0.8", "sidecars ask for Pilot at an address that the mesh does not have", [CONNECTED], ["PILOT-115", "PROXY-102"],
             edits=[ops("pods/default/details-v1-*", ("/spec/containers/1/args/13", "istio-pilot.istio:15007"))]),
    Scenario("pilot-other-auth-0.8", "0.8", "the mesh demands mutual TLS of its control plane, the sidecars do not know",
             [CONNECTED], ["PROXY-102"],
             texts=[("objects/istio-system.json", "controlPlaneAuthPolicy: NONE\\n  discoveryAddress: "
                     "istio-pilot.istio-system:15007", "controlPlaneAuthPolicy: MUTUAL_TLS\\n  discoveryAddress: "
                     "istio-pilot.istio-system:15005")]),
    Scenario("pilot-api-lost-0.8", "0.8", "Pilot has lost the API server", [CONNECTED], ["PILOT-112"],
             logs=[(PILOT, "discovery", [line for at in range(-300, -2, 1) for line in (
                 zap(at, "error", "istio.io/istio/pilot/pkg/serviceregistry/kube/controller.go:220: Failed to list *v1.Service: "
                                  "Get https://10.96.0.1:443/api/v1/services?limit=500: dial tcp 10.96.0.1:443: getsockopt: "
                                  "connection refused"),)])]),
]

NACK = ('ADS:LDS: ACK ERROR 10.40.2.10:43966 ratings-v1-cjfjlkcmhj-9fsh5.default version_info:"2018-06-14" node:<id:'
        '"sidecar~10.40.2.10~ratings-v1-cjfjlkcmhj-9fsh5.default~default.svc.cluster.local"> type_url:'
        '"type.googleapis.com/envoy.api.v2.Listener" error_detail:<code:13 message:"Error adding/updating listener '
        '10.96.77.7_4222: error initializing configuration" >')

SYNC = [
    Scenario("istioctl-rejected-metric-0.8", "0.8", "a proxy rejects listeners, Pilot counts it", [ISTIOCTL], ["PILOT-103"],
             metrics=[(PILOT, port, {'pilot_xds_lds_reject{err="13",node="ratings-v1-cjfjlkcmhj-9fsh5.default"}': (3, 4)})
                      for port in (8080, 9093)]),
    Scenario("istioctl-rejected-log-0.8", "0.8", "Pilot logs that a proxy rejects listeners", [ISTIOCTL], ["PILOT-104"],
             logs=[(PILOT, "discovery", every(60, -580, -10, lambda at: zap(at, "warn", NACK, "ads")))]),
    Scenario("istioctl-rejected-by-proxy-0.8", "0.8", "a proxy logs that it rejects a listener", [ISTIOCTL], ["PROXY-111"],
             logs=[("default/ratings-v1-*", "istio-proxy", every(60, -580, -10, lambda at: envoy(
                 at, "warning", "upstream", "external/envoy/source/common/config/grpc_mux_subscription_impl.cc:70] gRPC config "
                 "for type.googleapis.com/envoy.api.v2.Listener rejected: Proto constraint validation failed "
                 "(ListenerValidationError.Address: [\"value is required\"]): name: \"tcp__4222\"")))]),
    Scenario("istioctl-no-endpoints-0.8", "0.8", "Pilot has no endpoint for a routed Service", [ISTIOCTL], ["PILOT-107"],
             metrics=[(PILOT, port, {'pilot_xds_eds_instances{cluster="outbound|9080||details.default.svc.cluster.local"}': 0,
                                     'pilot_xds_eds_instances{cluster="outbound|9080|v1|details.default.svc.cluster.local"}': 0})
                      for port in (8080, 9093)],
             edits=[ops("pods/default/details-v1-*", ("/status/conditions/1/status", "False"),
                        ("/status/containerStatuses/0/ready", False)),
                    ops("endpoints/default/details", ("/subsets/0/notReadyAddresses", [{"ip": "10.40.1.9"}]),
                        ("/subsets/0/addresses", None))],
             logs=[(PILOT, "discovery", [zap(-500, "info", "EDS: no instances outbound|9080||details.default.svc.cluster.local "
                                             "(host=details.default.svc.cluster.local ports=http labels=map[])", "ads")])]),
    Scenario("istioctl-push-errors-0.8", "0.8", "Pilot gives up pushing to a proxy", [ISTIOCTL], ["PILOT-108"],
             metrics=[(PILOT, port, {'pilot_xds_push_errors{type="long"}': (2, 3), "pilot_xds_push_timeout": (5, 6)})
                      for port in (8080, 9093)],
             logs=[(PILOT, "discovery", [zap(-120, "error", "Repeated failure to push "
                    "sidecar~10.40.2.10~ratings-v1-cjfjlkcmhj-9fsh5.default~default.svc.cluster.local-3", "ads")])]),
    Scenario("istioctl-stale-proxy-0.8", "0.8", "a proxy lacks a cluster that Pilot sent", [ISTIOCTL], ["PROXY-106"],
             execs=[{"pods": "default/ratings-v1-*", "container": "istio-proxy", "argv_glob": glob,
                     "stdout": "outbound|53||kube-dns.kube-system.svc.cluster.local::default_priority::max_connections::1024\n"
                               "outbound|53||kube-dns.kube-system.svc.cluster.local::added_via_api::true\n"}
                    for glob in ("*pilot-agent debug clusters", "curl *:15000/clusters")]),
    Scenario("istioctl-other-release-0.8", "0.8", "a sidecar was left at an older release", [ISTIOCTL], ["PROXY-105"],
             edits=[ops("pods/default/details-v1-*", ("/spec/containers/1/image", "docker.io/istio/proxyv2:0.7.1"),
                        ("/status/containerStatuses/1/image", "docker.io/istio/proxyv2:0.7.1"))]),
    Scenario("istioctl-other-release-0.5", "0.5", "a sidecar was left at an older release", [ISTIOCTL], ["PROXY-105"],
             edits=[ops("pods/default/details-v1-*", ("/spec/containers/1/image", "docker.io/istio/proxy:0.4.0"),
                        ("/status/containerStatuses/1/image", "docker.io/istio/proxy:0.4.0"))]),
]

SEGFAULT = [envoy(-400, "critical", "backtrace", "bazel-out/k8-opt/bin/external/envoy/source/server/_virtual_includes/"
                  "backtrace_lib/server/backtrace.h:125] Caught Segmentation fault, suspect faulting address 0x10"),
            envoy(-399.999, "critical", "backtrace", "bazel-out/k8-opt/bin/external/envoy/source/server/_virtual_includes/"
                  "backtrace_lib/server/backtrace.h:94] Backtrace obj</usr/local/bin/envoy> thr<14> (If unsymbolized, use "
                  "tools/stack_decode.py):"),
            envoy(-399.998, "critical", "backtrace", "bazel-out/k8-opt/bin/external/envoy/source/server/_virtual_includes/"
                  "backtrace_lib/server/backtrace.h:104] thr<14> #0 0x6f2b3c"),
            zap(-399, "warn", "Epoch 0 terminated with an error: signal: segmentation fault (core dumped)"),
            zap(-398.9, "info", "Epoch 0: set retry delay to 200ms, budget to 9"),
            zap(-398.5, "info", "Reconciling configuration (budget 9)"), zap(-398.4, "info", "Epoch 0 starting")]
PANIC = ("panic: runtime error: invalid memory address or nil pointer dereference\n"
         "[signal SIGSEGV: segmentation violation code=0x1 addr=0x20 pc=0x1c24a3f]\n\ngoroutine 1181 [running]:\n"
         "istio.io/istio/{}(0xc420a6e000, 0x2b3a8e0)\n\t/workspace/go/src/istio.io/istio/main.go:361 +0x4ef")


def restarted(namespace, name, container, exit_code=2, reason="Error"):
    """A container ended and runs again."""
    status = f"/status/containerStatuses/{container}"
    return ops(f"pods/{namespace}/{name}-*", (status + "/restartCount", 1), (status + "/lastState", {"terminated": {
        "exitCode": exit_code, "reason": reason, "startedAt": "2018-06-14T08:05:15Z", "finishedAt": "2018-06-14T08:50:00Z"}}))


CRASHES = [
    Scenario("gdb-envoy-segfault-0.8", "0.8", "Envoy crashed in a sidecar", [GDB], ["PROXY-112"],
             logs=[("default/reviews-v2-*", "istio-proxy", SEGFAULT)]),
    Scenario("gdb-envoy-segfault-0.5", "0.5", "Envoy crashed in a sidecar", [GDB], ["PROXY-112"],
             logs=[("default/reviews-v2-*", "istio-proxy", SEGFAULT)]),
    Scenario("gdb-pilot-panic-0.8", "0.8", "Pilot panicked and was started again", [GDB], ["PROXY-113"],
             edits=[restarted(NS, "istio-pilot", 0)],
             logs=[(PILOT, "discovery.previous", [(-600, PANIC.format("pilot/pkg/proxy/envoy/v2.(*DiscoveryServer).pushAll"))])]),
    Scenario("gdb-mixer-panic-0.5", "0.5", "Mixer panicked and was started again", [GDB], ["PROXY-113"],
             edits=[restarted(NS, "istio-mixer", 1)],
             logs=[(f"{NS}/istio-mixer-*", "mixer.previous", [(-600, PANIC.format("mixer/pkg/runtime.(*dispatcher).Report"))])]),
    Scenario("gdb-mixer-fatal-0.8", "0.8", "Mixer died of concurrent map writes", [GDB], ["PROXY-113"],
             edits=[restarted(NS, "istio-telemetry", 0)],
             logs=[(f"{NS}/istio-telemetry-*", "mixer.previous", [(-600, "fatal error: concurrent map writes\n\ngoroutine 88 "
                    "[running]:\nruntime.throw(0x2ad5e8d, 0x15)\n\t/usr/local/go/src/runtime/panic.go:616 +0x81")])]),
]


def init_failed(text):
    """istio-init ends with an error, and the application waits for it."""
    waits = {"waiting": {"reason": "PodInitializing"}}
    return dict(edits=[ops("pods/default/ratings-v1-*", ("/status/phase", "Pending"), ("/status/conditions/0/status", "False"),
                           ("/status/conditions/1/status", "False"),
                           ("/status/initContainerStatuses/0/ready", False), ("/status/initContainerStatuses/0/restartCount", 9),
                           ("/status/initContainerStatuses/0/state", {"waiting": {"reason": "CrashLoopBackOff"}}),
                           ("/status/initContainerStatuses/0/lastState", {"terminated": {"exitCode": 3, "reason": "Error"}}),
                           ("/status/containerStatuses/0/ready", False), ("/status/containerStatuses/0/state", waits),
                           ("/status/containerStatuses/1/ready", False), ("/status/containerStatuses/1/state", waits)),
                       ops("endpoints/default/ratings", ("/subsets", []))],
                logs=[("default/ratings-v1-*", name, [(-300, text)]) for name in ("istio-init", "istio-init.previous")])


CAPTURE = [
    Scenario("tcpdump-no-chain-0.8", "0.8", "istio-init has no iptables module", [TCPDUMP], ["PROXY-121", "PROXY-122"],
             **init_failed("iptables: No chain/target/match by that name.")),
    Scenario("tcpdump-no-privilege-0.5", "0.5", "istio-init may not change iptables", [TCPDUMP], ["PROXY-121", "PROXY-122"],
             **init_failed("iptables v1.6.0: can't initialize iptables table `nat': Permission denied (you must be root)\n"
                           "Perhaps iptables or your kernel needs to be upgraded.")),
    Scenario("tcpdump-no-init-0.8", "0.8", "a pod has a sidecar and no istio-init", [TCPDUMP], ["PROXY-123"],
             edits=[ops("pods/default/details-v1-*", ("/spec/initContainers", None), ("/status/initContainerStatuses", None))]),
    Scenario("tcpdump-no-init-0.5", "0.5", "a pod has a sidecar and no istio-init", [TCPDUMP], ["PROXY-123"],
             edits=[ops("pods/default/details-v1-*", ("/spec/initContainers", None), ("/status/initContainerStatuses", None))]),
    Scenario("tcpdump-application-1337-0.8", "0.8", "the application runs as the proxy's user", [TCPDUMP], ["PROXY-124"],
             edits=[ops("pods/default/details-v1-*", ("/spec/containers/0/securityContext", {"runAsUser": 1337}))]),
    Scenario("tcpdump-pod-1337-0.5", "0.5", "the whole pod runs as the proxy's user", [TCPDUMP], ["PROXY-124"],
             edits=[ops("pods/default/details-v1-*", ("/spec/securityContext", {"runAsUser": 1337}))]),
    Scenario("tcpdump-proxy-root-0.8", "0.8", "the proxy runs as root, whose traffic istio-init redirects", [TCPDUMP], ["PROXY-125"],
             edits=[ops("pods/default/details-v1-*", ("/spec/containers/1/securityContext/runAsUser", 0))]),
    Scenario("tcpdump-excluded-port-0.8", "0.8", "an annotation keeps the Service's port from the sidecar", [TCPDUMP], ["TRAF-106"],
             edits=[merge("pods/default/details-v1-*", {"metadata": {"annotations": {
                 "traffic.sidecar.istio.io/includeInboundPorts": "8080"}}}),
                 ops("pods/default/details-v1-*", ("/spec/initContainers/0/args/11", "8080"))]),
]

DEBUG = "how-can-i-debug-issues-with-the-service-mesh"


def unavailable(at):
    return access(at, "GET /ratings/0 HTTP/1.1", 503, "UH", "python-requests/2.18.4", "ratings:9080")


OTHER = [
    Scenario("debug-proxy-memory-0.8", "0.8", "a sidecar was killed for want of memory", [DEBUG], ["PROXY-114"],
             edits=[restarted("default", "reviews-v2", 1, 137, "OOMKilled")],
             logs=[("default/reviews-v2-*", "istio-proxy.previous", [zap(-2900, "info", "Epoch 0 starting")])]),
    Scenario("debug-proxy-memory-0.5", "0.5", "a sidecar was killed for want of memory", [DEBUG], ["PROXY-114"],
             edits=[restarted("default", "reviews-v2", 1, 137, "OOMKilled")],
             logs=[("default/reviews-v2-*", "istio-proxy.previous", [zap(-2900, "info", "Epoch 0 starting")])]),
    Scenario("debug-unavailable-0.8", "0.8", "a sidecar answers with 503 itself: no healthy upstream", [DEBUG], ["TRAF-124"],
             logs=[("default/reviews-v2-*", "istio-proxy", every(5, -580, -10, unavailable))]),
    Scenario("debug-unknown-host-0.8", "0.8", "requests leave for a host that no ServiceEntry names", [DEBUG], ["TRAF-123"],
             logs=[("default/productpage-*", "istio-proxy", every(20, -580, -10, lambda at: access(
                 at, "GET /v1/books HTTP/1.1", 404, "NR", "python-requests/2.18.4", "www.googleapis.com")))]),
]

SCENARIOS = TO_PILOT + SYNC + CRASHES + CAPTURE + OTHER
