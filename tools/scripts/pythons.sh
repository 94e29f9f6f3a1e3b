# shellcheck shell=bash
# Which Pythons this machine has; for scripts that source this.

minor_of() { "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null; }

# The Python of a version such as 3.13: on PATH, or where pyenv keeps it. A shim of pyenv may answer with nothing.
find_python() {
    local python
    for python in "$(command -v "python$1" || true)" "$HOME/.pyenv/versions/$1".*/bin/"python$1"; do
        if [ -x "$python" ] && [ "$(minor_of "$python")" = "$1" ]; then echo "$python"; return; fi
    done
}
