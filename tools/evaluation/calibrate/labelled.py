"""Pictures with labels: who stands on each, of which sex and population, how old, and when."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge.contract.rates import groups
from edge.errors import SettingsError
from tools.evaluation.calibrate.people import Picture

COLUMNS: Final = ("file", "person", "sex", "population", "age", "year")


@dataclass(frozen=True, slots=True)
class Labels:
    """What a set says of one picture; the empty text and None: it does not say."""

    sex: str
    population: str
    age: int | None
    year: int | None

    @property
    def band(self) -> str:
        """The word for a child's age; empty for adults, and where the age is not said."""
        return groups.child_band(self.age)

    @property
    def group(self) -> str:
        """Who is compared with whom: one sex, one population, and children by age.

        Empty when sex or population is not said.
        """
        return groups.group(self.population, self.sex, self.band)


@dataclass(frozen=True, slots=True)
class LabelledSets:
    """The pictures of several sets, and the labels of each."""

    pictures: Sequence[Picture]
    labels: Sequence[Labels]
    of: Sequence[str]
    """The name of the set of each picture: that of its file, without suffix."""

    @property
    def adult_groups(self) -> list[str]:
        """Every group of adults, by name."""
        return sorted({each.group for each in self.labels if each.group and not each.band})

    @property
    def child_groups(self) -> list[str]:
        """Every group of children, by name."""
        return sorted({each.group for each in self.labels if each.group and each.band})


def read(paths: Iterable[Path]) -> LabelledSets:
    """The sets in CSV files whose first line names the columns `COLUMNS`.

    Relative paths of pictures start at the file's folder.  A person's name counts within a file.

    Raises:
        SettingsError: a file cannot be read, or a line is not as it should be.
    """
    pictures: list[Picture] = []
    labels: list[Labels] = []
    of: list[str] = []
    for path in paths:
        for number, row in enumerate(_rows(path), 2):
            pictures.append(Picture(path.parent / row["file"], f"{path.stem}/{row['person']}"))
            labels.append(
                Labels(
                    row["sex"],
                    row["population"],
                    _number(row["age"], f"{path}, line {number}: age"),
                    _number(row["year"], f"{path}, line {number}: year"),
                )
            )
            of.append(path.stem)
    return LabelledSets(pictures, labels, of)


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            rows = list(reader)
            columns = tuple(reader.fieldnames or ())
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SettingsError(f"{path} cannot be read: {error}") from error
    if set(columns) != set(COLUMNS):
        raise SettingsError(f"{path}: the first line is {','.join(COLUMNS)}")
    for number, row in enumerate(rows, 2):
        # A line too short has None in it, one too long a list under None.
        if None in row or None in row.values() or not row["file"] or not row["person"]:
            raise SettingsError(f"{path}, line {number}: file and person, and six columns, please")
    return [{name: text.strip() for name, text in row.items()} for row in rows]


def _number(text: str, where: str) -> int | None:
    if not text:
        return None
    if not text.isdecimal():
        raise SettingsError(f"{where} is `{text}`; give a whole number, or leave it empty")
    return int(text)
