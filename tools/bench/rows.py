"""Rows of the benchmark's table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tools.bench.floors.spent import Beside


@dataclass(frozen=True, slots=True)
class Row:
    """One figure, and the bar it is held against (at most, or None)."""

    name: str
    value: float
    unit: str
    bar: float | None = None
    at_least: bool = False
    """The bar is the least, not the most."""

    @property
    def digits(self) -> int:
        """How many digits behind the point say something."""
        return {"x": 2, "%": 2, "cos": 4}.get(self.unit, 1)

    @property
    def holds(self) -> bool:
        """Whether the figure is within its bar."""
        if self.bar is None:
            return True
        return self.value >= self.bar if self.at_least else self.value <= self.bar


def beside_floor(name: str, found: Beside, bar: float | None) -> Iterator[Row]:
    """A figure, its floor and their ratio, in time of the processor; then by the clock."""
    yield Row(f"{name}: processor, median", 1000 * found.gate.cpu_s, "ms")
    yield Row("  its floor", 1000 * found.floor.cpu_s, "ms")
    yield Row("  times its floor", found.cpu_ratio, "x", bar)
    yield Row(f"{name}: by the clock, median", 1000 * found.gate.wall_s, "ms")
    yield Row("  its floor", 1000 * found.floor.wall_s, "ms")
    yield Row("  times its floor", found.wall_ratio, "x")
