# SPDX-License-Identifier: Apache-2.0
"""cluster -- reads a recorded cluster from its folder, and the folders it is based on."""

import copy
import fnmatch
import json
import os
import uuid

from . import resources


class ClusterError(Exception):
    """The folder does not hold a cluster; the text says which file and why."""


def merge(target, change):
    """RFC 7386: null removes a key, an object is merged, anything else replaces."""
    if not isinstance(change, dict):
        return copy.deepcopy(change)
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in change.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merge(result.get(key), value)
    return result


def _step(node, token):
    return node[int(token)] if isinstance(node, list) else node[token]


def apply_op(document, op):
    """RFC 6902 add, replace and remove, in place."""
    *parents, last = [t.replace("~1", "/").replace("~0", "~") for t in op["path"].split("/")[1:]]
    node = document
    for token in parents:
        node = _step(node, token)
    if op["op"] == "remove":
        del node[int(last) if isinstance(node, list) else last]
    elif isinstance(node, list):
        if op["op"] == "add":
            node.insert(len(node) if last == "-" else int(last), op["value"])
        else:
            node[int(last)] = op["value"]
    else:
        if op["op"] == "replace" and last not in node:
            raise KeyError(last)
        node[last] = op["value"]


def load_json(path):
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except (OSError, ValueError) as error:
        raise ClusterError(f"{path}: {error}") from error


class Folder:
    """One folder of the chain: its description and the files it hides in those below."""

    def __init__(self, path):
        self.path = os.path.abspath(path)
        about = os.path.join(self.path, "cluster.json")
        if not os.path.isfile(about):
            raise ClusterError(f"{about}: a cluster folder needs this file")
        self.about = load_json(about)
        self.hidden = self.about.get("remove_files", [])

    def json_files(self, sub):
        top = os.path.join(self.path, sub)
        names = sorted(os.listdir(top)) if os.path.isdir(top) else []
        return [os.path.join(top, n) for n in names if n.endswith(".json")]


def chain_of(path):
    """The folder and its bases, nearest first."""
    folders = []
    while True:
        folder = Folder(path)
        if any(f.path == folder.path for f in folders):
            raise ClusterError(f"{folder.path}: based on itself")
        folders.append(folder)
        base = folder.about.get("base")
        if not base:
            return folders
        path = os.path.join(folder.path, base)


