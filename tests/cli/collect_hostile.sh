#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# collect_hostile.sh -- answers that no API server should give cost themselves alone, and never pass for "none exist".
. "${MESHCASE_SRCDIR:-.}/tests/cli/collect_lib.sh"

fast="--sample-interval 0s --progress none"
bundle=$work/x.tar.gz

# with FAULTS ARG...: a collection from the small cluster with those faults.
with() {
    echo "$1" >"$work/faults"
    shift
    rm -f "$bundle"
    serve minimal --faults "$work/faults"
    gather --kubeconfig "$kc" -o "$bundle" $fast --rate 300 "$@"
    kill "$server" 2>/dev/null
}
# answer PATH TEXT [TYPE]: a fault that gives that text with status 200.
answer() {
    python3 -c 'import json, sys
print(json.dumps([{"path": sys.argv[1], "action": "status", "status": 200, "body": sys.argv[2], "type": sys.argv[3]}]))' \
        "$1" "$2" "${3:-application/json}"
}

# A page for people where JSON was expected.
page='<html><body>Please log in</body></html>'
with "$(answer /api/v1/services "$page" text/html)" --no-exec
expect "a page for a list: exit status" is "$status" 1
expect "a page for a list: sound" sound "$bundle"
expect "a page for a list: recorded" is "$(capture "$bundle" kubernetes/core/services.json)" "failed malformed"
with "$(answer /apis/networking.istio.io/v1beta1 "$page" text/html)" --no-exec
expect "a page for a group: sound" sound "$bundle"
expect "a page for a group: its resources are not 'none'" is "$(capture "$bundle" 'resources of networking.istio.io')" "partial malformed"
expect "a page for a group: exit status" is "$status" 1
with "$(answer /apis "$page" text/html)" --no-exec
expect "a page for all groups: sound" sound "$bundle"
expect "a page for all groups: none is known" is "$(capture "$bundle" 'resources of networking.istio.io')" "partial malformed"
expect "a page for all groups: the core is read" is "$(capture "$bundle" kubernetes/core/pods.json)" "complete -"
with "$(answer '*' "$page" text/html)" --no-exec
expect "nothing but pages: no bundle" is "$status" 3
expect "nothing but pages: said so" says "$err" "is no API server\|is no JSON"
expect "nothing but pages: no file" absent "$bundle"

# Pods that cannot be.
pods() {
    python3 -c '
import json, sys
def pod(name, containers, namespace="default", **more):
    return {"metadata": {"name": name, "namespace": namespace, **more},
            "spec": {"nodeName": "node-1", "containers": [{"name": c} for c in containers]},
            "status": {"containerStatuses": [{"name": c, "restartCount": 1, "state": {"running": {}}} for c in containers]}}
proxy = ["istio-proxy"]
items = [pod("web-1", ["web", "istio-proxy"]), pod("web-1", ["web", "istio-proxy"]), pod("twice-1", ["web", "web"]),
         pod("../../../etc/passwd", proxy), pod("a/../../b", proxy), pod("..", proxy), pod("--v=9", proxy), pod("-it", proxy),
         pod("x?watch=1&y=", proxy), pod("x%2f..%2fsecrets", proxy), pod("x y\n", proxy), pod("X" * 3000, proxy), pod("\u202e\u001b[2J", proxy),
         pod("ok-1", ["../x", "--help"]), pod("ok-2", proxy, namespace="../kube-system"), pod("ok-3", proxy, namespace="-A"),
         {"spec": {}}, {"metadata": {}}, {"metadata": {"name": None}}, None, 7, "pod", [], {"metadata": {"name": 5, "namespace": {}}}]
print(json.dumps({"apiVersion": "v1", "kind": "PodList", "metadata": {"resourceVersion": "1"}, "items": items}))'
}
with "$(answer /api/v1/pods "$(pods)")"
expect "odd pods: exit status" is "$status" 1
expect "odd pods: sound" sound "$bundle"
expect "odd pods: no odd member" sh -c "! tar tzf '$bundle' | grep -E '\.\.|passwd|--v|-it|watch=|%|XXXX'"
expect "odd pods: nothing odd was asked" sh -c "! grep -E '\"path\": *\"[^\"]*(\.\.|passwd|/-|%|watch=|XXXX|/etc)' '$asked'"
expect "odd pods: harmless" harmless "$asked"
expect "odd pods: the good one was asked" is "$(capture "$bundle" logs/default/web-1/web.log)" "complete -"
expect "odd pods: the others are told" says "$out" "names that cannot be"

