#!/usr/bin/env bash
# The tests that need no server, on every other Python from 3.11 on that this machine has.
# Each has an environment of its own in var/, with the versions of requirements/dev.lock.
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
    "$folder/bin/python" -m pip install --quiet --no-deps --no-build-isolation --editable .
}

ours=$(minor_of .venv/bin/python)
missing=""
for version in 3.11 3.12 3.13 3.14; do
    [ "$version" = "$ours" ] && continue
    python=$(find_python "$version")
    if [ -z "$python" ]; then missing="$missing $version"; continue; fi
    echo "egate: tests on Python $version"
    prepare "$python" "var/python-$version"
    "var/python-$version/bin/python" -m pytest -q -n 2 --dist loadfile -p no:cacheprovider "$@"
done
[ -z "$missing" ] || echo "egate: not tried, because this machine has none: Python$missing"
