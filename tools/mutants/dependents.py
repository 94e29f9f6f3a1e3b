"""Knows which of our modules must be imported again when one of them is mutated."""

from __future__ import annotations

import re
import sys
from functools import cache
from pathlib import Path

OURS = ("edge", "drivers", "tools", "tests")
_IMPORTED = re.compile(r"^\s*(?:from ([\w.]+) import (\([^)]*\)|.*)|import ([\w.]+))", re.MULTILINE)
_WORD = re.compile(r"\w+")


def forget(mutated: str) -> None:
    """Drop a module, and every loaded one of ours that imports it or needs it on the way."""
    loaded = {
        name: _imports(module.__file__)
        for name, module in sys.modules.items()
        if name.split(".")[0] in OURS and getattr(module, "__file__", None)
    }
    dropped = {mutated}
    while found := {
        name for name, needs in loaded.items() if name not in dropped and needs & dropped
    }:
        dropped |= found
    for name in dropped:
        sys.modules.pop(name, None)
        parent, _, child = name.rpartition(".")
        if child in vars(sys.modules.get(parent, sys)):
            delattr(sys.modules[parent], child)


@cache
def _imports(file: str | None) -> frozenset[str]:
    """Every module that a file may import, and the packages they lie in."""
    found = set[str]()
    for base, names, plain in _IMPORTED.findall(Path(file or "").read_text(encoding="utf-8")):
        found |= _with_packages(plain or base)
        found |= {f"{base}.{name}" for name in _WORD.findall(names)}
    return frozenset(found)


def _with_packages(name: str) -> set[str]:
    parts = name.split(".")
    return {".".join(parts[:end]) for end in range(1, len(parts) + 1)}
