#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# dispatch.sh -- meshcase runs the program of a command with its arguments and exit status; no program
# remembers the tree that it was built from.  TAP.
set -eu
build=${MESHCASE_BUILDDIR:-.}
source=${MESHCASE_SRCDIR:-.}
. "$source/tests/lib/tap.sh"

# A folder as it is installed, with a program that tells how it was called.
mkdir "$work/bin" "$work/path" "$work/alone"
cp "$build/meshcase" "$work/bin"
ln -s meshcase "$work/bin/kubectl-meshcase"
cp "$build/meshcase" "$work/alone"
for place in bin path; do
    printf '#!/bin/sh\necho "%s: $# $*"\nexit 5\n' "$place" >"$work/$place/meshcase-collect"
    chmod +x "$work/$place/meshcase-collect"
done
: >"$work/bin/meshcase-rules"
PATH=$work/path:$PATH

ok "arguments and exit status pass" says 5 "bin: 3 -o a b --help" "$work/bin/meshcase" collect -o "a b" --help
ok "kubectl's plugin does the same" says 5 "bin: 1 x" "$work/bin/kubectl-meshcase" collect x
ok "PATH serves where none is beside" says 5 "path: 0" "$work/alone/meshcase" collect
ok "a program that is not there" says 127 "cannot run meshcase-bundle" \
    env PATH=/nonexistent "$work/alone/meshcase" bundle
ok "a program that cannot be run" says 126 "cannot run meshcase-rules: Permission denied" "$work/bin/meshcase" rules
ok "a command is needed" says 2 "a command is missing: collect, analyze, bundle or rules" "$work/bin/meshcase"
ok "an unknown command gets a suggestion" says 2 "no command 'colect'; did you mean 'collect'?" \
    "$work/bin/meshcase" colect
ok "an unknown option" says 2 "--nonsense" "$work/bin/meshcase" --nonsense
ok "output that cannot be written" says 6 "No space left" sh -c '"$1" --help >/dev/full' - "$work/bin/meshcase"
for word in $(sed -n 's/^PROGRAM(\([a-z]*\),.*/\1/p' "$source/dispatch/programs.def"); do
    ok "--help names $word" says 0 "$word" "$build/meshcase" --help
    ok "$word is run" says 0 "meshcase-$word " "$build/meshcase" "$word" --version
done

if has kubectl; then
    ok "kubectl finds the plugin" says 5 "bin: 1 --quiet" env PATH="$work/bin:$PATH" kubectl meshcase collect --quiet
else
    skip "kubectl finds the plugin" "kubectl is not installed"
fi

# Installed programs find their data below the data folder, not in the tree that they were built from.
cp "$build/meshcase-collect" "$build/meshcase-analyze" "$work/alone"
elsewhere() { ! grep -qaF "$source/$1" "$work/alone/$2"; }
ok "no plan is looked for in the source tree" elsewhere collector/plans meshcase-collect
ok "no rule is looked for in the source tree" elsewhere rules/ meshcase-analyze
for program in meshcase meshcase-collect meshcase-analyze meshcase-bundle meshcase-rules; do
    ok "$program has a manual page" says 0 ".SH NAME" "$build/$program" --man
done
finish
