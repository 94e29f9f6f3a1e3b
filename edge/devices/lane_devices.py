"""The devices of a lane, each under supervision."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from edge.devices.supervisor import Supervised
from edge.ports import Camera, ChipReader, DepthSensor, DocumentScanner, GateHardware

AnyDevice: TypeAlias = (
    Supervised[DocumentScanner]
    | Supervised[ChipReader]
    | Supervised[Camera]
    | Supervised[GateHardware]
    | Supervised[DepthSensor]
)


@dataclass(frozen=True, slots=True)
class Devices:
    """Every role a lane has."""

    scanner: Supervised[DocumentScanner]
    reader: Supervised[ChipReader]
    camera: Supervised[Camera]
    gate: Supervised[GateHardware]
    depth: Supervised[DepthSensor] | None

    def every(self) -> tuple[AnyDevice, ...]:
        """All of them."""
        always = (self.scanner, self.reader, self.camera, self.gate)
        return always if self.depth is None else (*always, self.depth)
