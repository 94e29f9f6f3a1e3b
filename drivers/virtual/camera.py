"""A virtual camera: whoever stands on the stage, never twice the same."""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import count
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from drivers.virtual.performance import Performer
from drivers.virtual.stage import stage
from edge.ports import Frame

SWAYS = ((0, 0), (3, 1), (5, 2), (2, 4), (-2, 3), (-4, 1), (-3, -2), (1, -3))
"""Pixels by which a standing person moves from frame to frame."""


class VirtualCamera:
    """Implements `edge.ports.Camera` on a stage."""

    class Settings(BaseModel):
        """`driver = "virtual-camera"`."""

        model_config = ConfigDict(extra="forbid", frozen=True)
        stage: str = "lane"
        frames_per_s: float = Field(default=15.0, gt=0, le=120)

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stage = stage(settings.stage)
        self._numbers = count()
        self._taken_s = 0.0
        self._visit = 0
        self._came_s = 0.0
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
        """Raise DeviceLost while the simulator has unplugged the camera."""
        self._stage.require_plugged("camera")

    def capture(self, timeout_s: float) -> Frame | None:
        deadline_s = time.monotonic() + timeout_s
        seen = -1
        while True:
            self.probe()
            now_s = time.monotonic()
            pictures = self._stage.live_frames()
            due_s = self._taken_s + 1 / self._settings.frames_per_s if pictures else deadline_s
            if pictures and now_s >= due_s:
                self._taken_s = now_s
                return Frame(self._seen(pictures, now_s), now_s)
            if now_s >= deadline_s:
                return None
            seen = self._stage.wait_for_change(seen, max(min(due_s, deadline_s) - now_s, 0))

    def _seen(self, pictures: Sequence[NDArray[np.uint8]], now_s: float) -> NDArray[np.uint8]:
        visit, traveller = self._stage.before_the_camera()
        if visit != self._visit:
            self._visit, self._came_s = visit, now_s
            self._performer = traveller.performer() if traveller else None
        if self._performer is not None:
            return self._performer.frame(now_s - self._came_s, self._stage.asked)
        number = next(self._numbers)
        return _swayed(pictures[number % len(pictures)], number)


def _swayed(picture: NDArray[np.uint8], number: int) -> NDArray[np.uint8]:
    across, down = SWAYS[number % len(SWAYS)]
    return np.roll(picture, (down, across), axis=(0, 1))
