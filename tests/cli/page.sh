#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# page.sh -- the page of --format html: its policy, its colours, and how Chromium takes it.  TAP.
. "${MESHCASE_SRCDIR:-.}/tests/cli/analyzer_lib.sh"

write() {
    file=$1
    shift
    got=0
    "$analyze" --now 2018-06-01T12:00:00Z -f html -o "$file" "$@" || got=$?
    [ "$got" -le 1 ]
}
ok "colours can be told apart" python3 "$source/tests/report/contrast.py" "$source/analyzer/report/report.css"
mkdir "$work/hostile" "$work/many"
python3 "$source/tests/report/hostile.py" "$work/hostile" 40
python3 "$source/tests/report/hostile.py" "$work/many" 10100
cp "$source/tests/report/measured/"*.json "$work/hostile/case"
ok "hostile: the page is written" write "$work/hostile.html" -r "$work/hostile/rules.yaml" "$work/hostile/case"
ok "many: the page is written" write "$work/many.html" -r "$work/many/rules.yaml" "$work/many/case"
ok "the policy names style and script by their hashes" python3 "$source/tests/report/policy.py" "$work/hostile.html"
if ! has chromium; then
    skip "the page in Chromium" "chromium is not installed"
    finish
fi
ok "the page in Chromium" timeout 240 python3 "$source/tests/report/browser.py" "hostile=$work/hostile.html" "many=$work/many.html"
sed 's/^/# /' "$work/ok.out"
finish
