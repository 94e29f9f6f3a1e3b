"""Whether a moment can be now."""

from __future__ import annotations

from datetime import datetime

from edge.border import eligibility
from edge.checks import Result

BUILT = datetime.fromisoformat("2026-11-24T00:00:00+00:00").date()
"""No clock that shows an earlier day is right."""


def is_plausible(moment: datetime) -> bool:
    """Whether a moment can be now, for all that is known."""
    return eligibility.clock(moment.date(), BUILT).result is Result.SUCCESSFUL
