"""What stays the same while a lane runs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from edge.gate.states import Topology


@dataclass(frozen=True, slots=True)
class Place:
    """A lane by its names, its version and its topology."""

    site: str
    device: str
    version: str
    topology: Topology
    simulated: bool
    started_at: datetime
