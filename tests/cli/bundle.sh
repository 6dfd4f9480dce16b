#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# bundle.sh -- meshcase-bundle from outside: what others read of our bundles, what it reads of
# others', exit statuses.  TAP.
set -eu
build=${MESHCASE_BUILDDIR:-.}
source=${MESHCASE_SRCDIR:-.}
tool=$build/meshcase-bundle
. "$source/tests/lib/tap.sh"

# A folder with a member of each form, one of them large, one with a very long name.
tree=$work/case
long=$(printf 'a%.0s' $(seq 150))
mkdir -p "$tree/kubernetes/core" "$tree/logs/istio-system/istio-pilot-1" \
    "$tree/metrics/mixer/istio-system" "$tree/http/pilot/istio-system/istio-pilot-1" \
    "$tree/exec/n/p/istio-proxy" "$tree/logs/$long/$long"
printf '{"kind":"PodList","items":[]}\n' >"$tree/kubernetes/core/pods.json"
printf '{"gitVersion":"v1.9.0"}\n' >"$tree/kubernetes/version.json"
awk 'BEGIN { for (i = 0; i < 60000; i++)
    printf "2018-06-14T08:00:00.%06dZ\tinfo\tads\tpush %d\n", i, i * 7919 % 104729 }' \
    >"$tree/logs/istio-system/istio-pilot-1/discovery.log"
: >"$tree/logs/istio-system/istio-pilot-1/istio-proxy.previous.log"
printf 'long\n' >"$tree/logs/$long/$long/c.log"
printf 'up 1\n' >"$tree/metrics/mixer/istio-system/istio-telemetry-1.9093.1.prom"
printf '[]\n' >"$tree/http/pilot/istio-system/istio-pilot-1/registration.json"
printf 'x\n' >"$tree/exec/n/p/istio-proxy/limits.txt"
printf '{}\n' >"$tree/clocks.json"
bundle=$work/bundle.tar.gz
ok "a bundle is made" "$build/tests/lib/mkbundle" "$tree" "$bundle"
(cd "$tree" && find . -type f | sed 's,^\./,,' | LC_ALL=C sort) >"$work/names"

# What others read of it.
ok "gzip finds it sound" gzip -t "$bundle"
others() {
    "$@" 2>&1 | grep -v '/$' | grep -v '^stargz.index.json$' | sed 's,^case/,,' |
        grep -v '^manifest.json$' | LC_ALL=C sort | cmp - "$work/names"
}
ok "tar lists it" others tar tzf "$bundle"
if has bsdtar; then
    ok "bsdtar lists it" others bsdtar tf "$bundle"
else
    skip "bsdtar lists it" "bsdtar is not installed"
fi
if has python3; then
    ok "Python lists it" others python3 -c 'import sys, tarfile
print("\n".join(m.name + ("/" if m.isdir() else "") for m in tarfile.open(sys.argv[1])))' "$bundle"
else
    skip "Python lists it" "python3 is not installed"
fi
unpacked() {
    mkdir "$work/out" && tar xzf "$bundle" -C "$work/out" || return 1
    [ -f "$work/out/stargz.index.json" ] && [ -f "$work/out/case/manifest.json" ] || return 1
    rm "$work/out/case/manifest.json"
    diff -r "$tree" "$work/out/case" && [ -z "$(find "$work/out" -type f -perm /077)" ]
}
ok "tar unpacks what was packed" unpacked
same_again() {
    "$build/tests/lib/mkbundle" "$tree" "$work/again.tar.gz" && cmp "$bundle" "$work/again.tar.gz"
}
ok "it is the same file when made again" same_again

# What meshcase-bundle says of it.
list() {
    "$tool" list "$1" 2>"$work/list.err" | grep -v '^manifest.json$' | LC_ALL=C sort |
        cmp - "$work/names" && ! [ -s "$work/list.err" ]
}
ok "list names every member" list "$bundle"
ok "list --long has kind and state" \
    says 0 "complete  previous-log              0  logs/istio-system" "$tool" list --long "$bundle"
