"""Time that a piece of work takes: the processor's and the clock's."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Self


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds of the processor, all threads together, and of the clock."""

    cpu_s: float
    wall_s: float

    @classmethod
    def on(cls, work: Callable[[], object]) -> Self:
        """Do the work in this process and measure it."""
        wall_s, cpu_s = time.perf_counter(), time.process_time()
        work()
        used_s = time.process_time() - cpu_s
        return cls(used_s, time.perf_counter() - wall_s)

    def __add__(self, other: Self) -> Self:
        """One after the other."""
        return replace(self, cpu_s=self.cpu_s + other.cpu_s, wall_s=self.wall_s + other.wall_s)

    def __mul__(self, times: float) -> Self:
        """So many times."""
        return replace(self, cpu_s=self.cpu_s * times, wall_s=self.wall_s * times)

    def __truediv__(self, times: float) -> Self:
        """One of so many."""
        return self * (1 / times)


@dataclass(frozen=True, slots=True)
class Pair:
    """The gate's work and its floor, one after the other on the same data."""

    gate: Spent
    floor: Spent


@dataclass(frozen=True, slots=True)
class Beside:
    """The medians of some pairs; the ratios are medians of the pairs' own ratios."""

    gate: Spent
    floor: Spent
    cpu_ratio: float
    wall_ratio: float

    @classmethod
    def of(cls, pairs: Sequence[Pair]) -> Self:
        """Of one pair or more."""
        return cls(
            _median([pair.gate for pair in pairs]),
            _median([pair.floor for pair in pairs]),
            statistics.median(pair.gate.cpu_s / pair.floor.cpu_s for pair in pairs),
            statistics.median(pair.gate.wall_s / pair.floor.wall_s for pair in pairs),
        )


def _median(all_spent: Sequence[Spent]) -> Spent:
    return Spent(
        statistics.median(each.cpu_s for each in all_spent),
        statistics.median(each.wall_s for each in all_spent),
    )
