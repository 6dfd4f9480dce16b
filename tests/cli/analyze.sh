#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# analyze.sh -- meshcase-analyze from outside: exit statuses, forms of input and report,
# overlays, baselines, --why.
. "${MESHCASE_SRCDIR:-.}/tests/cli/analyzer_lib.sh"

# ---- a case: two pods, one of them bad ----

case=$work/case
mkdir -p "$case/kubernetes/core"
cat >"$case/kubernetes/core/pods.json" <<'END'
{"kind": "PodList", "apiVersion": "v1", "items": [
{"metadata": {"namespace": "a", "name": "good"}},
{"metadata": {"namespace": "b", "name": "bad"}},
{"metadata": {"namespace": "c", "name": "evil\u001b[31m"}}
]}
END
printf '{"gitVersion": "v1.9.6"}\n' >"$case/kubernetes/version.json"
cat >"$work/mine.yaml" <<'END'
language: 1
params: {name: {type: string, default: bad}}
rules:
- id: OWN-101
  title: a pod is called bad
  severity: warning
  each: {p: {k8s: {kind: Pod}}}
  when: p.metadata.name == params.name
  message: "{{ p.metadata.name }} is bad"
  why: names matter
  fix: [{text: rename it, run: "kubectl delete pod {{ p.metadata.name }}", risk: it is gone}]
- id: OWN-102
  title: no services
  severity: info
  let: {s: {k8s: {kind: Service}}}
  when: size(s) == 0
  message: none
- id: OWN-103
  title: too young
  severity: info
  applies: {kubernetes: ">=1.10"}
  when: 'true'
  message: m
END
run() {
    "$analyze" -r "$work/mine.yaml" --now 2018-06-01T12:00:00Z "$@"
}

# ---- exit statuses ----

ok "findings give 1" says 1 "b/bad: bad is bad" run "$case"
ok "findings below --fail-on give 0" says 0 "b/bad: bad is bad" run --fail-on error "$case"
ok "never fails never" says 0 "bad is bad" run --fail-on never "$case"
ok "no findings give 0" says 0 "No findings." run -p name=nobody "$case"
ok "--require-complete gives 5" says 5 "No findings." run -p name=nobody --require-complete "$case"
ok "findings win over 5" says 1 "bad is bad" run --require-complete "$case"
cat >"$work/failing.yaml" <<'END'
language: 1
rules: [{id: OWN-110, title: it fails, severity: error, each: {p: {k8s: {kind: Pod}}}, when: p.metadata.nosuch == 'x', message: m}]
END
ok "a rule that fails is told, with its place" says 0 'failing.yaml:2:' "$analyze" -r "$work/failing.yaml" "$case"
ok "it is never counted as health" says 0 'Rules: 1 failed' "$analyze" -r "$work/failing.yaml" "$case"
ok "and makes --require-complete give 5" says 5 'no such key: nosuch' "$analyze" --require-complete -r "$work/failing.yaml" "$case"
# fails SEVERITY FAIL_ON STATUS: a rule of a severity, and from which on it matters.
fails() {
    printf 'language: 1\nrules: [{id: OWN-601, title: t, severity: %s, when: "true", message: m}]\n' "$1" >"$work/one-rule.yaml"
    got=0
    "$analyze" -r "$work/one-rule.yaml" --fail-on "$2" "$case" >"$work/said" || got=$?
    [ "$got" = "$3" ] || { echo "exit $got, not $3"; return 1; }
    grep -q "OWN-601" "$work/said"
}
level=0
for severity in info warning error critical; do
    threshold=0
    for fail_on in info warning error critical never; do
        ok "$severity with --fail-on $fail_on" fails $severity $fail_on $((level >= threshold))
        threshold=$((threshold + 1))
    done
    level=$((level + 1))
