"""What a gate counts of its own comparisons of faces, group by group (`face.error_rates`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Self, TypeAlias

from pydantic import ConfigDict, Field

from edge.contract.data_category import Categorised, Category
from edge.contract.fields import NotNegative, Positive
from edge.contract.rates.groups import Group
from edge.contract.rates.interval import BEYOND, Interval

Rate: TypeAlias = Annotated[str, Field(pattern=r"^[1-9]\.?[0-9]{0,9}e-[1-9]$")]
"""A false match rate as policies and the models' manifest name it: `1e-4`, `2.5e-3`."""
LEAST_TRAVELLERS = 5
"""Matches of fewer travellers raise no alarm: gates look often, and one match comes by chance."""
SEE = "see docs/face.md, *In the field*"


class Part(Categorised):
    """A part of `face.error_rates`: counts, about nobody."""

    model_config = ConfigDict(frozen=True)
    category: ClassVar[Category] = Category.OPERATIONAL


class Matches(Part):
    """Strangers who matched at the similarity of a false match rate."""

    rate: Rate
    comparisons: NotNegative
    travellers: NotNegative
    """Who had such a comparison."""


class Strangers(Part):
    """Comparisons of live faces with other people's portraits, and the matches by false match rate.

    BSI TR-03121-3-1 v6.0 §3.12.2.1, step 4.
    """

    comparisons: NotNegative
    matches: tuple[Matches, ...]


class GroupCounts(Part):
    """What was counted of some travellers of one group, `suppress_below` or more of them matched.

    Their documents were genuine.  An impostor among them counts too: nobody knows.
    """

    population: str
    """Nationality as in the MRZ, or `(others)`."""
    sex: str
    age: str
    """The word of the age band on the day of the passage."""
    travellers: Positive
    not_matched: NotNegative
    poor: NotNegative
    """No picture was good enough to be compared."""
    suspected: NotNegative
    """Matched, but a presentation attack was found or not ruled out."""
    released: NotNegative
    """Of `not_matched`, `poor` and `suspected`: an officer let them pass at once."""
    anybody: Strangers
    """With whoever had passed before (zero effort)."""
    alike: Strangers
    """Of `anybody`: people of the same population and sex, children of the same age band."""

    @property
    def group(self) -> Group:
        """Whom it is about."""
        return Group(self.population, self.sex, self.age)


@dataclass(slots=True)
class StrangerSums:
    """Sums of `Strangers`."""

    comparisons: int = 0
    matches: Counter[str] = field(default_factory=Counter)
    """Comparisons that matched, by false match rate."""
    travellers: Counter[str] = field(default_factory=Counter)
    """Who matched anybody at all, by false match rate."""

    def add(self, other: Self) -> None:
        """Take others in."""
        self.comparisons += other.comparisons
        self.matches.update(other.matches)
        self.travellers.update(other.travellers)

    def false_matches(self, rate: str) -> Interval:
        """The false match rate that was found at the similarity of a stated one."""
        return Interval.over_people(self.matches[rate], self.travellers[rate], self.comparisons)

    def told(self) -> Strangers:
        """For the event."""
        return Strangers(
            comparisons=self.comparisons,
            matches=tuple(
                Matches(rate=rate, comparisons=count, travellers=self.travellers[rate])
                for rate, count in self.matches.items()
            ),
        )

    @classmethod
    def of(cls, told: Strangers) -> Self:
        """What an event says."""
        found = cls(told.comparisons)
        for each in told.matches:
            found.matches[each.rate] += each.comparisons
            found.travellers[each.rate] += each.travellers
        return found


@dataclass(slots=True)
class Sums:
    """Sums of `GroupCounts`."""

    travellers: int = 0
    not_matched: int = 0
    poor: int = 0
    suspected: int = 0
    released: int = 0
    anybody: StrangerSums = field(default_factory=StrangerSums)
    alike: StrangerSums = field(default_factory=StrangerSums)

    @property
    def refused(self) -> int:
        """For the face, whatever the cause."""
        return self.not_matched + self.poor + self.suspected

    @property
    def matched(self) -> int:
        """Those whom the face did not stop."""
        return self.travellers - self.refused

    @property
    def false_non_matches(self) -> Interval:
        """Of those who were compared: the share that did not match (FNMR, if all were genuine)."""
        return Interval.wilson(self.not_matched, self.travellers - self.poor)

    @property
    def refusals(self) -> Interval:
        """The share that the face stopped."""
        return Interval.wilson(self.refused, self.travellers)

    def add(self, other: Self) -> None:
        """Take others in."""
        self.travellers += other.travellers
        self.not_matched += other.not_matched
        self.poor += other.poor
        self.suspected += other.suspected
        self.released += other.released
        self.anybody.add(other.anybody)
        self.alike.add(other.alike)

    def told(self, group: Group) -> GroupCounts:
        """For the event."""
        return GroupCounts(
            population=group.population,
            sex=group.sex,
            age=group.age,
            travellers=self.travellers,
            not_matched=self.not_matched,
            poor=self.poor,
            suspected=self.suspected,
            released=self.released,
            anybody=self.anybody.told(),
            alike=self.alike.told(),
        )

    @classmethod
    def of(cls, told: GroupCounts) -> Self:
        """What an event says."""
        return cls(
            told.travellers,
            told.not_matched,
            told.poor,
            told.suspected,
            told.released,
            StrangerSums.of(told.anybody),
            StrangerSums.of(told.alike),
        )


def alarms(groups: Mapping[Group, Sums]) -> list[str]:
    """A sentence for each group whose strangers match more often than the manifest states.

    Groups as the calibration knows them, at each false match rate.
    """
    compared: dict[str, StrangerSums] = {}
    for group, sums in groups.items():
        if group.compared:
            compared.setdefault(group.compared, StrangerSums()).add(sums.alike)
    return [
        f"{rate}: of group {name} {found.rate:.1e} of the strangers match"
        f" ({found.low:.1e} to {found.high:.1e}), more than {BEYOND} times the stated rate; {SEE}"
        for name, sums in sorted(compared.items())
        for rate in sorted(sums.matches)
        if sums.travellers[rate] >= LEAST_TRAVELLERS
        and (found := sums.false_matches(rate)).is_beyond(float(rate))
    ]
