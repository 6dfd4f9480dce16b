#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# collect_pace.sh -- how the cluster is asked, as its own log tells it: how much at once, how often, what waits for
# what; and how well that measures its clocks.
. "${MESHCASE_SRCDIR:-.}/tests/cli/collect_lib.sh"
bundle=$work/x.tar.gz

# gentle LOG RATE JOBS: no more at once and in any second.  A command's requests are kubectl's own: they may come a bit
# closer together than we start commands, so that they are judged over 3 s.
gentle() {
    python3 - "$@" <<'EOP'
import datetime, json, sys
rate, jobs = int(sys.argv[2]), int(sys.argv[3])
asked = [json.loads(line) for line in open(sys.argv[1])]
# A dispatcher of several kubectls asks for the version first: it is not ours to hold back.
asked = [a for a in asked if "dispatcher" not in a["user_agent"]]
at = sorted((datetime.datetime.fromisoformat(a["time"].replace("Z", "+00:00")).timestamp(), a["duration_ms"] / 1000,
             a["user_agent"]) for a in asked)
events = sorted([(t, 1) for t, _, _ in at] + [(t + d, -1) for t, d, _ in at])
open_now = most = 0
for _, step in events:
    open_now += step
    most = max(most, open_now)
assert most <= jobs, f"{most} at once, {jobs} allowed"
def busiest(times, width):
    return max((sum(1 for u in times if t <= u < t + width) for t in times), default=0)
ours = [t for t, _, agent in at if agent == "meshcase-collect"]
everything = [t for t, _, _ in at]
assert busiest(ours, 1) <= rate + 1, f"{busiest(ours, 1)} of ours in a second"
assert busiest(everything, 3) <= 3 * rate + 6, f"{busiest(everything, 3)} in three seconds"
# And it does not dawdle: half the pace at least while there is something to ask.
assert busiest(ours, 1) >= rate / 2, f"only {busiest(ours, 1)} a second"
EOP
}
# clocks SKEW: every clock holds the true value; the API server's and those of nodes are known to 50 ms.
clocks() {
    tar xzOf "$bundle" --wildcards '*/clocks.json' | python3 -c '
import json, sys
skew = float(sys.argv[1])
clocks = json.load(sys.stdin)["clocks"]
by_kind = {}
for c in clocks:
    by_kind.setdefault(c["kind"], []).append(c)
    true = 0 if c["kind"] == "collector" else skew
    assert abs(c["offset_s"] - true) <= c["error_s"] + 0.001, f"the true value is outside: {c}"
    assert not c.get("stepped"), c
assert by_kind["apiserver"][0]["error_s"] < 0.05, by_kind["apiserver"]
assert len(by_kind["node"]) == 2 and all(c["error_s"] < 0.05 for c in by_kind["node"]), by_kind["node"]
assert len(by_kind["pod"]) >= 7, by_kind["pod"]
' "$1"
}
# before FIRST SECOND: the log has the first before the second ends.
before() {
    python3 - "$asked" "$1" "$2" <<'EOP'
import datetime, json, sys
asked = [json.loads(line) for line in open(sys.argv[1])]
def at(a): return datetime.datetime.fromisoformat(a["time"].replace("Z", "+00:00")).timestamp()
first = min((at(a) for a in asked if sys.argv[2] in a["path"]), default=None)
hung = [at(a) + a["duration_ms"] / 1000 for a in asked if a["path"] == sys.argv[3]]
assert first is not None, f"{sys.argv[2]} was never asked"
assert hung and first < max(hung) - 1, f"{sys.argv[2]} waited for {sys.argv[3]}: {first - max(hung)} s"
EOP
}

serve bookinfo-healthy --skew 3.2 --latency 20
gather --kubeconfig "$kc" -o "$bundle" --progress none --no-exec --sample-interval 8s
expect "the defaults: exit status" is "$status" 0
expect "the defaults: four at once, twenty a second" gentle "$asked" 20 4
expect "a skew of 3.2 s over round trips of 20 ms" clocks 3.2
kill "$server"

