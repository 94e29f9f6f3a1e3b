"""What a gate counts of its passages, hour by hour (UTC); nothing of any single one is kept."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from edge.border.decision import Open
from edge.checks import Reason
from edge.contract.messages import STEPS
from edge.lane.passages import Passage

BOUNDS_MS = (10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000)
"""Upper bounds of the buckets of a histogram, themselves included; one more bucket has none."""
HOUR = timedelta(hours=1)
LONGEST_LOOK = timedelta(minutes=1)
"""A clock that moved further between two looks was set, or the computer slept."""


@dataclass(slots=True)
class Tally:
    """The counts of some passages."""

    opened: int = 0
    referred: int = 0
    undecided: int = 0
    """Left, or broken off, before a decision."""
    released: int = 0
    """Of `referred`: an officer let them pass."""
    reasons: Counter[Reason] = field(default_factory=Counter)
    """Of `referred`; one may have several."""
    durations: dict[str, list[int]] = field(default_factory=dict)
    """Of `opened`: for each step how many took how long, one count a bucket."""

    @property
    def passages(self) -> int:
        """All of them."""
        return self.opened + self.referred + self.undecided

    def add(self, passage: Passage) -> None:
        """Count one passage."""
        match passage.decision:
            case None:
                self.undecided += 1
            case Open():
                self.opened += 1
                self._time(passage)
            case _:
                self.referred += 1
                self.released += passage.released
                self.reasons.update(passage.reasons)

    def _time(self, passage: Passage) -> None:
        for step in STEPS:
            if (value_ms := passage.timings_ms.get(step)) is not None:
                buckets = self.durations.setdefault(step, [0] * (len(BOUNDS_MS) + 1))
                buckets[bisect_left(BOUNDS_MS, value_ms)] += 1


@dataclass(frozen=True, slots=True)
class Hour:
    """What was counted in one hour."""

    begin: datetime
    complete: bool
    """Counted from its beginning to its end, by a clock that nobody set."""
    tally: Tally


class Hours:
    """Counts by the hour; every passage belongs to one hour only, whatever the clock does."""

    def __init__(self, now: datetime) -> None:
        self._begin_anew(now, complete=now == _hour_of(now))
        self._looked = now

    def add(self, passage: Passage) -> None:
        """Count a passage that has ended just now; `look` first."""
        self._tally.add(passage)

    def look(self, now: datetime) -> Hour | None:
        """Go with the clock: the hour that is over, when one is.

        After a small step back the hour goes on until its end comes again.  After a large one what
        was counted is dropped: nobody knows when it was.
        """
        runs = timedelta(0) <= now - self._looked <= LONGEST_LOOK
        self._looked = now
        self._complete &= runs
        begin = _hour_of(now)
        if begin in (self._begin, self._begin - HOUR):
            return None
        ended = Hour(self._begin, self._complete, self._tally)
        self._begin_anew(now, complete=runs)
        return ended if begin > ended.begin else None

    def _begin_anew(self, now: datetime, *, complete: bool) -> None:
        self._begin, self._complete, self._tally = _hour_of(now), complete, Tally()


def _hour_of(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
