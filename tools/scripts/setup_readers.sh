#!/usr/bin/env bash
# What must come from the system or be compiled: pyscard for PC/SC readers, servers and OpenPACE for the tests.
# Without --tests nothing here is required: the virtual lane runs without it.
set -eu
cd "$(dirname "$0")/../.."
tests=""
[ "${1:-}" = --tests ] && tests=yes
. tools/scripts/apt.sh

if ! .venv/bin/python -c 'import smartcard' 2>/dev/null; then
    build="libpcsclite-dev swig gcc libc6-dev"
    if install_packages $build 2>/dev/null && command -v swig >/dev/null; then
        echo "egate: building pyscard ..."
        log=$(mktemp)
        if ! .venv/bin/python -m pip install --quiet --require-hashes -r requirements/readers.lock 2>"$log"; then
            echo "egate: pyscard did not build ($(tail -n 1 "$log")); the virtual lane runs without it"
        fi
        rm -f "$log"
    else
        echo "egate: no PC/SC readers: as root, apt-get install $build, then make setup; the virtual lane runs without them"
    fi
fi

if [ -n "$tests" ]; then
    servers="pcscd vsmartcard-vpcd mosquitto postgresql chromium libeac3 openssl"
    if ! install_packages $servers; then
        echo "egate: tests that need $(echo $(missing_packages $servers)) are skipped: as root, apt-get install them"
        can_install && exit 1
    fi
    # A gate without a TPM is a gate.
    tpm="swtpm tpm2-abrmd tpm2-openssl libtss2-tcti-tabrmd0 libtss2-tcti-swtpm0 dbus-daemon"
    install_packages $tpm || echo "egate: tests of a key in a TPM are skipped without $(echo $(missing_packages $tpm))"
fi
exit 0