done
ok "a bundle that is not there gives 3" silent 3 run "$work/nowhere"
printf 'plain text\n' >"$work/text"
ok "what is no bundle gives 3" silent 3 run "$work/text"
mkdir "$work/nothing"
ok "a folder without a member gives 3" silent 3 run "$work/nothing"
ok "no operand is wrong use" silent 2 run
ok "two operands are wrong use" silent 2 run "$case" "$case"
ok "an unknown option is wrong use" silent 2 run --formt json "$case"
ok "an unknown format is wrong use" silent 2 run --format yaml "$case"
ok "rules that are not there are wrong use" silent 2 "$analyze" -r "$work/nowhere.yaml" "$case"
ok "an unknown param is wrong use" silent 2 run -p nam=x "$case"
ok "an unknown rule is wrong use" silent 2 run --why OWN-109 "$case"
ok "--why in another form is wrong use" silent 2 run --why OWN-101 -f json "$case"
printf 'language: 1\nrules: [{id: x}]\n' >"$work/bad.yaml"
ok "invalid rules give 4" says 4 'bad.yaml:2:14: "x" is no id' "$analyze" -r "$work/bad.yaml" "$case"
mkdir "$work/norules"
ok "a folder without rules gives 4" silent 4 "$analyze" -r "$work/norules" "$case"
printf 'language: 1\nrules: []\n' >"$work/norules.yaml"
ok "a file without rules gives 4" silent 4 "$analyze" -r "$work/norules.yaml" "$case"

# ---- places that cannot be written, for every form of report ----

formats=$(sed -n 's/^FORMAT([A-Z]*, "\([a-z]*\)".*/\1/p' "$source/analyzer/report/formats.def")
# lost TO COMMAND...: exit status 6 and one line of complaint where output goes to TO.
lost() {
    to=$1
    shift
    got=0
    case $to in
    closed) "$@" >&- 2>"$work/errors" || got=$? ;;
    # The reader is gone before anything is written.
    pipe) { sleep 0.2; "$@" 2>"$work/errors"; echo $? >"$work/status"; } | true; got=$(cat "$work/status") ;;
    small)
        said=$(ulimit -f 0 && "$@" -o "$work/small" 2>&1) || got=$?
        printf '%s\n' "$said" >"$work/errors"
        [ -z "$(find "$work" -name '*small*')" ] || { echo "a file is left"; return 1; } ;;
    *) "$@" >"$to" 2>"$work/errors" || got=$? ;;
    esac
    [ "$got" = 6 ] || { echo "exit $got, not 6"; cat "$work/errors"; return 1; }
    [ "$(wc -l <"$work/errors")" = 1 ] || { echo "not one line:"; cat "$work/errors"; return 1; }
}
mkdir "$work/folder"
for format in $formats; do
    if [ -w /dev/full ]; then
        ok "$format: a full disk gives 6" lost /dev/full run -f "$format" "$case"
    else
        skip "$format: a full disk gives 6" "there is no /dev/full"
    fi
    ok "$format: a closed standard output gives 6" lost closed run -f "$format" "$case"
    ok "$format: a closed pipe gives 6" lost pipe run -f "$format" "$case"
    ok "$format: a file that may not grow gives 6 and no file" lost small run -f "$format" "$case"
    ok "$format: a folder that is not there gives 6" silent 6 run -f "$format" -o "$work/nowhere/report" "$case"
    ok "$format: a folder in the file's place gives 6" silent 6 run -f "$format" -o "$work/folder" "$case"
    run -f "$format" "$case" >"$work/first" || true
    ok "$format: findings give 1 and go to the file alone" sh -c '"$@" >"$0.said"; [ $? = 1 ] && [ ! -s "$0.said" ] && [ -s "$0" ]' "$work/out.$format" "$analyze" -r "$work/mine.yaml" -f "$format" -o "$work/out.$format" "$case"
    ok "$format: what is not complete gives 5" sh -c '"$@" >/dev/null; [ $? = 5 ]' - "$analyze" -r "$work/mine.yaml" -f "$format" -p name=nobody --require-complete "$case"
    ok "$format: the same bundle gives the same bytes" sh -c '"$@" | cmp - "$0"' "$work/first" "$analyze" -r "$work/mine.yaml" --now 2018-06-01T12:00:00Z -f "$format" "$case"
    ok "$format: the locale of numbers and the time zone do not count" sh -c 'LC_NUMERIC=de_DE.UTF-8 TZ=Pacific/Chatham "$@" | cmp - "$0"' "$work/first" "$analyze" -r "$work/mine.yaml" --now 2018-06-01T12:00:00Z -f "$format" "$case"
    ok "$format: nothing foreign moves the cursor" sh -c '! "$@" | LC_ALL=C grep -q "$(printf "[\001-\010\013-\037\177]")"' - "$analyze" -r "$work/mine.yaml" -p "name=$(printf 'evil\033[31m')" -f "$format" "$case"
