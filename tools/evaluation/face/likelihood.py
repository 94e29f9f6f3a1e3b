"""How likely a score is between strangers: read off the thresholds that were measured."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise


class Bound(StrEnum):
    """What is known about a rate."""

    ABOUT = "about"
    AT_MOST = "at_most"
    """The score is beyond the rarest rate that was measured."""
    AT_LEAST = "at_least"
    """The score is below the commonest rate that was measured."""


@dataclass(frozen=True, slots=True)
class FalseMatchRate:
    """The share of pairs of strangers that reach a score."""

    rate: float
    bound: Bound


def false_match_rate(score: float, thresholds: Mapping[str, float]) -> FalseMatchRate | None:
    """The false match rate of a threshold at this score; None where nothing was measured.

    Between two measured rates their logarithm is taken to be linear in the score; beyond them only
    a bound is known, for nothing was measured there.
    """
    known = sorted((threshold, float(rate)) for rate, threshold in thresholds.items())
    if not known:
        return None
    if score < known[0][0]:
        return FalseMatchRate(known[0][1], Bound.AT_LEAST)
    for (low, common), (high, rare) in pairwise(known):
        if low <= score < high:
            share = (score - low) / (high - low)
            exponent = math.log10(common) * (1 - share) + math.log10(rare) * share
            return FalseMatchRate(10**exponent, Bound.ABOUT)
    return FalseMatchRate(known[-1][1], Bound.AT_MOST)
