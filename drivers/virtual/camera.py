"""A virtual camera: it shows the traveller on the stage, each frame a little different."""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import count

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from drivers.camera_picture import Quarter, turned
from drivers.virtual.performance import Performer
from drivers.virtual.stage_device import StageDevice, StageSettings
from edge.ports import Frame

SWAYS = ((0, 0), (3, 1), (5, 2), (2, 4), (-2, 3), (-4, 1), (-3, -2), (1, -3))
"""Movement of a standing person from frame to frame, in pixels."""


class VirtualCamera(StageDevice):
    """Implements `edge.ports.Camera` on a stage."""

    ROLE = "camera"

    class Settings(StageSettings):
        """`driver = "virtual-camera"`."""

        frames_per_s: float = Field(default=15.0, gt=0, le=120)
        hurried: bool = False
        """Take frames of a living face at once; their times follow from their numbers."""
        rotate: Quarter = 0
        """Turns what stands upright on the stage: as a camera does that is mounted on its side."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._settings = settings
        self._numbers = count()
        self._taken_s = 0.0
        self._visit = 0
        self._came_s = 0.0
        self._shown = 0
        self._performer: Performer | None = None

    def identity(self) -> str:
        return f"stage {self._settings.stage}"

    def capture(self, timeout_s: float) -> Frame | None:
        deadline_s = time.monotonic() + timeout_s
        seen = -1
        while True:
            self.probe()
            now_s = time.monotonic()
            pictures = self._before_the_camera(now_s)
            due_s = self._due_s() if pictures else deadline_s
            if pictures and now_s >= due_s:
                self._taken_s = now_s
                return self._frame(pictures, now_s)
            if now_s >= deadline_s:
                return None
            seen = self._stage.wait_for_change(seen, max(min(due_s, deadline_s) - now_s, 0))

    def _due_s(self) -> float:
        hurried = self._settings.hurried and self._performer is not None
        return self._taken_s + (0.0 if hurried else 1 / self._settings.frames_per_s)

    def _before_the_camera(self, now_s: float) -> Sequence[NDArray[np.uint8]]:
        """The pictures of the traveller; none when nobody is there."""
        visit, traveller = self._stage.before_the_camera()
        if visit != self._visit:
            self._visit, self._came_s, self._shown = visit, now_s, 0
            self._performer = traveller.performer() if traveller else None
        return traveller.live if traveller else ()

    def _frame(self, pictures: Sequence[NDArray[np.uint8]], now_s: float) -> Frame:
        """The next frame; a living face moves by the same step each time, however long that takes.

        So a busy machine shows a slow person, not a jumping one.
        """
        if self._performer is None:
            number = next(self._numbers)
            return self._turned(_swayed(pictures[number % len(pictures)], number), now_s)
        passed_s = self._shown / self._settings.frames_per_s
        self._shown += 1
        pixels = self._performer.frame(passed_s, self._stage.asked)
        return self._turned(pixels, self._came_s + passed_s)

    def _turned(self, pixels: NDArray[np.uint8], taken_s: float) -> Frame:
        return Frame(turned(pixels, self._settings.rotate), taken_s)


def _swayed(picture: NDArray[np.uint8], number: int) -> NDArray[np.uint8]:
    across, down = SWAYS[number % len(SWAYS)]
    return np.roll(picture, (down, across), axis=(0, 1))
