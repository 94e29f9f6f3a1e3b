#!/usr/bin/env bash
# Lock the dependencies: versions and hashes for every platform, no index addresses. Needs `uv`.
# What is locked keeps its version as long as it fits; with --upgrade everything is as new as it can be.
# One version of each package for every Python: types, figures and tests are the same on all.
set -eu
cd "$(dirname "$0")/../.."
upgrade=${1:-}
case $upgrade in "" | --upgrade) ;; *) echo "usage: tools/scripts/lock.sh [--upgrade]" >&2; exit 2 ;; esac
command -v uv >/dev/null || { echo "egate: uv is missing: pip install uv" >&2; exit 1; }
lock() {
    uv pip compile $upgrade --quiet --universal --python-version 3.11 --fork-strategy fewest --generate-hashes \
        --no-emit-index-url --no-emit-find-links --no-annotate --no-header "$@"
}
lock pyproject.toml --extra prepare --output-file requirements/runtime.lock
lock pyproject.toml --extra prepare --extra cameras --extra video --extra central --group dev \
    --constraint requirements/runtime.lock --output-file requirements/dev.lock
lock pyproject.toml --extra cameras --constraint requirements/runtime.lock --output-file requirements/cameras.lock
lock pyproject.toml --extra central --constraint requirements/runtime.lock --output-file requirements/central.lock
lock --group pyproject.toml:docs --constraint requirements/dev.lock --output-file requirements/docs.lock
printf 'pyscard\n' | lock - --output-file requirements/readers.lock
printf 'atheris==3.0.0\n' | lock - --output-file requirements/fuzz.lock
printf '%s\n' opencv-python-headless==5.0.0.93 dlib-bin==20.0.1.post1 face_recognition==1.3.0 \
    face_recognition_models==0.3.0 numpy pillow click 'setuptools<81' |
    lock - --no-deps --output-file requirements/bench.lock
