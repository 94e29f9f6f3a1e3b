"""Whose pictures there are: folders of people, or a file of pairs."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge.errors import SettingsError

SUFFIXES: Final = {".jpg", ".jpeg", ".png", ".jp2", ".j2k"}


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture, and the name of who is on it."""

    path: Path
    person: str


@dataclass(frozen=True, slots=True)
class Pairs:
    """Which pictures are compared: their positions, and whether they show one person."""

    portraits: NDArray[np.intp]
    lives: NDArray[np.intp]
    same: NDArray[np.bool_]


def in_folders(
    folders: Iterable[Path], only: str = "", wanted: range | None = None
) -> list[Picture]:
    """The pictures in folders that hold one folder for each person, in the order of their names.

    `only` names the folder below a person's that counts; `wanted` the people, by number.

    Raises:
        SettingsError: a folder is none, or there are no pictures.
    """
    found = []
    for folder in folders:
        if not folder.is_dir():
            raise SettingsError(f"{folder} is no folder")
        people = sorted(each for each in folder.iterdir() if each.is_dir())
        for person in (each for each in people if wanted is None or _is_in(each.name, wanted)):
            paths = (path for path in person.rglob("*") if path.suffix.lower() in SUFFIXES)
            found += [
                Picture(path, person.name)
                for path in sorted(paths)
                if not only or only in path.relative_to(person).parts
            ]
    if len({picture.person for picture in found}) < 2:
        raise SettingsError("there are no pictures of two people; one folder a person is wanted")
    return found


def _is_in(name: str, wanted: range) -> bool:
    return name.isdecimal() and int(name) in wanted


def every_pair(pictures: Sequence[Picture], *, ordered: bool) -> Pairs:
    """Every picture with every other; `ordered`, both ways, when the two sides differ."""
    count = len(pictures)
    _, who = np.unique([picture.person for picture in pictures], return_inverse=True)
    if ordered:
        portraits, lives = np.nonzero(~np.eye(count, dtype=bool))
    else:
        portraits, lives = np.triu_indices(count, 1)
    return Pairs(portraits, lives, who[portraits] == who[lives])


def in_protocol(path: Path) -> tuple[list[Picture], Pairs]:
    """Pictures and pairs of a CSV file: portrait, person on it, live picture, person on it.

    Relative paths start at the file's folder.

    Raises:
        SettingsError: the file cannot be read, or a line has other than four columns.
    """
    rows = _rows(path, ("portrait", "person", "live", "person"))
    sides = [[Picture(path.parent / row[at], row[at + 1].strip()) for row in rows] for at in (0, 2)]
    pictures = list(dict.fromkeys(sides[0] + sides[1]))
    where = {picture: position for position, picture in enumerate(pictures)}
    first, second = (np.array([where[each] for each in side], np.intp) for side in sides)
    same = [one.person == other.person for one, other in zip(*sides, strict=True)]
    return pictures, Pairs(first, second, np.array(same))


def groups(path: Path) -> dict[str, str]:
    """The group of each person, from a CSV file of person,group.

    Raises:
        SettingsError: the file cannot be read, or a line has other than two columns.
    """
    rows = _rows(path, ("person", "group"))
    return {person.strip(): group.strip() for person, group in rows}


def _rows(path: Path, columns: tuple[str, ...]) -> list[list[str]]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = [row for row in csv.reader(file) if row]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SettingsError(f"{path} cannot be read: {error}") from error
    if not rows or any(len(row) != len(columns) for row in rows):
        raise SettingsError(f"{path}: each line is {','.join(columns)}")
    return rows
