# shellcheck shell=bash
# Debian packages, for scripts that source this: which are missing, what they are called here, and
# installing them once no other program holds apt's locks.

APT_WAIT_S=${APT_WAIT_S:-600}

can_install() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; }

is_installed() { dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q 'ok installed'; }

is_known() { apt-cache show "$1" 2>/dev/null | grep -q '^Package:'; }

# Debian 13 rebuilt libraries with 64-bit time, and put `t64` behind their names.
missing_packages() {
    for package in "$@"; do
        is_installed "$package" || is_installed "${package}t64" || echo "$package"
    done
}

named_here() {
    for package in "$@"; do
        if ! is_known "$package" && is_known "${package}t64"; then package=${package}t64; fi
        echo "$package"
    done
}

# apt waits by itself for one of its locks only, and says nothing while it does.
apt_get() {
    local said told="" end=$((SECONDS + APT_WAIT_S))
    until said=$(LC_ALL=C DEBIAN_FRONTEND=noninteractive apt-get -qq "$@" 2>&1); do
        case $said in
            *"Could not get lock"*) ;;
            *) echo "$said" >&2; return 1 ;;
        esac
        if [ $SECONDS -ge $end ]; then echo "$said" >&2; return 1; fi
        [ -n "$told" ] || echo "egate: another program holds apt's lock; waiting up to $APT_WAIT_S s ..."
        told=yes
        sleep 1
    done
}

install_packages() {
    local missing
    missing=$(missing_packages "$@")
    [ -z "$missing" ] && return 0
    can_install || return 1
    echo "egate: installing $(echo $missing) ..."
    # Services that come with packages are not wanted: tests start their own, and stop them.
    local policy=/usr/sbin/policy-rc.d
    [ -e $policy ] || { printf '#!/bin/sh\nexit 101\n' >$policy; chmod +x $policy; trap "rm -f $policy" EXIT; }
    apt_get update || true  # the lists of the last time may do
    apt_get install -y --no-install-recommends $(named_here $missing)
}
