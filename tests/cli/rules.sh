#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# rules.sh -- meshcase-rules from outside: lint, test, list, explain, eval, schema, docs.
. "${MESHCASE_SRCDIR:-.}/tests/cli/analyzer_lib.sh"

# ---- lint ----

cat >"$work/bad.yaml" <<'END'
language: 1
rules:
- id: BAD-101
  title: several mistakes
  severity: eror
  wehn: true
  when: nosuch > 1
  message: "{{ 1 + }}"
END
ok "lint passes over sound rules" says 0 "0 errors" "$rules" lint "$worked"
ok "lint fails on bad ones" says 1 'bad.yaml:5:13: error: "severity" must be one of' "$rules" lint "$work/bad.yaml"
ok "it suggests the key that was meant" says 1 'unknown key "wehn"; did you mean "when"?' "$rules" lint "$work/bad.yaml"
ok "it tells all mistakes at once" says 1 "1 rules in 1 files: 4 errors, 0 warnings" "$rules" lint "$work/bad.yaml"
ok "a caret shows the place" says 1 "              ^" "$rules" lint "$work/bad.yaml"
cat >"$work/ten.yaml" <<'END'
language: 1
guid: https://istio.io/
defs: {let: {pods: {k8s: {kind: Pod, lables: app=x}}, idle: {k8s: {kind: Node}}}}
rules:
- id: BAD-110
  title: mistakes of each kind
  severity: eror
  let:
    calls: {metric: {component: mixr, query: "sum(x"}}
    lines: {logs: {component: pilot, match: '(?=x)y'}}
    number: {metric: {component: mixer, query: up}}
    forgotten: {fact: mesh}
  if: pods.exist(p, true) && calls > 1.0
  when: nosuch && lines == []
  key: number + 1.0
  message: "{{ number[0].value + }}"
- {id: BAD-110, title: twice, severity: error, when: 'true', message: m, applies: {istio: ">>1"}}
END
ten() {
    printed=$("$rules" lint "$work/ten.yaml" 2>&1) && return 1
    while IFS= read -r line; do
        printf '%s\n' "$printed" | grep -qF "ten.yaml:$line" || { echo "# not told: $line"; echo "$printed" | sed 's/^/# /'; return 1; }
    done <<'END'
2:1: error: unknown key "guid"; did you mean "guide"?
3:38: error: unknown key 'lables' of source k8s; did you mean 'labels'?
3:55: warning: no rule uses "idle"
7:13: error: "severity" must be one of info, warning, error, critical; did you mean "error"?
9:33: error: unknown component 'mixr'; did you mean 'mixer'?
9:52: error: the query ends where ',' or ')' was expected
10:46: error: regular expression: not in RE2's syntax
12:5: error: the rule does not use "forgotten"
13:12: error: unknown function 'exist'; did you mean 'exists'?
14:9: error: undefined name "nosuch"
15:8: error: "number" is a list of series: say with "empty: 0" that it is a number
16:33: error: unexpected end of the expression
17:3: error: the id BAD-110 is taken already
17:93: error: expected a version like 1.2.3 in a version range
END
    # What stands in texts that could not be read is not called unused.
    ! printf '%s\n' "$printed" | grep -qE 'use "(calls|lines|number|pods)"'
}
ok "a file with ten mistakes and more has them all named, with their places" ten
ok "strict lint asks for what a pack owes" says 1 'owes "why"' "$rules" lint --strict "$worked"
ok "a folder that is not there is unreadable" says 3 "nowhere:1:1: error: " "$rules" lint "$work/nowhere"
mkdir "$work/some" && printf 'languag: 1\nrules: []\n' >"$work/some/wrong.yaml"
head -c 1100000 /dev/zero | tr '\0' '#' >"$work/some/long.yaml"
ln -s nowhere "$work/some/dangling.yaml"
unreadable() {
    printed=$("$rules" lint "$work/some" 2>&1) && return 1
    [ $? = 3 ] || return 1
    for line in 'dangling.yaml:1:1: error: ' 'long.yaml:1:1: error: ' 'wrong.yaml:1:1: error: '; do
        printf '%s\n' "$printed" | grep -qF "$line" || { echo "# not told: $line"; echo "$printed" | sed 's/^/# /'; return 1; }
    done
}
ok "what cannot be read hides nothing of the rest" unreadable
mkdir "$work/empty" && printf 'name: e\nversion: 1\nlanguage: 1\nrules: "*.yaml"\n' >"$work/empty/pack.yaml"
ok "a pack without rules is told" says 1 'pack.yaml:4:8: error: no file of the pack matches' "$rules" lint "$work/empty"
printf 'nam: e\n' >"$work/empty/pack.yaml"
ok "a bad pack.yaml is told" says 1 'unknown key "nam"; did you mean "name"?' "$rules" lint "$work/empty"
ok "a file that is named twice is loaded once" says 0 "0 errors" "$rules" lint "$worked/mixer.yaml" "$worked/../worked/mixer.yaml"

