# SPDX-License-Identifier: Apache-2.0
"""api -- the answers of the API server: discovery, lists, objects, reviews; no sockets here."""

import base64
import copy
import json
import re
import urllib.parse

from . import clock, protobuf

REASONS = {
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    405: "MethodNotAllowed",
    406: "NotAcceptable",
    409: "Conflict",
    410: "Expired",
    429: "TooManyRequests",
    500: "InternalError",
    503: "ServiceUnavailable",
    504: "Timeout",
}


class ApiError(Exception):
    """Ends a request with a Status."""

    def __init__(self, status, message, details=None, meta=None):
        super().__init__(message)
        self.status = status
        self.message = message
        self.details = details
        self.meta = meta

    def document(self):
        return status_of(self.status, self.message, self.details, self.meta)


def status_of(status, message, details=None, meta=None):
    document = {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": meta or {},
        "status": "Failure",
        "message": message,
        "reason": REASONS.get(status, ""),
        "code": status,
    }
    if details:
        document["details"] = details
    return document


def not_found(row, name):
    return ApiError(404, f'{row.name} "{name}" not found', {"name": name, "group": row.group, "kind": row.plural})


class Target:
    """What a path below /api or /apis means."""

    def __init__(self, row, version, namespace, name, sub, rest):
        self.row = row
        self.version = version
        self.namespace = namespace  # None: all namespaces, or a cluster-wide resource
        self.name = name
        self.sub = sub
        self.rest = rest  # the path behind a proxy subresource, with its leading slash

    @property
    def resource(self):
        return self.row.plural + ("/" + self.sub if self.sub else "")


def target_of(table, path):
    """The Target of a path; None when it is no resource path."""
    parts = path.split("/")[1:]
    if parts[:1] == ["api"] and len(parts) >= 3:
        group, version, parts = "", parts[1], parts[2:]
    elif parts[:1] == ["apis"] and len(parts) >= 4:
        group, version, parts = parts[1], parts[2], parts[3:]
    else:
        return None
    namespace = None
    if parts[0] == "namespaces" and len(parts) >= 3 and parts[2] not in ("status", "finalize"):
        namespace, parts = urllib.parse.unquote(parts[1]), parts[2:]
    row = table.find(group, version, parts[0])
    if row is None or (namespace is not None and not row.namespaced):
        return None
    name = urllib.parse.unquote(parts[1]) if len(parts) > 1 else ""
    sub = parts[2] if len(parts) > 2 else ""
    if name and row.namespaced and namespace is None:
        return None
    if sub and sub not in row.sub:
        return None
    rest = "/" + "/".join(parts[3:]) if len(parts) > 3 else "/"
    return Target(row, version, namespace, name, sub, rest)


# -- selectors ---------------------------------------------------------------------------------

SET_TERM = re.compile(r"^\s*([^\s!=()]+)\s+(in|notin)\s+\(([^)]*)\)\s*$")


def _split_terms(text):
    """Splits at commas outside brackets."""
    return [t for t in re.split(r",(?![^(]*\))", text) if t.strip()]


def labels_match(selector, labels):
    for term in _split_terms(selector):
        match = SET_TERM.match(term)
        if match:
            values = [v.strip() for v in match.group(3).split(",")]
            inside = labels.get(match.group(1)) in values
            if inside != (match.group(2) == "in"):
                return False
        elif "!=" in term:
            key, _, value = term.partition("!=")
            if labels.get(key.strip()) == value.strip():
                return False
        elif "=" in term:
            key, _, value = term.replace("==", "=").partition("=")
            if labels.get(key.strip()) != value.strip():
                return False
        elif term.strip().startswith("!"):
            if term.strip()[1:].strip() in labels:
                return False
        elif term.strip() not in labels:
            return False
    return True


FIELDS = {
    "metadata.name": ("metadata", "name"),
    "metadata.namespace": ("metadata", "namespace"),
    "spec.nodeName": ("spec", "nodeName"),
    "status.phase": ("status", "phase"),
    "type": ("type",),
    "involvedObject.name": ("involvedObject", "name"),
    "involvedObject.kind": ("involvedObject", "kind"),
    "involvedObject.namespace": ("involvedObject", "namespace"),
    "reason": ("reason",),
}


def fields_match(selector, obj):
    for term in _split_terms(selector):
        negative = "!=" in term
        key, _, value = term.replace("==", "=").partition("!=" if negative else "=")
        if key.strip() not in FIELDS:
            raise ApiError(400, f"field label not supported: {key.strip()}")
        node = obj
        for part in FIELDS[key.strip()]:
            node = node.get(part, "") if isinstance(node, dict) else ""
        if (node == value.strip()) == negative:
            return False
    return True


# -- the server's state ------------------------------------------------------------------------


