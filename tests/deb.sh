#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# deb.sh -- the Debian package: builds from a distribution, is clean for lintian, installs, works, and is
# gone once purged.  Run by `make check-deb`; needs root, debhelper and lintian, and no meshcase installed.
. "${MESHCASE_SRCDIR:-.}/tests/lib/tap.sh"
build=${MESHCASE_BUILDDIR:-.}
skip_all() {
    echo "deb: skipped: $1"
    exit 77
}
[ "$(id -u)" = 0 ] || skip_all "only root can install a package"
has dh || skip_all "no debhelper"
has lintian || skip_all "no lintian"
dpkg-query -s meshcase >/dev/null 2>&1 && skip_all "meshcase is installed already"

# installed_files: every path that is meshcase's, package or not; dpkg's own records aside.
installed_files() {
    find /usr /etc /var -name '*meshcase*' -not -path '/var/lib/dpkg/*' -not -path '/var/cache/man/*' -not -path '/var/tmp/*' \
        -not -path '/usr/src/*' 2>/dev/null | sort
}

purged() {
    dpkg -P meshcase && [ "$(installed_files)" = "$before" ] && ! dpkg-query -s meshcase 2>/dev/null
}
PATH=$PATH:/usr/sbin:/sbin
trap 'dpkg -P meshcase >/dev/null 2>&1 || true; rm -rf "$work"' EXIT

before=$(installed_files)
distribution() {
    (cd "$build" && make -s distdir) && mv "$build"/meshcase-[0-9]*/ "$work/tree"
}
ok "a distribution is made" distribution
build_package() {
    (cd "$work/tree" && DEB_BUILD_OPTIONS="nocheck parallel=$(nproc)" dpkg-buildpackage -us -uc -b)
}
ok "the package builds" build_package
package=$(ls "$work"/meshcase_*.deb)
ok "lintian has nothing to say" lintian --fail-on error,warning,info "$work"/meshcase_*.changes
ok "it installs" dpkg -i "$package"

for program in meshcase meshcase-analyze meshcase-bundle meshcase-collect meshcase-rules; do
    for file in "bin/$program" "share/man/man1/$program.1.gz" "share/bash-completion/completions/$program" \
            "share/zsh/vendor-completions/_$program" "share/fish/vendor_completions.d/$program.fish"; do
        ok "/usr/$file is there" test -s "/usr/$file"
    done
done
ok "kubectl's completion is there" test -x /usr/bin/kubectl_complete-meshcase
for schema in manifest overlay pack report rules tests; do
    ok "the schema of $schema is there" python3 -m json.tool "/usr/share/meshcase/schemas/$schema.schema.json"
done
unset MESHCASE_RULES MESHCASE_PLAN || true
PATH=/usr/sbin:/usr/bin:/sbin:/bin        # nothing of the build
cluster=${MESHCASE_SRCDIR:-.}/tests/apiserver
collected() {
    python3 "$cluster/server.py" "$cluster/clusters/bookinfo-broken" --kubeconfig "$work/kubeconfig" -- \
        meshcase-collect --rate 100 --sample-interval 1s -o "$work/case.tar.gz" || [ $? = 1 ]
}
ok "the rules are found" says 0 "/usr/share/meshcase/rules/istio-mixer/configuration.yaml" \
    meshcase-rules explain MIX-111
ok "the plan is found" says 0 "proxy-logs" meshcase-collect --dry-run
if has kubectl; then
    ok "kubectl has the plugin" says 0 "Usage: meshcase " kubectl meshcase --help
    ok "with its commands" says 0 "Usage: meshcase-analyze " kubectl meshcase analyze --help
    ok "the recorded cluster is collected" collected
    ok "and judged" says 1 "9 findings" meshcase-analyze "$work/case.tar.gz"
else
    skip "kubectl has the plugin" "no kubectl"
    skip "the recorded cluster is collected" "no kubectl"
fi
ok "purged, it leaves nothing" purged
finish
