"""Error rates of a comparison, and how sure they are.

FMR and FNMR are those of ISO/IEC 19795-1: of comparisons between strangers and of comparisons of
one person.  Pictures of a person are no independent trials: confidence is taken by drawing people
again, with replacement, and counting pairs as often as both were drawn (bootstrap).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge.contract.rates.interval import Interval
from tools.evaluation.calibrate.people import Pairs, Picture

Floats = NDArray[np.floating]
LEAST_MATCHES: Final = 30
"""A rate with fewer false matches behind it is not measured (rule of 30)."""
DRAWS: Final = 1000
SURE: Final = (2.5, 97.5)
EER_STEPS: Final = 41
AT_ONCE: Final = 1 << 18
"""Pairs; their templates would fill the memory together."""


@dataclass(frozen=True, slots=True)
class Scores:
    """Similarities of one person's pictures, and of strangers'."""

    genuine: Floats
    impostor: Floats

    def threshold(self, rate: float) -> float:
        """The least similarity that so many pairs of strangers, or fewer, reach."""
        ordered = np.sort(self.impostor)[::-1]
        return float(np.nextafter(ordered[int(rate * len(ordered))], np.inf))

    def is_measured(self, rate: float) -> bool:
        """Whether there are pairs enough."""
        return rate * len(self.impostor) >= LEAST_MATCHES

    def false_matches(self, threshold: float) -> float:
        """FMR at a threshold."""
        return float((self.impostor >= threshold).mean())

    def true_matches(self, threshold: float) -> float:
        """1 - FNMR at a threshold: TAR."""
        return float((self.genuine >= threshold).mean())

    def equal_error(self) -> tuple[float, float]:
        """The rate at which as many strangers match as people do not; its threshold."""
        genuine, impostor = np.sort(self.genuine), np.sort(self.impostor)
        steps = np.unique(np.concatenate([genuine, np.quantile(impostor, (0, 1))]))
        missed = np.searchsorted(genuine, steps) / len(genuine)
        matched = 1 - np.searchsorted(impostor, steps) / len(impostor)
        at = int(np.abs(missed - matched).argmin())
        return float((missed[at] + matched[at]) / 2), float(steps[at])

    def curve(self, points: int = 400) -> tuple[Floats, Floats]:
        """FMR and FNMR, evenly over the logarithm of the FMR."""
        ordered = np.sort(self.impostor)[::-1]
        rates = np.unique(np.geomspace(1, len(ordered), points).astype(int)) - 1
        missed = np.searchsorted(np.sort(self.genuine), ordered[rates]) / len(self.genuine)
        return (rates + 1) / len(ordered), missed


@dataclass(frozen=True, slots=True)
class Similarities:
    """One similarity for each pair."""

    all: NDArray[np.float32]

    def split(self, pairs: Pairs) -> Scores:
        """By whether a pair shows one person."""
        return Scores(self.all[pairs.same], self.all[~pairs.same])


def scores(
    templates: tuple[Floats, Floats], pairs: Pairs, acquired: NDArray[np.bool_]
) -> Similarities:
    """The similarities of pairs of rows, portraits' and live ones; where a face was missed, -1.

    Who shows no face matches nobody: a failure to acquire is an error of the system.
    """
    portraits, lives = templates
    found = np.empty(len(pairs.same), np.float32)
    for start in range(0, len(found), AT_ONCE):
        part = slice(start, start + AT_ONCE)
        left, right = portraits[pairs.portraits[part]], lives[pairs.lives[part]]
        found[part] = np.einsum("ij,ij->i", left, right)
    seen = acquired[pairs.portraits] & acquired[pairs.lives]
    return Similarities(np.where(seen, found, np.float32(-1)))


class Confidence:
    """Draws the people of a calibration again and again."""

    def __init__(
        self, found: Scores, pairs: Pairs, pictures: Sequence[Picture], *, seed: int = 1
    ) -> None:
        names, who = np.unique([picture.person for picture in pictures], return_inverse=True)
        self._people = len(names)
        self._scores = found
        first, second = who[pairs.portraits], who[pairs.lives]
        self._genuine = first[pairs.same]
        self._impostor = first[~pairs.same] * self._people + second[~pairs.same]
        rng = np.random.default_rng(seed)
        self._draws = rng.multinomial(
            self._people, np.full(self._people, 1 / self._people), size=DRAWS
        ).astype(np.float64)
        self._pairs = self._counted(np.ones(len(self._impostor), bool))
        self._trials = self._of_people(np.ones(len(self._genuine), bool))

    def true_matches(self, threshold: float) -> Interval:
        """TAR at a threshold."""
        drawn = self._drawn_true(threshold)
        return _interval(self._scores.true_matches(threshold), drawn)

    def false_matches(self, threshold: float) -> Interval:
        """FMR at a threshold."""
        drawn = self._drawn_false(threshold)
        return _interval(self._scores.false_matches(threshold), drawn)

    def equal_error(self) -> Interval:
        """The equal error rate, each time at a threshold of its own."""
        rate, middle = self._scores.equal_error()
        steps = np.linspace(middle - 0.1, middle + 0.1, EER_STEPS)
        missed = np.stack([1 - self._drawn_true(step) for step in steps])
        matched = np.stack([self._drawn_false(step) for step in steps])
        return _interval(rate, _crossings(missed, matched))

    def _drawn_true(self, threshold: float) -> Floats:
        hits = self._of_people(self._scores.genuine >= threshold)
        return _shares(self._draws @ hits, self._draws @ self._trials)

    def _drawn_false(self, threshold: float) -> Floats:
        hits = self._weighted(self._counted(self._scores.impostor >= threshold))
        return _shares(hits, self._weighted(self._pairs))

    def _of_people(self, which: NDArray[np.bool_]) -> Floats:
        return np.bincount(self._genuine[which], minlength=self._people).astype(np.float64)

    def _counted(self, which: NDArray[np.bool_]) -> Floats:
        counts = np.bincount(self._impostor[which], minlength=self._people**2)
        return counts.reshape(self._people, self._people).astype(np.float64)

    def _weighted(self, counts: Floats) -> Floats:
        """How many pairs of each draw, both people counted as often as they were drawn."""
        return np.asarray(((self._draws @ counts) * self._draws).sum(1))


def _shares(hits: Floats, trials: Floats) -> Floats:
    """NaN where there are no trials: of very few people a draw may be of one alone."""
    return np.divide(hits, trials, out=np.full_like(hits, np.nan), where=trials > 0)


def _crossings(missed: Floats, matched: Floats) -> Floats:
    """Where curves [steps, draws] meet, one rising and one falling: between steps, linear."""
    apart = missed - matched
    at = (apart < 0).sum(0).clip(1, len(apart) - 1)
    column = np.arange(apart.shape[1])
    before, after = apart[at - 1, column], apart[at, column]
    share = np.divide(-before, after - before, out=np.zeros_like(before), where=after != before)
    share = share.clip(0, 1)
    return np.asarray(missed[at - 1, column] * (1 - share) + missed[at, column] * share)


def _interval(rate: float, drawn: Floats) -> Interval:
    low, high = np.nanpercentile(drawn, SURE)
    return Interval(rate, float(low), float(high))
