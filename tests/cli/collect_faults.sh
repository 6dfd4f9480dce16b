#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# collect_faults.sh -- whatever goes wrong while it runs, a valid bundle tells what is missing.
. "${MESHCASE_SRCDIR:-.}/tests/cli/collect_lib.sh"

fast="--sample-interval 0s --rate 200 --no-exec --progress none"
bundle=$work/x.tar.gz

# with FAULTS ARG...: a collection from a cluster with those faults.
with() {
    echo "$1" >"$work/faults"
    shift
    rm -f "$bundle"
    serve "${cluster_name:-minimal}" --faults "$work/faults"
    gather --kubeconfig "$kc" -o "$bundle" $fast "$@"
    kill "$server" 2>/dev/null
}
no_proxy_left() {
    left=$(grep -laz -- "unix-[s]ocket=$TMPDIR" /proc/[0-9]*/cmdline 2>/dev/null)
    [ -z "$left" ] || { echo "a proxy is left: $left"; return 1; }
}
asked_times() { grep -c "$1" "$asked"; }

with '[{"path": "/api/v1/configmaps", "action": "status", "status": 403, "message": "configmaps is forbidden: no"}]'
expect "403: exit status" is "$status" 1
expect "403: sound" sound "$bundle"
expect "403: recorded" is "$(capture "$bundle" kubernetes/core/configmaps.json)" "failed forbidden"
expect "403: the others are there" is "$(capture "$bundle" kubernetes/core/pods.json)" "complete -"
expect "403: the summary says so" says "$out" "failed *forbidden *kubernetes/core/configmaps.json"

# Who asked is somebody: the reason in the manifest and the collector's log name a pseudonym.
with '[{"path": "/api/v1/configmaps", "action": "status", "status": 403, "message": "configmaps is forbidden: User \"corp/jane.doe\" cannot list resource"}]' \
    --redact identity
expect "403 by name: recorded" is "$(capture "$bundle" kubernetes/core/configmaps.json)" "failed forbidden"
expect "403 by name: the reason is there" sh -c "tar xzOf '$bundle' | grep -q 'cannot list resource'"
expect "403 by name: the name is nowhere" sh -c "! tar xzOf '$bundle' | grep jane"

with '[{"path": "/api/v1/pods", "action": "status", "status": 403, "message": "pods is forbidden"}]'
expect "no pods: exit status" is "$status" 1
expect "no pods: sound" sound "$bundle"
expect "no pods: their logs are unknown" is "$(capture "$bundle" 'application-logs: logs of app')" "skipped forbidden"

with '[{"path": "/api/v1/events", "action": "hang", "seconds": 60}]' --request-timeout 1s
expect "hang: exit status" is "$status" 1
expect "hang: sound" sound "$bundle"
expect "hang: recorded" is "$(capture "$bundle" kubernetes/core/events.json)" "failed timeout"
expect "hang: asked once" is "$(asked_times /api/v1/events)" 1

with '[{"path": "/api/v1/events", "action": "reset"}]'
expect "reset: exit status" is "$status" 1
expect "reset: recorded" is "$(capture "$bundle" kubernetes/core/events.json)" "failed unreachable"

with '[{"path": "/api/v1/pods", "action": "status", "status": 429, "retry_after": 1, "count": 2, "message": "slow down"}]'
expect "429: waited for" is "$status" 0
expect "429: recorded" is "$(capture "$bundle" kubernetes/core/pods.json)" "complete -"
with '[{"path": "/api/v1/pods", "action": "status", "status": 429, "retry_after": 1, "message": "slow down"}]' --deadline 3s
expect "429 for ever: exit status" is "$status" 1
expect "429 for ever: sound" sound "$bundle"
expect "429 for ever: recorded" is "$(capture "$bundle" kubernetes/core/pods.json)" "failed rate-limited"

with '[{"path": "*/log", "action": "slow", "bytes_per_second": 10}]' --request-timeout 1s
expect "slow: exit status" is "$status" 1
expect "slow: sound" sound "$bundle"

with '[{"path": "/apis*", "action": "status", "status": 500, "message": "etcd is gone"}]'
expect "no discovery: exit status" is "$status" 1
expect "no discovery: sound" sound "$bundle"

with '[{"path": "/api/v1/*", "action": "hang", "seconds": 60}]' --request-timeout 30s --deadline 2s
expect "deadline: exit status" is "$status" 1
expect "deadline: sound" sound "$bundle"
expect "deadline: recorded" is "$(capture "$bundle" kubernetes/core/pods.json)" "failed deadline"