# Evidence that nobody collects can never be judged.
cat >"$work/plan.yaml" <<'END'
plan: 1
name: small
captures:
- {id: pods, kind: resources, resources: [pods, "*.config.istio.io"]}
- {id: metrics, kind: metrics, components: [mixer]}
- {id: logs, kind: logs, components: [pilot]}
- {id: state, kind: http, components: [pilot], what: ["*z.json"]}
END
# needs SOURCE WHAT: lint with that plan says that SOURCE asks for WHAT, or, without WHAT, nothing.
needs() {
    printf 'language: 1\nrules:\n- id: OWN-101\n  title: t\n  severity: error\n  let: {x: %s}\n  when: isKnown(x)\n  message: m\n' "$1" >"$work/needs.yaml"
    if [ -n "${2:-}" ]; then
        says 1 "needs.yaml:3:3: error: OWN-101 needs $2, which no plan collects" "$rules" lint --plan "$work/plan.yaml" "$work/needs.yaml"
    else
        says 0 "0 errors" "$rules" lint --plan "$work/plan.yaml" "$work/needs.yaml"
    fi
}
ok "a kind that is collected" needs '{k8s: {kind: Pod}}'
ok "a kind that is not" needs '{k8s: {kind: Node}}' k8s:Node
ok "a kind of a group that is collected whole" needs '{k8s: {kind: rule.config.istio.io}}'
ok "a kind of another group" needs '{k8s: {kind: Foo.bar.example.com}}' k8s:Foo.bar.example.com
ok "metrics that are collected" needs '{metric: {component: mixer, query: up}}'
ok "metrics that are not" needs '{metric: {component: pilot, query: up}}' metric:pilot
ok "logs that are collected" needs '{logs: {component: pilot, match: x}}'
ok "logs that are not" needs '{logs: {component: mixer, match: x}}' logs:mixer
ok "a document that is collected" needs '{document: {path: "http/pilot/*/*/adsz.json"}}'
ok "a document that is not" needs '{document: {path: "http/pilot/*/*/version.txt"}}' 'document:http/pilot/*/*/version.txt'
ok "what a pod serves to itself alone" needs '{document: {path: "http/sidecar/*/*/certs.json"}}' 'document:http/sidecar/*/*/certs.json'
ok "clocks" needs '{clocks: {subjects: [node]}}' clocks
ok "a fact that rests on what is collected" needs '{fact: injected_pods}'
printf 'plan: 1\nname: none\ncaptures: [{id: m, kind: metrics, components: [mixer]}]\n' >"$work/plan.yaml"
ok "a fact that does not" needs '{fact: mesh}' fact:mesh
ok "a plan that is not there" says 3 "nowhere.yaml" "$rules" lint --plan "$work/nowhere.yaml" "$worked"
ok "every shipped rule is collected by the built-in plan" says 0 "0 errors" "$rules" lint
ok "list tells what each rule needs" says 0 "needs k8s:prometheus.config.istio.io" "$rules" list -l

cat >"$work/careless.yaml" <<'END'
language: 1
rules:
- id: BAD-102
  title: what is sure to go wrong
  severity: error
  let: {calls: {metric: {component: mixer, query: "sum(up)", empty: 0}}}
  each: {p: {k8s: {kind: Pod, where: "it.spec.hostNetwrok == true"}}}
  when: calls * 100 > 5.0
  message: "{{ p.metadata.nam }}"
END
ok "lint warns of a field that the kind does not have" says 0 'careless.yaml:7:47: warning: PodSpec has no field "hostNetwrok"; did you mean "hostNetwork"?' "$rules" lint "$work/careless.yaml"
ok "also inside messages" says 0 'careless.yaml:9:27: warning: ObjectMeta has no field "nam"; did you mean "name"?' "$rules" lint "$work/careless.yaml"
ok "lint warns of a double with an int" says 0 'careless.yaml:8:15: warning: double * int is an error: write 100.0' "$rules" lint "$work/careless.yaml"
ok "warnings alone do not fail" says 0 "1 rules in 1 files: 0 errors, 3 warnings" "$rules" lint "$work/careless.yaml"

# ---- test ----

ok "the worked examples behave as they should" says 0 " passed, 0 failed" "$rules" test "$worked"

mkdir -p "$work/pack/tests"
printf 'name: mine\nversion: 0.1.0\nlanguage: 1\nrules: "*.yaml"\n' >"$work/pack/pack.yaml"
cat >"$work/pack/mine.yaml" <<'END'
language: 1
rules:
- id: OWN-101
  title: a pod is called bad
  severity: error
  each: {p: {k8s: {kind: Pod}}}
  when: p.metadata.name == 'bad'
  message: "{{ p.metadata.name }} is bad"
