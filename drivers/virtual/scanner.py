"""A virtual document scanner: the MRZ of the traveller on the stage."""

from __future__ import annotations

from drivers.virtual.stage_device import StageDevice, StageSettings
from edge.ports import Scan


class VirtualScanner(StageDevice):
    """Implements `edge.ports.DocumentScanner` on a stage."""

    ROLE = "scanner"

    class Settings(StageSettings):
        """`driver = "virtual-scanner"`."""

    def wait_for_document(self, timeout_s: float) -> Scan | None:
        lines = self._stage.wait_for_mrz(timeout_s)
        return None if lines is None else Scan(lines)
