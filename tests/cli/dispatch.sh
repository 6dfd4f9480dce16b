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

# Completion of the plugin: candidates, then what kubectl is to do with them.
mkdir "$work/plugin"
for program in meshcase meshcase-collect meshcase-analyze meshcase-bundle meshcase-rules; do
    cp "$build/$program" "$work/plugin"
done
ln -s meshcase "$work/plugin/kubectl-meshcase"
cp "$source/dispatch/kubectl_complete-meshcase" "$work/plugin"
# completes EXPECTED WORD...: EXPECTED has a line for each candidate, and the directive.
completes() {
    expected=$1
    shift
    got=$(PATH=/usr/bin:/bin "$work/plugin/kubectl_complete-meshcase" "$@") && [ "$got" = "$(printf %b "$expected")" ]
}
if has bash; then
    ok "commands are completed" completes 'collect\n:4' col
    ok "options of a command" completes '--format\n:4' analyze --fo
    ok "an option's values" completes 'json\njunit\n:4' analyze --format j
    ok "values behind an equals sign" completes '--format=json\n--format=junit\n:4' analyze --format=j
    ok "commands of a command" completes 'verify\n:4' bundle ve
    ok "options of a command's command" completes '--json\n:4' bundle diff --j
    ok "an operand is a file's name" completes ':0' analyze case
    ok "and so is a value" completes ':0' analyze --baseline ''
    ok "of what is no command, nothing" completes ':4' nonsense x
    ok "a path is no command" completes ':0' ../plugin/meshcase-analyze x
    ok "without a word, as kubectl never calls it" sh -c '"$1" | tail -n 1 | grep -qx :4' - "$work/plugin/kubectl_complete-meshcase"
else
    skip "completion of the plugin" "bash is not installed"
fi
if has kubectl && kubectl __complete 'versio' 2>/dev/null | grep -q '^version'; then
    ok "kubectl asks it" says 0 "--format=junit" env PATH="$work/plugin:$PATH" kubectl __complete meshcase analyze --format=ju
else
    skip "kubectl asks it" "no kubectl, or none that completes"
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
