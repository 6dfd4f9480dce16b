#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# check_layers.sh -- fails on an include that points the wrong way (docs/architecture.md).
set -eu
cd "${MESHCASE_SRCDIR:-.}"
bad=0

# may FOLDER ALLOWED...: files below FOLDER may include only from the folders named.
may() {
    folder=$1
    shift
    [ -d "$folder" ] || return 0
    found=$(find "$folder" -name '*.[chl]' -o -name '*.def' | xargs -r grep -Hn '^ *# *include *"' || true)
    for allowed in "$@" config.h; do
        found=$(printf '%s\n' "$found" | grep -v "include *\"$allowed" || true)
    done
    if [ -n "$found" ]; then
        echo "includes that point the wrong way from $folder/:"
        printf '%s\n' "$found"
        bad=1
    fi
}

may base base/
may dispatch base/ dispatch/
may bundle base/ bundle/
may collector base/ bundle/ collector/
may analyzer/text base/ bundle/ analyzer/text/
may analyzer/model base/ bundle/ analyzer/text/ analyzer/model/
may analyzer/query base/ bundle/ analyzer/text/ analyzer/model/ analyzer/query/
may analyzer/rule base/ bundle/ analyzer/text/ analyzer/model/ analyzer/query/ analyzer/rule/
may analyzer/report base/ bundle/ analyzer/text/ analyzer/model/ analyzer/query/ analyzer/rule/ analyzer/report/
may analyzer/diff base/ bundle/ analyzer/text/ analyzer/model/ analyzer/query/ analyzer/rule/ analyzer/diff/
may analyzer base/ bundle/ analyzer/
[ $bad = 0 ] && echo "layers: sound"
exit $bad
