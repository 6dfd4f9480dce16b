#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# install.sh -- what `make install` puts where, and that `make uninstall` takes it all away.  TAP.
set -eu
build=${MESHCASE_BUILDDIR:-.}
source=${MESHCASE_SRCDIR:-.}
. "$source/tests/lib/tap.sh"

unset MAKEFLAGS MAKELEVEL MFLAGS || true
in_root() { make -s -C "$build" "$1" DESTDIR="$work/root" prefix=/usr; }
there() { test -s "$work/root/usr/$1"; }
runs() { test -x "$work/root/usr/bin/$1"; }
# nothing_left: no file and no link; folders may be those of others.
nothing_left() { [ -z "$(find "$work/root" ! -type d)" ]; }

ok "it is installed" in_root install
for program in meshcase $(sed -n 's/^PROGRAM(\([a-z]*\),.*/meshcase-\1/p' "$source/dispatch/programs.def"); do
    ok "$program" runs "$program"
    ok "its manual page" there "share/man/man1/$program.1"
    ok "its completion for bash" there "share/bash-completion/completions/$program"
    ok "for zsh" there "share/zsh/site-functions/_$program"
    ok "for fish" there "share/fish/vendor_completions.d/$program.fish"
done
for program in kubectl-meshcase kubectl_complete-meshcase; do
    ok "$program" runs "$program"
done
for schema in manifest overlay pack report rules tests; do
    ok "the schema of $schema is JSON" python3 -m json.tool "$work/root/usr/share/meshcase/schemas/$schema.schema.json"
done
# All rules are there, none of their tests.
rules_of() { (cd "$1" && find rules -name '*.yaml' ! -path '*/tests/*' | sort); }
same_rules() { [ "$(rules_of "$source")" = "$(rules_of "$work/root/usr/share/meshcase")" ]; }
no_tests() { [ -z "$(find "$work/root/usr/share/meshcase/rules" -name tests)" ]; }
ok "the rules" same_rules
ok "without their tests" no_tests
lint_installed() { MESHCASE_PLAN=$work/root/usr/share/meshcase/plans/istio.yaml "$work/root/usr/bin/meshcase-rules" lint "$work/root/usr/share/meshcase/rules"; }
ok "they and the plans are whole" lint_installed
(cd "$source" && find examples -type f ! -path '*/.*' ! -name 'bookinfo-*' ! -name local.mk) | sort >"$work/examples"
while read -r file; do
    ok "$file" there "share/doc/meshcase/$file"
done <"$work/examples"
ok "it is taken away" in_root uninstall
ok "nothing is left" nothing_left
finish
