#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# redact_levels.sh -- pseudonyms change no verdict; bundles and folders are repacked with --from.
. "${MESHCASE_SRCDIR:-.}/tests/cli/collect_lib.sh"
analyze=$build/meshcase-analyze

# verdicts BUNDLE: rule, verdict and subject of each, a line.
verdicts() {
    "$analyze" --rules "$src/rules" --now 2018-06-15T00:00:00Z --format json -o "$work/report" "$1" 2>"$work/said"
    [ $? -le 1 ] || { cat "$work/said"; return 1; }
    python3 -c '
import json, re, sys
for v in json.load(open(sys.argv[1]))["verdicts"]:
    # Subjects that are addresses have pseudonyms.
    print(v["rule"]["id"], v["verdict"], re.sub(r"[0-9]+([.][0-9]+){3}", "ADDRESS", v.get("subject") or ""), v.get("reason"))' \
        "$work/report" | sort
}
same_verdicts() {
    verdicts "$1" >"$work/verdicts.1" && verdicts "$2" >"$work/verdicts.2" || return 1
    [ "$(wc -l <"$work/verdicts.1")" -gt 50 ] || { echo "hardly any verdicts"; return 1; }
    diff "$work/verdicts.1" "$work/verdicts.2"
}
repack() {
    "$collect" --from "$@" >"$work/out" 2>"$work/err" </dev/null
    status=$?
}
bodies() { tar xzOf "$1" --exclude '*/manifest.json' --exclude '*/collector.log' --exclude '*/redactions*' --exclude stargz.index.json; }
no_addresses() {
    bodies "$1" | grep -aoE '(^|[^0-9.])10\.(40|96|128)\.[0-9]+\.[0-9]+' | sort -u >"$work/after"
    bodies "$2" | grep -aoE '(^|[^0-9.])10\.(40|96|128)\.[0-9]+\.[0-9]+' | sort -u >"$work/before"
    [ -s "$work/before" ] || { echo "the bundle had no addresses"; return 1; }
    both=$(comm -12 "$work/before" "$work/after" | wc -l)
    # Pseudonyms come from the same range: by chance one may be an address of the cluster.
    [ "$both" -le 2 ] || { comm -12 "$work/before" "$work/after"; return 1; }
}
states() {
    tar xzOf "$1" --wildcards '*/manifest.json' | python3 -c '
import json, sys
for c in json.load(sys.stdin)["captures"]:
    if c["kind"] not in ("collector-log", "redactions") and "redactions" not in c["id"]:
        print(c["id"], c["state"], c.get("class"), c.get("truncated"), c.get("covers"))' | sort
}
same_states() { states "$1" >"$work/s1"; states "$2" >"$work/s2"; [ -s "$work/s1" ] && diff "$work/s1" "$work/s2"; }
same_bodies() { [ "$(bodies "$1" | sha256sum)" = "$(bodies "$2" | sha256sum)" ]; }
differ() { ! cmp -s "$1" "$2"; }

printf 'a key of a fleet of clusters, long enough\n' >"$work/key"
for cluster in bookinfo-broken bookinfo-0.5-broken; do
    serve $cluster
    gather --kubeconfig "$kc" -o "$work/$cluster.tar.gz" --sample-interval 1s --rate 200 --quiet
    expect "$cluster is collected" test "$status" -le 1
    kill "$server"
    repack "$work/$cluster.tar.gz" -o "$work/$cluster.id.tar.gz" --redact identity
    expect "$cluster is repacked" test "$status" -le 1
    expect "identity changes no verdict of $cluster" same_verdicts "$work/$cluster.tar.gz" "$work/$cluster.id.tar.gz"
    expect "and no state" same_states "$work/$cluster.tar.gz" "$work/$cluster.id.tar.gz"
    expect "its addresses are pseudonyms" no_addresses "$work/$cluster.id.tar.gz" "$work/$cluster.tar.gz"
done

first=$work/bookinfo-broken.tar.gz
repack "$first" -o "$work/again.tar.gz"
expect "what is redacted stays as it is" same_bodies "$first" "$work/again.tar.gz"
expect "and every state" same_states "$first" "$work/again.tar.gz"
expect "the result is sound" sound "$work/again.tar.gz"
expect "the level is told" sh -c "tar xzOf '$work/again.tar.gz' --wildcards '*/manifest.json' | grep -q '\"redact\":\"secrets\"'"
for n in 1 2; do
    repack "$first" -o "$work/random.$n.tar.gz" --redact identity
    repack "$first" -o "$work/keyed.$n.tar.gz" --redact identity --pseudonym-key "$work/key"