rm -f "$bundle"
serve bookinfo-healthy
gather --kubeconfig "$kc" -o "$bundle" --progress none --rate 50 --jobs 2 --sample-interval 0s
expect "--rate and --jobs: exit status" is "$status" 0
expect "--rate and --jobs are kept, commands included" gentle "$asked" 50 2
kill "$server"

# What hangs costs its own time, beside the others.
for path in /api/v1/events /apis/networking.k8s.io/v1; do
    echo "[{\"path\": \"$path\", \"action\": \"hang\", \"seconds\": 60}]" >"$work/faults"
    rm -f "$bundle"
    serve bookinfo-healthy --faults "$work/faults"
    gather --kubeconfig "$kc" -o "$bundle" --progress none --rate 200 --sample-interval 0s --no-exec --request-timeout 3s
    expect "$path hangs: exit status" is "$status" 1
    expect "$path hangs: sound" sound "$bundle"
    expect "$path hangs: metrics do not wait" before 9093/proxy/metrics "$path"
    expect "$path hangs: logs do not wait" before /log "$path"
    kill "$server"
done

# The lease of a node tells its clock.
serve minimal --skew -2 --renew 3
gather --kubeconfig "$kc" -o "$bundle" --progress none --rate 200 --sample-interval 1s --no-exec --force
expect "leases: exit status" is "$status" 0
node_clock() {
    tar xzOf "$bundle" --wildcards '*/clocks.json' | python3 -c '
import json, sys
node = next(c for c in json.load(sys.stdin)["clocks"] if c["kind"] == "node")
assert node["method"] == "lease-watch" and abs(node["offset_s"] + 2) <= node["error_s"] <= 0.5, node'
}
expect "leases: the clock of a node without any command in it" node_clock
kill "$server"

# A server that keeps its Date for a while: what it says is late, and the interval still holds the true value.
stale() {
    python3 - "$src/tests/apiserver/clusters/bookinfo-healthy" "$work/stale" "$1" "$2" <<'EOP'
import json, os, sys
base, folder, server, late = sys.argv[1:]
pods = os.path.join(base, "proxy/istio-system")
for pod in os.listdir(pods):
    for port in os.listdir(os.path.join(pods, pod)):
        target = os.path.join(folder, "proxy/istio-system", pod, port)
        os.makedirs(target, exist_ok=True)
        with open(os.path.join(pods, pod, port, "routes.json"), encoding="utf-8") as old:
            routes = json.load(old)
        routes.setdefault("*", {"status": 404, "body": "404 page not found\n"})
        for answer in routes.values():
            answer["headers"] = {**answer.get("headers", {}), "server": server}
            answer["date_skew_s"] = -float(late)
        with open(os.path.join(target, "routes.json"), "w", encoding="utf-8") as new:
            json.dump(routes, new)
        for name in os.listdir(os.path.join(pods, pod, port)):
            if name != "routes.json":
                link = os.path.join(target, name)
                os.path.islink(link) or os.symlink(os.path.abspath(os.path.join(pods, pod, port, name)), link)
with open(os.path.join(folder, "cluster.json"), "w", encoding="utf-8") as cluster:
    json.dump({"description": "servers that keep their Date", "base": os.path.relpath(base, folder)}, cluster)
EOP
}
holds_the_truth() {
    tar xzOf "$bundle" --wildcards '*/clocks.json' | python3 -c '
import json, sys
pods = [c for c in json.load(sys.stdin)["clocks"] if c["kind"] == "pod"]
assert len(pods) >= 5, pods
assert not [c for c in pods if abs(c["offset_s"]) > c["error_s"] + 0.001], pods'
}
for late in "istio-envoy 0.45" "envoy 0.45" "Apache-Coyote/1.1 0.95"; do
    mkdir -p "$work/stale"
    stale ${late% *} ${late#* }
    serve ../../../../../../../../../$work/stale
    gather --kubeconfig "$kc" -o "$bundle" --progress none --no-exec --rate 200 --sample-interval 2s --force
    expect "${late% *} keeps its Date: exit status" test "$status" -le 1
    expect "${late% *} keeps its Date: the true value is inside" holds_the_truth
    kill "$server"
done

finish