done

# ---- forms of input ----

(cd "$work" && tar czf case.tar.gz case && tar cf case.tar case)
ok "an archive is read" says 1 "bad is bad" run "$work/case.tar.gz"
mkdir "$work/unpacked" && cp -r "$case" "$work/unpacked/case" && printf '{}' >"$work/unpacked/stargz.index.json"
ok "the folder that a bundle was unpacked in is read" says 1 "bad is bad" run "$work/unpacked"
ok "a plain tar is read" says 1 "bad is bad" run "$work/case.tar"
ok "standard input is read" sh -c '"$1" -r "$2" - <"$3" | grep "bad is bad"' - "$analyze" "$work/mine.yaml" "$work/case.tar.gz"

# ---- any number of threads ----

# Sixty logs, lists and metrics of many sizes: enough for every thread to get some.
many=$work/many
for i in 1 2 3 4 5 6; do
    for k in 1 2 3 4 5 6 7 8 9 0; do
        mkdir -p "$many/logs/ns$i/pod-$k"
        awk -v n="$((i * k * 40))" -v who="$i$k" 'BEGIN { for (j = 0; j < n; j++)
            printf "2018-06-14T08:03:%02d.%06dZ\t%s\tads\t%s of %d\n", j % 60, j, j % 7 ? "info" : "error", who, j
        }' >"$many/logs/ns$i/pod-$k/c.log"
    done
done
cp -r "$case/kubernetes" "$many/"
"$build/tests/lib/mkbundle" "$many" "$work/many.tar.gz"
cat >"$work/many.yaml" <<'END'
language: 1
rules:
- {id: OWN-201, title: errors, severity: warning, each: {e: {logs: {container: c, match: 'error\s+ads\s+(?P<who>\d+) of (?P<what>\d*0)$', group_by: [namespace, pod]}}}, message: "{{ e.count }} {{ e.values.what.join(',') }}"}
- {id: OWN-202, title: pods, severity: warning, each: {p: {k8s: {kind: Pod}}}, message: "{{ p.metadata.name }}"}
END
for input in "$work/many.tar.gz" "$many"; do
    "$analyze" -r "$work/many.yaml" -f json --now 2018-06-01T12:00:00Z --jobs 1 "$input" >"$work/one-thread" || true
    ok "one thread finds what is there in ${input##*/}" grep -q OWN-201 "$work/one-thread"
    for jobs in 2 8 100; do
        ok "$jobs threads give the same bytes for ${input##*/}" sh -c '"$@" | cmp - "$0"' "$work/one-thread" "$analyze" -r "$work/many.yaml" -f json --now 2018-06-01T12:00:00Z --jobs $jobs "$input"
    done
done

# ---- bundles that are not all there ----

torn=$work/torn
mkdir -p "$torn/http/sidecar/a/one" "$torn/logs/a/one"
printf 'one::x\n' >"$torn/http/sidecar/a/one/clusters.txt"
cat >"$work/torn.yaml" <<'END'
language: 1
rules:
- id: OWN-201
  title: a proxy knows a cluster called bad
  severity: warning
  each: {d: {document: {path: "http/sidecar/*/*/clusters.txt", format: text}}}
  when: d.body.contains('bad::')
  message: m
END
torn() {
    "$analyze" -r "$work/torn.yaml" -f ndjson "$@" | grep '^{"verdict"' | grep -o '"verdict": *"[a-z_]*"' |
        sed 's/.*: *//' | tr -d '\n"'
}
is() {
    want=$1
    shift
    got=$("$@")
    [ "$got" = "$want" ] || { echo "$got, not $want"; return 1; }
}
ok "without a manifest what is there is all there was" is ok torn "$torn"
printf '{' >"$torn/manifest.json"
ok "beside a manifest that cannot be used there may have been more" is not_evaluatedok torn "$torn"
rm "$torn/manifest.json"
head -c 100000 /dev/zero | tr '\0' x >"$torn/logs/a/one/c.log"
(cd "$work" && tar cf - torn/http/sidecar/a/one/clusters.txt torn/logs/a/one/c.log | head -c 20000 >cut.tar)
ok "after a cut there may have been more" is not_evaluatedok torn "$work/cut.tar"

