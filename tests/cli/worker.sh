#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# worker.sh -- what becomes of a report when the bundle kills the process that reads it.
. "${MESHCASE_SRCDIR:-.}/tests/cli/analyzer_lib.sh"

crash=$build/tests/fault/crash.so
marker=xyzzy-takes-it-down
if grep -q __asan_init "$analyze" || grep -q __tsan_init "$analyze"; then
    skip "worker" "sanitizers do not take a preloaded library"
    finish
fi

# ---- a case: pods, a log and a document; each of the last two can be deadly ----

case=$work/case
mkdir -p "$case/kubernetes/core" "$case/logs/a/good" "$case/http/prometheus/a/p"
cat >"$case/kubernetes/core/pods.json" <<'END'
{"kind": "PodList", "apiVersion": "v1", "items": [
{"metadata": {"namespace": "a", "name": "good"}, "spec": {"containers": [{"name": "app"}]}},
{"metadata": {"namespace": "b", "name": "bad"}}]}
END
printf 'first line\nlast line\n' >"$case/logs/a/good/app.log"
printf 'global: {scrape_interval: 5s}\nscrape_configs: []\n' >"$case/http/prometheus/a/p/config.yaml"
cat >"$work/own.yaml" <<'END'
language: 1
rules:
- {id: OWN-101, title: a pod is called bad, severity: warning, each: {p: {k8s: {kind: Pod}}},
   when: 'p.metadata.name == "bad"', message: "{{ p.metadata.name }} is bad"}
- {id: OWN-102, title: the log has an end, severity: warning,
   let: {l: {logs: {namespace: a, match: "last line"}}}, when: size(l) > 0, message: it has}
- {id: OWN-103, title: quick scrapes, severity: warning,
   let: {c: {document: {path: "http/prometheus/**", format: yaml}}},
   when: 'c.exists(d, d.body.global.scrape_interval == "5s")', message: quick}
END
(cd "$work" && tar czf sound.tar.gz case && "$build/tests/lib/mkbundle" case sound.bundle.tar.gz) || exit 1
sound=$work/sound
"$analyze" -r "$work/own.yaml" --format json -o "$sound.json" "$case" || true
cp -r "$case" "$work/deadly"
printf 'first line\n%s\nlast line\n' $marker >"$work/deadly/logs/a/good/app.log"
(cd "$work/deadly/.." && mkdir x && cp -r deadly x/case && cd x &&
    "$build/tests/lib/mkbundle" case ../deadly.bundle.tar.gz) || exit 1

deadly() {
    LD_PRELOAD=$crash CRASH_ON=$marker CRASH_HOW=${how:-segv} "$analyze" -r "$work/own.yaml" "$@"
}

# survives BUNDLE MEMBER DEATH: the sound members' verdicts are as ever, the deadly one is a hole.
survives() {
    status=0
    deadly --format json -o "$work/deadly.json" "$1" || status=$?
    [ $status = 1 ] || { echo "exit $status"; return 1; }
    python3 - "$sound.json" "$work/deadly.json" "$2" "$3" <<'END'
import json, sys
sound, deadly = (json.load(open(p)) for p in sys.argv[1:3])
member, death = sys.argv[3:5]
def of(report, rule):
    return [d for d in report['verdicts'] if d['rule']['id'] == rule]
assert of(sound, 'OWN-101') == of(deadly, 'OWN-101'), 'verdicts of sound members changed'
assert [d['verdict'] for d in of(deadly, 'OWN-102')] == ['not_evaluated'], of(deadly, 'OWN-102')
rows = [c for c in deadly['coverage'] if c['state'] == 'fatal']
assert any(c['evidence'] == member and death in c['reason'] for c in rows), deadly['coverage']
END
}

log=logs/a/good/app.log
ok "a log that kills its reader is a hole, in a folder" survives "$work/deadly" $log "killed by SIGSEGV"
ok "in an indexed bundle" survives "$work/deadly.bundle.tar.gz" $log "killed by SIGSEGV"
# Of a stream what comes behind is lost with it; what the decoder had in hand cannot be told apart.
head -c 3000000 /dev/urandom >"$work/deadly/other"
(cd "$work/deadly" && tar czf ../deadly.tar.gz kubernetes other logs http)
rm "$work/deadly/other"
ok "in a stream it ends the reading" survives "$work/deadly.tar.gz" bundle "killed by SIGSEGV"
how=abort
ok "so is one that aborts it" survives "$work/deadly" $log "killed by"
how=exit
ok "or ends it" survives "$work/deadly" $log "ended without an answer"
how=spin
ok "or keeps it busy" survives "$work/deadly" $log "killed by SIG"
how=open
ok "or takes it over" survives "$work/deadly.bundle.tar.gz" $log "SIGSYS"
how=segv
ok "the text report tells" says 1 "killed the reader (killed by SIGSEGV)" deadly "$work/deadly"
ok "nothing dies of a sound bundle" says 1 "bad is bad" deadly "$case"

# A document is parsed while rules are evaluated: it is to blame, not the rule.
cp -r "$case" "$work/document"
printf 'global: {scrape_interval: 5s}\nrule_files: [%s]\n' $marker \
    >"$work/document/http/prometheus/a/p/config.yaml"
document() {
    export CRASH_IN=yaml
    says 1 "http/prometheus/a/p/config.yaml fatal" deadly "$1" && says 1 "bad is bad" deadly "$1" &&
        says 1 "rules OWN-103" deadly "$1" || return 1
    unset CRASH_IN
}
ok "a document that kills its parser is a hole" document "$work/document"

# ---- what cannot be gone on with ----

cannot_repeat() {
    silent 3 sh -c "cat '$work/deadly.tar.gz' | LD_PRELOAD=$crash CRASH_ON=$marker '$analyze' \
        -r '$work/own.yaml' -" && grep -q "give a file instead" "$work/errors"
}
ok "standard input cannot be read again" cannot_repeat

# ---- the sandbox ----

ok "--sandbox=off judges alike" says 1 "bad is bad" "$analyze" --sandbox=off -r "$work/own.yaml" "$case"
required() {
    status=0
    "$analyze" --sandbox=require -r "$work/own.yaml" --format json -o "$work/required.json" "$1" \
        2>"$work/errors" || status=$?
    if [ $status = 75 ]; then
        grep -q "the kernel offers no\|this build has no sandbox" "$work/errors"
    else
        [ $status = 1 ]
    fi
}
ok "--sandbox=require reads a folder, or tells what the kernel lacks" required "$case"
ok "and a bundle" required "$work/sound.bundle.tar.gz"
ok "another mode is wrong use" says 2 "did you mean 'require'" "$analyze" --sandbox=requires "$case"
finish
