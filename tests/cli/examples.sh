#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# examples.sh -- what examples/ shows works.
. "${MESHCASE_SRCDIR:-.}/tests/cli/analyzer_lib.sh"
examples=$source/examples

ok "the example's rules are sound" says 0 "0 errors, 0 warnings" "$rules" lint "$examples/rules"
ok "and pass their tests" says 0 "6 passed, 0 failed" "$rules" test "$examples/rules"
mkdir -p "$work/case/kubernetes/core"
echo '{"kind":"PodList","apiVersion":"v1","items":[]}' >"$work/case/kubernetes/core/pods.json"
overlay() {
    "$analyze" --overlay "$examples/overlay.yaml" --now "$1" --fail-on never "$work/case"
}
ok "the overlay is taken" says 0 "we trace by other means" overlay 2027-01-01T00:00:00Z
ok "and tells what is over" says 0 "2027-03-31" overlay 2027-04-01T00:00:00Z
templates() {
    python3 - "$examples" <<'END'
import sys, yaml
job = yaml.safe_load(open(sys.argv[1] + '/ci/github-actions.yaml'))
steps = [s.get('run', '') for s in job['jobs']['check']['steps']]
assert any('meshcase-analyze --baseline' in s for s in steps)
END
}
if python3 -c 'import yaml' 2>/dev/null; then
    ok "the job is YAML" templates
else
    skip "the job is YAML" "no python3-yaml"
fi
finish
