"""The best frame of a capture window; the others are forgotten at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edge.face.detection import Face
from edge.face.pipeline import Observation


class BestFrame:
    """Keeps the best usable picture seen so far, and nothing of the others."""

    def __init__(self) -> None:
        self.frames = 0
        self.usable = 0
        self.several = 0
        """In how many frames more than one person was close."""
        self.observation: Observation | None = None
        self._pixels: NDArray[np.uint8] | None = None

    def offer(self, pixels: NDArray[np.uint8], observation: Observation) -> bool:
        """Take note of a picture; True when it is the best so far and was kept (as a copy)."""
        self.frames += 1
        self.several += observation.faces > 1
        if not observation.usable:
            if self.observation is None or self._pixels is None:
                self.observation = observation
            return False
        self.usable += 1
        if (
            self._pixels is not None
            and self.observation is not None
            and self.observation.overall >= observation.overall
        ):
            return False
        self.wipe()
        self._pixels, self.observation = pixels.copy(), observation
        return True

    @property
    def kept(self) -> tuple[NDArray[np.uint8], Face] | None:
        """The best picture and the face in it."""
        if self._pixels is None or self.observation is None or self.observation.face is None:
            return None
        return self._pixels, self.observation.face

    def wipe(self) -> None:
        """Overwrite the picture."""
        if self._pixels is not None:
            self._pixels.fill(0)
        self._pixels = None
