#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# apiserver-selftest.sh -- the recorded clusters and the server that they are tested with, by the real kubectl.
srcdir=${MESHCASE_SRCDIR:-$(cd "$(dirname "$0")/.." && pwd)}
for program in python3 kubectl; do
    if ! command -v $program >/dev/null; then
        echo "apiserver-selftest.sh: no $program: skipped"
        exit 77
    fi
done
exec python3 "$srcdir/tests/apiserver/selftest.py"
