# SPDX-License-Identifier: Apache-2.0
"""kube -- objects as Kubernetes 1.10 would show them: nodes, workloads and what controllers derive from them."""

import calendar
import time

from recording import EPOCH, digest, number_of, stamp, suffix, uid

NODES = ("master-0", "worker-1", "worker-2")
NODE_IP = {"master-0": "10.10.0.10", "worker-1": "10.10.0.11", "worker-2": "10.10.0.12"}
VERSION = {"major": "1", "minor": "10", "gitVersion": "v1.10.3",
           "gitCommit": "2bba0127d85d5a46ab4b778548be28623b32d0b0", "gitTreeState": "clean",
           "buildDate": "2018-05-21T09:05:37Z", "goVersion": "go1.9.3", "compiler": "gc", "platform": "linux/amd64"}


def meta(kind, name, namespace=None, at=-3300, labels=None, annotations=None, owner=None):
    m = {"name": name}
    if namespace:
        m["namespace"] = namespace
    m["uid"] = uid(kind, namespace, name)
    m["creationTimestamp"] = stamp(at)
    if labels:
        m["labels"] = labels
    if annotations:
        m["annotations"] = annotations
    if owner:
        m["ownerReferences"] = [{"apiVersion": owner["apiVersion"], "kind": owner["kind"],
                                 "name": owner["metadata"]["name"], "uid": owner["metadata"]["uid"],
                                 "controller": True, "blockOwnerDeletion": True}]
    return m


def node(name):
    heartbeat = stamp(-3 - number_of(name) % 6)
    conditions = [{"type": kind, "status": status, "lastHeartbeatTime": heartbeat, "lastTransitionTime": stamp(-90000),
                   "reason": reason, "message": message}
                  for kind, status, reason, message in (
                      ("OutOfDisk", "False", "KubeletHasSufficientDisk", "kubelet has sufficient disk space available"),
                      ("MemoryPressure", "False", "KubeletHasSufficientMemory",
                       "kubelet has sufficient memory available"),
                      ("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
                      ("Ready", "True", "KubeletReady", "kubelet is posting ready status"))]
    labels = {"beta.kubernetes.io/arch": "amd64", "beta.kubernetes.io/os": "linux", "kubernetes.io/hostname": name}
    if name.startswith("master"):
        labels["node-role.kubernetes.io/master"] = ""
    size = {"cpu": "4", "memory": "16433912Ki", "pods": "110"}
    return {"apiVersion": "v1", "kind": "Node", "metadata": meta("Node", name, at=-90000, labels=labels),
            "spec": {"podCIDR": f"10.40.{name.rpartition('-')[2]}.0/24", "externalID": name},
            "status": {"capacity": size, "allocatable": size, "conditions": conditions,
                       "addresses": [{"type": "InternalIP", "address": NODE_IP[name]},
                                     {"type": "Hostname", "address": name}],
                       "nodeInfo": {"machineID": digest("machine", name)[:32], "kernelVersion": "4.15.0-22-generic",
                                    "osImage": "Ubuntu 18.04 LTS", "containerRuntimeVersion": "docker://17.3.2",
                                    "kubeletVersion": "v1.10.3", "kubeProxyVersion": "v1.10.3",
                                    "operatingSystem": "linux", "architecture": "amd64"}}}


def namespace(name, labels=None, at=-90000):
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": meta("Namespace", name, at=at, labels=labels),
            "spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"}}


def service_account(name, ns, at=-3300):
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta("ServiceAccount", name, ns, at),
            "secrets": [{"name": f"{name}-token-{suffix(ns, name)}"}]}


def secret(name, ns, kind, keys, at=-3240, annotations=None):
    """A Secret whose data is a canary: whoever collects it has broken a promise."""
    return {"apiVersion": "v1", "kind": "Secret", "metadata": meta("Secret", name, ns, at, annotations=annotations),
            "type": kind, "data": {k: "Y2FuYXJ5OiBub2JvZHkgbWF5IGNvbGxlY3QgdGhpcw==" for k in keys}}