cat_all() {
    while read -r name; do
        "$tool" cat "$1" "$name" | cmp - "$tree/$name" || return 1
    done <"$work/names"
}
ok "cat prints every member" cat_all "$bundle"
ok "cat takes patterns" says 0 "up 1" "$tool" cat "$bundle" 'metrics/**'
from_pipe() {
    "$tool" cat - clocks.json <"$bundle" | cmp - "$tree/clocks.json" &&
        cat "$bundle" | "$tool" cat - clocks.json | cmp - "$tree/clocks.json"
}
ok "standard input is read, file or pipe" from_pipe
ok "a folder is read" cat_all "$tree"
ok "verify finds it good" says 0 "every digest is right" "$tool" verify "$bundle"
if has python3; then
    schema() {
        "$tool" cat "$bundle" manifest.json >"$work/manifest.json" &&
            python3 "$source/tests/lib/check_schema.py" "$source/docs/manifest.schema.json" \
                "$work/manifest.json"
    }
    ok "its manifest fits the schema" schema
    bad_schema() {
        sed 's/"state":"complete"/"state":"fine"/' "$work/manifest.json" >"$work/bad.json"
        ! python3 "$source/tests/lib/check_schema.py" "$source/docs/manifest.schema.json" \
            "$work/bad.json"
    }
    ok "the schema refuses another one" bad_schema
    json() {
        "$tool" list --json "$bundle" | python3 -c 'import json, sys
d = json.load(sys.stdin)
assert len(d["members"]) == int(sys.argv[1]) + 1, len(d["members"])
assert d["problems"] == [] and d["bundle"]["format"] == "eStargz", d
assert all(len(m["sha256"]) == 64 for m in d["members"])' "$(wc -l <"$work/names")" &&
            "$tool" verify --json "$bundle" |
            python3 -c 'import json, sys; assert json.load(sys.stdin)["good"]'
    }
    ok "list and verify speak JSON" json
else
    skip "JSON" "python3 is not installed"
fi

# Tampering.
damage() {
    cp "$bundle" "$work/bad.tar.gz"
    printf '\377\376' | dd of="$work/bad.tar.gz" bs=1 seek="$1" conv=notrunc 2>/dev/null
}
size=$(wc -c <"$bundle")
# in the middle is the large log
damage $((size / 2))
ok "verify finds damage" says 1 "damaged: logs/istio-system" "$tool" verify "$work/bad.tar.gz"
ok "cat says what it cannot print" says 3 "was cut" \
    "$tool" cat "$work/bad.tar.gz" 'logs/istio-system/**'
ok "cat prints what is sound" says 0 "up 1" "$tool" cat "$work/bad.tar.gz" 'metrics/**'
head -c $((size - 100)) "$bundle" >"$work/cut.tar.gz"
ok "verify finds a cut" says 1 "cut-short" "$tool" verify "$work/cut.tar.gz"
ok "a cut bundle is read up to the cut" cat_all "$work/cut.tar.gz"
head -c $((size / 2)) "$bundle" >"$work/half.tar.gz"
ok "half a bundle is read" says 0 "kubernetes/core/pods.json" "$tool" list "$work/half.tar.gz"
(cat "$bundle"; echo more) >"$work/more.tar.gz"
ok "verify finds what was appended" says 1 "trailing" "$tool" verify "$work/more.tar.gz"
tar czf "$work/repacked.tar.gz" -C "$work/out" case
ok "verify misses the manifest" says 1 "no-manifest" "$tool" verify "$work/repacked.tar.gz"
ok "verify misses the index" says 1 "no-index" "$tool" verify "$work/repacked.tar.gz"
mkdir "$work/lie"
cp -r "$tree" "$work/lie/case"
"$tool" cat "$bundle" manifest.json >"$work/lie/case/manifest.json"
ok "verify takes an unpacked bundle" says 0 "good" "$tool" verify "$work/lie"
echo more >>"$work/lie/case/clocks.json"
ok "verify finds wrong bytes" says 1 "manifest-bytes: clocks.json" "$tool" verify "$work/lie"
printf '[]\n' >"$work/lie/case/clocks.json"
cp "$tree/clocks.json" "$work/lie/case/limits.json"
rm "$work/lie/case/kubernetes/version.json"
ok "verify finds a wrong digest" says 1 "manifest-digest: clocks.json" "$tool" verify "$work/lie"
ok "verify finds an extra member" says 1 "not-in-manifest: limits.json" "$tool" verify "$work/lie"
ok "verify finds a missing member" says 1 "only-in-manifest: kubernetes/version.json" \
    "$tool" verify "$work/lie"

# Containers of others.
foreign() {
    container=$1
    shift
    if ! has "$1"; then
        skip "$container is read" "$1 is not installed"
        return 0
    fi
    (cd "$work" && "$@" >"$work/foreign.$container")
    ok "$container is listed" list "$work/foreign.$container"
    ok "$container is read" cat_all "$work/foreign.$container"
}
read_one() {
    "$tool" cat "$1" clocks.json | cmp - "$tree/clocks.json"
}
for format in gnu pax ustar v7; do
    case $format in
    ustar | v7) without="--exclude=$long" ;;
    *) without=--exclude-vcs ;;
    esac
    (cd "$work" && tar cf "foreign.$format.tar" --format=$format "$without" case)
    ok "tar's format $format is read" read_one "$work/foreign.$format.tar"
