"""Clocks of a lane for tests: in UTC, never wrong, and of a program built on a day that stays."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, tzinfo

from edge.border.clock import TOLERANCE
from edge.lane.clock import LaneClock

BUILT = datetime(2026, 11, 24, tzinfo=UTC)
"""When the program of these tests was built; that of the checkout changes with every commit."""


def lane_clock(now: Callable[[], datetime], zone: tzinfo = UTC) -> LaneClock:
    return LaneClock(now, zone, BUILT, lambda: 0.0)


def is_plausible(moment: datetime) -> bool:
    return moment >= BUILT - TOLERANCE


class Uptime:
    """A monotonic clock that goes on when told."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s
