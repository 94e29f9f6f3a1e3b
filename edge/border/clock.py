"""Whether the clock of a gate can be trusted with a date.

1. The moment is not before the last one that this gate knows to have passed.
2. The bound of the clock's error is known.
3. Within that bound the lane has one civil date only: then no error can matter to an expiry, an
   age or a stay.
"""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from typing import Final

from edge.checks import Check, CheckId, Result

TOLERANCE: Final = timedelta(minutes=2)
"""A correction may set the clock back by this much."""


def examine_clock(now: datetime, zone: tzinfo, known: datetime, error_s: float | None) -> Check:
    """Judge a moment; `known` has passed; `error_s` bounds the error, None when unknown."""
    if now < known - TOLERANCE:
        detail = f"before the last time this gate has known, {known:%Y-%m-%d %H:%M} UTC"
        return Check(CheckId.CLOCK_TRUSTED, Result.FAILED, detail)
    if error_s is None:
        return Check(CheckId.CLOCK_TRUSTED, Result.UNDETERMINED, "not synchronised")
    error = timedelta(seconds=error_s)
    earliest, latest = ((now + each).astimezone(zone).date() for each in (-error, error))
    if earliest != latest:
        detail = f"wrong by up to {error_s:.0f} s, so it may be another day"
        return Check(CheckId.CLOCK_TRUSTED, Result.UNDETERMINED, detail)
    return Check(CheckId.CLOCK_TRUSTED, Result.SUCCESSFUL)
