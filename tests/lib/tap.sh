# SPDX-License-Identifier: Apache-2.0
# tap.sh -- sourced by tests of programs that print TAP; makes the folder $work and removes it.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
count=0
failed=0

# ok NAME COMMAND...: passes where the command does.
ok() {
    name=$1
    shift
    count=$((count + 1))
    if "$@" >"$work/ok.out" 2>&1; then
        echo "ok $count - $name"
    else
        echo "not ok $count - $name"
        sed 's/^/# /' "$work/ok.out"
        failed=1
    fi
}

skip() {
    count=$((count + 1))
    echo "ok $count - $1 # SKIP $2"
}

# says STATUS TEXT COMMAND...: the exit status, and TEXT somewhere in what is said, wherever
# its lines are folded: $work may be a long name.
says() {
    status=$1
    text=$2
    shift 2
    got=0
    "$@" >"$work/said" 2>&1 </dev/null || got=$?
    [ "$got" = "$status" ] || { echo "exit $got, not $status"; cat "$work/said"; return 1; }
    grep -qF -- "$text" "$work/said" || tr -s ' \n' ' ' <"$work/said" | grep -qF -- "$text" || { echo "'$text' is not said:"; cat "$work/said"; return 1; }
}

# silent STATUS COMMAND...: the exit status, and nothing on standard output.
silent() {
    status=$1
    shift
    got=0
    "$@" >"$work/said" 2>"$work/errors" </dev/null || got=$?
    [ "$got" = "$status" ] || { echo "exit $got, not $status"; cat "$work/errors"; return 1; }
    [ ! -s "$work/said" ] || { echo "on standard output:"; cat "$work/said"; return 1; }
    [ "$(wc -l <"$work/errors")" = 1 ] || { echo "not one line:"; cat "$work/errors"; return 1; }
}

has() {
    command -v "$1" >/dev/null 2>&1
}

# The plan of a run of TAP, and its exit status.
finish() {
    echo "1..$count"
    exit $failed
}
