"""Moments as people type them: a date, or a date with a time, ISO 8601; UTC unless it says else."""

from __future__ import annotations

from datetime import UTC, datetime

import click
from typing_extensions import override


class Moment(click.ParamType):
    """A moment of time with its zone."""

    name = "time"

    @override
    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            found = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"`{value}` is no time; write 2026-03-01 or 2026-03-01T12:00:00Z", param, ctx)
        return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


MOMENT = Moment()
