# SPDX-License-Identifier: Apache-2.0
# setup.sh -- what ./demo and ./check share: install what is missing, configure, build.
# Sourced from the top of the source tree.  Debian 12; needs root only where something is missing.

BUILD_PACKAGES="autoconf automake gcc libc6-dev make pkg-config libarchive-dev libjansson-dev libyaml-dev
zlib1g-dev libpcre2-dev libcurl4-openssl-dev libssl-dev libseccomp-dev
libisal-dev libvectorscan-dev check python3"

say() {
    printf '%s\n' "$*" >&2
}

is_installed() {
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# need_command COMMAND PACKAGE: prints the package where the command is missing.
need_command() {
    command -v "$1" >/dev/null 2>&1 || printf '%s\n' "$2"
}

# install_packages PACKAGE...: installs those that are missing; quiet where none is.
install_packages() {
    missing=
    for package in "$@"; do
        is_installed "$package" || missing="$missing $package"
    done
    [ -z "$missing" ] && return 0
    say "installing:$missing"
    sudo=
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null 2>&1 || {
            say "setup: these packages are missing and only root can install them:$missing"
            return 1
        }
        sudo=sudo
    fi
    log=$(mktemp)
    # shellcheck disable=SC2086
    if ! { $sudo apt-get update -qq && $sudo env DEBIAN_FRONTEND=noninteractive \
            apt-get install -y -qq --no-install-recommends $missing; } >"$log" 2>&1; then
        cat "$log" >&2
        rm -f "$log"
        say "setup: apt-get could not install:$missing"
        return 1
    fi
    rm -f "$log"
}

# unpack_command COMMAND PACKAGE: puts COMMAND into PATH without installing its package, which would
# start a daemon.  Where that fails, the tests that drive it are skipped.
unpack_command() {
    command -v "$1" >/dev/null 2>&1 && return 0
    tools=$PWD/build/tools
    if [ ! -x "$tools/usr/bin/$1" ]; then
        say "unpacking $2 into build/tools"
        mkdir -p "$tools"
        (cd "$tools" && apt-get download -qq "$2" && dpkg-deb -x "$2"_*.deb . && rm -f "$2"_*.deb) >/dev/null 2>&1 || {
            say "setup: no $1: tests that drive it are skipped"
            return 0
        }
    fi
    PATH=$tools/usr/bin:$PATH
}

# run_quietly LABEL COMMAND...: shows the output only where the command fails.
run_quietly() {
    label=$1
    shift
    log=$(mktemp)
    if ! "$@" >"$log" 2>&1; then
        cat "$log" >&2
        rm -f "$log"
        say "setup: $label failed"
        return 1
    fi
    rm -f "$log"
}

# build_in FOLDER [CONFIGURE OPTION...]: configures FOLDER once and builds what changed.
build_in() {
    folder=$1
    shift
    if [ ! -x configure ] || [ configure.ac -nt configure ]; then
        say "preparing the build"
        run_quietly autoreconf autoreconf -i || return 1
    fi
    if [ ! -f "$folder/config.status" ]; then
        mkdir -p "$folder"
        say "configuring $folder"
        (cd "$folder" && run_quietly configure ../configure -q "$@") || return 1
    fi
    run_quietly "building $folder" make -s -C "$folder" -j"$(nproc)"
}
