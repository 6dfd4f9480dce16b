# SPDX-License-Identifier: Apache-2.0
"""resources -- the table of API resources: what discovery lists and how a path names a kind."""

from dataclasses import dataclass, field

READ = ("get", "list", "watch")
WRITE = ("create", "delete", "deletecollection", "patch", "update")


@dataclass(frozen=True)
class Resource:
    group: str            # "" is the core group
    versions: tuple       # served versions, preferred first
    plural: str
    kind: str
    namespaced: bool = True
    short: tuple = ()
    sub: tuple = ()       # subresources
    since: int = 0        # first minor version of Kubernetes 1.x that serves it
    until: int = 999      # last one
    categories: tuple = ()
    singular: str = ""
    verbs: tuple = READ + WRITE
    list_kind: str = ""

    @property
    def name(self):
        """PLURAL or PLURAL.GROUP, as kubectl writes it."""
        return self.plural + ("." + self.group if self.group else "")


ALL = ("all",)
BUILTIN = (
    Resource("", ("v1",), "componentstatuses", "ComponentStatus", False, ("cs",), verbs=("get", "list")),
    Resource("", ("v1",), "configmaps", "ConfigMap", short=("cm",)),
    Resource("", ("v1",), "endpoints", "Endpoints", short=("ep",)),
    Resource("", ("v1",), "events", "Event", short=("ev",)),
    Resource("", ("v1",), "limitranges", "LimitRange", short=("limits",)),
    Resource("", ("v1",), "namespaces", "Namespace", False, ("ns",), ("status", "finalize")),
    Resource("", ("v1",), "nodes", "Node", False, ("no",), ("proxy", "status")),
    Resource("", ("v1",), "persistentvolumeclaims", "PersistentVolumeClaim", short=("pvc",)),
    Resource("", ("v1",), "persistentvolumes", "PersistentVolume", False, ("pv",)),
    Resource("", ("v1",), "pods", "Pod", short=("po",), categories=ALL,
             sub=("attach", "exec", "log", "portforward", "proxy", "status")),
    Resource("", ("v1",), "replicationcontrollers", "ReplicationController", short=("rc",), categories=ALL),
    Resource("", ("v1",), "resourcequotas", "ResourceQuota", short=("quota",)),
    Resource("", ("v1",), "secrets", "Secret"),
    Resource("", ("v1",), "serviceaccounts", "ServiceAccount", short=("sa",)),
    Resource("", ("v1",), "services", "Service", short=("svc",), sub=("proxy", "status"), categories=ALL),
    Resource("apps", ("v1", "v1beta2", "v1beta1"), "controllerrevisions", "ControllerRevision"),
    Resource("apps", ("v1", "v1beta2"), "daemonsets", "DaemonSet", short=("ds",), categories=ALL),
    Resource("apps", ("v1", "v1beta2", "v1beta1"), "deployments", "Deployment", short=("deploy",),
             sub=("scale", "status"), categories=ALL),
    Resource("apps", ("v1", "v1beta2"), "replicasets", "ReplicaSet", short=("rs",), categories=ALL),
    Resource("apps", ("v1", "v1beta2", "v1beta1"), "statefulsets", "StatefulSet", short=("sts",), categories=ALL),
    Resource("extensions", ("v1beta1",), "daemonsets", "DaemonSet", short=("ds",), until=15),
    Resource("extensions", ("v1beta1",), "deployments", "Deployment", short=("deploy",), until=15),
    Resource("extensions", ("v1beta1",), "ingresses", "Ingress", short=("ing",), until=21),
    Resource("extensions", ("v1beta1",), "networkpolicies", "NetworkPolicy", short=("netpol",), until=15),
    Resource("extensions", ("v1beta1",), "replicasets", "ReplicaSet", short=("rs",), until=15),
    Resource("batch", ("v1",), "jobs", "Job", categories=ALL),
    Resource("batch", ("v1beta1",), "cronjobs", "CronJob", short=("cj",), categories=ALL, until=20),
    Resource("batch", ("v1",), "cronjobs", "CronJob", short=("cj",), categories=ALL, since=21),
    Resource("autoscaling", ("v1", "v2beta1"), "horizontalpodautoscalers", "HorizontalPodAutoscaler",
             short=("hpa",), categories=ALL, until=22),
    Resource("autoscaling", ("v2", "v1"), "horizontalpodautoscalers", "HorizontalPodAutoscaler",
             short=("hpa",), categories=ALL, since=23),
    Resource("policy", ("v1beta1",), "poddisruptionbudgets", "PodDisruptionBudget", short=("pdb",), until=20),
    Resource("policy", ("v1",), "poddisruptionbudgets", "PodDisruptionBudget", short=("pdb",), since=21),
    Resource("networking.k8s.io", ("v1",), "networkpolicies", "NetworkPolicy", short=("netpol",)),
    Resource("networking.k8s.io", ("v1",), "ingresses", "Ingress", short=("ing",), since=19),
    Resource("networking.k8s.io", ("v1",), "ingressclasses", "IngressClass", False, since=19),
    Resource("discovery.k8s.io", ("v1",), "endpointslices", "EndpointSlice", since=21),
    Resource("events.k8s.io", ("v1beta1",), "events", "Event", short=("ev",), until=18),
    Resource("events.k8s.io", ("v1",), "events", "Event", short=("ev",), since=19),
    Resource("coordination.k8s.io", ("v1",), "leases", "Lease", since=14),
    Resource("storage.k8s.io", ("v1",), "storageclasses", "StorageClass", False, ("sc",)),
    Resource("rbac.authorization.k8s.io", ("v1",), "clusterrolebindings", "ClusterRoleBinding", False),
    Resource("rbac.authorization.k8s.io", ("v1",), "clusterroles", "ClusterRole", False),
    Resource("rbac.authorization.k8s.io", ("v1",), "rolebindings", "RoleBinding"),
    Resource("rbac.authorization.k8s.io", ("v1",), "roles", "Role"),
    Resource("authorization.k8s.io", ("v1", "v1beta1"), "selfsubjectaccessreviews", "SelfSubjectAccessReview",
             False, verbs=("create",)),
    Resource("authorization.k8s.io", ("v1", "v1beta1"), "selfsubjectrulesreviews", "SelfSubjectRulesReview",
             False, verbs=("create",)),
    Resource("admissionregistration.k8s.io", ("v1beta1",), "mutatingwebhookconfigurations",
             "MutatingWebhookConfiguration", False, until=15),
    Resource("admissionregistration.k8s.io", ("v1beta1",), "validatingwebhookconfigurations",
             "ValidatingWebhookConfiguration", False, until=15),
    Resource("admissionregistration.k8s.io", ("v1", "v1beta1"), "mutatingwebhookconfigurations",
             "MutatingWebhookConfiguration", False, since=16),
    Resource("admissionregistration.k8s.io", ("v1", "v1beta1"), "validatingwebhookconfigurations",
             "ValidatingWebhookConfiguration", False, since=16),
    Resource("apiextensions.k8s.io", ("v1beta1",), "customresourcedefinitions", "CustomResourceDefinition",
             False, ("crd",), until=15),
    Resource("apiextensions.k8s.io", ("v1", "v1beta1"), "customresourcedefinitions", "CustomResourceDefinition",
             False, ("crd",), since=16, until=21),
    Resource("apiextensions.k8s.io", ("v1",), "customresourcedefinitions", "CustomResourceDefinition",
             False, ("crd",), since=22),
    Resource("apiregistration.k8s.io", ("v1",), "apiservices", "APIService", False),
)

