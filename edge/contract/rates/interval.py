"""A rate with its interval, and when it is beyond what is stated (ISO/IEC 19795-1)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Self

BEYOND: Final = 3
"""A group is beyond a rate when its own is so many times the rate."""
Z: Final = 1.959964
"""Of 95 %."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A rate and the range it lies in, as likely as not to be wrong once in twenty."""

    rate: float
    low: float
    high: float

    @classmethod
    def wilson(cls, hits: float, count: float) -> Self:
        """Wilson's 95 % interval of independent trials; everything is possible without any."""
        if not count:
            return cls(0.0, 0.0, 1.0)
        rate, square = hits / count, Z * Z / count
        middle = (rate + square / 2) / (1 + square)
        half = Z * math.sqrt(rate * (1 - rate) / count + square / (4 * count)) / (1 + square)
        return cls(rate, max(middle - half, 0.0), min(middle + half, 1.0))

    @classmethod
    def over_people(cls, hits: int, people: int, count: int) -> Self:
        """The interval where `hits` of `count` comparisons come from so few `people`.

        Several hits of one person count as one: the range is that of so many people among fewer
        comparisons, at the same rate.
        """
        return cls.wilson(people, count * people / hits) if hits else cls.wilson(0, count)

    def is_beyond(self, stated: float) -> bool:
        """Whether all of the range is beyond: more than `BEYOND` times what is stated."""
        return self.low > BEYOND * stated