# ---- lines of metrics that are none ----

mkdir -p "$work/lines/metrics/mixer/istio-system"
sample=$work/lines/metrics/mixer/istio-system/mixer-1.9093
printf 'up 1\n' >"$sample.1.prom"
printf 'up 1\nfoo{bar 2\nrestarts 3\n' >"$sample.2.prom"
cat >"$work/lines.yaml" <<'END'
language: 1
rules:
- id: OWN-301
  title: mixer has restarted
  severity: warning
  each: {r: {metric: {component: mixer, query: restarts}}}
  message: m
END
lines() {
    "$analyze" -r "$work/lines.yaml" -f json "$work/lines"
}
ok "a bad line is told though the sample before it is whole" says 0 \
    'mixer-1.9093.2.prom", "state": "partial", "reason": "malformed: line 2 of ' lines
printf '{' >>"$sample.1.prom"
ok "the other lines count where no sample is whole" says 1 '"verdict": "finding"' lines
ok "and what they do not say is not known" says 1 '"verdict": "not_evaluated"' lines

# ---- the report ----

ok "the evidence has its line" says 1 "kubernetes/core/pods.json:3 /items/1/metadata/name" run "$case"
printf '2018-06-01T12:00:00Z a b lost the way\n' >"$case/log.txt"
mkdir -p "$case/logs/a/good" && mv "$case/log.txt" "$case/logs/a/good/c.log"
printf 'language: 1\nrules: [{id: OWN-501, title: t, severity: error, each: {l: {logs: {match: "lost the way"}}}, message: m}]\n' >"$work/lost.yaml"
ok "what a pattern matched is underlined" says 1 "  |                          ^^^^^^^^^^^^" "$analyze" -r "$work/lost.yaml" "$case"
ok "evidence of logs has its time" says 1 '"time": "2018-06-01T12:00:00Z"' "$analyze" -r "$work/lost.yaml" -f json "$case"
ok "the fix has its command and risk" says 1 "$ kubectl delete pod bad" run "$case"
ok "what could not be evaluated is told" says 1 "k8s:Service" run "$case"
printf 'language: 1\nrules: [{id: OWN-401, title: it fails, severity: error, when: "1 / 0 == 1", message: m}]\n' >"$work/failing.yaml"
for format in $formats; do
    ok "$format: a rule that failed is told" says 0 "OWN-401" "$analyze" -r "$work/failing.yaml" -f "$format" "$case"
done
ok "a rule that failed is not complete" says 5 "Rules that failed" "$analyze" -r "$work/failing.yaml" --require-complete "$case"
ok "the last line sums up" sh -c '"$@" | tail -1 | grep -qx "1 finding (1 warning). Rules: 1 with findings, 1 not applicable, 1 not evaluated. Not seen: 1."' - "$analyze" -r "$work/mine.yaml" "$case"
ok "nothing foreign reaches the terminal" sh -c '! "$@" | LC_ALL=C grep -q "$(printf "\033")"' - "$analyze" -r "$work/mine.yaml" -p "name=$(printf 'evil\033[31m')" "$case"
run -f json "$case" >"$work/one.json" || true
run -f ndjson "$case" >"$work/one.ndjson" || true
ok "ndjson has a record a line" sh -c '[ "$(grep -c "^{\"verdict\"" "$1")" = 5 ]' - "$work/one.ndjson"
ok "-o - is standard output" sh -c 'cd "$1" && shift && "$@" | cmp - "$0" && [ ! -e ./- ]' "$work/one.json" "$work" "$analyze" -r "$work/mine.yaml" --now 2018-06-01T12:00:00Z -f json -o - "$case"
ok "-o writes a file" sh -c '"$@"; [ $? = 1 ] && cmp "$0" "$0.o"' "$work/one.json" "$analyze" -r "$work/mine.yaml" --now 2018-06-01T12:00:00Z -f json -o "$work/one.json.o" "$case"
ok "the JSON report fits its schema" python3 "$source/tests/lib/check_schema.py" "$source/docs/report.schema.json" "$work/one.json"
ok "a report of another format does not" sh -c 'sed "s|meshcase-report/1|meshcase-report/2|" "$1" >"$1.2" && ! python3 "$2" "$3" "$1.2"' - "$work/one.json" "$source/tests/lib/check_schema.py" "$source/docs/report.schema.json"
ok "as a baseline it is refused by its format" says 2 "a report of format meshcase-report/2" run --baseline "$work/one.json.2" "$case"
ok "no colours but on a terminal" sh -c '! "$@" | LC_ALL=C grep -q "$(printf "\033")"' - "$analyze" -r "$work/mine.yaml" "$case"
if has script; then
    script -qec "$analyze -r $work/mine.yaml $case" /dev/null >"$work/typed" 2>&1 </dev/null || true
    ok "colours on a terminal" grep -q "$(printf '\033\\[1;33mWARNING')" "$work/typed"
    NO_COLOR=1 script -qec "$analyze -r $work/mine.yaml $case" /dev/null >"$work/typed" 2>&1 </dev/null || true
    ok "NO_COLOR is honoured" sh -c '! grep -q "$(printf "\033\\[1;33m")" "$1"' - "$work/typed"
    script -qec "stty cols 20; $analyze -r $work/mine.yaml $case" /dev/null >"$work/typed" 2>&1 </dev/null || true
    ok "a narrow terminal is filled line by line" sh -c 'tr -d "\r" <"$1" | sed "s/$(printf "\033")\[[0-9;]*m//g" | grep -qx "    rename it"' - "$work/typed"