# One stored object answers under each of its groups: the same Deployment is served by apps and extensions.
TWIN_GROUPS = {
    "Deployment": ("apps", "extensions"), "ReplicaSet": ("apps", "extensions"), "DaemonSet": ("apps", "extensions"),
    "NetworkPolicy": ("networking.k8s.io", "extensions"), "Ingress": ("networking.k8s.io", "extensions"),
    "Event": ("", "events.k8s.io"),
}


def of_crd(crd):
    """The Resource that a CustomResourceDefinition object (v1 or v1beta1) adds."""
    spec = crd["spec"]
    names = spec["names"]
    versions = tuple(v["name"] for v in spec.get("versions", ()) if v.get("served", True))
    return Resource(spec["group"], versions or (spec["version"],), names["plural"], names["kind"],
                    spec.get("scope", "Namespaced") == "Namespaced", tuple(names.get("shortNames", ())),
                    singular=names.get("singular", names["kind"].lower()),
                    categories=tuple(names.get("categories", ())), list_kind=names.get("listKind", ""))


@dataclass
class Table:
    """All resources that one cluster serves."""
    rows: list = field(default_factory=list)

    @classmethod
    def of_cluster(cls, minor, crds):
        rows = [r for r in BUILTIN if r.since <= minor <= r.until]
        return cls(rows + [of_crd(c) for c in crds])

    def find(self, group, version, plural):
        for row in self.rows:
            if row.group == group and row.plural == plural and version in row.versions:
                return row
        return None

    def by_kind(self, group, kind):
        for row in self.rows:
            if row.kind == kind and row.group == group:
                return row
        for row in self.rows:
            if row.kind == kind and group in TWIN_GROUPS.get(kind, ()):
                return row
        return None

    def groups(self):
        """{group: [versions, preferred first]} without the core group."""
        found = {}
        for row in self.rows:
            if row.group:
                versions = found.setdefault(row.group, [])
                versions.extend(v for v in row.versions if v not in versions)
        return found

    def discovery(self, group, version):
        """The APIResourceList of one group and version; None when it is not served."""
        resources = []
        for row in self.rows:
            if row.group != group or version not in row.versions:
                continue
            entry = {"name": row.plural, "singularName": row.singular, "namespaced": row.namespaced,
                     "kind": row.kind, "verbs": sorted(row.verbs)}
            if row.short:
                entry["shortNames"] = list(row.short)
            if row.categories:
                entry["categories"] = list(row.categories)
            resources.append(entry)
            for sub in row.sub:
                kind = {"exec": "PodExecOptions", "attach": "PodAttachOptions", "scale": "Scale",
                        "portforward": "PodPortForwardOptions"}.get(sub, row.kind)
                if sub == "proxy":
                    kind = row.kind + "ProxyOptions"
                resources.append({"name": f"{row.plural}/{sub}", "singularName": "", "namespaced": row.namespaced,
                                  "kind": kind, "verbs": ["get"] if sub == "log" else ["create", "get"]})
        if not resources:
            return None
        return {"kind": "APIResourceList", "apiVersion": "v1",
                "groupVersion": f"{group}/{version}" if group else version, "resources": resources}