def config_map(name, ns, data, at=-3300, labels=None):
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta("ConfigMap", name, ns, at, labels),
            "data": data}


def field_env(name, path):
    return {"name": name, "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": path}}}


def container(name, image, args=None, ports=(), **more):
    """ports: numbers, or (number, protocol, name)."""
    c = {"name": name, "image": image}
    if args:
        c["args"] = list(args)
    listed = []
    for port in ports:
        number, protocol, label = port if isinstance(port, tuple) else (port, "TCP", None)
        listed.append({"containerPort": number, "protocol": protocol, **({"name": label} if label else {})})
    if listed:
        c["ports"] = listed
    c.update(more)
    c.setdefault("resources", {})
    c.setdefault("imagePullPolicy", "IfNotPresent")
    c.setdefault("terminationMessagePath", "/dev/termination-log")
    c.setdefault("terminationMessagePolicy", "File")
    return c


def status_of(c, pod, started, done=False):
    image = c["image"]
    state = {"running": {"startedAt": stamp(started)}}
    if done:
        state = {"terminated": {"exitCode": 0, "reason": "Completed", "startedAt": stamp(started),
                                "finishedAt": stamp(started + 4),
                                "containerID": "docker://" + digest("container", pod, c["name"])}}
    return {"name": c["name"], "image": image, "restartCount": 0, "ready": not done or c["name"] == "istio-init",
            "imageID": f"docker-pullable://{image.rpartition(':')[0]}@sha256:{digest('image', image)}",
            "containerID": "docker://" + digest("container", pod, c["name"]), "lastState": {}, "state": state}


def pod(name, ns, spec, node_name, ip, at, labels=None, annotations=None, owner=None, done=False, ready_after=8):
    """A pod that runs, or has run to its end."""
    spec = dict(spec)
    spec.setdefault("restartPolicy", "Always")
    spec.setdefault("terminationGracePeriodSeconds", 30)
    spec.setdefault("dnsPolicy", "ClusterFirst")
    spec.setdefault("serviceAccountName", "default")
    spec["serviceAccount"] = spec["serviceAccountName"]
    spec["nodeName"] = node_name
    reason = {"reason": "PodCompleted"} if done else {}
    conditions = [{"type": "Initialized", "status": "True", "lastProbeTime": None, "lastTransitionTime": stamp(at + 3),
                   **reason},
                  {"type": "Ready", "status": "False" if done else "True", "lastProbeTime": None,
                   "lastTransitionTime": stamp(at + ready_after), **reason},
                  {"type": "PodScheduled", "status": "True", "lastProbeTime": None, "lastTransitionTime": stamp(at)}]
    status = {"phase": "Succeeded" if done else "Running", "conditions": conditions, "hostIP": NODE_IP[node_name],
              "podIP": ip, "startTime": stamp(at), "qosClass": "BestEffort"}
    if spec.get("initContainers"):
        status["initContainerStatuses"] = [status_of(c, name, at + 2, done=True) for c in spec["initContainers"]]
    status["containerStatuses"] = [status_of(c, name, at + 4, done) for c in spec["containers"]]
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta("Pod", name, ns, at, labels, annotations, owner),
            "spec": spec, "status": status}


