"""Rates with their intervals (ISO/IEC 30107-3)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from edge.contract.rates.interval import Interval
from edge.face.pad import PadVerdict
from tools.evaluation.pad.presentation import Outcome


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
        found = Interval.wilson(hits, self.count)
        low, high = 100 * found.low, 100 * found.high
        name = "BPCER" if bona_fide else "APCER"
        error = f"{name} {100 * found.rate:.1f} % [{low:.1f}, {high:.1f}]"
        return (
            f"| {self.name} | {self.count} | {self.live} | {self.doubt} | {self.attack} |"
            f" {self.asked} | {error} |"
        )