else
    skip "colours on a terminal" "script is not installed"
fi
printf 'language: 1\nrules: [{id: OWN-301, title: "5 ± 1", severity: error, when: "true", message: "日本"}]\n' >"$work/wide.yaml"
ok "a UTF-8 locale shows what there is" sh -c 'LC_ALL=C.UTF-8 "$@" | grep -q "日本"' - "$analyze" -r "$work/wide.yaml" "$case"
ok "any other locale shows ASCII" sh -c 'LC_ALL=C "$@" | grep -q "OWN-301  5 +/- 1" && LC_ALL=de_DE.ISO-8859-1 "$@" | grep -qF "\\u{65e5}\\u{672c}"' - "$analyze" -r "$work/wide.yaml" "$case"
ok "JSON is UTF-8 in any locale" sh -c 'LC_ALL=C "$@" -f json | grep -q "日本"' - "$analyze" -r "$work/wide.yaml" "$case"

# Citations of the manifest's records outlive the evaluation that made them: as many findings of it as
# fill the memory that an evaluation gives back.
asked=$work/asked
mkdir -p "$asked/kubernetes/core"
cp "$case/kubernetes/core/pods.json" "$asked/kubernetes/core/"
{
    printf '{"format": "meshcase/1", "tool": {"name": "t", "version": "1"}, "started_at": "2018-06-01T11:00:00Z",'
    printf '"ended_at": "2018-06-01T11:01:00Z", "cluster": {}, "options": {}, "captures": ['
    n=0
    while [ $n -lt 300 ]; do
        [ $n = 0 ] || printf ','
        printf '{"id": "c%d", "kind": "http", "source": {"verb": "get", "path": "/p/%d"}, "members": [],' $n $n
        printf '"state": "failed", "class": "forbidden", "reason": "no", "started_at": "2018-06-01T11:00:00Z", "duration_ms": 1}'
        n=$((n + 1))
    done
    printf ']}'
} >"$asked/manifest.json"
cat >"$work/asked.yaml" <<'END'
language: 1
rules:
- id: OWN-301
  title: something was refused
  severity: info
  let: {asked: {captures: {state: failed}}}
  each: {p: {k8s: {kind: Pod}}}
  with: {refused: {cel: "asked.filter(a, a.class == 'forbidden')"}}
  when: refused != [] && refused.all(r, r.reason == 'no')
  message: "{{ refused[0].id }}"
- id: OWN-302
  title: as above
  severity: info
  each: {a: {captures: {state: failed}}}
  when: a.class == 'forbidden'
  message: "{{ a.id }}"
END
ok "citations of the manifest are whole" sh -c '"$@" | tr "," "\n" | grep -c "\"pointer\": \"/captures/" >"$0.count"; [ "$(cat "$0.count")" -ge 300 ]' "$work/asked" \
    "$analyze" -r "$work/asked.yaml" --fail-on never -f json "$asked"