class Cluster:
    """Objects, files, access rules and clock of one recorded cluster."""

    def __init__(self, path):
        self.folders = chain_of(path)
        self.version = load_json(self._need("version.json"))
        self.minor = int("".join(c for c in str(self.version["minor"]) if c.isdigit()))
        self.recorded_at = self._about("recorded_at", "2018-06-14T09:00:00Z")
        self.rbac = self._optional("rbac.json", None)
        self.faults = self._optional("faults.json", [])
        self.exec_entries = [e for folder in self.folders for p in folder.json_files("exec") for e in load_json(p)]
        self.objects = {}
        self.table = resources.Table.of_cluster(self.minor, [])
        for folder in reversed(self.folders):
            self._load_folder(folder)
        self.resource_version = 100000 + len(self.objects)
        for number, obj in enumerate(self.sorted_objects()):
            self._fill(obj, number)

    # -- files ---------------------------------------------------------------------------------

    def _about(self, key, default):
        for folder in self.folders:
            if key in folder.about:
                return folder.about[key]
        return default

    def file(self, relative):
        """The path of a file in the nearest folder that has it; None when there is none."""
        for folder in self.folders:
            path = os.path.join(folder.path, relative)
            if os.path.isfile(path):
                return path
            if any(fnmatch.fnmatchcase(relative, pattern) for pattern in folder.hidden):
                return None
        return None

    def _need(self, relative):
        path = self.file(relative)
        if path is None:
            raise ClusterError(f"{os.path.join(self.folders[0].path, relative)}: no such file")
        return path

    def _optional(self, relative, default):
        path = self.file(relative)
        return load_json(path) if path else default

    def json(self, relative):
        """The parsed file; None when there is none."""
        path = self.file(relative)
        return load_json(path) if path else None

    # -- objects -------------------------------------------------------------------------------

    def _load_folder(self, folder):
        for path in folder.json_files("objects"):
            document = load_json(path)
            for obj in document["items"] if isinstance(document, dict) and "items" in document else document:
                self._put(obj, path)
        for path in folder.json_files("edits"):
            for edit in load_json(path):
                self._edit(edit, path)
        crds = [o for o in self.objects.values() if o["kind"] == "CustomResourceDefinition"]
        self.table = resources.Table.of_cluster(self.minor, crds)

    @staticmethod
    def key_of(obj):
        group = obj["apiVersion"].rpartition("/")[0]
        twins = resources.TWIN_GROUPS.get(obj["kind"])
        if twins and group in twins:
            group = twins[0]
        meta = obj["metadata"]
        return (group, obj["kind"], meta.get("namespace", ""), meta["name"])

    def _put(self, obj, path):
        try:
            self.objects[self.key_of(obj)] = obj
        except (KeyError, TypeError) as error:
            raise ClusterError(f"{path}: an object lacks {error}") from error

    def select(self, reference):
        """Keys named by PLURAL[.GROUP]/[NAMESPACE/]NAME, where * matches as in a shell."""
        what, *rest = reference.split("/")
        namespace, name = rest if len(rest) == 2 else ("", rest[0])
        plural, _, group = what.partition(".")
        crds = [o for o in self.objects.values() if o["kind"] == "CustomResourceDefinition"]
        rows = [
            r
            for r in resources.Table.of_cluster(self.minor, crds).rows
            if r.plural == plural and (not group or r.group == group)
        ]
        return [
            key
            for key in sorted(self.objects)
            if any(
                r.kind == key[1] and (r.group == key[0] or r.group in resources.TWIN_GROUPS.get(key[1], ()))
                for r in rows
            )
            and fnmatch.fnmatchcase(key[2], namespace)
            and fnmatch.fnmatchcase(key[3], name)
        ]

    def _edit(self, edit, path):
        if "add" in edit:
            self._put(edit["add"], path)
            return
        reference = edit.get("delete") or edit.get("patch") or edit.get("repeat")
        if not reference:
            raise ClusterError(f"{path}: an edit says add, delete, patch or repeat: {edit}")
        keys = self.select(reference)
        if not keys:
            raise ClusterError(f"{path}: {reference} names no object of the base")
        for key in keys:
            if "delete" in edit:
                del self.objects[key]
                continue
            if "repeat" in edit:
                self._repeat(self.objects[key], int(edit["times"]), path)
                continue
            obj = copy.deepcopy(merge(self.objects[key], edit.get("merge", {})))
            try:
                for op in edit.get("ops", ()):
                    apply_op(obj, op)
            except (KeyError, IndexError, ValueError, TypeError) as error:
                raise ClusterError(f"{path}: {reference}: {error!r}") from error
            self.objects[key] = obj

    def _repeat(self, obj, times, path):
        """Copies NAME-1, NAME-2 and so on: a big cluster from a small one."""
        for number in range(1, times + 1):
            meta = {k: v for k, v in obj["metadata"].items() if k not in ("uid", "selfLink", "resourceVersion")}
            self._put(dict(obj, metadata=dict(meta, name=f"{meta['name']}-{number}")), path)

    def sorted_objects(self):
        return [self.objects[key] for key in sorted(self.objects)]

    def _fill(self, obj, number):
        """Adds what the API server would have added, where the recording leaves it out."""
        meta = obj["metadata"]
        row = self.table.by_kind(obj["apiVersion"].rpartition("/")[0], obj["kind"])
        if row is None:
            raise ClusterError(f"{obj['apiVersion']} {obj['kind']} {meta['name']}: no such resource in this version")
        meta.setdefault("uid", str(uuid.uuid5(uuid.NAMESPACE_URL, "/".join(self.key_of(obj)))))
        meta.setdefault("resourceVersion", str(1000 + number))
        meta.setdefault("creationTimestamp", self.recorded_at)
        if self.minor < 20:
            prefix = f"/apis/{row.group}/{row.versions[0]}" if row.group else "/api/v1"
            place = f"/namespaces/{meta['namespace']}" if meta.get("namespace") else ""
            meta.setdefault("selfLink", f"{prefix}{place}/{row.plural}/{meta['name']}")

    def get(self, row, namespace, name):
        for group in resources.TWIN_GROUPS.get(row.kind, (row.group,)):
            obj = self.objects.get((group, row.kind, namespace or "", name))
            if obj is not None:
                return obj
        return None

    def list(self, row, namespace=None):
        """Objects of a resource, of one namespace or of all, by namespace and name."""
        groups = resources.TWIN_GROUPS.get(row.kind, (row.group,))
        keys = [
            k
            for k in self.objects
            if k[1] == row.kind and k[0] in groups and (namespace is None or k[2] == namespace)
        ]
        return [self.objects[k] for k in sorted(keys, key=lambda k: (k[2], k[3]))]

    def node_skew(self, node):
        """Seconds that a node's clock is ahead, as cluster.json says."""
        return float(self._about("node_skew_s", {}).get(node, 0))

    def pod(self, namespace, name):
        return self.objects.get(("", "Pod", namespace, name))