END
cat >"$work/pack/tests/OWN-101.yaml" <<'END'
language: 1
bundle: {k8s: [{kind: Pod, metadata: {namespace: a, name: good}}]}
cases:
- {rule: OWN-101, name: healthy, expect: {verdict: finding, message: worse}}
- {rule: OWN-101, name: two, change: {k8s: [{kind: Pod, metadata: {namespace: a, name: bad}}]}, expect: {verdict: ok}}
END
ok "a failing test has its place" says 1 'tests/OWN-101.yaml:4: OWN-101 "healthy" failed' "$rules" test "$work/pack"
ok "it tells the fields that differ" says 1 'verdict    expected "finding"' "$rules" test "$work/pack"
ok "a finding that nobody expects fails" says 1 'a finding that was not expected' "$rules" test "$work/pack"
ok "a stable rule owes three kinds of tests" says 1 'OWN-101 is stable and has no test that expects not_evaluated' "$rules" test "$work/pack"
ok "it counts at the end" says 1 '0 passed, 3 failed' "$rules" test "$work/pack"
cat >"$work/pack/tests/OWN-101.yaml" <<'END'
language: 1
bundle: {k8s: [{kind: Pod, metadata: {namespace: a, name: good}}]}
cases:
- {rule: OWN-101, name: healthy, expect: {verdict: ok, subject: a/good}}
- {rule: OWN-101, name: bad, change: {k8s: [{kind: Pod, metadata: {namespace: a, name: bad}}]}, expect: {verdict: finding, message: bad is bad, evidence: /items/1/metadata/name}}
- {rule: OWN-101, name: hole, change: {k8s: null}, expect: {verdict: not_evaluated, reason: "k8s:Pod"}}
END
ok "a pack with its tests passes" says 0 '3 passed, 0 failed' "$rules" test "$work/pack"
cat >"$work/mistakes.yaml" <<'END'
language: 1
bundle: {metrics: {nosuch: ""}, logs: {a/b: ""}, k8s: [{kind: Pod}]}
cases:
- {rule: OWN-102, name: no such rule, expect: {verdict: ok}}
- {rule: OWN-101, name: bad bundle, expect: {verdict: ok}}
END
ok "a test of no rule fails" says 1 'there is no rule OWN-102; did you mean OWN-101?' "$rules" test -t "$work/mistakes.yaml" "$work/pack"
ok "a bundle that cannot be is told" says 1 'no component, nor component/namespace/pod:port: "nosuch"' "$rules" test -t "$work/mistakes.yaml" "$work/pack"
printf 'language: 1\ncases: []\n' >"$work/mistakes.yaml"
ok "a file without cases fails" says 1 'no cases' "$rules" test -t "$work/mistakes.yaml" "$work/pack"
printf 'language: 1\ncases:\n- {rule: OWN-101, name: a, expects: {verdict: ok}}\n' >"$work/mistakes.yaml"
ok "unknown keys of tests are errors" says 1 'unknown key "expects"; did you mean "expect"?' "$rules" test -t "$work/mistakes.yaml" "$work/pack"

# ---- list, explain, docs, schema ----

ok "list as JSON tells sections, needs and messages" says 0 '"needs":["k8s:Pod"]' "$rules" list --json "$work/pack"
ok "list names every rule" says 0 "OWN-101    error     stable        a pod is called bad" "$rules" list "$work/pack"
ok "explain says what a rule needs" says 0 "k8s:rule.config.istio.io" "$rules" explain -r "$worked" MIX-110
ok "explain says when it fires" says 0 "size(named) == 0 && !routed" "$rules" explain -r "$worked" MIX-110
ok "an unknown rule is wrong use" says 2 "there is no rule 'SEC-210'; did you mean 'SEC-201'" "$rules" explain -r "$worked" SEC-210
ok "docs are Markdown" says 0 '| [SEC-201](#SEC-201) | warning | Headless TCP Service' "$rules" docs "$worked"
ok "the reference names keys, sources and functions" sh -c '"$1" docs --language >"$2" &&
    grep -q "low_if" "$2" && grep -q "selected_by" "$2" && grep -q "startsWith" "$2"' - "$rules" "$work/reference"
for of in rules overlay tests pack; do
    if has python3; then
        ok "the schema of $of is JSON" sh -c '"$1" schema --of "$2" | python3 -m json.tool' - "$rules" "$of"
    fi
done
# A python3 that has the validator: ours from Debian, where another one stands in front of it.
python=
for one in python3 /usr/bin/python3; do
    if [ -z "$python" ] && "$one" -c 'import jsonschema, yaml' 2>/dev/null; then
        python=$one
    fi