class Api:
    def __init__(self, cluster, watch, access):
        self.cluster = cluster
        self.watch = watch
        self.access = access
        self.table = cluster.table
        self._live_objects()

    def _live_objects(self):
        """Moves the stamps of all objects once, at the start."""
        self.ages = {}  # kubelet stamps: how old they are, at every moment
        for key, obj in self.cluster.objects.items():
            moved = json.loads(self.watch.move(json.dumps(obj)))
            self.cluster.objects[key] = moved
            if key[1] == "Node":
                self.ages[key] = [
                    self._age(c.get("lastHeartbeatTime")) for c in moved.get("status", {}).get("conditions", [])
                ]
            elif key[1] == "Lease":
                self.ages[key] = [self._age(moved["spec"].get("renewTime"))]

    def _age(self, stamp):
        return self.watch.started + self.watch.skew_s - clock.parse(stamp) if stamp else None

    def fresh(self, obj):
        """A node's heartbeat and a lease's renewal are kept up while the cluster is served live."""
        key = self.cluster.key_of(obj)
        ages = self.ages.get(key)
        if not ages or not self.watch.live:
            return obj
        obj = copy.deepcopy(obj)
        if key[1] == "Lease":
            if ages[0] is not None and ages[0] < 60:
                obj["spec"]["renewTime"] = clock.iso(self.watch.now() - ages[0], 6)
            return obj
        skew = self.cluster.node_skew(obj["metadata"]["name"])  # a kubelet writes its own time
        for condition, age in zip(obj["status"]["conditions"], ages):
            if age is not None and age < 60:
                condition["lastHeartbeatTime"] = clock.iso(self.watch.now() + skew - age)
        return obj

    def dress(self, obj, target):
        """The object as this group and version serves it."""
        group = target.row.group
        version = f"{group}/{target.version}" if group else target.version
        obj = self.fresh(obj)
        return obj if obj["apiVersion"] == version else dict(obj, apiVersion=version)

    # -- discovery -----------------------------------------------------------------------------

    def discovery(self, path):
        """The document at /version, /api, /apis... or None."""
        parts = [p for p in path.split("/") if p]
        if parts == ["version"]:
            return self.cluster.version
        if parts == ["api"]:
            return {
                "kind": "APIVersions",
                "versions": ["v1"],
                "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": "127.0.0.1:443"}],
            }
        if parts == ["apis"]:
            return {
                "kind": "APIGroupList",
                "apiVersion": "v1",
                "groups": [self._group(g, v) for g, v in self.table.groups().items()],
            }
        if len(parts) == 2 and parts[0] == "api":
            return self.table.discovery("", parts[1])
        if len(parts) == 2 and parts[0] == "apis" and parts[1] in self.table.groups():
            return {"kind": "APIGroup", "apiVersion": "v1", **self._group(parts[1], self.table.groups()[parts[1]])}
        if len(parts) == 3 and parts[0] == "apis":
            return self.table.discovery(parts[1], parts[2])
        return None

    @staticmethod
    def _group(name, versions):
        entries = [{"groupVersion": f"{name}/{v}", "version": v} for v in versions]
        return {"name": name, "versions": entries, "preferredVersion": entries[0]}

    # -- access --------------------------------------------------------------------------------

    def check(self, verb, target):
        group, resource = target.row.group, target.resource
        if self.access.allows(verb, group, resource, target.namespace or "", target.name):
            return
        where = f' in the namespace "{target.namespace}"' if target.namespace else " at the cluster scope"
        name = f' "{target.name}"' if target.name else ""
        text = (
            f'{target.row.name}{name} is forbidden: User "{self.access.user}" cannot {verb} resource '
            f'"{resource}" in API group "{group}"{where}'
        )
        if self.cluster.minor < 12:
            what = target.row.name + ("/" + target.sub if target.sub else "")
            text = f'{target.row.name}{name} is forbidden: User "{self.access.user}" cannot {verb} {what}{where}'
        raise ApiError(403, text, {"name": target.name, "group": group, "kind": target.row.plural})

    def review(self, path, body):
        """SelfSubjectAccessReview and SelfSubjectRulesReview."""
        try:
            asked = protobuf.review(body) if body.startswith(protobuf.MAGIC) else json.loads(body)
            spec = asked["spec"]
        except (ValueError, KeyError, TypeError):
            raise ApiError(400, "the body of the request was not a review") from None
        asked.setdefault("metadata", {"creationTimestamp": None})
        if path.endswith("selfsubjectrulesreviews"):
            asked["status"] = self.access.rules_of(spec.get("namespace", ""))
            return asked
        if "resourceAttributes" in spec:
            a = spec["resourceAttributes"]
            resource = a.get("resource", "") + ("/" + a["subresource"] if a.get("subresource") else "")
            allowed = self.access.allows(
                a.get("verb", ""), a.get("group", ""), resource, a.get("namespace", ""), a.get("name", "")
            )
        else:
            a = spec.get("nonResourceAttributes", {})
            allowed = self.access.allows_path(a.get("verb", "get"), a.get("path", ""))
        asked["status"] = {"allowed": allowed}
        return asked

    # -- objects -------------------------------------------------------------------------------

    def get(self, target):
        obj = self.cluster.get(target.row, target.namespace, target.name)
        if obj is None:
            raise not_found(target.row, target.name)
        return self.dress(obj, target)

    def select(self, target, query):
        objects = self.cluster.list(target.row, target.namespace)
        if query.get("labelSelector"):
            objects = [o for o in objects if labels_match(query["labelSelector"], o["metadata"].get("labels") or {})]
        if query.get("fieldSelector"):
            objects = [o for o in objects if fields_match(query["fieldSelector"], o)]
        return objects

    def page(self, target, query, metadata_only=False):
        """One page of a list, as served."""
        objects = self.select(target, query)
        version = str(self.cluster.resource_version)
        start = 0
        if query.get("continue"):
            start, version = self._start_of(query["continue"])
        limit = self._limit(query)
        end = len(objects) if not limit else min(len(objects), start + limit)
        meta = {"selfLink": self._self_link(target)} if self.cluster.minor < 20 else {}
        meta["resourceVersion"] = version
        if end < len(objects):
            meta["continue"] = self.token(end, version)
            if self.cluster.minor >= 15 and not query.get("labelSelector") and not query.get("fieldSelector"):
                meta["remainingItemCount"] = len(objects) - end
        items = [self.dress(o, target) for o in objects[start:end]]
        if metadata_only:
            return {
                "kind": "PartialObjectMetadataList",
                "apiVersion": metadata_only,
                "metadata": meta,
                "items": [
                    {"kind": "PartialObjectMetadata", "apiVersion": metadata_only, "metadata": o["metadata"]}
                    for o in items
                ],
            }
        custom = not target.row.group.endswith("k8s.io") and "." in target.row.group
        if not custom:
            items = [{k: v for k, v in o.items() if k not in ("apiVersion", "kind")} for o in items]
        group = target.row.group
        return {
            "kind": target.row.list_kind or target.row.kind + "List",
            "apiVersion": f"{group}/{target.version}" if group else target.version,
            "metadata": meta,
            "items": items,
        }

    def _self_link(self, target):
        place = f"/namespaces/{target.namespace}" if target.namespace else ""
        prefix = f"/apis/{target.row.group}" if target.row.group else "/api"
        return f"{prefix}/{target.version}{place}/{target.row.plural}"

    @staticmethod
    def _limit(query):
        try:
            return int(query.get("limit") or 0)
        except ValueError:
            raise ApiError(400, f'strconv.ParseInt: parsing "{query["limit"]}": invalid syntax') from None

    @staticmethod
    def token(start, version):
        text = json.dumps({"v": "meta.k8s.io/v1", "rv": int(version), "start": start})
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    @staticmethod
    def _start_of(token):
        try:
            found = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
            return int(found["start"]), str(found["rv"])
        except (ValueError, KeyError, TypeError):
            raise ApiError(400, "continue key is not valid: illegal base64 data") from None

    def expired(self, query):
        """The 410 of a continue token that has grown too old; its metadata offers an inconsistent way on."""
        meta = {}
        if query.get("continue") and self.cluster.minor >= 15:
            meta["continue"] = self.token(self._start_of(query["continue"])[0], self.cluster.resource_version)
        return ApiError(
            410,
            "The provided continue parameter is too old to display a consistent list result. You can "
            "start a new list without the continue parameter.",
            meta=meta,
        )

    # -- what a proxy subresource reaches --------------------------------------------------------

    def backend(self, target):
        """(place, port number) behind nodes/N/proxy, pods/[S:]P[:PORT]/proxy or services/[S:]NAME[:PORT]/proxy."""
        bits = target.name.split(":")
        if len(bits) == 3:
            bits = bits[1:]
        name, port = bits[0], bits[1] if len(bits) > 1 else ""
        if target.row.plural == "nodes":
            if self.cluster.get(target.row, None, name) is None:
                raise not_found(target.row, name)
            return f"_nodes/{name}", port or "10250"
        if target.row.plural == "pods":
            pod = self.cluster.pod(target.namespace, name)
            if pod is None:
                raise not_found(target.row, name)
            return f"{target.namespace}/{name}", self._pod_port(pod, port)
        return self._service_backend(target, name, port)

    @staticmethod
    def _pod_port(pod, port):
        ports = [p for c in pod["spec"]["containers"] for p in c.get("ports", ())]
        if not port:
            return str(ports[0]["containerPort"]) if ports else "80"
        for entry in ports:
            if entry.get("name") == port:
                return str(entry["containerPort"])
        return port

    def _service_backend(self, target, name, port):
        service = self.cluster.get(target.row, target.namespace, name)
        if service is None:
            raise not_found(target.row, name)
        ports = service["spec"].get("ports", [])
        wanted = [p for p in ports if port in (str(p["port"]), p.get("name"))] if port else ports
        if len(wanted) != 1:
            raise ApiError(503, f'no service port "{port}" found for service "{name}"')
        endpoints = self.cluster.objects.get(("", "Endpoints", target.namespace, name), {})
        for subset in endpoints.get("subsets", ()):
            for entry in subset.get("ports", ()):
                if entry.get("name", "") == wanted[0].get("name", "") and subset.get("addresses"):
                    address = subset["addresses"][0]
                    pod = address.get("targetRef", {}).get("name", address["ip"])
                    return f"{target.namespace}/{pod}", str(entry["port"])
        raise ApiError(503, f'no endpoints available for service "{name}"')
