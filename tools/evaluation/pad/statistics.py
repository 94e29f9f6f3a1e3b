"""Rates with their intervals (ISO/IEC 30107-3)."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from edge.face.pad import PadVerdict
from tools.evaluation.pad.presentation import Outcome

Z = 1.959964
"""Of 95 %."""


def interval(hits: int, count: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a rate."""
    if not count:
        return 0.0, 1.0
    rate, square = hits / count, Z * Z / count
    middle = (rate + square / 2) / (1 + square)
    half = Z * math.sqrt(rate * (1 - rate) / count + square / (4 * count)) / (1 + square)
    return max(middle - half, 0.0), min(middle + half, 1.0)


@dataclass(frozen=True, slots=True)
class Row:
    """One species, or the bona fide presentations."""

    name: str
    count: int
    live: int
    attack: int
    doubt: int
    asked: int

    @classmethod
    def of(cls, name: str, outcomes: Iterable[Outcome]) -> Row:
        """Count outcomes."""
        outcomes = list(outcomes)
        verdicts = Counter(outcome.verdict for outcome in outcomes)
        return cls(
            name,
            len(outcomes),
            verdicts[PadVerdict.LIVE],
            verdicts[PadVerdict.ATTACK],
            verdicts[PadVerdict.DOUBT],
            sum(outcome.asked for outcome in outcomes),
        )

    def line(self, *, bona_fide: bool) -> str:
        """A row of the table: APCER counts attacks taken for live, BPCER people who are not."""
        hits = self.count - self.live if bona_fide else self.live
        low, high = interval(hits, self.count)
        rate = 100 * hits / max(self.count, 1)
        error = (
            f"{'BPCER' if bona_fide else 'APCER'} {rate:.1f} % [{100 * low:.1f}, {100 * high:.1f}]"
        )
        return (
            f"| {self.name} | {self.count} | {self.live} | {self.doubt} | {self.attack} |"
            f" {self.asked} | {error} |"
        )