def deployment(recording, file, name, ns, pod_labels, spec, node_name, at=-3290, labels=None, annotations=None,
               inject=None):
    """Deployment, ReplicaSet and one pod; inject(pod_spec, pod_labels) is what the webhook does to the pod alone."""
    template = {"metadata": {"labels": pod_labels, **({"annotations": annotations} if annotations else {})},
                "spec": spec}
    deploy = {"apiVersion": "extensions/v1beta1", "kind": "Deployment",
              "metadata": dict(meta("Deployment", name, ns, at, labels or pod_labels,
                                    {"deployment.kubernetes.io/revision": "1"}), generation=1),
              "spec": {"replicas": 1, "selector": {"matchLabels": pod_labels}, "template": template},
              "status": {"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "readyReplicas": 1,
                         "availableReplicas": 1,
                         "conditions": [{"type": "Available", "status": "True", "reason": "MinimumReplicasAvailable",
                                         "message": "Deployment has minimum availability.",
                                         "lastUpdateTime": stamp(at + 15), "lastTransitionTime": stamp(at + 15)}]}}
    recording.add(file, deploy)
    number = str(number_of("hash", ns, name))
    hashed = dict(pod_labels, **{"pod-template-hash": number})
    rs_name = f"{name}-" + "".join("bcdfghjklm"[int(c)] for c in number)
    set_ = {"apiVersion": "extensions/v1beta1", "kind": "ReplicaSet",
            "metadata": dict(meta("ReplicaSet", rs_name, ns, at, hashed, owner=deploy), generation=1),
            "spec": {"replicas": 1, "selector": {"matchLabels": hashed},
                     "template": {"metadata": dict(template["metadata"], labels=hashed), "spec": spec}},
            "status": {"replicas": 1, "fullyLabeledReplicas": 1, "readyReplicas": 1, "availableReplicas": 1,
                       "observedGeneration": 1}}
    recording.add(file, set_)
    pod_spec, pod_annotations = spec, dict(annotations or {})
    if inject:
        pod_spec, extra = inject(spec, hashed)
        pod_annotations.update(extra)
    return recording.add(file, pod(f"{rs_name}-{suffix(ns, rs_name)}", ns, pod_spec, node_name,
                                   recording.address(node_name), at + 1, hashed, pod_annotations or None, set_))


def job(recording, file, name, ns, spec, node_name, at, labels, annotations=None):
    """A Job that has done its work, and its pod."""
    controller = uid("Job", ns, name)
    selected = {"controller-uid": controller, "job-name": name}
    obj = {"apiVersion": "batch/v1", "kind": "Job", "metadata": meta("Job", name, ns, at, labels, annotations),
           "spec": {"parallelism": 1, "completions": 1, "backoffLimit": 6,
                    "selector": {"matchLabels": {"controller-uid": controller}},
                    "template": {"metadata": {"name": name, "labels": dict(labels, **selected)}, "spec": spec}},
           "status": {"startTime": stamp(at), "completionTime": stamp(at + 12), "succeeded": 1,
                      "conditions": [{"type": "Complete", "status": "True", "lastProbeTime": stamp(at + 12),
                                      "lastTransitionTime": stamp(at + 12)}]}}
    recording.add(file, obj)
    return recording.add(file, pod(f"{name}-{suffix(ns, name)}", ns, spec, node_name, recording.address(node_name),
                                   at, dict(labels, **selected), None, obj, done=True))


def service(recording, file, name, ns, selector, ports, at=-3295, labels=None, annotations=None, kind="ClusterIP",
            cluster_ip=None):
    """A Service and the Endpoints of the ready pods that it selects.  ports: (name, port, target, protocol)."""
    ip = cluster_ip or f"10.96.{number_of(ns, name) % 200 + 1}.{number_of(name, ns, 'ip') % 250 + 2}"
    listed = [{**({"name": n} if n else {}), "protocol": protocol, "port": port, "targetPort": target}
              for n, port, target, protocol in ports]
    spec = {"type": kind, "clusterIP": ip, "sessionAffinity": "None", "ports": listed}
    if selector:
        spec["selector"] = selector
    status = {"loadBalancer": {}}
    if kind == "LoadBalancer":
        for number, port in enumerate(listed):
            port["nodePort"] = 30000 + (number_of(name) + number) % 2767
        status = {"loadBalancer": {"ingress": [{"ip": "192.0.2.17"}]}}
    recording.add(file, {"apiVersion": "v1", "kind": "Service",
                         "metadata": meta("Service", name, ns, at, labels, annotations), "spec": spec,
                         "status": status})
    chosen = [p for p in recording.find("Pod", ns) if selector and p["status"]["phase"] == "Running" and
              all(p["metadata"]["labels"].get(k) == v for k, v in selector.items())]
    if not chosen:
        return
    addresses = [{"ip": p["status"]["podIP"], "nodeName": p["spec"]["nodeName"],
                  "targetRef": {"kind": "Pod", "namespace": ns, "name": p["metadata"]["name"],
                                "uid": p["metadata"]["uid"]}} for p in chosen]
    recording.add(file, {"apiVersion": "v1", "kind": "Endpoints", "metadata": meta("Endpoints", name, ns, at, labels),
                         "subsets": [{"addresses": addresses,
                                      "ports": [{**({"name": n} if n else {}), "port": target, "protocol": protocol}
                                                for n, _, target, protocol in ports]}]})


