# SPDX-License-Identifier: Apache-2.0
"""recording -- collects objects, logs and answers of a made-up cluster, and writes them as a cluster folder."""

import base64
import hashlib
import json
import os
import time
import zlib

START = "2018-06-14T08:05:00Z"
RECORDED_AT = "2018-06-14T09:00:00Z"
EPOCH = 1528966800            # RECORDED_AT
WIDTH = 118

SAFE = "bcdfghjklmnpqrstvwxz2456789"     # what Kubernetes makes names of


def stamp(offset_s, digits=0):
    """RFC 3339 of a moment; offset_s counts from RECORDED_AT, so history is negative."""
    whole, fraction = divmod(EPOCH * 10 ** 9 + round(offset_s * 10 ** 9), 10 ** 9)
    text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(whole))
    return text + ("." + f"{fraction:09d}"[:digits] if digits else "") + "Z"


def number_of(*parts):
    """A stable number that looks random."""
    return zlib.crc32("/".join(map(str, parts)).encode())


def suffix(*parts, length=5):
    number = number_of("suffix", *parts) + (number_of("more", *parts) << 32)
    return "".join(SAFE[(number // 27 ** i) % 27] for i in range(length))


def digest(*parts):
    return hashlib.sha256("/".join(map(str, parts)).encode()).hexdigest()


def uid(*parts):
    d = digest("uid", *parts)
    return f"{d[:8]}-{d[8:12]}-11e8-{d[12:16]}-{d[16:28]}"


def dumps(node, indent=0):
    """JSON that a person can read: whatever fits stays on one line."""
    flat = json.dumps(node, ensure_ascii=False)
    if len(flat) + indent <= WIDTH or not isinstance(node, (dict, list)) or not node:
        return flat
    inner = " " * (indent + 1)
    if isinstance(node, dict):
        lines = [f"{inner}{json.dumps(k, ensure_ascii=False)}: {dumps(v, indent + 1)}" for k, v in node.items()]
        return "{\n" + ",\n".join(lines) + "\n" + " " * indent + "}"
    return "[\n" + ",\n".join(inner + dumps(v, indent + 1) for v in node) + "\n" + " " * indent + "]"


class Recording:
    """What a cluster folder will hold; keys of files are paths below it."""

    def __init__(self, about):
        self.about = about
        self.objects = {}      # file stem -> objects
        self.routes = {}       # (namespace, pod, port) -> {path: answer}
        self.files = {}        # path -> text
        self.execs = {}        # file stem -> entries
        self.edits = {}        # file stem -> edits
        self.addresses = {}

    def add(self, file, obj):
        self.objects.setdefault(file, []).append(obj)
        return obj

    def address(self, node):
        """The next free pod address of a node."""
        count = self.addresses[node] = self.addresses.get(node, 1) + 1
        return f"10.40.{node.rpartition('-')[2]}.{count}"

    def log(self, namespace, pod, container, records, previous=False):
        """records: (offset in seconds, text); a text of several lines becomes several stamped lines."""
        lines = []
        for offset, text in sorted(records, key=lambda r: r[0]):
            for number, line in enumerate(text.split("\n")):
                moment = stamp(offset + number * 1e-6, 9)
                lines.append(f"{moment} {line}".rstrip() + "\n")
        name = f"logs/{namespace}/{pod}/{container}{'.previous' if previous else ''}.log"
        self.files[name] = "".join(lines)

    def route(self, namespace, pod, port, path, **answer):
        self.routes.setdefault((namespace, pod, port), {})[path] = answer

    def samples(self, namespace, pod, port, path, texts, name):
        """A path that gives each text in turn."""
        names = [f"{name}.{n}.prom" for n in range(1, len(texts) + 1)]
        for file, text in zip(names, texts):
            self.files[f"proxy/{namespace}/{pod}/{port}/{file}"] = text
        self.route(namespace, pod, port, path, files=names, type="text/plain; version=0.0.4; charset=utf-8")

    def page(self, namespace, pod, port, path, file, text, kind="application/json"):
        self.files[os.path.normpath(f"proxy/{namespace}/{pod}/{port}/{file}")] = text
        self.route(namespace, pod, port, path, files=[file], type=kind)

    def find(self, kind, namespace=None):
        return [o for objects in self.objects.values() for o in objects
                if o["kind"] == kind and (namespace is None or o["metadata"].get("namespace") == namespace)]

    def pod(self, prefix):
        """The only pod whose name starts so."""
        [pod] = [p for p in self.find("Pod") if p["metadata"]["name"].startswith(prefix)]
        return pod

    def tree(self):
        """{path: text} of the whole folder."""
        tree = dict(self.files)
        tree["cluster.json"] = dumps(self.about) + "\n"
        for file, objects in self.objects.items():
            tree[f"objects/{file}.json"] = dumps(objects) + "\n"
        for file, entries in self.execs.items():
            tree[f"exec/{file}.json"] = dumps(entries) + "\n"
        for file, edits in self.edits.items():
            tree[f"edits/{file}.json"] = dumps(edits) + "\n"
        for (namespace, pod, port), routes in self.routes.items():
            tree[f"proxy/{namespace}/{pod}/{port}/routes.json"] = dumps(routes) + "\n"
        return tree


# What a journey through the cluster must find: written by hand, no part of the recording.
BY_HAND = {"expected.json"}


def write(tree, folder):
    """Makes the folder hold exactly this tree, and what was written by hand."""
    wanted = {os.path.join(folder, path) for path in {*tree, *BY_HAND}}
    for top, _, names in os.walk(folder):
        for name in names:
            if os.path.join(top, name) not in wanted:
                os.unlink(os.path.join(top, name))
    for path, text in tree.items():
        full = os.path.join(folder, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as file:
            file.write(text)


def differences(tree, folder):
    """Paths where the folder is not this tree."""
    there = {os.path.relpath(os.path.join(top, n), folder) for top, _, names in os.walk(folder) for n in names} - BY_HAND
    found = sorted(there ^ set(tree))
    for path in sorted(there & set(tree)):
        with open(os.path.join(folder, path), encoding="utf-8") as file:
            if file.read() != tree[path]:
                found.append(path)
    return found


def b64(text):
    return base64.b64encode(text.encode()).decode()
