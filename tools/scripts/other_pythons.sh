#!/usr/bin/env bash
# The tests that need no server, on every other Python from 3.11 on that this machine has.
# Each has an environment of its own in var/, with the versions of requirements/dev.lock.  What a
# Python does otherwise shows at once: properties are tried on a fifth of their examples.
set -eu
cd "$(dirname "$0")/../.."
export PIP_DISABLE_PIP_VERSION_CHECK=1
. tools/scripts/pythons.sh

prepare() {
    local folder=$2
    if [ ! -x "$folder/bin/python" ] || ! cmp -s requirements/dev.lock "$folder/dev.lock"; then
        rm -rf "$folder"
        "$1" -m venv "$folder"
        "$folder/bin/python" -m pip install --quiet --no-deps --require-hashes -r requirements/dev.lock
        cp requirements/dev.lock "$folder/dev.lock"
    fi
}

ours=$(minor_of .venv/bin/python)
missing="" found="" preparing=""
for version in 3.11 3.12 3.13 3.14; do
    [ "$version" = "$ours" ] && continue
    python=$(find_python "$version")
    if [ -z "$python" ]; then missing="$missing $version"; continue; fi
    found="$found $version"
    prepare "$python" "var/python-$version" &
    preparing="$preparing $!"
done
for process in $preparing; do wait "$process"; done
for version in $found; do
    echo "egate: tests on Python $version"
    # Not side by side: each build writes beside the sources.
    "var/python-$version/bin/python" -m pip install --quiet --no-deps --no-build-isolation --editable .
    "var/python-$version/bin/python" -m pytest -q -n 2 --dist worksteal --hypothesis-profile brief \
        -p no:cacheprovider "$@"
done
[ -z "$missing" ] || echo "egate: not tried, because this machine has none: Python$missing"
