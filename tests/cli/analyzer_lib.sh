# SPDX-License-Identifier: Apache-2.0
# analyzer_lib.sh -- what the tests of meshcase-analyze and meshcase-rules share.  TAP.
set -eu
build=${MESHCASE_BUILDDIR:-.}
source=${MESHCASE_SRCDIR:-.}
analyze=$build/meshcase-analyze
rules=$build/meshcase-rules
worked=$source/tests/rules/worked
. "$source/tests/lib/tap.sh"
unset NO_COLOR MESHCASE_RULES || true
