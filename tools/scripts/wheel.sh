#!/usr/bin/env bash
# Build a wheel that is the same whenever it is built of the same commit.  Usage: tools/scripts/wheel.sh [FOLDER]
set -eu
mkdir -p "${1:-dist}"
out=$(cd "${1:-dist}" && pwd)
cd "$(dirname "$0")/../.."
if [ -z "${SOURCE_DATE_EPOCH:-}" ] && [ -e .git ]; then
    SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
    export SOURCE_DATE_EPOCH
fi
# Not in build/: what an earlier build left there would be packed as well.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
printf '[build]\nbuild_base = %s\n' "$work" >"$work/extra.cfg"
DIST_EXTRA_CONFIG=$work/extra.cfg .venv/bin/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir "$out" .
