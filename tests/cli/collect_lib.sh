# SPDX-License-Identifier: Apache-2.0
# collect_lib.sh -- what the tests of meshcase-collect share; sourced, not run.
#
# Sets $work (removed at the end), $collect and $kubectls; skips where the tools are missing.
set -u
src=${MESHCASE_SRCDIR:-.}
build=${MESHCASE_BUILDDIR:-.}
collect=$build/meshcase-collect
work=$(mktemp -d)
failures=0
checks=0
servers=
trap 'for s in $servers; do kill "$s" 2>/dev/null; done; rm -rf "$work"' EXIT
TMPDIR=$work/tmp
mkdir "$TMPDIR" "$work/home"
HOME=$work/home
export TMPDIR HOME
unset KUBECONFIG KUBERNETES_SERVICE_HOST KUBERNETES_SERVICE_PORT

command -v python3 >/dev/null || { echo "skipped: python3 is not installed"; exit 77; }
command -v kubectl >/dev/null || { echo "skipped: kubectl is not installed"; exit 77; }

# serve CLUSTER [OPTION...]: a recorded cluster; sets $kc, $server and $asked.
serve() {
    cluster=$1
    shift
    kc=$work/kubeconfig.$checks
    asked=$work/asked.$checks
    python3 "$src/tests/apiserver/server.py" "$src/tests/apiserver/clusters/$cluster" --kubeconfig "$kc" --log "$asked" \
        --parent-pid $$ "$@" >"$work/server.out" 2>&1 &
    server=$!
    servers="$servers $server"
    for _ in $(seq 100); do
        [ -s "$kc" ] && return
        sleep 0.1
    done
    echo "the recorded cluster did not start:"
    cat "$work/server.out"
    exit 99
}

# gather ARG...: runs meshcase-collect; sets $status, $out and $err.
gather() {
    "$collect" "$@" >"$work/out" 2>"$work/err" </dev/null
    status=$?
    out=$work/out
    err=$work/err
}

# expect WHAT COMMAND...: one check.
expect() {
    what=$1
    shift
    checks=$((checks + 1))
    if ! "$@" >"$work/said" 2>&1; then
        failures=$((failures + 1))
        echo "FAILED: $what"
        sed 's/^/    /' "$work/said" | head -20
        [ -f "$work/err" ] && sed 's/^/    stderr: /' "$work/err" | head -5
    fi
}
is() { [ "$1" = "$2" ] || { echo "got '$1', expected '$2'"; return 1; }; }
absent() { [ ! -e "$1" ] || { echo "$1 is there"; return 1; }; }
one_line() { [ "$(wc -l <"$1")" = 1 ] || { echo "not one line:"; cat "$1"; return 1; }; }
says() { grep -q -- "$2" "$1" || { echo "no '$2' in:"; cat "$1"; return 1; }; }
nothing_left() {
    left=$(ls -A "$TMPDIR" "$(dirname "$1")" | grep -E 'meshcase-|partial' || true)
    [ -z "$left" ] || { echo "left behind: $left"; return 1; }
}

# capture BUNDLE ID: "state class" of a record of the manifest.
capture() {
    tar xzOf "$1" --wildcards '*/manifest.json' 2>/dev/null | python3 -c '
import json, sys
for record in json.load(sys.stdin)["captures"]:
    if record["id"] == sys.argv[1]:
        print(record["state"], record.get("class") or "-")' "$2"
}

# sound BUNDLE: plain tar and gzip read it, and its manifest names every member with its digest.
sound() {
    gzip -t "$1" && tar tzf "$1" >/dev/null && python3 - "$1" <<'EOF'
import hashlib, json, sys, tarfile
found = {}
with tarfile.open(sys.argv[1]) as tar:
    for entry in tar:
        if entry.isfile():
            assert entry.mode == 0o600 and entry.uid == 0, entry.name
            name = entry.name.split("/", 1)[1] if "/" in entry.name else entry.name
            found[name] = hashlib.sha256(tar.extractfile(entry).read()).hexdigest()
manifest = json.loads(next(tarfile.open(sys.argv[1]).extractfile(e).read()
                           for e in tarfile.open(sys.argv[1]).getnames() if e.endswith("/manifest.json")))
named = {m["name"]: m["sha256"] for c in manifest["captures"] for m in c["members"]}
extra = set(found) - set(named) - {"manifest.json", "stargz.index.json"}
assert not extra, f"members without a record: {extra}"
for name, digest in named.items():
    assert found[name] == digest, name
for c in manifest["captures"]:
    assert (c["state"] == "complete") == (not c.get("class")), c
    assert c["state"] == "complete" or c["reason"], c
EOF
}

# harmless LOG: what the cluster was asked is GETs, exec and access reviews alone; nothing that forbidden.def lists, and no
# command but the harmless ones.
harmless() {
    python3 - "$1" "$src/collector/forbidden.def" <<'EOF'
import json, re, sys, urllib.parse
table = re.findall(r'^FORBIDDEN\("([^"]+)", (PATH|QUERY)', open(sys.argv[2]).read(), re.M)
assert len(table) > 20, table
def forbidden(target):
    path, _, query = urllib.parse.unquote(target).lower().partition("?")
    names = {p.partition("=")[0] for p in query.split("&")}
    return [w for w, where in table if (w in names if where == "QUERY" else f"/{w}/" in f"/{path.strip('/')}/")]
COMMANDS = (r"date -u \+\S+|cat /proc/1/(limits|status)|cat /proc/sys/fs/[a-z_/-]+|ls /proc/1/fd|sh -c ulimit -a|"
            r"(\S+/)?pilot-(agent|discovery) (request GET|debug) .*|curl -s -m 10 .*")
for line in open(sys.argv[1]):
    asked = json.loads(line)
    path = asked["path"]
    reviews = path.startswith("/apis/authorization.k8s.io/v1/selfsubject")
    assert asked["method"] == "GET" or path.endswith("/exec") or reviews, line
    assert not asked.get("secret_data") and not (asked.get("write") and not reviews), line
    pod = re.match(r"/api/v1/namespaces/[^/]+/(?:pods|services)/[^/]+/proxy(/.*)?$", path)
    if pod:
        target = (pod.group(1) or "/") + ("?" + asked["query"] if asked["query"] else "")
        assert not forbidden(target), (forbidden(target), line)
    assert not re.search(r"/nodes/[^/]+/|/(attach|portforward)$", path), line
    argv = asked.get("exec", {}).get("argv")
    if argv:
        assert re.fullmatch(COMMANDS, " ".join(argv)), line
        url = argv[-1] if argv[0] not in ("cat", "ls", "sh", "date") else ""
        assert not forbidden(re.sub(r"^https?://[^/]+", "", url)), line
EOF
}

finish() {
    echo "$checks checks, $failures failures"
    [ "$failures" = 0 ]
}