done
bodies "$work/random.1.tar.gz" >"$work/r1"
bodies "$work/random.2.tar.gz" >"$work/r2"
bodies "$work/keyed.1.tar.gz" >"$work/k1"
bodies "$work/keyed.2.tar.gz" >"$work/k2"
expect "pseudonyms of two bundles are different" differ "$work/r1" "$work/r2"
expect "with a key they are the same" cmp "$work/k1" "$work/k2"

# Folders, foreign names, packed logs, what cannot be redacted, what is not whole.
mkdir -p "$work/folder/odd/sub" "$work/folder/kubernetes/core"
printf 'password=Xk29dk2mQ7\nplain\n' >"$work/folder/odd/sub/a.txt"
printf 'Authorization: Bearer q8Wn2Lm4Zx7Vb1Cn3Mq5\n' | gzip -n >"$work/folder/odd/app.log.gz"
printf 'MZ\000\000binary\n' >"$work/folder/odd/tool.bin"
printf '{"kind":"SecretList","apiVersion":"v1","items":[{"metadata":{"name":"s"},"data":{"k":"c3cwcmRGMXNoNzd4"}}]}\n' >"$work/folder/kubernetes/core/secrets.json"
printf 'again c3cwcmRGMXNoNzd4 and sw0rdF1sh77x\n' >"$work/folder/odd/log.txt"
repack "$work/folder" -o "$work/folder.tar.gz"
expect "a folder is repacked, less what cannot be redacted" is "$status" 1
expect "with its own names" sh -c "tar tzf '$work/folder.tar.gz' | grep -q '/odd/sub/a.txt'"
expect "a packed log is unpacked" sh -c "tar tzf '$work/folder.tar.gz' | grep -q '/odd/app.log\$'"
expect "and redacted" sh -c "! bodies() { tar xzOf '$work/folder.tar.gz'; }; ! bodies | grep -E 'Xk29dk2|q8Wn2|c3cwcmRGMX|sw0rdF1sh'"
expect "what cannot be redacted is left out" is "$(capture "$work/folder.tar.gz" odd/tool.bin)" "failed redaction"
expect "what was read is complete" is "$(capture "$work/folder.tar.gz" odd/sub/a.txt)" "complete -"
head -c "$(($(wc -c <"$first") / 2))" "$first" >"$work/cut.tar.gz"
repack "$work/cut.tar.gz" -o "$work/mended.tar.gz"
expect "half a bundle is repacked" is "$status" 1
expect "and what followed is a hole, wherever the cut is" is "$(capture "$work/mended.tar.gz" "the rest of the bundle")" "failed truncated"

# What is found only by the check of the finished bundle: a name that is a token is no text of any member.
token=ghp_$(printf %s abcdefghijklmnopqrstuvwxyz0123456789)
mkdir -p "$work/named/odd"
printf 'plain\n' >"$work/named/odd/$token.log"
repack "$work/named" -o "$work/named.tar.gz"
expect "a bundle in which a secret is left is withheld" is "$status" 4
expect "the detector is told" says "$work/err" "the bundle is withheld: detector 'github-token' finds a secret in "
expect "what it found is not" sh -c "! grep -q '$token' '$work/err' '$work/out'"
expect "there is no file" test ! -e "$work/named.tar.gz"
expect "nothing is left of it" nothing_left "$work/named.tar.gz"
repack "$work/named" -o "$work/named.tar.gz" --redact none
expect "unless nothing is promised" is "$status" 0
rm -f "$work/named.tar.gz"

# From inside: what starts beside us may dump no core and leaves no file to others.
mkdir "$work/fake"
cat >"$work/fake/kubectl" <<EOF2
#!/bin/sh
{ umask; grep 'Max core file size' /proc/\$PPID/limits; } >>"$work/inside"
exit 1
EOF2
chmod +x "$work/fake/kubectl"
(umask 0; ulimit -c 4 2>/dev/null; PATH=$work/fake:$PATH; gather -o "$work/none.tar.gz" --quiet)
# Whose files in /proc are root's alone may not be looked into by others of its user, as by a debugger; so seen by a user
# who is not root.
open=$(mktemp -d)
chmod a+x "$work" "$TMPDIR"
chmod 777 "$open"
cp "$collect" "$src/collector/plans/istio.yaml" "$open"
mkdir "$open/fake"
cat >"$open/fake/kubectl" <<EOF2
#!/bin/sh
for process in \$PPID \$(sed -n 's/^PPid:[^0-9]*//p' /proc/\$PPID/status); do
    echo "\$(stat -c %u /proc/\$process/environ) \$(tr -d '\\0' </proc/\$process/comm) \$(stat -c %u /proc/self/environ)"
