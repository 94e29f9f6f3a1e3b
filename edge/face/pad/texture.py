"""The score of a network for single frames; the network is an argument."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from edge.face.detection import DetectedFace
from edge.face.pad.cue import Cue, CueName, ramp
from edge.face.pad.sampling import at

Network: TypeAlias = Callable[[NDArray[np.float32]], list[NDArray[np.float32]]]

SIDE: Final = 128
ROOM: Final = 2.7
"""Factor by which the box of the face is enlarged."""
EVERY: Final = 4
"""Frames between two that the network sees."""
LEAST_SEEN: Final = 2
MADE: Final = -8.0
ALIVE: Final = 0.0
"""Odds, as logarithms, between which the network's answer depends on the camera."""


class Texture:
    """Asks a network of the MiniFASNet kind about every fourth frame."""

    def __init__(self, network: Network | None) -> None:
        self._network = network
        self._frames = 0
        self._odds: list[float] = []
        """Logarithms: alive over made."""

    def see(self, pixels: NDArray[np.uint8], face: DetectedFace) -> None:
        """Take a frame into account."""
        self._frames += 1
        if self._network is None or self._frames % EVERY != 1:
            return
        tensor = _input(pixels, face)
        outputs = self._network(tensor)[0].ravel().astype(np.float64)
        tensor.fill(0)
        alive, made = outputs[0], outputs[1:]
        self._odds.append(float(alive - np.log(np.exp(made - made.max()).sum()) - made.max()))

    @property
    def measured(self) -> float:
        """The median of the odds; for reports."""
        return float(np.median(self._odds)) if self._odds else 0.0

    @property
    def score(self) -> float:
        """The odds as a score, -1 to 1."""
        return 2 * ramp(self.measured, MADE, ALIVE) - 1

    def cue(self) -> Cue:
        """The answer of the network for most frames."""
        if len(self._odds) < LEAST_SEEN:
            return Cue.unknown(CueName.TEXTURE)
        return Cue.of(CueName.TEXTURE, self.score)


def _input(pixels: NDArray[np.uint8], face: DetectedFace) -> NDArray[np.float32]:
    """The face with its surroundings, float32 [1, 3, 128, 128] RGB 0..255, moved into the frame."""
    height, width = pixels.shape[:2]
    room = min((height - 1) / float(face.box[3]), (width - 1) / float(face.box[2]), ROOM)
    wide, high = face.box[2:].astype(np.float64) * room
    x, y = face.centre.astype(np.float64)
    left = min(max(x - wide / 2, 0.0), max(width - 1 - wide, 0.0))
    top = min(max(y - high / 2, 0.0), max(height - 1 - high, 0.0))
    # Four samples in each square: a finer pattern would interfere with the coarse raster.
    fine = (np.arange(2 * SIDE, dtype=np.float32) + 0.5) / (2 * SIDE)
    across, down = np.meshgrid(left + fine * wide - 0.5, top + fine * high - 0.5)
    planes = np.empty((1, 3, SIDE, SIDE), np.float32)
    for channel in range(3):
        plane = pixels[..., channel].astype(np.float32)
        taken = at(plane, across.astype(np.float32).ravel(), down.astype(np.float32).ravel())
        planes[0, channel] = taken.reshape(SIDE, 2, SIDE, 2).mean((1, 3))
    return planes
