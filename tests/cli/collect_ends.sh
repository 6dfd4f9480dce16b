#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# collect_ends.sh -- however it is ended, and whatever does not end: a bundle that says what is missing, or no file.
. "${MESHCASE_SRCDIR:-.}/tests/cli/collect_lib.sh"
fast="--sample-interval 0s --rate 200 --no-exec --progress none"
bundle=$work/x.tar.gz

# good: plain tar and gzip, the manifest, and meshcase-bundle agree.
good() {
    sound "$bundle" && "$build/meshcase-bundle" verify "$bundle"
}
truncation() {
    tar xzOf "$bundle" --wildcards '*/manifest.json' | python3 -c '
import json, sys
record = next(c for c in json.load(sys.stdin)["captures"] if c["id"] == sys.argv[1])
print(record["state"], record.get("class"), record.get("truncated"), record["members"][0]["bytes"] > 1000)' "$1"
}

# Logs that never end: as fast as they are read, and slowly.
log=logs/default/web-1/web.log
for speed in '"bytes": 1000000000000' '"bytes_per_second": 20000'; do
    echo "[{\"path\": \"*/log\", \"query\": {\"container\": \"web\", \"previous\": \"\"}, \"action\": \"endless\", $speed}]" >"$work/faults"
    serve minimal --faults "$work/faults"
    rm -f "$bundle"
    # shellcheck disable=SC2086
    gather --kubeconfig "$kc" -o "$bundle" $fast --max-log-bytes 1MiB --request-timeout 1s
    expect "a log without end ($speed): exit status" is "$status" 1
    expect "a log without end ($speed): good" good
    case $speed in
    *second*) expect "a log that trickles on: what there was, and why no more" is "$(truncation $log)" "partial timeout broken True" ;;
    *) expect "a flood of a log: its last part" is "$(truncation $log)" "partial truncated bytes True" ;;
    esac
    expect "a log without end ($speed): the others are complete" is "$(capture "$bundle" kubernetes/core/pods.json)" "complete -"
    kill "$server"
done

# Killed at any moment: nothing under the final name, nothing beside it that the next run does not remove.
echo '[{"path": "*/log", "action": "delay", "seconds": 0.3}]' >"$work/faults"
serve minimal --faults "$work/faults"
rm -f "$bundle"
for moment in 0.05 0.15 0.25 0.35 0.5 0.7 0.9 1.2; do
    # shellcheck disable=SC2086
    "$collect" --kubeconfig "$kc" -o "$bundle" $fast >/dev/null 2>&1 </dev/null &
    pid=$!
    sleep $moment
    kill -9 $pid 2>/dev/null
    wait $pid 2>/dev/null
    [ ! -e "$bundle" ] || { expect "SIGKILL after $moment s: what is there is whole" good; rm -f "$bundle"; }
done
# shellcheck disable=SC2086
gather --kubeconfig "$kc" -o "$bundle" $fast
expect "after SIGKILLs: the next run is a good one" good
sleep 0.5
expect "after SIGKILLs: nothing is left" nothing_left "$bundle"

# SIGHUP and SIGPIPE are no end: the terminal is gone, the bundle is not.
rm -f "$bundle"
# shellcheck disable=SC2086
"$collect" --kubeconfig "$kc" -o "$bundle" $fast >/dev/null 2>&1 </dev/null &
pid=$!
sleep 0.5
kill -HUP $pid
kill -PIPE $pid
wait $pid
expect "SIGHUP and SIGPIPE: exit status" is $? 0
expect "SIGHUP and SIGPIPE: good" good
rm -f "$bundle"
{ "$collect" --kubeconfig "$kc" -o "$bundle" --sample-interval 0s --rate 200 --no-exec --progress plain 2>&1; echo $? >"$work/status"; } </dev/null | head -c 10 >/dev/null
expect "nobody reads what it says: the bundle is good" good
kill "$server"

# A disk that is full, really.
serve bookinfo-healthy
small='mount -t tmpfs -o size=$3 none "$1" || exit 77
"$2" --kubeconfig "$4" -o "$1/x.tar.gz" --sample-interval 0s --rate 300 --no-exec --progress none
status=$?
[ -z "$(ls -A "$1")" ] || { ls -A "$1"; gzip -t "$1/x.tar.gz" || status=99; }
exit $status'
mkdir "$work/small"
unshare -rm sh -c "$small" - "$work/small" "$collect" 60k "$kc" >"$work/out" 2>"$work/err" </dev/null
status=$?
if [ $status = 77 ] || grep -q "unshare" "$work/err"; then
    echo "skipped a full disk: no file system can be mounted here"
else
    expect "a full disk: exit status" is $status 6
    expect "a full disk: told in one line" says "$work/err" "No space left"
    expect "a full disk: no file" is "$(cat "$work/out")" ""
fi
kill "$server"

# Neither a proxy nor --raw: objects and logs come by plain kubectl commands.
mkdir "$work/old"
cat >"$work/old/kubectl" <<EOP
#!/bin/sh
for word; do
    [ "\$word" = proxy ] && { echo "error: no proxy here" >&2; exit 1; }
    [ "\$word" = --raw ] && { printf 'Error: unknown flag: --raw\nSee "kubectl get --help" for usage.\n' >&2; exit 1; }
done
exec $(command -v kubectl) "\$@"
EOP
chmod +x "$work/old/kubectl"
PATH_BEFORE=$PATH
PATH=$work/old:$PATH
serve minimal
rm -f "$bundle"
# shellcheck disable=SC2086
gather --kubeconfig "$kc" -o "$bundle" $fast
PATH=$PATH_BEFORE
expect "plain kubectl: exit status" is "$status" 1
expect "plain kubectl: good" good
for member in kubernetes/core/pods.json kubernetes/apps/deployments.json kubernetes/networking.istio.io/virtualservices.json $log; do
    expect "plain kubectl: $member" is "$(capture "$bundle" $member)" "complete -"
