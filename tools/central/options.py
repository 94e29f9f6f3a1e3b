"""What several commands of the central side take: the configuration, a gate, a day."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click
from typing_extensions import override

from tools.central.gate_name import NAME, source_of

INSTALLED = Path("/etc/egate/central.toml")
config_option = click.option(
    "--config",
    type=click.Path(path_type=Path),
    default=INSTALLED,
    show_default=True,
    envvar="EGATE_CENTRAL_CONFIG",
    show_envvar=True,
    help="The configuration.",
)


def examples(*lines: str) -> str:
    """The end of a help: lines to copy."""
    return "\n".join(("\b", "Examples:", *(f"  egate-central {line}" for line in lines)))


class GateName(click.ParamType[str]):
    """SITE/DEVICE, as a source."""

    name = "SITE/DEVICE"

    @override
    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:
        source = source_of(f"egate/v1/{value}")
        if source != f"/egate/v1/{value}":
            self.fail(f"{value!r} is no SITE/DEVICE: two names of the form {NAME}", param, ctx)
        return source


class Day(click.ParamType[datetime]):
    """A day or a moment, UTC where nothing else is said."""

    name = "DATE"

    @override
    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            found = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is no date: 2026-11-25, or 2026-11-25T06:00", param, ctx)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found