def crd(group, version, plural, kind, package, list_kind=None, singular=None):
    name = f"{plural}.{group}"
    names = {"kind": kind, "plural": plural, "singular": singular or kind.lower(), "listKind": list_kind or kind + "List"}
    return {"apiVersion": "apiextensions.k8s.io/v1beta1", "kind": "CustomResourceDefinition",
            "metadata": meta("CustomResourceDefinition", name, at=-3298,
                             labels={"package": package, "istio": "core"}),
            "spec": {"group": group, "version": version, "scope": "Namespaced", "names": names},
            "status": {"acceptedNames": names,
                       "conditions": [{"type": t, "status": "True", "reason": r, "message": m,
                                       "lastTransitionTime": stamp(-3298)}
                                      for t, r, m in (("NamesAccepted", "NoConflicts", "no conflicts found"),
                                                      ("Established", "InitialNamesAccepted",
                                                       "the initial names have been accepted"))]}}


def custom(kind, name, ns, spec, at=-3270, labels=None, api="config.istio.io/v1alpha2"):
    return {"apiVersion": api, "kind": kind, "metadata": dict(meta(kind, name, ns, at, labels), clusterName="",
                                                              generation=1), "spec": spec}


def event(ns, about, reason, message, at, kind="Normal", component="kubelet", count=1, part=None):
    """part: the container that it is about."""
    name = about["metadata"]["name"]
    field = {"fieldPath": f"spec.containers{{{part}}}"} if part else {}
    return {"apiVersion": "v1", "kind": "Event",
            "metadata": meta("Event", f"{name}.{digest(name, reason, message, part)[:16]}", ns, at),
            "involvedObject": {"kind": about["kind"], "namespace": ns, "name": name, "uid": about["metadata"]["uid"],
                               "apiVersion": about["apiVersion"], **field},
            "reason": reason, "message": message, "type": kind, "count": count, "firstTimestamp": stamp(at),
            "lastTimestamp": stamp(at), "source": {"component": component}}


def pod_events(recording, file, pod_object):
    """Scheduled, pulled and started, as the scheduler and kubelet tell it."""
    m, node_name = pod_object["metadata"], pod_object["spec"]["nodeName"]
    offset = offset_of(pod_object["status"]["startTime"])
    recording.add(file, event(m["namespace"], pod_object, "Scheduled",
                              f"Successfully assigned {m['name']} to {node_name}", offset,
                              component="default-scheduler"))
    for c in pod_object["spec"].get("initContainers", []) + pod_object["spec"]["containers"]:
        recording.add(file, event(m["namespace"], pod_object, "Started", "Started container", offset + 4, part=c["name"]))


def offset_of(text):
    """Seconds from RECORDED_AT of a stamp."""
    return calendar.timegm(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ")) - EPOCH


def started(pod_object):
    """The offset at which a running pod's containers started."""
    return offset_of(pod_object["status"]["containerStatuses"][0]["state"]["running"]["startedAt"])
