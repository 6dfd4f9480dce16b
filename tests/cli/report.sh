#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# report.sh -- forms of the report by their own rules: schemas, validators, and strings that try to
# get out of every one of them.
. "${MESHCASE_SRCDIR:-.}/tests/cli/analyzer_lib.sh"

check() {
    python3 "$source/tests/report/check_report.py" "$@"
}
# write FORMAT FILE ARGUMENTS...: a report of what is in $work.
write() {
    format=$1
    file=$2
    shift 2
    got=0
    "$analyze" --now 2018-06-01T12:00:00Z -f "$format" -o "$file" "$@" || got=$?
    [ "$got" -le 1 ]
}

# ---- reports to look at ----

mkdir "$work/hostile" "$work/many"
python3 "$source/tests/report/hostile.py" "$work/hostile" 40
python3 "$source/tests/report/hostile.py" "$work/many" 10100
for format in json ndjson sarif junit markdown; do
    ok "hostile: $format is written" write $format "$work/hostile.$format" -r "$work/hostile/rules.yaml" "$work/hostile/case"
done
ok "many: markdown is written" write markdown "$work/many.markdown" -r "$work/many/rules.yaml" "$work/many/case"
# An earlier report of other rules: known, new and gone findings, accepted ones and expired entries.
cat >"$work/site.yaml" <<'END'
language: 1
suppress:
- {id: BAD-101, subject: "ns-1/*", reason: "<b>known</b> @octocat", until: 2018-06-01}
- {id: BAD-101, subject: "ns-2/*", reason: over, until: 2018-05-01}
END
sed 's/"name": "/&x/' "$work/hostile.json" >"$work/earlier.json"
for format in json ndjson sarif junit markdown; do
    ok "compared: $format is written" write $format "$work/compared.$format" -r "$work/hostile/rules.yaml" \
        --overlay "$work/site.yaml" --baseline "$work/earlier.json" "$work/hostile/case"
done

# ---- their own rules ----

sarif_schema=
if has npm && (mkdir -p "$build/tools/sarif" && cd "$build/tools/sarif" && { [ -d package ] ||
        { npm pack --silent @microsoft/jest-sarif@1.0.0-beta.0 >/dev/null && tar xzf microsoft-jest-sarif-*.tgz; }; }) >/dev/null 2>&1; then
    sarif_schema=$build/tools/sarif/package/lib/schemas/sarif-2.1.0-rtm.5.json
fi
if python3 -c 'import jsonschema' 2>/dev/null; then
    for which in hostile compared; do
        ok "$which: json fits its schema" check json "$work/$which.json" "$source/docs/report.schema.json"
        ok "$which: ndjson says the same document" check ndjson "$work/$which.ndjson" "$source/docs/report.schema.json"
        ok "$which: sarif is what the standard's words ask for" check sarif "$work/$which.sarif" "$source/tests/report/sarif.schema.json"
        if [ -n "$sarif_schema" ]; then
            ok "$which: sarif fits the schema of SARIF 2.1.0" check sarif "$work/$which.sarif" "$sarif_schema"
        else
            skip "$which: sarif fits the schema of SARIF 2.1.0" "no npm here to fetch a package that has the schema"
        fi
        ok "$which: junit is well-formed and adds up" check junit "$work/$which.junit"
        if has cmark-gfm; then
            cmark-gfm -e autolink -e table -e strikethrough --unsafe "$work/$which.markdown" >"$work/$which.html"
            ok "$which: nothing in markdown is alive" check markdown "$work/$which.html"
        else
            skip "$which: nothing in markdown is alive" "cmark-gfm is not installed"
        fi
    done
else
    skip "forms of the report by their own rules" "python3-jsonschema is not installed"
fi
if has xmllint; then
    for which in hostile compared; do
        ok "$which: junit fits what Jenkins reads" xmllint --noout --huge --relaxng "$source/tests/report/junit.rng" "$work/$which.junit"
    done
else
    skip "junit fits what Jenkins reads" "xmllint is not installed"
fi

for schema in report manifest; do
    ok "the schema $schema has a name of its own" grep -qF "\"\$id\": \"urn:meshcase:$schema:1\"" "$source/docs/$schema.schema.json"
