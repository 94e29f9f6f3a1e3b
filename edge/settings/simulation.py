"""`[simulation]`: the surroundings of a virtual lane, in training only."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from edge.settings.section import Section


class Simulation(Section):
    """`[simulation]`: training only; who walks through the virtual lane."""

    specimens: Path
    stage: str = "lane"
    broker: bool = True
    """Start the broker that comes with the virtual lane."""
    central: bool = True
    """With that broker, start the central system that comes with it and acknowledges every event;
    without it, events wait until another one does: `make central`."""
    repeat: str = ""
    """Send this traveller again and again until somebody picks one."""
    repeat_every_s: float = Field(default=20.0, ge=1)
