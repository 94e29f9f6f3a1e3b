"""The supervised devices of a lane."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from edge.devices.cabinet import Cabinet
from edge.devices.supervisor import Supervised
from edge.ports import Camera, ChipReader, DepthSensor, DocumentScanner

AnyDevice: TypeAlias = (
    Supervised[DocumentScanner]
    | Supervised[ChipReader]
    | Supervised[Camera]
    | Supervised[Cabinet]
    | Supervised[DepthSensor]
)


@dataclass(frozen=True, slots=True)
class Devices:
    """One supervised device for each role."""

    scanner: Supervised[DocumentScanner]
    reader: Supervised[ChipReader]
    camera: Supervised[Camera]
    gate: Supervised[Cabinet]
    depth: Supervised[DepthSensor] | None

    def every(self) -> tuple[AnyDevice, ...]:
        """All supervised devices."""
        always = (self.scanner, self.reader, self.camera, self.gate)
        return always if self.depth is None else (*always, self.depth)