# A caller who may not do everything is told before, and asks in vain only once.
mkdir "$work/limited"
python3 - "$src/tests/apiserver/clusters/bookinfo-healthy" "$work/limited" <<'EOF'
import json, sys
cluster = json.load(open(f"{sys.argv[1]}/cluster.json")) | {"base": sys.argv[1]}
json.dump(cluster, open(f"{sys.argv[2]}/cluster.json", "w"))
every = {"apiGroups": ["*"], "resources": ["*"], "verbs": ["get", "list"]}
no = {"apiGroups": [""], "resources": ["configmaps", "pods/exec"], "verbs": ["*"]}
json.dump({"user": "bob", "rules": [every, {"nonResourceURLs": ["*"], "verbs": ["get"]}], "except": [no]},
          open(f"{sys.argv[2]}/rbac.json", "w"))
EOF
serve ../../../../../../../../../$work/limited
gather --kubeconfig "$kc" --preflight --rate 500
expect "preflight: exit status" is "$status" 1
expect "preflight: what is missing" says "$out" "list *configmaps in all namespaces"
expect "preflight: the role to add" says "$out" "resources: \[pods/exec\]"
expect "preflight: reviews and GETs alone" harmless "$asked"
gather --kubeconfig "$kc" -o "$bundle" --sample-interval 0s --rate 200 --force --progress none
expect "no exec: exit status" is "$status" 1
expect "no exec: sound" sound "$bundle"
expect "no exec: asked a few times" test "$(asked_times '/exec"')" -le 16
kill "$server"

# A list that changes while it is read.
big() {
    python3 - "$1" <<'EOF'
import json, os, sys
os.makedirs(f"{sys.argv[1]}/objects", exist_ok=True)
json.dump({"description": "many", "recorded_at": "2018-06-14T08:00:00Z"}, open(f"{sys.argv[1]}/cluster.json", "w"))
json.dump({"major": "1", "minor": sys.argv[1][-2:], "gitVersion": f"v1.{sys.argv[1][-2:]}.3"}, open(f"{sys.argv[1]}/version.json", "w"))
json.dump([{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"c{i}", "namespace": "default"}, "data": {"i": str(i)}}
           for i in range(1200)], open(f"{sys.argv[1]}/objects/all.json", "w"))
EOF
}
items() { tar xzOf "$bundle" --wildcards '*/core/configmaps.json' | python3 -c 'import json, sys; print(len(json.load(sys.stdin)["items"]))'; }
for minor in 10 20; do
    big "$work/big$minor"
    cluster_name=../../../../../../../../../$work/big$minor
    with '[]'
    expect "pages: exit status with 1.$minor" is "$status" 0
    expect "pages: all items with 1.$minor" is "$(items)" 1200
    expect "pages: three of them with 1.$minor" is "$(asked_times '"/api/v1/configmaps"')" 3
    with '[{"path": "/api/v1/configmaps", "action": "truncate", "bytes": 60000}]'
    expect "cut: exit status with 1.$minor" is "$status" 1
    expect "cut: sound with 1.$minor" sound "$bundle"
    expect "cut: recorded with 1.$minor" is "$(capture "$bundle" kubernetes/core/configmaps.json)" "partial truncated"
    expect "cut: whole items alone with 1.$minor" test "$(items)" -gt 10
    with '[{"path": "/api/v1/configmaps", "query": {"continue": "?*"}, "action": "expire", "count": 1, "after": 1}]'
    expect "410: sound with 1.$minor" sound "$bundle"
    expect "410: all items with 1.$minor" is "$(items)" 1200
    if [ $minor = 20 ]; then
        expect "410: told" is "$(capture "$bundle" kubernetes/core/configmaps.json)" "partial expired"
    else
        expect "410: read again whole" is "$(capture "$bundle" kubernetes/core/configmaps.json)" "complete -"
    fi
done
cluster_name=

# The cluster, or we, end in the middle.
# during PATTERN: a collection in the background, under way until the cluster was asked that.
during() {
    rm -f "$bundle"
    "$collect" --kubeconfig "$kc" -o "$bundle" $fast --request-timeout ${timeout:-2s} >"$work/out" 2>"$work/err" </dev/null &
    pid=$!
    for _ in $(seq 600); do
        grep -q "$1" "$asked" && return
        sleep 0.1
    done
}
echo '[{"path": "*/log", "action": "delay", "seconds": 1}]' >"$work/faults"
serve bookinfo-healthy --faults "$work/faults"
during '/log"'
kill -9 "$server" 2>/dev/null
wait $pid
expect "a server that dies: exit status" is $? 1
expect "a server that dies: sound" sound "$bundle"
expect "a server that dies: told" says "$work/out" "unreachable"

