#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# collect_usage.sh -- every way to hold it wrong gives one line, a status, and no file.
. "${MESHCASE_SRCDIR:-.}/tests/cli/collect_lib.sh"

bundle=$work/x.tar.gz

# refused STATUS TEXT ARG...: the run ends so, in one line, and leaves no file.
refused() {
    expected=$1
    text=$2
    shift 2
    gather "$@"
    expect "status $expected of $*" is "$status" "$expected"
    expect "one line for $*" one_line "$err"
    expect "'$text' for $*" says "$err" "^meshcase-collect: .*$text"
    expect "no file for $*" absent "$bundle"
    expect "nothing left of $*" nothing_left "$bundle"
}

refused 2 "did you mean" --ouput x
refused 2 "deadline" -o "$bundle" --deadline soon
refused 2 "must be at least 1" -o "$bundle" --jobs 0
refused 2 "at most 32" -o "$bundle" --jobs 100
refused 2 "RFC 3339" -o "$bundle" --client-date today
refused 2 "no-such-plan" -o "$bundle" --plan "$work/no-such-plan"
printf 'plan: 1\ncaptures:\n- {id: a, kind: logz}\n' >"$work/bad.yaml"
refused 2 "bad.yaml:3:17: unknown kind 'logz'; did you mean 'logs'" -o "$bundle" --plan "$work/bad.yaml"
printf 'plan: 1\ncaptures:\n- {id: a, kind: resources, resources: [secrets]}\n' >"$work/bad.yaml"
refused 2 "metadata_only" -o "$bundle" --plan "$work/bad.yaml" --dry-run

# The output is looked at before the cluster.
refused 2 "no-such-folder" -o "$work/no-such-folder/x.tar.gz" --kubeconfig /nonexistent
touch "$work/there.tar.gz"
refused 2 "there.tar.gz" -o "$work/there.tar.gz" --kubeconfig /nonexistent
expect "the file is as it was" sh -c "[ -f '$work/there.tar.gz' ] && [ ! -s '$work/there.tar.gz' ]"
refused 2 "" -o "$work" --kubeconfig /nonexistent

# kubectl, and what it is told.
refused 2 "no such file" -o "$bundle" --kubeconfig /nonexistent
cat >"$work/kc" <<'EOF'
{"apiVersion": "v1", "kind": "Config", "current-context": "dead", "users": [{"name": "u", "user": {}}],
 "clusters": [{"name": "c", "cluster": {"server": "http://127.0.0.1:1"}}],
 "contexts": [{"name": "dead", "context": {"cluster": "c", "user": "u"}}]}
EOF
refused 2 'context "nope" does not exist' -o "$bundle" --kubeconfig "$work/kc" --context nope
refused 3 "does not answer: .*refused.*'dead'" -o "$bundle" --kubeconfig "$work/kc"
refused 3 "does not answer" -o "$bundle" --kubeconfig /dev/null
refused 3 "does not answer" --preflight --kubeconfig "$work/kc"
mkdir "$work/empty"
PATH_BEFORE=$PATH
for tool in grep sed head wc ls dirname seq sleep cat rm; do ln -s "$(command -v $tool)" "$work/empty/$tool"; done
PATH=$work/empty
refused 3 "kubectl is not in PATH" -o "$bundle" --kubeconfig "$work/kc"
PATH=$PATH_BEFORE

# A cluster that knows us not.
echo '[{"path": "*", "action": "status", "status": 401, "message": "Unauthorized"}]' >"$work/faults"
serve minimal --faults "$work/faults"
refused 3 "refuses the credentials: Unauthorized; log in again" -o "$bundle" --kubeconfig "$kc"
kill "$server"

expect "help tells the status of a machine without memory" sh -c '"$1" --help | grep -q "^  75  no memory"' - "$collect"
# A disk that is full: neither a bundle nor a part of one.
serve minimal
(ulimit -f 4 && "$collect" --kubeconfig "$kc" -o "$bundle" --sample-interval 0s --progress none >"$work/out" 2>"$work/err")
expect "a full disk gives status 6" is $? 6
expect "one line says so" one_line "$work/err"
expect "no half bundle" absent "$bundle"
expect "nothing left of it" nothing_left "$bundle"
gather --kubeconfig "$kc" -o /dev/full
expect "a device is no place for it" is "$status" 2
"$collect" --kubeconfig "$kc" --dry-run >/dev/full 2>"$work/err"
expect "a summary that cannot be written is told" is $? 6
kill "$server"
finish
