"""`[statistics]` and `[error_rates]`: what a gate counts of its passages."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from edge.settings.section import Section


class StatisticsSettings(Section):
    """`[statistics]`: the hourly counts of passages."""

    suppress_below: int = Field(default=5, ge=3, le=1000)
    """Smaller counts are hidden, and counts from which they could be computed."""


class ErrorRateSettings(Section):
    """`[error_rates]`: comparisons of live faces with other travellers' portraits.

    They keep templates of portraits in memory beyond a passage, so they need a legal basis
    (docs/adr/0025).
    """

    strangers: int = Field(default=0, ge=0, le=200)
    """How many templates are kept, the newest; 0: none, and no false match rate is counted."""
    keep_s: float = Field(default=600.0, gt=0, le=3600)
    """How long each template is kept at most."""
    basis: str = Field(default="", max_length=200)
    """Which law or order allows it; required with `strangers`."""

    @model_validator(mode="after")
    def _needs_a_basis(self) -> Self:
        if self.strangers and not self.basis.strip():
            raise ValueError(
                "`strangers` keeps templates of travellers beyond their passage: `basis` names the"
                " law or order that allows it"
            )
        return self
