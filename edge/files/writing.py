"""Writes whole files: a reader finds the old content or the new, never a part of it."""

from __future__ import annotations

import os
from pathlib import Path


def replace_file(path: Path, content: bytes) -> None:
    """Put a content in the place of a file; OSError.  It is not forced to the disk."""
    temporary = path.with_name(f".{path.name}.new")
    temporary.write_bytes(content)
    temporary.replace(path)


def create_private(path: Path, content: bytes) -> None:
    """Make a file that only its owner can read; OSError, also where there is one already."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "wb") as file:  # noqa: PTH123  # an open descriptor
        file.write(content)
