#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# rule_packs.sh -- every shipped rule: lint without a warning, and its own tests.
set -u
src=${MESHCASE_SRCDIR:-.}
build=${MESHCASE_BUILDDIR:-.}

lint=$("$build/meshcase-rules" lint --strict "$src/rules") || { echo "$lint"; exit 1; }
echo "$lint"
case $lint in *": 0 errors, 0 warnings") ;; *) exit 1 ;; esac
# Each file of a pack is installed, each test is distributed.
for file in $(cd "$src" && find rules -name '*.yaml'); do
    grep -q "$file" "$src/rules/local.mk" || { echo "$file is not in rules/local.mk"; exit 1; }
done
"$build/meshcase-rules" test "$src/rules"
