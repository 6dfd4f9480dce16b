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
# The list of known failures names rules that exist, each failure once, and none without an answer.
python3 - "$src" <<'END' || exit 1
import pathlib, re, sys
folder = pathlib.Path(sys.argv[1]) / "rules"
rules = {id for file in folder.glob("*/*.yaml") for id in re.findall(r"^- id: (\S+)", file.read_text(), re.M)}
entries = re.split(r"^- ", (folder / "signatures.yaml").read_text(), flags=re.M)[1:]
ids = [re.match(r"{?id: (\w+)", entry)[1] for entry in entries]
named = set(re.findall(r"\b[A-Z]+-\d{3}\b", "".join(entries)))
for problem in sorted(named - rules) + [id for id in set(ids) if ids.count(id) > 1] + [
        id for id, entry in zip(ids, entries) if "rules: [" not in entry and "needs: " not in entry]:
    sys.exit(f"rules/signatures.yaml: {problem} is no rule, told twice or without an answer")
if len(ids) < 36:
    sys.exit("rules/signatures.yaml lists fewer failures than are known")
END
"$build/meshcase-rules" test "$src/rules"
