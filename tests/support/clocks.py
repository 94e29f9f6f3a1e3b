"""Clocks of a lane for tests: in UTC, and never wrong."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, tzinfo

from edge.lane.clock import BUILT, LaneClock


def lane_clock(now: Callable[[], datetime], zone: tzinfo = UTC) -> LaneClock:
    return LaneClock(now, zone, BUILT, lambda: 0.0)
