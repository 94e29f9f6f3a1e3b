"""A virtual depth sensor: it sees a head, or the surface of a thing that is held up."""

from __future__ import annotations

import time

from pydantic import Field

from drivers.virtual.performance import Performer
from drivers.virtual.stage_device import StageDevice, StageSettings
from edge.ports import DepthMap


class VirtualDepth(StageDevice):
    """Implements `edge.ports.DepthSensor` on a stage."""

    ROLE = "depth"

    class Settings(StageSettings):
        """`driver = "virtual-depth"`."""

        maps_per_s: float = Field(default=30.0, gt=0, le=120)

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._settings = settings
        self._taken_s = 0.0
        self._visit = 0
        self._performer: Performer | None = None

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
