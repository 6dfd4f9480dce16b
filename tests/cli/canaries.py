#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Secrets to be planted in a recorded cluster, and the search for them afterwards.

    canaries.py plant BASE FOLDER [SEED]
                                     makes an overlay cluster of BASE in FOLDER, and FOLDER/canaries.json; with a
                                     seed the canaries have other neighbours
    canaries.py hunt FOLDER FILE...  prints every canary that is found in a file, in any encoding; a .tar.gz
                                     is unpacked, and base64 and gzip inside of members are looked into
    canaries.py harmless BUNDLE      tells what of the harmless lines among them is no longer there

Each canary has a kind (canary_kinds.py: what it looks like, and what announces it), a wrapping (plain, base64, JSON in a
string, percent escapes, gzip in base64) and a source (logs, ConfigMaps, annotations, variables, ...)."""
import base64
import gzip
import io
import json
import os
import random
import re
import sys
import tarfile
import urllib.parse

from canary_kinds import HARMLESS, KINDS, b64, noise

WRAPPINGS = {
    "plain": lambda text: text,
    "base64": b64,
    "base64-lines": lambda text: "".join(b64(text)[i:i + 76] + "\n" for i in range(0, len(b64(text)), 76)),
    "json": lambda text: json.dumps({"spec": {"note": text}}),
    "percent": lambda text: urllib.parse.quote(text, safe=""),
    "gzip": lambda text: base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode(),
}


def canaries():
    """Each kind in each wrapping."""
    pairs = [(kind, wrapping) for wrapping in WRAPPINGS for kind in KINDS]
    for i, (kind, wrapping) in enumerate(pairs):
        secrets, text = KINDS[kind](f"canary {i}")
        yield {"id": i, "kind": kind, "wrapping": wrapping, "secrets": secrets, "text": WRAPPINGS[wrapping](text)}


# --- planting ---

POD = "details-v1-cfgchflgdh-94hr6"
STAMP = "2018-06-14T08:05:%02d.%09dZ "


def log_lines(text, i):
    return "".join((STAMP % (i % 60, i)) + line + "\n" for line in text.split("\n") if line)


# What an application prints of a value that is only known from a variable of it.
def forms(value):
    return [f"open {value} now", f"c={b64(value)}", f"c={b64('x' + value)}", f"c={b64('xy' + value)}",
            "q=" + urllib.parse.quote(value, safe=""), "h=" + value.encode().hex(),
            "h=" + value.encode().hex().upper(), "u=" + "".join(f"%{b:02x}" for b in value.encode()),
            "j=" + json.dumps(json.dumps(value)), f"t={b64(b64(value))}", f"t={b64(b64('user:' + value))}"]


def plant(base, folder, seed=None):
    everything = list(canaries())
    if seed:
        random.Random(seed).shuffle(everything)
        print(f"canaries in the order of seed {seed}")
    for sub in ("objects", "exec", "edits", f"logs/default/{POD}", "proxy/istio-system"):
        os.makedirs(os.path.join(folder, sub), exist_ok=True)
    sources = {name: [] for name in ("log", "previous", "configmap", "annotation", "env", "args", "http", "exec", "metrics",
                                     "event", "custom")}
    for c in everything:
        c["source"] = list(sources)[c["id"] % len(sources)]
        sources[c["source"]].append(c)
    texts = {name: [c["text"] for c in group] for name, group in sources.items()}
    bare = [{"id": 10000 + i, "kind": "known", "wrapping": "bare", "source": "env",
             "secrets": [noise(f"bare {i}", 14) + tail]} for i, tail in enumerate(["7", "!$q", '"\\x', "/+=", "@%y", "-end"])]
    everything += bare

    def write(path, content):
        with open(os.path.join(folder, path), "w", encoding="utf-8") as out:
            out.write(content if isinstance(content, str) else json.dumps(content))

    write("cluster.json", {"description": "canaries", "base": os.path.relpath(base, folder)})
    with open(os.path.join(base, f"logs/default/{POD}/details.log"), encoding="utf-8") as old:
        log = old.read()
    log += "".join(log_lines(text, i) for i, text in enumerate(texts["log"]))
    for c in bare:
        log += "".join(log_lines(form, c["id"]) for form in forms(c["secrets"][0]))
    log += "".join(log_lines(line, 0) for line in HARMLESS)
    write(f"logs/default/{POD}/details.log", log)
    write(f"logs/default/{POD}/details.previous.log",
          "".join(log_lines(text, i) for i, text in enumerate(texts["previous"])))
    meta = {"namespace": "default"}
    objects = [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"canary-{i}", **meta},
                "data": {"file": text}} for i, text in enumerate(texts["configmap"])]
    objects += [{"apiVersion": "v1", "kind": "ConfigMap",
                 "metadata": {"name": f"noted-{i}", "annotations": {"note": text}, **meta}, "data": {"a": "b"}}
                for i, text in enumerate(texts["annotation"])]
    objects += [{"apiVersion": "v1", "kind": "Event", "metadata": {"name": f"canary-{i}", **meta}, "type": "Warning",
                 "reason": "Failed", "message": text, "involvedObject": {"kind": "Pod", "name": POD, **meta},
                 "count": 1, "lastTimestamp": "2018-06-14T08:00:00Z"} for i, text in enumerate(texts["event"])]
    objects += [{"apiVersion": "config.istio.io/v1alpha2", "kind": "rule",
                 "metadata": {"name": f"canary-{i}", **meta}, "spec": {"match": text, "actions": []}}
                for i, text in enumerate(texts["custom"])]
    write("objects/canaries.json", objects)
    env = [{"name": f"SETTING_{i}", "value": text} for i, text in enumerate(texts["env"])]
    env += [{"name": f"DB_{i}_PASSWORD", "value": c["secrets"][0]} for i, c in enumerate(bare)]
    write("edits/canaries.json", [
        {"patch": f"pods/default/{POD}", "ops": [
            {"op": "add", "path": "/spec/containers/0/env", "value": env},
            {"op": "add", "path": "/spec/containers/0/args", "value": texts["args"]}]},
        {"patch": f"pods/default/{POD}", "ops": [
            {"op": "add", "path": "/status/containerStatuses/0/restartCount", "value": 1}]}])
    plant_answers(base, folder, texts)
    write("canaries.json", everything)


def plant_answers(base, folder, texts):
    """In what ports and commands answer: those of the base, with more in them."""
    root = os.path.join(base, "proxy/istio-system")
    for pod in os.listdir(root):
        for port in os.listdir(os.path.join(root, pod)):
            path = os.path.join(root, pod, port, "routes.json")
            with open(path, encoding="utf-8") as routes_file:
                routes = json.load(routes_file)
            for route, answer in routes.items():
                if "debug/configz" in route or "status/flags" in route:
                    answer["body"] = json.dumps({"status": "success", "data": texts["http"]})
                    answer.pop("files", None)
                elif route.startswith("/metrics") and "pilot" in pod:
                    lines = "".join('canary_total{n="%d",text=%s} 1\n' % (i, json.dumps(text))
                                    for i, text in enumerate(texts["metrics"]))
                    answer["body"] = "# TYPE canary_total counter\n" + lines
                    answer.pop("files", None)
            target = os.path.join(folder, "proxy/istio-system", pod, port)
            os.makedirs(target, exist_ok=True)
            with open(os.path.join(target, "routes.json"), "w", encoding="utf-8") as out:
                json.dump(routes, out)
            for name in os.listdir(os.path.join(root, pod, port)):
                if name != "routes.json":
                    os.symlink(os.path.abspath(os.path.join(root, pod, port, name)), os.path.join(target, name))
    half = len(texts["exec"]) // 2
    answers = [{"pods": "default/details-*", "container": "istio-proxy", "argv": ["cat", "/proc/1/status"],
                "stdout": "\n".join(texts["exec"][:half])},
               {"pods": "default/details-*", "container": "istio-proxy", "argv": ["cat", "/proc/1/limits"],
                "stderr": "\n".join(texts["exec"][half:]), "stdout": "", "exit": 1}]
    with open(os.path.join(base, "exec", "basics.json"), encoding="utf-8") as old:
        answers += json.load(old)
    with open(os.path.join(folder, "exec", "basics.json"), "w", encoding="utf-8") as out:
        json.dump(answers, out)


# --- hunting ---

def core(secret, shift):
    """The base64 digits that the secret alone decides, behind so many other bytes."""
    data = b"\0" * shift + secret
    digits = base64.b64encode(data + b"\0" * 3).decode()
    return digits[-(-8 * shift // 6):8 * len(data) // 6]


def needles(secret):
    raw = secret.encode()
    found = {raw, urllib.parse.quote(secret, safe="").encode(), raw.hex().encode(), raw.hex().upper().encode(),
             json.dumps(secret)[1:-1].encode()}
    for shift in range(3):
        digits = core(raw, shift)
        found |= {digits.encode(), digits.replace("+", "-").replace("/", "_").encode()}
    return found


def members(path):
    if path.endswith((".tar.gz", ".tgz")):
        with tarfile.open(path) as tar:
            yield path + " names", "\n".join(tar.getnames()).encode()
        with tarfile.open(path) as tar:
            for entry in tar:
                if entry.isfile():
                    yield entry.name, tar.extractfile(entry).read()
    else:
        with open(path, "rb") as data:
            yield path, data.read()


def deeper(data):
    """What is packed inside: base64 of text and of gzip."""
    for match in re.finditer(rb"[A-Za-z0-9+/]{24,}={0,2}", data):
        for skip in range(4):
            text = match.group()[skip:].rstrip(b"=")
            try:
                plain = base64.b64decode(text[:len(text) // 4 * 4])
            except ValueError:
                continue
            if plain[:2] == b"\x1f\x8b":
                try:
                    yield gzip.GzipFile(fileobj=io.BytesIO(plain)).read()
                except (OSError, EOFError):
                    pass
            elif b"\n" in plain or b" " in plain or b":" in plain:
                yield plain


NEEDLE_BYTES = 8          # of its beginning, by which a needle is looked up


def starts(everything):
    """The needles by their first bytes."""
    table = {}
    for c in everything:
        for secret in c["secrets"]:
            for needle in needles(secret):
                table.setdefault(needle[:NEEDLE_BYTES], []).append((needle, c))
    return table


def found_in(text, table):
    for at in range(len(text) - NEEDLE_BYTES + 1):
        for needle, c in table.get(text[at:at + NEEDLE_BYTES], ()):
            if text.startswith(needle, at):
                yield c


def all_within(data, depth=0):
    yield data
    if depth < 2:
        for inside in deeper(data):
            yield from all_within(inside, depth + 1)


def hunt(folder, paths):
    with open(os.path.join(folder, "canaries.json"), encoding="utf-8") as planted:
        everything = json.load(planted)
    table = starts(everything)
    survivors = {}
    for path in paths:
        for name, data in members(path):
            for text in all_within(data):
                for c in found_in(text, table):
                    survivors.setdefault((c["id"], c["kind"], c["wrapping"], c["source"]), name)
    for (number, kind, wrapping, source), name in sorted(survivors.items()):
        print(f"canary {number}, {kind}, {wrapping}, planted in {source}: found in {name}")
    print(f"{len(everything)} canaries of {len({c['kind'] for c in everything})} kinds, {len(survivors)} survivors")
    return 1 if survivors else 0


def harmless(bundle):
    everything = b"".join(data for _, data in members(bundle))
    gone = [line for line in HARMLESS if line.encode() not in everything]
    for line in gone:
        print(f"no longer readable: {line}")
    return 1 if gone else 0


if __name__ == "__main__":
    if sys.argv[1] == "plant":
        plant(*sys.argv[2:])
    elif sys.argv[1] == "harmless":
        sys.exit(harmless(sys.argv[2]))
    else:
        sys.exit(hunt(sys.argv[2], sys.argv[3:]))
