"""Moments as people type them: a date, or a date with a time, ISO 8601; UTC unless it says else."""

from __future__ import annotations

from datetime import UTC, datetime

import click


def moment(text: str) -> datetime:
    """Read a moment, for `type=` of an option; click.BadParameter."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise click.BadParameter(
            f"`{text}` is no time; write 2026-03-01 or 2026-03-01T12:00:00Z"
        ) from error
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
