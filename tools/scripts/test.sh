#!/usr/bin/env bash
# Every check and every test, in the order in which they fail fastest.  --quick leaves the servers
# out, --all takes every combination where a sample is tested by default.
set -eu
cd "$(dirname "$0")/../.."
export PATH="$PWD/.venv/bin:$PATH"
said=$(mktemp -d)
trap 'rm -rf "$said"' EXIT
step() { echo "egate: $*"; }
quietly() { "$@" >"$said/$1" 2>&1 || { cat "$said/$1"; return 1; }; }

step "ruff";           ruff check --quiet . && ruff format --check --quiet .
step "mypy, and beside it what needs one core as well"
quietly mypy --no-error-summary & types=$!
step "import contracts"; quietly lint-imports --no-cache
if [ "${1:-}" != --quick ]; then
    step "the site";   quietly python -m tools.scripts.site
fi
wait "$types"

without_servers="not whole and not pcscd and not mosquitto and not tpm and not postgresql and not browser and not qemu"
if [ "${1:-}" = --quick ]; then
    step "tests without servers"
    pytest -q -m "$without_servers" -n 2 --dist worksteal
    exit
fi
step "tests"
marked="not whole"
[ "${1:-}" != --all ] || marked=""
pytest -q -m "$marked" -n 2 --dist worksteal --cov --cov-report=
step "coverage of the pure core, the journal and the outbox"
python -m tools.scripts.coverage_bars
# Units, properties, ports and the wheel: what a Python does otherwise shows there.
tools/scripts/other_pythons.sh -m "$without_servers" tests/unit tests/property tests/conformance tests/scenarios/test_wheel.py