done
expect "plain kubectl: no Secret was asked for" is "$(capture "$bundle" kubernetes/core/secrets.json)" "skipped unsupported"
expect "plain kubectl: what is served is not wholly known" is "$(capture "$bundle" kubernetes/discovery.json)" "partial unsupported"
expect "plain kubectl: the manifest says which way it was" sh -c "tar xzOf '$bundle' --wildcards '*/manifest.json' | grep -q 'kubectl get -o json'"
expect "plain kubectl: harmless" harmless "$asked"
kill "$server"

# What it writes, and whom it speaks to: of the collector itself, commands in containers included.
if command -v strace >/dev/null && strace -o /dev/null true 2>/dev/null; then
    serve minimal
    rm -f "$bundle"
    strace -f -qq -e trace=network,openat,open,creat,mkdir,mkdirat -o "$work/trace" "$collect" --kubeconfig "$kc" -o "$bundle" \
        --sample-interval 0s --rate 200 --progress none >/dev/null 2>&1 </dev/null
    expect "a trace: good" good
    expect "a trace: nothing but spool, bundle and kubectl's cache is written, nobody but the proxy is spoken to" \
        python3 "$src/tests/lib/traces.py" "$work/trace"
    kill "$server"
else
    echo "skipped a trace: strace is not installed, or may not be used"
fi

# The person at a terminal: one line, rewritten, with what, how much and how long; then gone.
serve bookinfo-healthy
rm -f "$bundle"
terminal() {
    python3 - "$1" "$collect" --kubeconfig "$kc" -o "$bundle" --sample-interval 2s --rate 100 --no-exec <<'EOP'
import fcntl, os, pty, re, struct, sys, termios
pid, fd = pty.fork()
if pid == 0:
    fcntl.ioctl(2, termios.TIOCSWINSZ, struct.pack("HHHH", 24, int(sys.argv[1]), 0, 0))
    os.execv(sys.argv[2], sys.argv[2:])
said = b""
try:
    while part := os.read(fd, 65536):
        said += part
except OSError:
    pass
status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
lines = [p.decode() for p in said.replace(b"\r\n", b"\n").split(b"\r\x1b[K") if p]
bars = [l for l in lines if l.startswith("[")]
assert status == 0, status
assert len(bars) >= 4, lines
assert all(len(b) < int(sys.argv[1]) for b in bars), [len(b) for b in bars]
if int(sys.argv[1]) >= 80:
    assert all(re.match(r"\[#*-*\] +\d+% \d+/\d+ [\d.]+ [KM]?i?B, \d+ s left: ", b) for b in bars), bars
    assert any("logs/" in b or "metrics/" in b or "kubernetes/" in b for b in bars), bars
percents = [int(re.search(r"(\d+)%", b).group(1)) for b in bars]
assert percents == sorted(percents), percents
text = lines[-1]
for word in ("captures complete", "0 missing", "it holds:", "look inside:", "meshcase-bundle list", "attach it:"):
    assert word in text, (word, text)
EOP
}
expect "a terminal of 100 columns" terminal 100
rm -f "$bundle"
expect "a narrow terminal" terminal 40
gather --kubeconfig "$kc" -o "$bundle" --force --sample-interval 0s --rate 300 --no-exec
expect "no terminal: plain lines" says "$err" "^meshcase-collect: reading"
expect "no terminal: nothing that a terminal obeys" sh -c "! grep -q '$(printf '\033')' '$err'"
gather --kubeconfig "$kc" -o "$bundle" --force --sample-interval 0s --rate 300 --no-exec --progress json
expect "JSON: an event a line, the last one names the bundle" python3 -c '
import json, sys
events = [json.loads(line) for line in open(sys.argv[1])]
assert events[-1]["event"] == "done" and events[-1]["file"] == sys.argv[2] and events[-1]["missing"] == 0, events[-1]
progress = [e for e in events if e["event"] == "progress"]
assert progress and all(e["left_s"] >= 0 and e["queued"] >= 0 for e in progress) and any(e["what"] for e in progress), progress' "$err" "$bundle"
gather --kubeconfig "$kc" -o "$bundle" --force --sample-interval 0s --rate 300 --no-exec --redact none
expect "--redact none: the summary warns" says "$out" "CREDENTIALS INCLUDED"
kill "$server"

# Completion, as the shells read it.
"$collect" --completion bash >"$work/completion"
completes() {
    bash -c '. "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _meshcase_collect; printf "%s " "${COMPREPLY[@]}"' - "$work/completion" "$@"
}
if command -v bash >/dev/null; then
    expect "bash completes an option" is "$(completes meshcase-collect --istio)" "--istio-namespace "
    expect "bash completes a choice" is "$(completes meshcase-collect --progress p)" "plain "
    expect "bash completes after =" is "$(completes meshcase-collect --progress = j)" "json "
fi
for shell in zsh fish; do
    command -v $shell >/dev/null || { echo "skipped completion of $shell: it is not installed"; continue; }
    "$collect" --completion $shell >"$work/completion"
    expect "$shell reads its completion" $shell -n "$work/completion"
done
if command -v fish >/dev/null; then
    expect "fish completes an option" sh -c "fish -c 'source $work/completion; complete -C \"meshcase-collect --istio\"' | grep -q -- --istio-namespace"
fi
finish
