"""A virtual document scanner: the lines of whoever steps onto the stage."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from pydantic import BaseModel, ConfigDict

from drivers.virtual.stage import stage
from edge.ports import Scan


class VirtualScanner:
    """Implements `edge.ports.DocumentScanner` on a stage."""

    class Settings(BaseModel):
        """`driver = "virtual-scanner"`."""

        model_config = ConfigDict(extra="forbid", frozen=True)
        stage: str = "lane"

    def __init__(self, settings: Settings) -> None:
        self._stage = stage(settings.stage)

    def __enter__(self) -> Self:
        self.probe()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        pass

    def probe(self) -> None:
        """Raise DeviceLost while the simulator has unplugged the scanner."""
        self._stage.require_plugged("scanner")

    def wait_for_document(self, timeout_s: float) -> Scan | None:
        lines = self._stage.wait_for_mrz(timeout_s)
        return None if lines is None else Scan(lines)
