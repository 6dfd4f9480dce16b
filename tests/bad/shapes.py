# SPDX-License-Identifier: Apache-2.0
"""shapes.py -- B4: objects of the wrong shape, for every field that real ones have and all shipped rules.

The recorded cluster's objects are the sound ones.  Of every kind that rules read one object is copied,
and each of its fields in turn is absent, null, of another type, empty, huge and negative: a case is one
field, with a copy for each of those.  Verdicts over the other objects stay what they were, or become
"not evaluated"; where a rule fails over a copy it says so of that copy, and hides nobody else.
"""
import copy
import functools
import json

import lib
import tar
from lib import Case

CLUSTER = lib.SOURCE / "tests/apiserver/clusters/bookinfo-0.5/objects"
ABSENT = object()
WRONG = (ABSENT, None, "", "x" * 70000, [], {}, [None], {"": None}, {"k" * 70000: "v"}, True, -1, 1 << 62, 1e308, "\x1b[2J\u202e")
# The sound object of each kind that is copied, by what its name begins with.
COPIED = {"Pod": "productpage", "Service": "productpage", "Deployment": "productpage", "Node": "", "Event": "",
          "ReplicaSet": "productpage", "Endpoints": "productpage", "ConfigMap": "istio", "Namespace": "default",
          "DaemonSet": "", "rule": "prom", "RouteRule": "", "prometheus": "", "metric": ""}
MAX_DEPTH = 7
# Rules that one object of a shape that neither the API server nor Istio's validation lets pass turns
# into an error as a whole, because they look at all objects at once.  They say so, which is no verdict of
# health, and nothing else changes.  A rule that is not here must fail over the bad object alone.
WHOLE = {"HTTP-102", "INJ-121", "INJ-122", "KUBE-410", "KUBE-411", "KUBE-414", "KUBE-416", "MIX-110", "MIX-114",
         "PROXY-122", "SEC-101", "SEC-103", "TIME-307", "TRAF-104", "TRAF-106"}


@functools.cache
def objects():
    """The recorded objects."""
    found = []
    for file in sorted(CLUSTER.glob("*.json")):
        content = json.loads(file.read_text())
        lists = content if isinstance(content, list) else [content]
        for part in lists:
            found += part["items"] if "items" in part else [part]
    return [o for o in found if "kind" in o and "metadata" in o]


def plural_of(kind):
    word = kind.lower()
    if word.endswith(("ss", "x")):
        return word + "es"
    if word.endswith("y") and not word.endswith("ay"):
        return word[:-1] + "ies"
    return word if word.endswith("s") and word != "prometheus" else word + ("es" if word.endswith("s") else "s")


def bundle_of(extra=()):
    """A tar of the lists of all objects, those in extra last."""
    lists = {}
    for thing in [*objects(), *extra]:
        group = thing.get("apiVersion", "v1").rpartition("/")[0] or "core"
        lists.setdefault((group, thing["kind"]), []).append(thing)
    members = {"kubernetes/version.json": b'{"major": "1", "minor": "9", "gitVersion": "v1.9.6"}'}
    for (group, kind), items in lists.items():
        members[f"kubernetes/{group}/{plural_of(kind)}.json"] = json.dumps(
            {"kind": kind + "List", "apiVersion": items[0].get("apiVersion", "v1"), "items": items}).encode()
    return tar.archive(members)


def paths_of(value, depth=0):
    """Every field of an object, of lists the first element's."""
    if depth >= MAX_DEPTH:
        return
    if isinstance(value, dict):
        for key, inner in value.items():
            yield (key,)
            for path in paths_of(inner, depth + 1):
                yield (key, *path)
    elif isinstance(value, list) and value:
        yield (0,)
        for path in paths_of(value[0], depth + 1):
            yield (0, *path)


def mutant(thing, path, wrong, number):
    """A copy with another name and one field that is wrong."""
    made = copy.deepcopy(thing)
    made["metadata"]["name"] = f"mutant-{number}"
    if "uid" in made["metadata"]:
        made["metadata"]["uid"] = f"mutant-{number}"
    inner = made
    for key in path[:-1]:
        inner = inner[key]
    if wrong is ABSENT:
        del inner[path[-1]]
    else:
        inner[path[-1]] = wrong
    return made


def chosen():
    """One object of each kind in COPIED, the richest that fits."""
    for kind, start in COPIED.items():
        fit = [o for o in objects() if o["kind"] == kind and o["metadata"]["name"].startswith(start)]
        if fit:
            yield kind, max(fit, key=lambda o: len(json.dumps(o)))


@functools.cache
def verdicts_before():
    result = lib.execute([a if a != "{}" else "-" for a in shipped()], "/", stdin=bundle_of())
    assert result.status == 0, result.err
    return [v[:3] for v in lib.verdicts_of(json.loads(result.out))]


def shipped():
    """All shipped rules."""
    return (str(lib.BUILD / "meshcase-analyze"), "-f", "json", "--fail-on", "never", "--now", lib.NOW, "{}")


def harmless(result):
    """What the copies did to the verdicts over the other objects."""
    after = list(lib.verdicts_of(json.loads(result.out)))
    kinds = {}
    silent = {v[0] for v in after if v[2] in ("not_evaluated", "error")}
    for rule, subject, verdict, _ in after:
        kinds.setdefault((rule, subject), set()).add(verdict)
        if verdict == "error" and "mutant" not in subject and rule not in WHOLE:
            return f"{rule} fails over '{subject}'"
    for rule, subject, verdict in verdicts_before():
        if verdict == "finding" and verdict not in kinds.get((rule, subject), ()) and rule not in silent:
            return f"the finding of {rule} over '{subject}' is gone"
    return None


def wrong_shapes():
    for kind, thing in chosen():
        for path in dict.fromkeys(paths_of(thing)):
            if path in (("kind",), ("metadata",), ("metadata", "name"), ("apiVersion",)):
                continue
            made = functools.partial(build, thing, path)
            yield Case("B4", f"{kind}.{'.'.join(map(str, path))}", made, argv=shipped(), check=harmless)


def build(thing, path, name):
    name.write_bytes(bundle_of([mutant(thing, path, w, i) for i, w in enumerate(WRONG)]))


FAMILIES = {"B4": ("wrong shapes of objects", wrong_shapes)}