done >>"$open/owners"
exit 1
EOF2
chmod -R a+rX "$open"
chmod a+x "$open/fake/kubectl"
as_nobody=
[ "$(id -u)" != 0 ] || as_nobody="setpriv --reuid=65534 --regid=65534 --clear-groups"
(cd "$open" && HOME=$open TMPDIR=$open PATH=$open/fake:$PATH $as_nobody "$open/meshcase-collect" --plan "$open/istio.yaml" -o "$open/none.tar.gz" --quiet) \
    >"$work/out" 2>"$work/err" </dev/null
owners() {
    cat "$open/owners"
    # The collector and its guard are root's in /proc although nobody runs them; what they start is its own.
    [ "$(grep -c '^0 meshcase-collec [1-9]' "$open/owners")" -ge 1 ] && ! grep -q '^[1-9]' "$open/owners"
}
expect "nobody looks into the collector's memory" owners
rm -rf "$open"
expect "the umask is 077" says "$work/inside" '^0077$'
expect "there are no core dumps" says "$work/inside" 'Max core file size *0 *0 '
(umask 0; repack "$first" -o "$work/mode.tar.gz")
expect "the bundle is its owner's alone" is "$(stat -c %a "$work/mode.tar.gz")" 600

# How much of other tools' bundles goes that is no secret: what Secrets hold does not count.
little_is_gone() {
    python3 - "$@" <<'PY'
import re, sys, tarfile

def bodies(path):
    with tarfile.open(path) as tar:
        return {e.name.lstrip("./"): tar.extractfile(e).read() for e in tar if e.isfile()}

before = bodies(sys.argv[1])
after = {name.split("/", 1)[-1]: body for name, body in bodies(sys.argv[2]).items()}
total = gone = 0
for name, body in before.items():
    while name not in after and "/" in name:        # below its top folder
        name = name.split("/", 1)[1]
    if name not in after or "secret" in name.lower() or re.search(rb"kind: Secret\b|\"kind\": ?\"Secret\"", body):
        continue
    placeholders = sum(map(len, re.findall(rb"<redacted:[a-z-]+>", after[name])))
    total += len(body)
    gone += max(0, len(body) - len(after[name]) + placeholders) if after[name] != body else 0
print(f"{gone} of {total} bytes, {100 * gone / total:.4f} %")
assert total > 500000 and gone <= total / 1000
PY
}
for other in istio-bug-report/istio-istio-ce74670-bug-report sbctl/sbctl-tests troubleshoot/testdata_supportbundle_support-bundle \
    troubleshoot/test_baselines_preflight-v1beta2_baseline; do
    [ -f "${MESHCASE_SHARED:-/nowhere}/cases/bundles/$other.tar.gz" ] || continue
    repack "$MESHCASE_SHARED/cases/bundles/$other.tar.gz" -o "$work/other.tar.gz" --force
    expect "$other is repacked" test "$status" -le 1
    expect "hardly anything of $other is gone" little_is_gone "$MESHCASE_SHARED/cases/bundles/$other.tar.gz" "$work/other.tar.gz"
    sed "s|^|$other: |" "$work/said"
done

# Wrong use.
repack "$work/nothing" -o "$work/x.tar.gz"
expect "what is not there is wrong use" is "$status" 2
repack "$first" -o "$first"
expect "an existing file is not replaced" is "$status" 2
repack "$first" -o "$work/x.tar.gz" --context c
expect "--from asks no cluster" is "$status" 2
repack "$first" -o "$work/x.tar.gz" --pseudonym-key "$work/key"
expect "a key without pseudonyms is wrong use" is "$status" 2
printf short >"$work/short"
repack "$first" -o "$work/x.tar.gz" --redact identity --pseudonym-key "$work/short"
expect "a short key is refused" is "$status" 2
printf 'text\n' >"$work/text"
repack "$work/text" -o "$work/x.tar.gz"
expect "what is no archive makes no bundle" is "$status" 3
expect "nothing is left of any failure" nothing_left "$work/x.tar.gz"
finish
