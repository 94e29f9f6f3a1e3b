"""`[statistics]`: what a gate publishes of its passages."""

from __future__ import annotations

from pydantic import Field

from edge.settings.section import Section


class StatisticsSettings(Section):
    """`[statistics]`: what the gate publishes of its passages by the hour."""

    suppress_below: int = Field(default=5, ge=3, le=1000)
    """Smaller counts are hidden, and what they could be computed from."""
