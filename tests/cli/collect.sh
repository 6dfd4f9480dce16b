#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# collect.sh -- healthy collections with the real kubectl, each version that is at hand.
. "${MESHCASE_SRCDIR:-.}/tests/cli/collect_lib.sh"

members_are_there() {
    tar tzf "$1" >"$work/names" || return 1
    for part in kubernetes/version.json kubernetes/discovery.json kubernetes/core/pods.json kubernetes/core/secrets.json \
        kubernetes/apps/deployments.json kubernetes/config.istio.io/rules.json metrics/mixer/istio-system/ \
        metrics/mixer-adapter/istio-system/ http/pilot/istio-system/ http/prometheus/istio-system/ logs/istio-system/ \
        exec/default/ clocks.json limits.json host/date.json host/limits.txt collector.log redactions.ndjson manifest.json; do
        grep -q "/$part" "$work/names" || { echo "no $part"; return 1; }
    done
    [ "$(grep -c 'metrics/mixer/.*\.9093\.1\.prom' "$work/names")" = 2 ] &&
        [ "$(grep -c 'metrics/mixer/.*\.9093\.2\.prom' "$work/names")" = 2 ]
}

# The clock of the API server, 4 s ahead, is told within its error.
clocks_are_right() {
    tar xzOf "$1" --wildcards '*/clocks.json' | python3 -c '
import json, sys
clocks = {c["subject"]: c for c in json.load(sys.stdin)["clocks"]}
api = clocks["apiserver"]
assert abs(api["offset_s"] - 4) <= api["error_s"] + 0.01 and api["error_s"] < 0.6, api
assert clocks["collector"]["offset_s"] == 0
assert any(c["kind"] == "node" for c in clocks.values())
assert any(c["kind"] == "container" for c in clocks.values())'
}

# What the kernel says of its time service; where it may not be asked there is no member.
time_service_is_told() {
    grep -q '/host/ntp.json' "$work/names" || return 0
    tar xzOf "$1" --wildcards '*/host/ntp.json' | python3 -c '
import json, sys
state = json.load(sys.stdin)
assert type(state["synchronised"]) is bool and state["max_error_s"] >= 0 and state["estimated_error_s"] >= 0, state'
}

limits_are_right() {
    tar xzOf "$1" --wildcards '*/limits.json' | python3 -c '
import json, sys
limits = json.load(sys.stdin)["limits"]
assert any(l["source"] == "proc-limits" and l["nofile"]["soft"] == 1048576 and l["open_fds"] == 18 for l in limits), limits
assert any(l["source"] == "metrics" and l["container"] == "mixer" for l in limits), limits' || return 1
    tar xzOf "$1" --wildcards '*/limits.json' | python3 -c '
import json, sys
book = json.load(sys.stdin)
kernels = {k["node"]: k for k in book["kernels"]}
assert set(kernels) == {None, "worker-1", "worker-2"}, kernels
assert kernels["worker-1"]["file_max"] == 1620448 and kernels["worker-1"]["inotify_instances"] == 8192, kernels
assert kernels["worker-1"]["source"].startswith("exec ") and kernels[None]["source"] == "collector", kernels
assert kernels[None]["file_max"] == int(open("/proc/sys/fs/file-max").read()), kernels
assert book["collector"]["nofile"]["soft"] > 0 and 3 < book["collector"]["open_fds"] < 100, book["collector"]'
}

secrets_are_names() {
    tar xzOf "$1" --wildcards '*/kubernetes/core/secrets.json' | python3 -c '
import json, sys
secrets = json.load(sys.stdin)
assert secrets["items"] and secrets["kind"] == "PartialObjectMetadataList"
assert not any("data" in item or "stringData" in item for item in secrets["items"])'
}

# kubectl in PATH first, then an older one where there is one.
for kubectl in "$(command -v kubectl)" ${KUBECTL_OLD:-}; do
    [ -x "$kubectl" ] || continue
    PATH=$(dirname "$kubectl"):$PATH
    export PATH
    serve bookinfo-healthy --skew 4
    bundle=$work/healthy.tar.gz
    rm -f "$bundle"
    gather --kubeconfig "$kc" -o "$bundle" --sample-interval 1s --rate 100 --progress plain
    expect "a healthy cluster gives exit status 0" is "$status" 0
    expect "the bundle is sound" sound "$bundle"
    expect "nothing else is left" nothing_left "$bundle"
    expect "it holds what the rules need" members_are_there "$bundle"
    expect "the clocks are right" clocks_are_right "$bundle"
    expect "the time service of this machine is told" time_service_is_told "$bundle"
    expect "the limits are right" limits_are_right "$bundle"
    expect "Secrets are names alone" secrets_are_names "$bundle"
    expect "nothing but GETs and commands was asked" harmless "$asked"
    expect "the summary names the file" says "$out" "healthy.tar.gz: .* 0 missing"
    expect "it says how to look inside" says "$out" "meshcase-bundle list"
    expect "stages are told" says "$err" "reading objects"
    if [ -x "$build/meshcase-bundle" ]; then
        expect "meshcase-bundle accepts it" "$build/meshcase-bundle" verify "$bundle"
    fi
    kill "$server"
done

