"""The words for groups of people, as the calibration, the gate and the central side say them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

OF_AGE: Final = 18
CHILDREN: Final = ((6, "under 6"), (12, "6 to 11"), (OF_AGE, "12 to 17"))
"""Ages below, and the word for them."""
ADULTS: Final = ((30, "18 to 29"), (50, "30 to 49"), (65, "50 to 64"), (1000, "65 and over"))
OTHERS: Final = "(others)"
"""The population of people of whom there are too few of each to name theirs."""


def child_band(age: int | None) -> str:
    """The word for a child's age; empty for adults, and where the age is not known."""
    return _word(age, CHILDREN)


def band(age: int | None) -> str:
    """The word for an age, adults' too; empty where it is not known."""
    return _word(age, CHILDREN + ADULTS)


def group(population: str, sex: str, age: str) -> str:
    """Who is compared with whom: one population, one sex, and children by age.

    `age` is the word of a band.  Empty when population or sex is not known.
    """
    if not population or not sex:
        return ""
    child = age if age in {word for _, word in CHILDREN} else ""
    return " ".join(part for part in (population, sex, child) if part)


@dataclass(frozen=True, slots=True)
class Group:
    """A group of travellers: nationality as in the MRZ, sex (M, F, X), the word of an age band."""

    population: str
    sex: str
    age: str

    @property
    def compared(self) -> str:
        """Its name in the words of the calibration: see `group`."""
        return group(self.population, self.sex, self.age)


def _word(age: int | None, bands: tuple[tuple[int, str], ...]) -> str:
    return "" if age is None else next((word for below, word in bands if age < below), "")
