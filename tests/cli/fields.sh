#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# fields.sh -- objects keep only the fields that rules can reach: reports must not show it.
#
# A bundle is read from a file, where fields are left out, and from a pipe, which cannot be read twice and so is kept
# whole.  Rules of many kinds, some of which look where nobody could foresee it, must say the same of both.
. "${MESHCASE_SRCDIR:-.}/tests/cli/analyzer_lib.sh"

case=$work/case
mkdir -p "$case/kubernetes/core" "$case/kubernetes/apps"
python3 - "$case/kubernetes" <<'END'
import json, sys
def pod(i):
    return {"metadata": {"name": f"p{i}", "namespace": "n", "uid": f"u{i}", "labels": {"app": f"a{i % 3}"},
                         "annotations": {"a": str(i), "b": "x" * 40}, "managedFields": [{"a": 1}]},
            "spec": {"nodeName": f"node-{i % 2}", "odd": {"first": i, "second": {"third": [1, 2, {"deep": "é\n\"q\""}]}},
                     "containers": [{"name": "c", "image": f"i:{i}", "env": [{"name": "A", "value": str(i)}],
                                     "args": ["-x", str(i)], "resources": {"limits": {"cpu": "1e1", "memory": 2.50}}},
                                    {"name": "d", "image": "z" * 700, "ports": [{"containerPort": 80 + i}]}],
                     "volumes": [{"name": "v", "configMap": {"name": f"cm{i % 2}"}}]},
            "status": {"phase": "Running" if i else "Failed", "podIP": f"10.0.0.{i}"}}
def put(name, kind, items, indent):
    with open(f"{sys.argv[1]}/{name}.json", "w", encoding="utf-8") as f:
        json.dump({"kind": kind + "List", "apiVersion": "v1", "items": items}, f, indent=indent, ensure_ascii=False)
pods = [pod(i) for i in range(8)]
for other in pods[6:]:
    other["metadata"]["namespace"] = "z"
put("core/pods", "Pod", pods, 2)
put("core/services", "Service", [{"metadata": {"name": "s", "namespace": "n"},
     "spec": {"selector": {"app": "a1"}, "ports": [{"port": 80, "name": "http"}]}}], None)
put("core/configmaps", "ConfigMap", [{"metadata": {"name": "cm1", "namespace": "n"}, "data": {"k": "v"}}], 1)
END
"$build/tests/lib/mkbundle" "$case" "$work/case.tar.gz"

cat >"$work/rules.yaml" <<'END'
language: 1
defs:
  let:
    pods: {k8s: {kind: Pod}}
    odd: {k8s: {kind: Pod, where: "it.spec.odd.first > 2"}}
