#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# tutorial.sh -- what docs/tutorial.md and README.md show is what the programs say.
# The commands of all ```console blocks are run in one shell, in their order, from an empty folder.
. "${MESHCASE_SRCDIR:-.}/tests/lib/tap.sh"
has kubectl || { echo "tutorial: skipped: no kubectl"; exit 77; }
build=$(cd "${MESHCASE_BUILDDIR:-.}" && pwd)
tree=$(cd "${MESHCASE_SRCDIR:-.}" && pwd)
export tree
PATH=$build:$PATH
unset NO_COLOR COLUMNS MESHCASE_RULES MESHCASE_PLANS || true

mkdir "$work/steps" "$work/folder"
python3 "$tree/tests/cli/tutorial.py" write "$work/steps" "$tree/docs/tutorial.md" "$tree/README.md"
ok "the pages show commands" test -s "$work/steps/run"
(cd "$work/folder" && bash "$work/steps/run")
for step in "$work/steps"/*.shown; do
    number=$(basename "$step" .shown)
    ok "$(head -n 1 "$work/steps/$number.command")" python3 "$tree/tests/cli/tutorial.py" compare "$step" "$work/steps/$number.said"
done
finish
