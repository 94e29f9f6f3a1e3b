#!/usr/bin/env bash
# Make .venv with a Python of 3.11 or newer.  Usage: tools/scripts/setup_venv.sh PYTHON
set -eu
cd "$(dirname "$0")/../.."
python=${1:-python3}
case $python in
    python3.*)
        . tools/scripts/pythons.sh
        found=$(find_python "${python#python}")
        python=${found:-$python}
        ;;
esac
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    echo "egate: $python does not run, or is older than Python 3.11; name one: make PYTHON=/path/to/python3" >&2
    exit 1
fi
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    . tools/scripts/apt.sh
    if ! install_packages python3-venv; then
        echo "egate: Python's venv module is missing; as root: apt-get install python3-venv" >&2
        exit 1
    fi
fi
echo "egate: making a virtual environment in .venv ..."
"$python" -m venv .venv
