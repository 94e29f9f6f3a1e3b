"""`[statistics]`: the counts of passages that a gate publishes."""

from __future__ import annotations

from pydantic import Field

from edge.settings.section import Section


class StatisticsSettings(Section):
    """`[statistics]`: the hourly counts of passages."""

    suppress_below: int = Field(default=5, ge=3, le=1000)
    """Smaller counts are hidden, and counts from which they could be computed."""
