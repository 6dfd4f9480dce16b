#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# diff.sh -- meshcase-bundle diff: what changed, and what cannot be told.
. "${MESHCASE_SRCDIR:-.}/tests/cli/analyzer_lib.sh"

bundle=$build/meshcase-bundle
cat >"$work/own.yaml" <<'END'
language: 1
rules:
- {id: OWN-101, title: a pod is called bad, severity: warning, each: {p: {k8s: {kind: Pod}}},
   when: 'p.metadata.name == "bad"', message: "{{ p.metadata.name }} is bad"}
END
diff_of() {
    "$bundle" diff -r "$work/own.yaml" "$@"
}

# case NAME IMAGE PODS...: a folder with a Deployment of that image, and pods.
make_case() {
    case=$work/$1
    image=$2
    shift 2
    mkdir -p "$case/kubernetes/core" "$case/kubernetes/apps" "$case/metrics/pilot/istio-system"
    items=
    for pod in "$@"; do
        items="$items${items:+,}{\"metadata\":{\"name\":\"$pod\",\"namespace\":\"a\",\"resourceVersion\":\"$$-$pod\"}}"
    done
    echo "{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"items\":[$items]}" >"$case/kubernetes/core/pods.json"
    cat >"$case/kubernetes/apps/deployments.json" <<END
{"kind":"DeploymentList","apiVersion":"apps/v1","items":[{"metadata":{"name":"web","namespace":"a"},
"spec":{"template":{"spec":{"containers":[{"name":"side","image":"side:1"},{"name":"app","image":"$image"}]}}},
"status":{"conditions":[{"type":"Available","status":"True","lastUpdateTime":"$image"}]}}]}
END
    printf '{"gitVersion":"v1.9.%s"}\n' $# >"$case/kubernetes/version.json"
}
make_case before app:1 good bad
make_case after app:2 good new

changes() {
    status=0
    diff_of --json "$1" "$2" >"$work/diff.json" || status=$?
    [ $status = "$3" ] || { echo "exit $status"; return 1; }
    python3 - "$work/diff.json" "$4" <<'END'
import json, sys
diff = json.load(open(sys.argv[1]))
assert diff['format'] == 'meshcase-diff/1'
got = [' '.join(str(c[k]) for k in ('kind', 'way', 'subject', 'field', 'before', 'after') if k in c)
       for c in diff['changes']]
got += ['? ' + h['what'] for h in diff['not_compared']]
want = [line.strip() for line in sys.argv[2].splitlines() if line.strip()]
missing = [w for w in want if w not in got]
assert not missing, f'missing {missing} in {got}'
more = [g for g in got if g not in want and not g.startswith('? captures') and g not in ('? istio', '? components')]
assert not more, f'too much: {more}'
END
}

ok "objects by field, findings, what is gone" changes "$work/before" "$work/after" 1 '
finding removed OWN-101 a/bad bad is bad
object changed Deployment a/web spec.template.spec.containers[name=app].image "app:1" "app:2"
object removed Pod a/bad
object added Pod a/new'
ok "nothing changed is 0" changes "$work/before" "$work/before" 0 ''
make_case more app:1 good bad worse
ok "versions" changes "$work/before" "$work/more" 1 '
version changed kubernetes v1.9.2 v1.9.3
object added Pod a/worse'
ok "text for people" says 1 '~ spec.template.spec.containers[name=app].image: "app:1" -> "app:2"' \
    diff_of "$work/before" "$work/after"
ok "with a sum at the end" says 1 "4 changes (1 finding, 3 objects)" diff_of "$work/before" "$work/after"

# ---- holes are no changes ----

cp -r "$work/before" "$work/forbidden"
rm "$work/forbidden/kubernetes/core/pods.json"
hole() {
    diff_of --json "$work/before" "$work/forbidden" >"$work/hole.json" || true
    python3 - "$work/hole.json" <<'END'
import json, sys
diff = json.load(open(sys.argv[1]))
assert not [c for c in diff['changes'] if 'Pod' in c['subject'] or c['kind'] == 'finding'], diff['changes']
what = [h['what'] for h in diff['not_compared']]
assert 'pods.core' in what and 'OWN-101 a/bad' in what, what
END
}
ok "what is not there was not removed, nor is its finding gone" hole
head -c 150 "$work/before/kubernetes/core/pods.json" >"$work/forbidden/kubernetes/core/pods.json"
ok "nor where a list is cut" hole

