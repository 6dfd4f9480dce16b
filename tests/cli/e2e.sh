#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# e2e.sh -- the whole journey: recorded cluster, real kubectl, collect, analyse offline, findings.
# Each cluster below tests/apiserver/clusters with an expected.json is served, collected, and analysed once
# its server is gone; its findings must be exactly those.  A healthy cluster expects none.
set -u
src=${MESHCASE_SRCDIR:-.}
build=${MESHCASE_BUILDDIR:-.}
command -v kubectl >/dev/null 2>&1 || { echo "e2e: skipped: no kubectl"; exit 77; }

work=$(mktemp -d)
server=
trap '[ -n "$server" ] && kill "$server" 2>/dev/null; rm -rf "$work"' EXIT
passed=0
failed=0

# serve CLUSTER: starts the server and waits until it answers.
serve() {
    rm -f "$work/kubeconfig" "$work/port"
    python3 "$src/tests/apiserver/server.py" "$src/tests/apiserver/clusters/$1" --log "$work/requests" \
        --kubeconfig "$work/kubeconfig" --port-file "$work/port" --parent-pid $$ >"$work/server.log" 2>&1 &
    server=$!
    tries=0
    until [ -s "$work/kubeconfig" ] && [ -s "$work/port" ]; do
        tries=$((tries + 1))
        [ $tries -gt 150 ] && { cat "$work/server.log"; return 1; }
        sleep 0.1
    done
}

stop() {
    kill "$server" 2>/dev/null
    wait "$server" 2>/dev/null
    server=
}

# journey CLUSTER: prints what went wrong, nothing if all is as expected.
journey() {
    bundle=$work/$1.tar.gz
    mkfifo "$bundle.fifo"
    serve "$1" || { echo "the recorded cluster could not be served"; return; }
    "$build/meshcase-collect" --kubeconfig "$work/kubeconfig" --rate 100 --sample-interval 1s --quiet --force \
        -o "$bundle" 2>"$work/collect.err"
    status=$?
    stop
    [ $status -le 1 ] || { echo "collect ended with $status"; cat "$work/collect.err"; return; }
    gzip -t "$bundle" || echo "gzip -t refuses the bundle"
    tar tzf "$bundle" >/dev/null || echo "tar refuses the bundle"
    "$build/meshcase-bundle" verify "$bundle" >"$work/verify" 2>&1 || { echo "verify:"; cat "$work/verify"; }
    "$build/meshcase-analyze" --format json -o "$work/$1.json" "$bundle" 2>"$work/analyze.err"
    status=$?
    [ $status -le 1 ] || { echo "analyze ended with $status"; cat "$work/analyze.err"; return; }
    python3 "$src/tests/lib/check_schema.py" "$src/docs/report.schema.json" "$work/$1.json"
    # Of a file the objects keep only the fields that rules can reach; a pipe cannot be read twice, so they are
    # kept whole.
    "$build/meshcase-analyze" --format json -o "$work/$1.whole.json" - <"$bundle.fifo" 2>"$work/analyze.err" &
    cat "$bundle" >"$bundle.fifo"
    wait $!
    python3 "$src/tests/cli/e2e_same.py" "$work/$1.json" "$work/$1.whole.json"
    python3 "$src/tests/cli/e2e_report.py" "$work/$1.json" "$src/tests/apiserver/clusters/$1/expected.json" \
        $status "$work/requests"
}

for expected in "$src"/tests/apiserver/clusters/*/expected.json; do
    cluster=$(basename "$(dirname "$expected")")
    complaints=$(journey "$cluster")
    if [ -z "$complaints" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf '%s: %s\n' "$cluster" "$complaints"
    fi
done
echo "$passed passed, $failed failed"
[ $failed = 0 ] && [ $passed -gt 1 ]
