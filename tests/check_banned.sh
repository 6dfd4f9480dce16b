#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# check_banned.sh -- fails on calls that this house does not make.
set -eu
cd "${MESHCASE_SRCDIR:-.}"
bad=0

# complain REASON LINES: shows the lines, if there are any.
complain() {
    if [ -n "$2" ]; then
        printf '%s:\n%s\n' "$1" "$2"
        bad=1
    fi
}

# calls NAMES [FILE...]: lines that call one of them ("a|b"), in the sources or the files named.
calls() {
    names=$1
    shift
    if [ $# = 0 ]; then
        find base dispatch bundle collector analyzer tests -name '*.[chl]' -print0 |
            xargs -0 grep -nE "(^|[^A-Za-z0-9_>.])($names) *\(" /dev/null || true
    else
        grep -nE "(^|[^A-Za-z0-9_>.])($names) *\(" "$@" /dev/null || true
    fi
}

# The check must be able to fail.
probe=$(mktemp)
trap 'rm -f "$probe"' EXIT
printf '    (void)sprintf(a, "b");\n    snprintf(a, 1, "b"); my_system(x); x->system(y);\n' >"$probe"
[ "$(calls 'sprintf|system' "$probe" | wc -l)" = 1 ] || {
    echo "the check does not find what it should"
    exit 1
}

complain "writes without a bound, or reads without an error" \
    "$(calls 'strcpy|strcat|sprintf|vsprintf|strtok|gets|atoi|atol|atof')"
# Rules are judged by several threads, and a model makes what it answers by.
complain "asks the model without model_hold()" \
    "$(grep -nE 'eval->model' analyzer/query/source_*.c | grep -vE 'model_(hold|manifest|slot)\(' |
        cut -d: -f1 | sort -u | xargs grep -L 'model_hold(' || true)"
complain "shares its result between threads, or depends on the time zone" \
    "$(calls 'gmtime|localtime|ctime|asctime')"
complain "runs a shell" "$(calls 'system|popen')"
complain "is a race" "$(calls 'mktemp|tmpnam|tempnam')"
# Tests may: an allocation of the exact size lets the sanitizer see a read behind it.
complain "allocates outside arena and buffer, without a comment on the line that says why" \
    "$(calls 'malloc|calloc|realloc|reallocarray' |
        grep -vE '^(tests/|base/(arena|buf)\.c:)|/\*.*\*/' || true)"

[ $bad = 0 ] && echo "banned calls: none"
exit $bad
