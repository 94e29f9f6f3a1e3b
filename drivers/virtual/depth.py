"""A virtual depth sensor: a head where somebody stands, a surface where something is held up."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from drivers.virtual.performance import Performer
from drivers.virtual.stage import stage
from edge.ports import DepthMap


class VirtualDepth:
    """Implements `edge.ports.DepthSensor` on a stage."""

    class Settings(BaseModel):
        """`driver = "virtual-depth"`."""

        model_config = ConfigDict(extra="forbid", frozen=True)
        stage: str = "lane"
        maps_per_s: float = Field(default=30.0, gt=0, le=120)

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stage = stage(settings.stage)
        self._taken_s = 0.0
        self._visit = 0
        self._performer: Performer | None = None

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
        """Raise DeviceLost while the simulator has unplugged the sensor."""
        self._stage.require_plugged("depth")

    def capture(self, timeout_s: float) -> DepthMap | None:
        self.probe()
        due_s = self._taken_s + 1 / self._settings.maps_per_s
        wait_s = max(due_s - time.monotonic(), 0.0)
        if wait_s > timeout_s:
            time.sleep(timeout_s)
            return None
        time.sleep(wait_s)
        visit, traveller = self._stage.before_the_camera()
        if visit != self._visit:
            self._visit = visit
            self._performer = traveller.performer() if traveller else None
        if traveller is None or self._performer is None:
            return None
        self._taken_s = time.monotonic()
        return DepthMap(self._performer.depth(), self._taken_s)
