# SPDX-License-Identifier: Apache-2.0
"""words -- short words for what scenarios change: edits of objects, and lines of logs.

Times are seconds before (negative) the moment of the recording.
"""

from recording import stamp

MIXER = "grpc_service=\"istio.mixer.v1.Mixer\",grpc_type=\"unary\""


# -- objects -----------------------------------------------------------------------------------------

def merge(reference, change):
    return {"patch": reference, "merge": change}


def ops(reference, *changes):
    """Each change is (path, value); a value of None removes, a number at the end of the path replaces."""
    def change(path, value):
        if value is None:
            return {"op": "remove", "path": path}
        return {"op": "replace" if path[-1].isdigit() else "add", "path": path, "value": value}
    return {"patch": reference, "ops": [change(*c) for c in changes]}


def delete(*references):
    return [{"delete": reference} for reference in references]


def clone(reference, name, change=None, *changes):
    edit = ops(reference, *changes)
    return {"clone": reference, "name": name, "merge": change or {}, "ops": edit["ops"]}


def data(reference, key, text):
    """The text of a key of a ConfigMap."""
    return merge(reference, {"data": {key: text}})


def crashing(namespace, name, container=0, reason="CrashLoopBackOff", exit_code=1, died="Error", restarts=14):
    """The pod of a Deployment does not come up: pod, Deployment and Endpoints say so."""
    status = f"/status/containerStatuses/{container}"
    return [
        ops(f"pods/{namespace}/{name}-*", ("/status/conditions/1/status", "False"), (status + "/ready", False),
            (status + "/restartCount", restarts),
            (status + "/state", {"waiting": {"reason": reason, "message": f"Back-off 5m0s restarting failed {name}"}}),
            (status + "/lastState", {"terminated": {"exitCode": exit_code, "reason": died, "startedAt": stamp(-95),
                                                    "finishedAt": stamp(-90)}})),
        merge(f"deployments/{namespace}/{name}", {"status": {
            "readyReplicas": None, "availableReplicas": None, "unavailableReplicas": 1,
            "conditions": [{"type": "Available", "status": "False", "reason": "MinimumReplicasUnavailable",
                            "message": "Deployment does not have minimum availability.",
                            "lastUpdateTime": stamp(-1800), "lastTransitionTime": stamp(-1800)}]}})]


def not_ready(namespace, service):
    """Nothing behind a Service is ready."""
    return merge(f"endpoints/{namespace}/{service}", {"subsets": []})


def scaled_to_nothing(namespace, name, service=None):
    """No pod of a Deployment, since somebody scaled it."""
    edits = delete(f"pods/{namespace}/{name}-*") + [merge(f"deployments/{namespace}/{name}", {
        "spec": {"replicas": 0}, "status": {"replicas": None, "updatedReplicas": None, "readyReplicas": None,
                                            "availableReplicas": None}})]
    return edits + ([not_ready(namespace, service)] if service else [])


def warning(namespace, name, kind, involved, reason, message, count=12):
    return {"add": {"apiVersion": "v1", "kind": "Event", "metadata": {"name": name, "namespace": namespace},
                    "involvedObject": {"kind": kind, "namespace": namespace, "name": involved},
                    "reason": reason, "message": message, "type": "Warning", "count": count,
                    "source": {"component": "replicaset-controller" if kind == "ReplicaSet" else "kubelet"},
                    "firstTimestamp": stamp(-1500), "lastTimestamp": stamp(-60)}}


def service(namespace, name, ports, selector, **spec):
    return {"add": {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": namespace},
                    "spec": {"type": "ClusterIP", "clusterIP": "10.96.77.7", "ports": ports,
                             **({"selector": selector} if selector else {}), **spec},
                    "status": {"loadBalancer": {}}}}


def port(number, name=None, target=None, protocol="TCP"):
    made = {"protocol": protocol, "port": number, "targetPort": target or number}
    return {"name": name, **made} if name else made


def endpoints(namespace, name, ports, addresses):
    """addresses: [(ip, node, pod)]"""
    return {"add": {"apiVersion": "v1", "kind": "Endpoints", "metadata": {"name": name, "namespace": namespace},
                    "subsets": [{"addresses": [
                        {"ip": ip, "nodeName": node, "targetRef": {"kind": "Pod", "namespace": namespace, "name": pod}}
                        for ip, node, pod in addresses],
                        "ports": [{k: v for k, v in p.items() if k != "targetPort"} for p in ports]}]}}


def config(kind, name, spec, namespace="default", version="networking.istio.io/v1alpha3"):
    return {"add": {"apiVersion": version, "kind": kind, "metadata": {"name": name, "namespace": namespace},
                    "spec": spec}}


# -- lines of logs -----------------------------------------------------------------------------------

def zap(at, level, text, scope=None):
    """A record of Istio's Go components."""
    return at, "\t".join([stamp(at, 6), level, *([scope] if scope else []), text])


def envoy(at, level, logger, text):
    moment = stamp(at, 3).replace("T", " ").rstrip("Z")
    return at, f"[{moment}][14][{level}][{logger}] {text}"


def access(at, request, code, flags="-", agent="curl/7.58.0", authority="reviews:9080", upstream="-"):
    took = "0 0 0 -" if upstream == "-" else "0 16 4 3"
    return at, (f'[{stamp(at, 3)}] "{request}" {code} {flags} {took} "-" "{agent}" '
                f'"6b1f4dba-35bc-9f1f-9c7b-{int(-at * 1000):012d}" "{authority}" "{upstream}"')


def klog(at, level, place, text):
    moment = stamp(at, 6)
    return at, f"{level}{moment[5:7]}{moment[8:10]} {moment[11:26]}       1 {place}] {text}"


def every(seconds, first, last, line):
    """line(at) again and again."""
    return [line(at) for at in range(first, last, seconds)]


# -- series ------------------------------------------------------------------------------------------

def grpc(method, code):
    return f'grpc_server_handled_total{{grpc_code="{code}",grpc_method="{method}",{MIXER}}}'


def dispatch(adapter, error, function="metric"):
    return (f'mixer_runtime_dispatch_count{{adapter="{adapter}",error="{error}",'
            f'handler="handler.{adapter}.istio-system",meshFunction="{function}"}}')


def dispatch05(adapter, error, code, handler=None, function="metric"):
    return (f'mixer_adapter_dispatch_count{{adapter="{adapter}",error="{error}",'
            f'handler="{handler or f"handler.{adapter}.istio-system"}",meshFunction="{function}",response_code="{code}"}}')
