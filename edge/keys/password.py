"""Reads a password from its own file."""

from __future__ import annotations

from pathlib import Path

from edge.errors import SettingsError
from edge.files.reading import read_bounded
from edge.keys.tls_credentials import cause_in_words, refuse_open


def read_password(file: Path, setting: str) -> str:
    """Read a password file without its line end; `setting` is the name of the setting.

    Raises:
        SettingsError: it cannot be read, or everybody can read it.
    """
    refuse_open(file, setting)
    try:
        return read_bounded(file).decode("utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        cause = cause_in_words(error)
        raise SettingsError(f"`{setting}`: {file} cannot be read ({cause})") from error