done
pax=$work/foreign.pax.tar
ok "a tar is listed" list "$pax"
ok "a tar is read" cat_all "$work/foreign.gnu.tar"
foreign tar.gz gzip -c "$pax"
foreign tar.xz xz -c "$pax"
foreign tar.zst zstd -qc "$pax"
foreign tar.bz2 bzip2 -c "$pax"
foreign zip zip -qr - case
foreign bsd.tar bsdtar cf - case
for container in tar.xz tar.zst tar.bz2 zip; do
    file=$work/foreign.$container
    [ -f "$file" ] || continue
    head -c $(($(wc -c <"$file") * 2 / 3)) "$file" >"$work/cut"
    # bzip2 has blocks of 900 KB: this one may end before any member
    cut_is_said() {
        got=0
        "$tool" list "$work/cut" >"$work/said" 2>&1 || got=$?
        [ $got = 0 ] || [ $got = 3 ] && grep -q '^meshcase-bundle: ' "$work/said"
    }
    ok "$container that is cut says so" cut_is_said
done
if has xz; then
    xz -c "$pax" | xz -c >"$work/twice.tar.xz"
    ok "two layers of compression are refused" says 3 "twice.tar.xz: " \
        "$tool" list "$work/twice.tar.xz"
fi

# Refusals.
ok "a missing file is said" says 3 "nosuch.tar.gz" "$tool" list "$work/nosuch.tar.gz"
: >"$work/empty"
ok "an empty file is refused" says 3 "is empty" "$tool" list "$work/empty"
echo text >"$work/text"
ok "text is refused" says 3 "no archive" "$tool" verify "$work/text"
mkdir "$work/nothing"
ok "an empty folder is refused" says 3 "no member" "$tool" list "$work/nothing"
ok "a missing member is said" says 3 "no member 'nosuch'" "$tool" cat "$bundle" nosuch
ok "a command is needed" says 2 "a command is missing" "$tool"
ok "an unknown command is said" says 2 "did you mean 'verify'" "$tool" verfy
ok "an unknown option is said" says 2 "--lang" "$tool" list --lang "$bundle"
ok "a bundle is needed" says 2 "meshcase-bundle: " "$tool" list
ok "--help is given" says 0 "Exit status" "$tool" cat --help
ok "--version is given" says 0 "meshcase-bundle 0." "$tool" --version
ok "--man is given" says 0 ".TH" "$tool" --man
full() {
    got=0
    "$tool" "$@" >/dev/full 2>"$work/full.err" || got=$?
    [ $got = 6 ] && [ "$(wc -l <"$work/full.err")" = 1 ] &&
        grep -q "cannot write standard output: No space left on device" "$work/full.err"
}
ok "a full disk is an error of list" full list "$bundle"
ok "a full disk is an error of cat" full cat "$bundle" 'logs/**'
ok "a full disk is an error of verify" full verify "$bundle"
ok "a full disk is an error of --help" full --help
evil=$work/evil
mkdir "$evil"
echo '{}' >"$evil/clocks.json"
echo x >"$evil/$(printf 'a\033[2Jb')"
no_escape() {
    "$tool" list "$evil" >"$work/escape" 2>&1 && grep -q 'a\\x1b\[2Jb' "$work/escape" &&
        ! grep -q "$(printf '\033')" "$work/escape"
}
ok "no escape reaches the terminal" no_escape

# Bundles of other tools, where they are at hand.
shared=${MESHCASE_SHARED:-$source/../shared}/cases/bundles
if [ -d "$shared" ]; then
    for file in "$shared"/*/*.tar.*; do
        others_read() {
            "$tool" list "$file" >"$work/others" 2>/dev/null && [ -s "$work/others" ]
        }
        ok "${file##*/} is listed" others_read
    done
else
    skip "bundles of other tools are listed" "they are not at hand"
fi

# Every row of the tables is in the documentation.
documented() {
    doc=$source/docs/bundle-format.md
    missing=
    row='KIND\|CLASS\|COMPONENT\|PROBLEM\|ENDPOINT\|PROBE'
    words=$(sed -n 's/^\('"$row"'\)([A-Z0-9_]*, "\([^"]*\)".*/\2/p' \
        "$source"/bundle/kinds.def "$source"/bundle/classes.def "$source"/bundle/components.def \
        "$source"/bundle/problems.def "$source"/bundle/endpoints.def)
    [ "$(echo "$words" | wc -l)" -gt 100 ] || { echo "the tables were not found"; return 1; }
    for word in $words; do
        grep -qF "\`$word\`" "$doc" || missing="$missing $word"
    done
    [ -z "$missing" ] || { echo "not in docs/bundle-format.md:$missing"; return 1; }
}
ok "docs/bundle-format.md has every row of the tables" documented

echo "1..$count"
exit $failed