done
# Reports made by hand, as the unit tests expect them.
ok "handmade: json fits its schema" python3 "$source/tests/lib/check_schema.py" "$source/docs/report.schema.json" "$source/tests/report/handmade.json"
if python3 -c 'import jsonschema' 2>/dev/null; then
    ok "handmade: sarif is what the standard's words ask for" check sarif "$source/tests/report/handmade.sarif" "$source/tests/report/sarif.schema.json"
    sed 's/"ruleIndex": 0/"ruleindex": 0/' "$source/tests/report/handmade.sarif" >"$work/wrong.sarif"
    ok "a key of a wrong name is found" sh -c '! "$@"' - python3 "$source/tests/report/check_report.py" sarif "$work/wrong.sarif" "$source/tests/report/sarif.schema.json"
fi
if [ -n "$sarif_schema" ] && python3 -c 'import jsonschema' 2>/dev/null; then
    ok "handmade: sarif fits the schema of SARIF 2.1.0" check sarif "$source/tests/report/handmade.sarif" "$sarif_schema"
fi
if has xmllint; then
    ok "handmade: junit fits what Jenkins reads" xmllint --noout --relaxng "$source/tests/report/junit.rng" "$source/tests/report/handmade.junit.xml"
fi

# ---- size ----

ok "10,000 findings make markdown that can be pasted" sh -c '[ "$(wc -c <"$1")" -le 60000 ] && grep -q "findings are left out\|and [0-9]* more" "$1"' - "$work/many.markdown"
ok "hostile findings make markdown that can be pasted" sh -c '[ "$(wc -c <"$1")" -le 60000 ]' - "$work/hostile.markdown"

python3 - "$work/wordy.yaml" <<'END'
import sys
rule = "- {id: WORDY-10%d, title: t, severity: error, each: {p: {k8s: {kind: Pod}}}, when: 'true', message: '%s'}\n"
open(sys.argv[1], "w").write("language: 1\nrules:\n" + "".join(rule % (i, "words " * 1500) for i in range(1, 7)))
END
ok "wordy: markdown is written" write markdown "$work/wordy.markdown" -r "$work/wordy.yaml" "$work/hostile/case"
ok "long causes are told shorter, none is left out" sh -c '[ "$(wc -c <"$1")" -le 60000 ] && [ "$(grep -c "<code>WORDY-10" "$1")" = 6 ]' - "$work/wordy.markdown"

# ---- places ----

logs=$work/placed/logs/ns/pod
mkdir -p "$logs"
plain='2018-06-01T12:00:00Z\terror\t\346\227\245\346\234\254 lost \303\251t\303\251 LOST mesh'
printf "$plain\n" >"$logs/plain.log"
printf "2018-06-01T12:00:00Z\terror\tfirst\n  second \303\251 LOST mesh\n" >"$logs/lines.log"
printf "2018-06-01T12:00:00.000000000Z $plain\n2018-06-01T12:00:00.000000001Z more\n" >"$logs/timed.log"
printf "2018-06-01T12:00:00Z bad \377\376 LOST mesh\r\n" >"$logs/bad.log"
cri='2018-06-01T12:00:00.000000000Z stdout'
printf "$cri P one \n$cri F two LOST mesh\n" >"$logs/joined.log"
printf "$cri F two LOST mesh\n" >"$logs/cri.log"
cat >"$work/placed.yaml" <<'END'
language: 1
rules:
- {id: OWN-101, title: t, severity: error, each: {l: {logs: {match: 'LOST \w+', group_by: [container]}}}, message: m}
END
write sarif "$work/placed.sarif" -r "$work/placed.yaml" "$work/placed" || true
ok "sarif: a region is where the bundle has what it quotes" check places "$work/placed.sarif" "$work/placed" logs/ns/pod/plain.log \
    logs/ns/pod/lines.log logs/ns/pod/timed.log logs/ns/pod/bad.log logs/ns/pod/cri.log -logs/ns/pod/joined.log

# ---- states ----

ok "sarif: what is accepted is suppressed, with its reason" sh -c 'tr "{" "\n" <"$1" | grep -qF "\"kind\": \"external\", \"status\": \"accepted\", \"justification\": \"<b>known</b> @octocat"' - "$work/compared.sarif"
ok "sarif: what is known is unchanged" grep -q '"baselineState": "unchanged"' "$work/compared.sarif"
ok "junit: what was not evaluated is skipped, with its reason" grep -q '<skipped message="[^"]*k8s:Service' "$work/hostile.junit"
ok "sarif: what was not evaluated is a notification" sh -c 'tr "{" "\n" <"$1" | grep -q "BAD-105 was not evaluated: k8s:Service"' - "$work/hostile.sarif"
finish