done
if [ -n "$python" ]; then
    ok "the schemas fit every file of the tree and refuse what lint refuses" \
        "$python" "$source/tests/lib/check_rule_schema.py" "$rules" "$source"
else
    skip "the schemas fit every file of the tree and refuse what lint refuses" \
        "python3-jsonschema or python3-yaml is not installed"
fi

# ---- eval ----

mkdir -p "$work/case/kubernetes/core"
printf '{"kind":"PodList","apiVersion":"v1","items":[{"metadata":{"namespace":"a","name":"bad"}}]}\n' \
    >"$work/case/kubernetes/core/pods.json"
ok "eval computes" says 0 "[1,4,9]" "$rules" eval "$work/case" '[1, 2, 3].map(n, n * n)'
ok "eval sees evidence by name" says 0 '["bad"]' "$rules" eval "$work/case" --let 'pods={k8s: {kind: Pod}}' 'pods.map(p, p.metadata.name)'
ok "a hole is unknown, and says why" says 1 'unknown: k8s:Service' "$rules" eval "$work/case" --let 's={k8s: {kind: Service}}' 'size(s)'
ok "an error says what is wrong" says 1 'CEL:1:7: error: division by zero' "$rules" eval "$work/case" '1 + 1 / 0'
ok "eval without a bundle says so" says 2 "a bundle is missing before the expression: there is no file '1+1'" "$rules" eval '1+1'
ok "eval of a bundle needs an expression" says 2 'eval needs an expression, or --rule' "$rules" eval "$work/case"
ok "bad CEL is wrong use" says 2 'CEL:1:' "$rules" eval "$work/case" '1 +'
ok "eval uses the names of a rule" says 0 'true' "$rules" eval "$work/case" -r "$worked" --rule SEC-201 'params.max_skew_s == 5.0'
ok "eval sets params" says 0 'true' "$rules" eval "$work/case" -r "$worked" --rule SEC-201 -p max_skew_s=9 'params.max_skew_s == 9.0'
ok "eval refuses a param that is none as wrong use" \
    says 2 'no rule file has a param "nosuch"' "$rules" eval "$work/case" -r "$worked" --rule SEC-201 -p nosuch=9 'true'
ok "eval runs a rule" says 0 'finding a/bad: bad is bad' "$rules" eval "$work/case" -r "$work/pack" --rule OWN-101
ok "a trace shows every part" says 0 'p.metadata.name -> "bad"   [kubernetes/core/pods.json:1 /items/0]' "$rules" eval "$work/case" -r "$work/pack" --rule OWN-101 --trace
ok "a part begins with the parenthesis of its first one" says 0 "    (1 + 2) * 3 -> 9" "$rules" eval --trace "$work/case" -r "$work/pack" "(1 + 2) * 3"
ok "eval without anything to do is wrong use" silent 2 "$rules" eval "$work/case"
ok "a bundle that is not there is unreadable" silent 3 "$rules" eval "$work/nowhere" '1'
ok "a bad --let is wrong use" says 2 "unknown source 'k8z'" "$rules" eval "$work/case" --let 'p={k8z: {}}' p

# ---- the examples of the documentation, in the order in which they stand there ----

awk -v out="$work/doc" '/^```yaml$/ { file = out (++n) ".yaml"; next } /^```$/ { file = "" } file { print > file }' \
    "$source/docs/rule-language.md"
ok "the documented rules are sound" says 0 "2 rules in 1 files: 0 errors, 0 warnings" "$rules" lint "$work/doc1.yaml"
ok "the documented tests pass" says 0 "7 passed, 0 failed" "$rules" test -t "$work/doc2.yaml" "$work/doc1.yaml"
ok "the documented overlay fits" says 0 "rule:OWN-102 disabled: adapter retired" \
    "$analyze" -r "$work/doc1.yaml" --overlay "$work/doc3.yaml" --now 2018-05-01T00:00:00Z "$work/case"
ok "no other example stands there" test ! -e "$work/doc4.yaml"

# ---- the program ----

ok "without a command it is wrong use" silent 2 "$rules"
ok "an unknown command gets a suggestion" says 2 "there is no command 'lnt'; did you mean 'lint'?" "$rules" lnt
ok "help lists the commands" says 0 "explain  say in words" "$rules" --help
ok "every command has help" sh -c 'for c in lint test list explain eval schema docs; do "$1" $c --help || exit 1; done' - "$rules"
ok "an unknown option gets a suggestion" says 2 "did you mean" "$rules" lint --stric "$worked"
if [ -w /dev/full ]; then
    for command in "list $worked" "list --json" schema docs; do
        # shellcheck disable=SC2086
        ok "a full disk is an error of $command" says 6 "cannot write standard output: No space left on device" \
            sh -c '"$@" >/dev/full' - "$rules" $command
    done
fi
finish
