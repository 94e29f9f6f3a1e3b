"""`[simulation]`: the surroundings of a virtual lane, in training only."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from edge.settings.section import Section


class Simulation(Section):
    """`[simulation]`: training only; the travellers of the virtual lane."""

    specimens: Path
    stage: str = "lane"
    broker: bool = True
    """Start the broker that comes with the virtual lane."""
    central: bool = True
    """With that broker, also start a central system that acknowledges every event.  Without it,
    events wait for another one: `make central`."""
    repeat: str = ""
    """Send this traveller again and again until a person picks one."""
    repeat_every_s: float = Field(default=20.0, ge=1)
