"""Pictures as people name them: files, folders, lists of files."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from edge.errors import MalformedFile, SettingsError
from edge.imaging import PHOTOGRAPH

SUFFIXES: Final = frozenset(
    {".jpg", ".jpeg", ".jpe", ".png", ".jp2", ".jpx", ".jpf", ".j2k", ".j2c", ".jpc"}
)
"""What is taken from a folder; a file that is named is taken whatever it is called."""


def named(arguments: Iterable[str]) -> list[Path]:
    """Every picture, in the order given; folders are walked by name, `@FILE` lists one a line.

    Raises:
        SettingsError: a name is empty, a list cannot be read, or a list or folder holds no picture.
    """
    found = [path for argument in arguments for path in _each(argument)]
    if not found:
        raise SettingsError("these lists name no picture")
    return found


def read(path: Path) -> bytes:
    """The bytes of a picture.

    Raises:
        OSError: it cannot be read.
        MalformedFile: it is larger than a picture may be, or a pipe.
    """
    if path.is_fifo():  # there may be nobody who ever writes to it
        raise MalformedFile("a pipe; name a file")
    with path.open("rb") as file:
        data = file.read(PHOTOGRAPH.size + 1)
    if len(data) > PHOTOGRAPH.size:
        raise MalformedFile(f"more than {PHOTOGRAPH.size // 1_000_000} MB")
    return data


def _each(argument: str) -> Iterator[Path]:
    if not argument:  # it would be the folder one happens to be in
        raise SettingsError("the name of a picture is empty: is a variable of the shell not set?")
    if argument.startswith("@"):
        yield from (Path(line) for line in _lines(argument[1:]) if line.strip())
    elif Path(argument).is_dir():
        yield from _within(Path(argument))
    else:
        yield Path(argument)


def _lines(name: str) -> list[str]:
    if name == "-":
        return sys.stdin.read().splitlines()
    try:
        return Path(name).read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"@{name}: no list of files can be read there") from error


def _within(folder: Path) -> list[Path]:
    found = sorted(
        path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file()
    )
    if not found:
        raise SettingsError(f"{folder}: no picture in this folder; expected .jpg, .png, .jp2 ...")
    return found
