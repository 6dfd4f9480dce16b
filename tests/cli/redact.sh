#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# redact.sh -- a thousand secrets in every place that is collected, through the real kubectl: none leaves.
. "${MESHCASE_SRCDIR:-.}/tests/cli/collect_lib.sh"

python3 "$src/tests/cli/canaries.py" plant "$src/tests/apiserver/clusters/bookinfo-healthy" "$work/planted" ${CANARY_SEED:-} || exit 99
serve_folder=$work/planted
hunt() { python3 "$src/tests/cli/canaries.py" hunt "$work/planted" "$@"; }

# Every source was collected, so that the hunt was one.
sources_are_there() {
    tar xzOf "$1" --wildcards '*/redactions.ndjson' >"$work/redactions" || return 1
    for source in logs/default/ previous.log kubernetes/core/configmaps kubernetes/core/pods kubernetes/core/events \
        kubernetes/config.istio.io/rules http/pilot/ http/prometheus/ metrics/pilot/ exec/default/; do
        grep -q "$source" "$work/redactions" || { echo "nothing of $source was redacted"; return 1; }
    done
}

# Each line of the report has its keys, and none of them holds a value.
report_is_sound() {
    python3 - "$work/redactions" <<'PY'
import json, sys
lines = [json.loads(line) for line in open(sys.argv[1])]
assert lines[0]["format"] == "meshcase-redactions/1" and lines[0]["level"] == "secrets" and lines[0]["values"] > 100, lines[0]
for line in lines[1:]:
    assert set(line) in ({"member", "detector", "line", "length"}, {"member", "detector", "pointer", "length"},
                         {"member", "detector", "more"}), line
    assert line.get("line", 1) >= 1 and line.get("more", 1) >= 1, line
PY
}

# What the report says stands where it says: a placeholder of that detector.
places_are_right() {
    python3 - "$1" "$work/redactions" <<'PY'
import json, sys, tarfile
tar = tarfile.open(sys.argv[1])
top = tar.getnames()[0].split("/")[0]
bodies = {}
checked = 0
for line in list(open(sys.argv[2]))[1:]:
    place = json.loads(line)
    if "more" in place:
        continue
    body = bodies.setdefault(place["member"], tar.extractfile(f"{top}/{place['member']}").read().decode())
    if "line" in place:
        lines = body.split("\n")
        assert place["line"] <= len(lines), (place, len(lines))
        found = lines[place["line"] - 1]
    else:
        found = json.loads(body)
        for part in place["pointer"].split("/")[1:]:
            part = part.replace("~1", "/").replace("~0", "~")
            found = found[int(part)] if isinstance(found, list) else found[part]
        found = json.dumps(found)
    # Inside of base64 and escapes it is there, but not readable.
    checked += f"<redacted:{place['detector']}>" in found
assert checked > 150, checked
PY
}

# Only values are gone: each object still has all that it had.
nothing_else_is_gone() {
    tar xzOf "$1" --wildcards '*/kubernetes/core/pods.json' | python3 -c '
import json, sys
planted = json.load(open(sys.argv[1] + "/edits/canaries.json"))[0]["ops"]
container = json.load(sys.stdin)["items"][0]["spec"]["containers"][0]
assert [e["name"] for e in container["env"]] == [e["name"] for e in planted[0]["value"]], container["env"]
assert len(container["args"]) == len(planted[1]["value"]), container["args"]' "$work/planted"
}

serve_planted() {
    kc=$work/kubeconfig.planted
    python3 "$src/tests/apiserver/server.py" "$serve_folder" --kubeconfig "$kc" --parent-pid $$ >"$work/server.out" 2>&1 &
    server=$!
    servers="$servers $server"
    for _ in $(seq 100); do
        [ -s "$kc" ] && return
        sleep 0.1
    done
    cat "$work/server.out"
    exit 99
}

serve_planted
bundle=$work/case.tar.gz
trace=
command -v strace >/dev/null && strace -o /dev/null true 2>/dev/null && trace="strace -f -s 4194304 -e trace=write,writev,pwrite64,sendto -o $work/trace"
$trace "$collect" --kubeconfig "$kc" -o "$bundle" --sample-interval 0s --rate 200 --progress json >"$work/out" 2>"$work/err" </dev/null
status=$?
expect "the collection succeeds, but for a command that fails" is "$status" 1
expect "no canary is in the bundle" hunt "$bundle"
expect "harmless lines among them are readable" python3 "$src/tests/cli/canaries.py" harmless "$bundle"
expect "no canary is in what was said" hunt "$work/out" "$work/err"
expect "nothing but values is gone" nothing_else_is_gone "$bundle"
expect "each source was collected" sources_are_there "$bundle"
expect "the report is sound" report_is_sound
expect "the report names the places" places_are_right "$bundle"
expect "the bundle is sound" sound "$bundle"
expect "nothing else is left" nothing_left "$bundle"
if [ -n "$trace" ]; then
    # What kubectl says to us and to the server is its own; the rest is what we write.
    python3 - "$work/trace" "$work/written" <<'PY'
import sys
out = open(sys.argv[2], "wb")
ours = None
for line in open(sys.argv[1], errors="replace"):
    pid, _, call = line.partition(" ")
    ours = ours or pid
    if pid == ours and '"' in call:
        text = call[call.index('"') + 1:call.rindex('"')]
        out.write(text.encode("latin-1", "replace").decode("unicode_escape", "replace").encode("utf-8", "replace") + b"\n")
PY
    expect "no canary is in what was written to any file" hunt "$work/written"
fi

finish