# A server that turns pages for ever.
turning='{"kind": "ConfigMapList", "apiVersion": "v1", "metadata": {"continue": "again"}, "items": []}'
with "$(answer /api/v1/configmaps "$turning")" --no-exec --deadline 20s
expect "pages without end: sound" sound "$bundle"
expect "pages without end: not complete" sh -c "! echo '$(capture "$bundle" kubernetes/core/configmaps.json)' | grep complete"
expect "pages without end: given up early" test "$(grep -c '"/api/v1/configmaps"' "$asked")" -lt 50
long=$(python3 -c 'print("{\"kind\": \"ConfigMapList\", \"apiVersion\": \"v1\", \"metadata\": {\"continue\": \"" + "t" * 90000 + "\"}, \"items\": []}")')
with "$(answer /api/v1/configmaps "$long")" --no-exec
expect "a token too long: exit status" is "$status" 1
expect "a token too long: sound" sound "$bundle"
expect "a token too long: recorded" is "$(capture "$bundle" kubernetes/core/configmaps.json)" "partial malformed"
expect "a token too long: the others are there" is "$(capture "$bundle" kubernetes/core/pods.json)" "complete -"

# Credentials that end in the middle.
with '[{"path": "/api/v1/*", "action": "status", "status": 401, "message": "Unauthorized", "after": 5}]' --no-exec
expect "expired: exit status" is "$status" 1
expect "expired: sound" sound "$bundle"
expect "expired: told" says "$out" "unauthorized"

# What pods serve: a flood, headers without measure, answers of the wrong kind.
mkdir -p "$work/odd/proxy/default/web-1/15020" "$work/odd/proxy/istio-system/istio-pilot-1/8080"
python3 - "$src/tests/apiserver/clusters/minimal" "$work/odd" <<'EOF'
import json, sys
cluster = json.load(open(f"{sys.argv[1]}/cluster.json")) | {"base": sys.argv[1]}
json.dump(cluster, open(f"{sys.argv[2]}/cluster.json", "w"))
pilot = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "istio-pilot-1", "namespace": "istio-system", "labels": {"istio": "pilot", "app": "pilot"}},
         "spec": {"nodeName": "node-1", "containers": [{"name": "discovery", "image": "docker.io/istio/pilot:0.8.0"}]},
         "status": {"phase": "Running", "containerStatuses": [{"name": "discovery", "restartCount": 0, "state": {"running": {}}}]}}
import os
os.makedirs(f"{sys.argv[2]}/edits")
json.dump([{"add": pilot}], open(f"{sys.argv[2]}/edits/pilot.json", "w"))
flood = "".join(f"flood_total{{n=\"{i}\"}} 1\n" for i in range(100000))
json.dump([{"path": "*:9093/proxy/metrics", "action": "status", "status": 200, "type": "text/plain", "body": flood * 30}],
          open(f"{sys.argv[2]}/faults.json", "w"))
json.dump({"*": {"body": "<html>not JSON \x1b[2J</html>", "type": "text/html", "headers": {"X-Big": "h" * 200000, "Retry-After": "9" * 5000}}},
          open(f"{sys.argv[2]}/proxy/istio-system/istio-pilot-1/8080/routes.json", "w"))
EOF
serve ../../../../../../../../../$work/odd
gather --kubeconfig "$kc" -o "$bundle" $fast --rate 300 --force
expect "odd pods' answers: exit status" is "$status" 1
expect "odd pods' answers: sound" sound "$bundle"
expect "a flood of metrics is cut, and told" is "$(capture "$bundle" metrics/pilot/istio-system/istio-pilot-1.9093.1.prom)" "partial truncated"
kill "$server"
finish
