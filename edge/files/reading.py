"""Reads whole files of a bounded size.

A path may name anything: a device that never ends, a picture of 4 GB.  At most one byte more than
the bound is read.
"""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path
from typing import BinaryIO, Final

from edge.errors import SettingsError

SMALL_FILE_BYTES: Final = 1_000_000
"""Bound of a file that people write or copy: settings, keys, certificates."""


def read_bounded(path: Path, most_bytes: int = SMALL_FILE_BYTES) -> bytes:
    """Read a file.

    Raises:
        OSError: it cannot be read; with `errno.EFBIG` it is larger than `most_bytes`.
    """
    with path.open("rb") as file:
        return rest_of(file, most_bytes)


def rest_of(file: BinaryIO, most_bytes: int = SMALL_FILE_BYTES) -> bytes:
    """Read an open file to its end; OSError as of `read_bounded`."""
    content = file.read(most_bytes + 1)
    if len(content) > most_bytes:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), file.name)
    return content


def read_named(path: Path, most_bytes: int = SMALL_FILE_BYTES) -> bytes:
    """Read a file that a setting or an argument names; SettingsError when that fails."""
    try:
        return read_bounded(path, most_bytes)
    except OSError as error:
        advice = f"the limit is {most_bytes} bytes"
        if error.errno != errno.EFBIG:
            advice = "check the path, and who may read it"
        raise SettingsError(f"{path} cannot be read ({error.strerror}): {advice}") from error


def read_json(path: Path, most_bytes: int = SMALL_FILE_BYTES) -> object:
    """Read a JSON file; SettingsError when it cannot be read or is not JSON."""
    try:
        return json.loads(read_named(path, most_bytes))
    except (ValueError, RecursionError):
        raise SettingsError(f"{path} is not JSON") from None