# ---- metrics ----

metrics() {     # CASE SAMPLE REQUESTS ERRORS
    printf '# TYPE requests_total counter\nrequests_total{code="200"} %s\nrequests_total{code="500"} %s\n# TYPE queue gauge\nqueue %s\n' \
        "$3" "$4" "$4" >"$work/$1/metrics/pilot/istio-system/istio-pilot-x.9093.$2.prom"
}
for c in before after; do metrics $c 1 100 0; done
metrics before 2 200 0
metrics after 2 210 50
moved() {
    status=0
    diff_of --json "$work/before" "$work/after" >"$work/metrics.json" || status=$?
    python3 - "$work/metrics.json" <<'END'
import json, sys
diff = json.load(open(sys.argv[1]))
moved = {c['subject']: (c.get('before'), c.get('after')) for c in diff['changes'] if c['kind'] == 'metric'}
assert moved.get('pilot queue') == ('0', '50'), moved
assert not [m for m in moved if '200' in m], moved
END
}
ok "metrics that moved" moved
ok "counters without a rate are a hole" grep -q '{"what":"counters of pilot","reason":"[^"]*/after: not every pod has two samples' "$work/metrics.json"
many() {
    for i in $(seq 230); do echo "more_$i 1"; done >>"$work/after/metrics/pilot/istio-system/istio-pilot-x.9093.2.prom"
    diff_of --json "$work/before" "$work/after" >"$work/many.json"
    [ $? = 1 ] && [ "$(grep -c '"kind":"metric"' "$work/many.json")" = 200 ] && grep -q '"left_out":3[0-9]}' "$work/many.json"
}
ok "metrics beyond those listed are counted" many

# A manifest that tells when the samples were taken.
timed() {
    python3 - "$work/$1" <<'END'
import hashlib, json, pathlib, sys
case = pathlib.Path(sys.argv[1])
def member(name):
    data = (case / name).read_bytes()
    return {"name": name, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
captures = [{"id": f"metrics {n}", "kind": "metrics", "source": {"verb": "get"}, "state": "complete", "duration_ms": 1,
             "started_at": f"2018-06-01T12:00:{n}0Z",
             "members": [member(f"metrics/pilot/istio-system/istio-pilot-x.9093.{n}.prom")]} for n in (1, 2)]
(case / "manifest.json").write_text(json.dumps({
    "format": "meshcase/1", "tool": {"name": "test", "version": "1"}, "started_at": "2018-06-01T12:00:00Z",
    "ended_at": "2018-06-01T12:01:00Z", "cluster": {}, "options": {}, "captures": captures}))
END
}
cp -r "$work/before" "$work/slow" && cp -r "$work/before" "$work/fast" && cp -r "$work/before" "$work/reset"
metrics slow 1 100 0 && metrics slow 2 200 0
metrics fast 1 100 0 && metrics fast 2 5100 0
metrics reset 1 9000 0 && metrics reset 2 200 0
for c in slow fast reset; do timed $c; done
ok "a rate that moved" says 1 "pilot requests_total{code=\"200\"}: 10/s -> 500/s" diff_of "$work/slow" "$work/fast"
reset() {
    diff_of --json "$work/slow" "$work/reset" >"$work/reset.json" || true
    grep -q '{"what":"pilot requests_total{code=\\"200\\"}","reason":"[^"]*/reset: the counter began again' "$work/reset.json"
}
ok "a counter that began again is a hole" reset

# ---- hostile and wrong ----

make_case evil "app$(printf '\\u001b[31m')" good bad
no_escape() {
    diff_of "$work/before" "$work/evil" >"$work/evil.txt" || true
    grep -q 'containers\[name=app\]' "$work/evil.txt" && ! grep -q "$(printf '\033')" "$work/evil.txt"
}
ok "no escape reaches the terminal" no_escape
ok "two bundles are needed" says 2 "" "$bundle" diff "$work/before"
ok "a bundle that is not there gives 3" silent 3 diff_of "$work/before" "$work/nowhere"
ok "bad rules are wrong use" says 2 "" "$bundle" diff -r "$work/before/kubernetes/version.json" "$work/before" "$work/after"
ok "a full disk is an error" says 6 "" sh -c "'$bundle' diff -r '$work/own.yaml' '$work/before' '$work/after' >/dev/full"
finish
