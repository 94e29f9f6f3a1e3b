"""`[commands]`: what the central system may do to the computer of a gate."""

from __future__ import annotations

from pydantic import Field

from edge.settings.section import Section


class Commands(Section):
    """`[commands]`: what commands of the central system may do to this computer."""

    reboot: tuple[str, ...] = Field(default=("systemctl", "reboot"), min_length=1)
    """The program that restarts it, and its arguments; training runs none."""