for signal in INT TERM; do
    serve bookinfo-healthy --faults "$work/faults"
    during '/log"'
    kill -$signal $pid
    wait $pid
    expect "SIG$signal: exit status" is $? 1
    expect "SIG$signal: sound" sound "$bundle"
    expect "SIG$signal: told" says "$work/out" "cancelled"
    expect "SIG$signal: nothing left" nothing_left "$bundle"
    kill "$server"
done

echo '[{"path": "/api/v1/*", "action": "hang", "seconds": 60}]' >"$work/faults"
serve minimal --faults "$work/faults"
timeout=30s
during '"/apis"'
kill -9 $pid
wait $pid 2>/dev/null
expect "SIGKILL: no bundle" absent "$bundle"
sleep 1
expect "SIGKILL: no proxy left" no_proxy_left
expect "SIGKILL: no temporary folder left" is "$(ls -A "$TMPDIR")" ""
kill "$server"

# The same while commands run in containers, and with two signals.
no_kubectl_left() { ! pgrep -f -a -- "cache-dir=$TMPDIR"; }
echo '[{"method": "*", "path": "*/exec", "action": "hang", "seconds": 60}]' >"$work/faults"
serve minimal --faults "$work/faults"
fast="--sample-interval 0s --rate 200 --progress none"
for signal in INT KILL; do
    rm -f "$bundle" "$work"/.x*
    during '/exec"'
    [ $signal = INT ] && kill -TERM $pid
    kill -$signal $pid
    wait $pid 2>/dev/null
    expect "SIG$signal among commands: exit status" is $? "$([ $signal = INT ] && echo 3 || echo 137)"
    expect "SIG$signal among commands: no bundle" absent "$bundle"
    sleep 1
    expect "SIG$signal among commands: none goes on" no_kubectl_left
    expect "SIG$signal among commands: no temporary folder left" is "$(ls -A "$TMPDIR")" ""
    [ $signal = INT ] && expect "SIGINT twice: nothing left" nothing_left "$bundle"
    : >"$asked"
done
kill "$server"

# Before kubectl proxy listens: at once, and without a trace.
mkdir "$work/slow"
printf '#!/bin/sh\ncase "$*" in *proxy*) sleep 30 ;; esac\nexec %s "$@"\n' "$(command -v kubectl)" >"$work/slow/kubectl"
chmod +x "$work/slow/kubectl"
PATH_BEFORE=$PATH
PATH=$work/slow:$PATH
"$collect" --kubeconfig "$kc" -o "$bundle" >"$work/out" 2>"$work/err" </dev/null &
pid=$!
PATH=$PATH_BEFORE
for _ in $(seq 100); do
    pgrep -f "$work/slow/kubectl .*proxy" >/dev/null && break
    sleep 0.1
done
kill -TERM $pid
sleep 1
expect "SIGTERM before the proxy: ends at once" sh -c "! kill -0 $pid"
wait $pid
expect "SIGTERM before the proxy: exit status" is $? 3
expect "SIGTERM before the proxy: one line" one_line "$work/err"
expect "SIGTERM before the proxy: no file" absent "$bundle"
expect "SIGTERM before the proxy: nothing left" nothing_left "$bundle"
fast="--sample-interval 0s --rate 200 --no-exec --progress none"

# Without a proxy every request starts kubectl.
cat >"$work/kubectl" <<EOF
#!/bin/sh
for word; do [ "\$word" = proxy ] && { echo "error: no proxy here" >&2; exit 1; }; done
exec $(command -v kubectl) "\$@"
EOF
chmod +x "$work/kubectl"
PATH=$work:$PATH
export PATH
with '[]'
expect "no proxy: sound" sound "$bundle"
expect "no proxy: pods all the same" is "$(capture "$bundle" kubernetes/core/pods.json)" "complete -"
expect "no proxy: Secrets are not asked for" is "$(capture "$bundle" kubernetes/core/secrets.json)" "skipped unsupported"
expect "no proxy: exit status" is "$status" 1
finish