# The other recorded clusters: nothing that may not be asked, ever.
for recorded in bookinfo-0.5 bookinfo-0.5-broken bookinfo-broken; do
    serve $recorded
    rm -f "$bundle"
    # shellcheck disable=SC2046
    gather --kubeconfig "$kc" -o "$bundle" --sample-interval 0s --rate 400 --progress none $([ $recorded = bookinfo-0.5 ] || echo --no-exec)
    expect "$recorded: exit status" test "$status" -le 1
    expect "$recorded: sound" sound "$bundle"
    expect "$recorded: nothing forbidden was asked" harmless "$asked"
    kill "$server"
done

# Ports that annotations offer: of applications, with their own path, twice.
mkdir -p "$work/annotated/edits" "$work/annotated/proxy/default/web-1/8081"
python3 - "$src/tests/apiserver/clusters/minimal" "$work/annotated" <<'EOF'
import json, os, sys
base = os.path.abspath(sys.argv[1])
json.dump(json.load(open(f"{base}/cluster.json")) | {"base": base}, open(f"{sys.argv[2]}/cluster.json", "w"))
notes = {"prometheus.io/scrape": "true", "prometheus.io/port": "8081", "prometheus.io/path": "/stats/app"}
json.dump([{"patch": "pods/default/web-1", "merge": {"metadata": {"annotations": notes}}}], open(f"{sys.argv[2]}/edits/a.json", "w"))
# The limits of a process stand far behind the beginning of a long page.
page = "".join(f'app_calls_total{{n="{i}"}} {i}\n' for i in range(20000)) + "process_max_fds 4096\nprocess_open_fds 77\n"
json.dump({"/stats/app": {"body": page}}, open(f"{sys.argv[2]}/proxy/default/web-1/8081/routes.json", "w"))
EOF
serve "../../../../../../../../../../$work/annotated"
rm -f "$bundle"
gather --kubeconfig "$kc" -o "$bundle" --sample-interval 0s --rate 400 --progress none --no-exec
expect "annotations: two samples of the path that they name" is "$(capture "$bundle" metrics/app/default/web-1.8081.2.prom)" "complete -"
annotated_limits() {
    tar xzOf "$bundle" --wildcards '*/limits.json' | python3 -c '
import json, sys
limits = json.load(sys.stdin)["limits"]
web = next(l for l in limits if l["pod"] == "web-1" and l["container"] == "web" and l["source"] == "metrics")
assert web["nofile"]["soft"] == 4096 and web["open_fds"] == 77 and web["process"] == "self", web'
}
expect "annotations: the process' limits, wherever they stand" annotated_limits
kill "$server"

# Options that shape a collection.
serve bookinfo-healthy
bundle=$work/options.tar.gz
gather --kubeconfig "$kc" -o "$bundle" --sample-interval 1s --rate 100 --no-exec -n default --tail 3 --progress json
expect "-n, --no-exec and --tail are no failure" test "$status" -le 1
expect "a list of some namespaces is partial" is "$(capture "$bundle" kubernetes/core/pods.json)" "partial option"
expect "a cluster's object is complete" is "$(capture "$bundle" kubernetes/core/nodes.json)" "complete -"
expect "what --no-exec leaves out is recorded" is "$(capture "$bundle" processes)" "skipped option"
expect "and of pages only what commands would have fetched" is "$(capture "$bundle" "gateway-state: pages of ingress")" "skipped option"
expect "pages fetched without commands are not among them" sh -c "! tar xzOf '$bundle' --wildcards '*/manifest.json' | grep -qF 'http/**'"
expect "the old log says that it is a tail" sh -c "tar xzOf '$bundle' --wildcards '*/manifest.json' | grep -q '\"truncated\":\"tail\"'"
expect "progress is JSON, a line an event" python3 -c '
import json, sys
events = [json.loads(line) for line in open(sys.argv[1])]
assert {"stage", "progress"} <= {e["event"] for e in events}, events' "$err"
gather --kubeconfig "$kc" -o "$bundle" --no-exec --sample-interval 0s
expect "an existing file is not replaced" is "$status" 2
gather --kubeconfig "$kc" -o "$bundle" --no-exec --sample-interval 0s --rate 100 --force --quiet
expect "--force replaces it" is "$status" 0
expect "--quiet says nothing" sh -c "[ ! -s '$out' ] && [ ! -s '$err' ]"
cd "$work/tmp" || exit 99
gather --kubeconfig "$kc" --no-exec --sample-interval 0s --rate 100
expect "the default name has context and time" sh -c "ls '$work/tmp' | grep -qE '^meshcase-recorded-[0-9]{8}T[0-9]{6}Z\.tar\.gz$'"
rm -f "$work"/tmp/meshcase-*

# What is told before anything is fetched.
gather --kubeconfig "$kc" --dry-run
expect "--dry-run is a success" is "$status" 0
expect "--dry-run prints the plan" says "$out" "GET /metrics, 2 samples"
gather --kubeconfig "$kc" --preflight --rate 500
expect "all is permitted" is "$status" 0
expect "--preflight writes nothing" nothing_left "$work/tmp/x"
expect "reviews alone were added" harmless "$asked"
kill "$server"
finish
