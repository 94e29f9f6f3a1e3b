"""False matches within groups of people, children and ageing: the hard cases of a comparison.

An impostor looks for the document of somebody of his sex, population and age.  So strangers are
drawn within groups, and a rate is that of the worst group of adults.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge.contract.rates import interval
from edge.contract.rates.interval import Interval
from tools.evaluation.calibrate.labelled import LabelledSets
from tools.evaluation.calibrate.people import Pairs, every_pair
from tools.evaluation.calibrate.rates import Confidence, Scores, scores

Rows = NDArray[np.float32]
BEYOND: Final = interval.BEYOND
TAIL: Final = 30
"""So many of a group's highest similarities are its tail."""
LEAST_PAIRS: Final = 3000
"""A group with fewer pairs of strangers is reported, and sets no threshold."""
SPANS: Final = ((0, 2), (3, 7), (8, 12), (13, 99))
"""Years between two pictures of one person, both included."""


@dataclass(frozen=True, slots=True)
class Group:
    """The strangers and the pairs of one person within one group."""

    name: str
    people: int
    found: Scores
    confidence: Confidence

    def rate(self, threshold: float) -> Interval:
        """The false match rate of its strangers at a threshold.

        Where none matches, drawing people again finds none either: the upper bound is then at least
        three by the number of pairs (rule of three).
        """
        found = self.confidence.false_matches(threshold)
        return Interval(found.rate, found.low, max(found.high, 3 / len(self.found.impostor)))

    def threshold(self, rate: float) -> float:
        """The similarity that so many of its strangers reach.

        Where too few are there to count them, the tail is taken to fall exponentially, which
        overstates it; never more than `BEYOND` times the rate of those that are there reach it.
        """
        if self.found.is_measured(rate):
            return self.found.threshold(rate)
        ordered = np.sort(self.found.impostor)[::-1]
        count = min(TAIL, len(ordered) - 1)
        edge = float(ordered[count])
        mean_excess = float(ordered[:count].mean()) - edge
        beyond = edge + mean_excess * math.log(count / len(ordered) / rate)
        return max(beyond, self.found.threshold(BEYOND * rate))


@dataclass(frozen=True, slots=True)
class Missed:
    """Pairs of one person that do not match, at each of several thresholds."""

    name: str
    people: int
    pairs: int
    missed: Sequence[Interval]


class Measurement:
    """What labelled sets say of a comparison; `rows` are templates, NaN where no face was found."""

    def __init__(self, sets: LabelledSets, rows: Rows) -> None:
        self._sets = sets
        self._acquired = np.asarray(np.isfinite(rows).all(axis=1), np.bool_)
        self._people = np.array([picture.person for picture in sets.pictures])
        self._rows = np.nan_to_num(rows)
        self.adults = self._groups(sets.adult_groups)
        self.children = self._groups(sets.child_groups)

    @property
    def missed(self) -> int:
        """Failures to acquire."""
        return int((~self._acquired).sum())

    @property
    def deciding(self) -> list[Group]:
        """The groups of adults that have strangers enough to set a threshold."""
        return [group for group in self.adults if len(group.found.impostor) >= LEAST_PAIRS]

    def thresholds(self, rates: Sequence[str], places: int) -> dict[str, float]:
        """The threshold of each rate for the worst group of adults, rounded up.

        A rate stands here when all groups together have strangers enough for it.
        """
        if not self.deciding:
            return {}
        together = Scores(
            np.zeros(1), np.concatenate([group.found.impostor for group in self.adults])
        )
        return {
            rate: math.ceil(
                max(group.threshold(float(rate)) for group in self.deciding) * 10**places
            )
            / 10**places
            for rate in rates
            if together.is_measured(float(rate))
        }

    def beyond(self, thresholds: Mapping[str, float]) -> list[tuple[str, str, float]]:
        """Rates, groups and what was found, for each group of adults that is beyond a rate."""
        return [
            (rate, group.name, found)
            for rate, threshold in thresholds.items()
            for group in self.adults
            if (found := group.found.false_matches(threshold)) > BEYOND * float(rate)
        ]

    def mixed(self, threshold: float) -> float:
        """The false match rate of adults drawn without regard to group."""
        adult = np.array([not labels.band for labels in self._sets.labels])
        people, rows, seen = self._people[adult], self._rows[adult], self._acquired[adult]
        matched = tried = 0
        for at in range(len(rows) - 1):
            strangers = people[at + 1 :] != people[at]
            compared = strangers & seen[at + 1 :] & seen[at]
            matched += int(((rows[at + 1 :] @ rows[at] >= threshold) & compared).sum())
            tried += int(strangers.sum())
        return matched / max(tried, 1)

    def misses(self, thresholds: Iterable[float]) -> list[Missed]:
        """How many pairs of one adult do not match: by set, and by the years between them."""
        pairs, given = self._of_one_adult(), list(thresholds)
        sets = np.array(self._sets.of)[pairs.portraits]
        years = np.array([np.nan if each.year is None else each.year for each in self._sets.labels])
        apart = np.abs(years[pairs.portraits] - years[pairs.lives])
        parts = [(name, sets == name) for name in sorted(set(self._sets.of))]
        parts += [
            (f"{low} to {high} years apart", (apart >= low) & (apart <= high))
            for low, high in SPANS
        ]
        return [self._missed(name, pairs, part, given) for name, part in parts if part.any()]

    def _missed(
        self, name: str, pairs: Pairs, part: NDArray[np.bool_], thresholds: Sequence[float]
    ) -> Missed:
        used, places = np.unique([pairs.portraits[part], pairs.lives[part]], return_inverse=True)
        first, second = places.reshape(2, -1)
        tried = Pairs(first, second, pairs.same[part])
        pictures = [self._sets.pictures[at] for at in map(int, used)]
        rows = self._rows[used]
        found = scores((rows, rows), tried, self._acquired[used]).split(tried)
        who = {picture.person for picture in pictures}
        confidence = Confidence(found, tried, pictures)
        matched = [confidence.true_matches(threshold) for threshold in thresholds]
        missed = [Interval(1 - each.rate, 1 - each.high, 1 - each.low) for each in matched]
        return Missed(name, len(who), len(tried.same), missed)

    def _of_one_adult(self) -> Pairs:
        """Every two pictures of one adult."""
        by_person: dict[str, list[int]] = {}
        for at, picture in enumerate(self._sets.pictures):
            if not self._sets.labels[at].band:
                by_person.setdefault(picture.person, []).append(at)
        found = [pair for those in by_person.values() for pair in combinations(those, 2)]
        first, second = np.array(found, np.intp).reshape(-1, 2).T
        return Pairs(first, second, np.ones(len(found), bool))

    def _groups(self, names: Iterable[str]) -> list[Group]:
        """Those in which there are strangers."""
        return [group for group in map(self._group, names) if len(group.found.impostor)]

    def _group(self, name: str) -> Group:
        at = [place for place, labels in enumerate(self._sets.labels) if labels.group == name]
        pictures = [self._sets.pictures[each] for each in at]
        pairs = every_pair(pictures, ordered=False)
        rows = self._rows[at]
        found = scores((rows, rows), pairs, self._acquired[at]).split(pairs)
        people = len({picture.person for picture in pictures})
        return Group(name, people, found, Confidence(found, pairs, pictures))