# ---- --why, overlays, baselines ----

ok "--why tells how a verdict came about" says 1 "p.metadata.name == params.name is true" run --why OWN-101 "$case"
ok "--why tells why there is none" says 0 "not_evaluated: k8s:Service" run --why OWN-102 "$case"
ok "--why of what is not complete gives 5" says 5 "not_evaluated: k8s:Service" run --why OWN-102 --require-complete "$case"
ok "--why can go to a file" sh -c '"$@" >"$0.said"; [ $? = 1 ] && [ ! -s "$0.said" ] && grep -q "How it came to its verdicts" "$0"' "$work/why" "$analyze" -r "$work/mine.yaml" --why OWN-101 -o "$work/why" "$case"
ok "--why on a full disk gives 6" sh -c '[ ! -w /dev/full ] || { "$@" >/dev/full; [ $? = 6 ]; }' - "$analyze" -r "$work/mine.yaml" --why OWN-101 "$case"

cat >"$work/site.yaml" <<'END'
language: 1
rules:
- {id: OWN-102, disable: true, reason: not here}
- {id: OWN-109, disable: true}
suppress:
- {id: OWN-101, subject: "b/*", reason: the pod is to be replaced, until: 2018-06-01}
END
ok "an overlay suppresses" says 0 "1 suppressed" run --overlay "$work/site.yaml" "$case"
ok "a disabled rule is listed" says 0 "rule:OWN-102 disabled: not here" run --overlay "$work/site.yaml" "$case"
ok "an entry that matches nothing is printed" says 0 "there is no rule OWN-109" run --overlay "$work/site.yaml" "$case"
ok "an entry that is over is printed" says 1 "expired: the entry for OWN-101 held" "$analyze" -r "$work/mine.yaml" --now 2018-06-02T00:00:00Z --overlay "$work/site.yaml" "$case"
printf 'language: 1\nsupress: []\n' >"$work/bad-site.yaml"
ok "a bad overlay gives 4" says 4 'did you mean "suppress"?' run --overlay "$work/bad-site.yaml" "$case"

ok "what is known does not fail" says 0 "(known)" run --baseline "$work/one.json" "$case"
ok "what is new fails" says 1 "good is bad" run --baseline "$work/one.json" -p name=good "$case"
ok "what is gone is marked" sh -c '"$@" | grep -q "\"baseline\": \"gone\""' - "$analyze" -r "$work/mine.yaml" -f json --baseline "$work/one.json" -p name=nobody "$case"
ok "what is gone is told with what it said" says 0 "Gone since the baseline OWN-101 b/bad: bad is bad" run --baseline "$work/one.json" -p name=nobody "$case"
ok "what is accepted is told with its reason" says 0 "Accepted by an overlay OWN-101 b/bad: the pod is to be replaced; until 2018-06-01" run --overlay "$work/site.yaml" "$case"
ok "the line that sums up counts new and known" says 0 "; 0 new, 1 known)" run --baseline "$work/one.json" "$case"
ok "what is no report is wrong use" silent 2 run --baseline "$work/mine.yaml" "$case"

# ---- the program ----

documented() {
    missing=$(sed -n 's/^FORMAT([A-Z]*, "\([a-z]*\)", "\(.*\)")$/| `\1` | \2 |/p' "$source/analyzer/report/formats.def" |
        while IFS= read -r row; do grep -qFx -- "$row" "$source/docs/reports.md" || printf '%s\n' "$row"; done
        "$analyze" --help | sed -n '/^Exit status/,$s/^ *\([0-9][0-9]*\)  *\([^;:]*\).*/| \1 | \2/p' |
        while IFS= read -r row; do grep -qF -- "$row" "$source/docs/reports.md" || printf '%s\n' "$row"; done)
    [ -z "$missing" ] || { echo "not in docs/reports.md: $missing"; return 1; }
}
ok "docs/reports.md has every form of report and every exit status" documented
ok "help tells the exit statuses" says 0 "4   the rules are invalid" "$analyze" --help
ok "the version is told" says 0 "meshcase-analyze " "$analyze" --version
ok "there is a manual page" says 0 ".TH" "$analyze" --man
finish