rules:
- {id: OWN-101, title: a leaf, severity: info, each: {p: {cel: pods}}, when: "p.status.phase == 'Failed'", message: "{{ p.metadata.name }}"}
- {id: OWN-102, title: a container is cited, severity: info, each: {p: {cel: pods}}, when: "p.spec.containers.all(c, size(c.image) > 0)", message: m}
- {id: OWN-103, title: nothing but the object is cited, severity: info, each: {p: {cel: odd}}, when: "true", message: m}
- {id: OWN-104, title: a part is shown, severity: info, each: {p: {cel: pods}}, when: "p.status.podIP != ''", message: "{{ p.spec.odd }} {{ p.spec.containers[0].resources }}"}
- {id: OWN-105, title: a map is gone through, severity: info, each: {p: {cel: pods}}, when: "p.spec.odd.second.exists(k, k == 'third') && p.spec.odd.first >= 0", message: m}
- {id: OWN-106, title: keys of a map that others look into, severity: info, each: {p: {cel: pods}}, when: "p.status.exists(k, k == 'podIP')", message: m}
- {id: OWN-107, title: a computed key, severity: info, let: {key: {cel: "'nodeName'"}}, each: {p: {cel: pods}}, when: "p.spec[key] == 'node-1'", message: "{{ p.spec[key] }}"}
- {id: OWN-108, title: a map of objects, severity: info, let: {m: {cel: "{'a': pods}"}}, when: "m.a.exists(p, p.spec.volumes[0].name == 'v')", message: "{{ m.a[1].metadata.uid }}"}
- {id: OWN-109, title: equal parts, severity: info, let: {all: {cel: pods}}, when: "all[0].spec.volumes == all[2].spec.volumes && all[0].spec.volumes != all[1].spec.volumes", message: m}
- {id: OWN-110, title: selected, severity: info, each: {s: {k8s: {kind: Service}}}, with: {own: {related: {kind: Pod, selected_by: s}}}, when: "size(own) > 0", message: "{{ own.map(p, p.status.podIP).join(',') }}"}
- {id: OWN-111, title: mounted, severity: info, each: {c: {k8s: {kind: ConfigMap}}}, with: {own: {related: {kind: Pod, mounts: c}}}, when: "size(own) > 0", message: "{{ size(own) }}"}
- {id: OWN-112, title: size of a map, severity: info, each: {p: {cel: pods}}, when: "size(p.spec.odd) == 2", message: "{{ size(p.spec) }}"}
- {id: OWN-113, title: the environment, severity: info, each: {p: {cel: pods}}, when: "k8s.env(p, 'c').A == '3'", message: "{{ k8s.image(p, 'd').size() }}"}
- {id: OWN-114, title: absent and present, severity: info, each: {p: {cel: pods}}, when: "has(p.spec.odd) && !has(p.spec.nosuch) && !has(p.metadata.annotations.c)", message: m}
- {id: OWN-116, title: fields of one namespace, severity: info, each: {p: {k8s: {kind: Pod, namespace: z}}}, when: "k8s.env(p, 'c').A == '7'", message: "{{ p.spec.odd }}"}
- {id: OWN-117, title: fields of one namespace read of others, severity: info, let: {all: {cel: pods}}, each: {p: {k8s: {kind: Pod, namespace: z}}}, when: "p.spec.odd == all[6].spec.odd && all[0].status.phase != 'x' && dyn(all).map(q, q)[1].spec.odd.first == 1", message: m}
- {id: OWN-118, title: fields of namespaces by a glob, severity: info, each: {p: {k8s: {kind: Pod, namespace: ["z*", y]}}}, when: "p.spec.odd.first == 6", message: m}
- {id: OWN-115, title: it fails, severity: info, each: {p: {cel: pods}}, when: "p.spec.nosuch.x == 1", message: m}
END

# report RULES BUNDLE: verdicts with all that they cite, without the bundle's name.
report() {
    if [ "$2" = - ]; then
        cat "$work/case.tar.gz" | "$analyze" -r "$1" --now 2018-06-01T12:00:00Z -f json --fail-on never -
    else
        "$analyze" -r "$1" --now 2018-06-01T12:00:00Z -f json --fail-on never "$2"
    fi | grep -v '"name": "'
}

# same RULES: both ways of reading give one report, which is not empty.
same() {
    report "$1" "$work/case.tar.gz" >"$work/fields" || return 1
    report "$1" - >"$work/whole" || return 1
    [ "$(grep -c '"verdict"' "$work/fields")" -gt 0 ] || { echo "no verdicts"; return 1; }
    diff "$work/fields" "$work/whole"
}

# each RULE-ID alone, so that no other rule keeps what it needs
number=0
head -5 "$work/rules.yaml" >"$work/head"
grep '^- {id' "$work/rules.yaml" >"$work/list"
while read -r rule; do
    number=$((number + 1))
    { cat "$work/head"; echo "rules:"; printf '%s\n' "$rule"; } >"$work/one.yaml"
    ok "alone: $(printf '%s' "$rule" | sed 's/.*title: \([^,]*\),.*/\1/')" same "$work/one.yaml"
done <"$work/list"
ok "all together" same "$work/rules.yaml"
ok "findings are there" sh -c "[ \$(grep -c '\"verdict\": \"finding\"' '$work/whole') -gt 20 ]"
ok "and excerpts of whole objects" grep -q '"excerpt": "{.*odd' "$work/whole"
finish
