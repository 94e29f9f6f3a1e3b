"""The same frame again and again: an injected picture, not a camera that sees a person.

A sensor never gives the same numbers twice.  A still that is shifted by whole pixels is the same
still.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge.face.detection import DetectedFace
from edge.face.pad.cue import Cue, CueName, ramp
from edge.face.pad.sampling import Grey, piece

SIDE: Final = 48
SHIFT: Final = 3
"""Pixels by which landmarks may be wrong about how far a still was shifted."""
SAME: Final = 0.25
"""Mean difference, in grey levels, below which two pieces are one."""
LEAST_PAIRS: Final = 5


class Stillness:
    """Compares each frame with the one before."""

    def __init__(self) -> None:
        self._last: tuple[Grey, NDArray[np.float64]] | None = None
        self._pairs = 0
        self._same = 0

    def see(self, pixels: NDArray[np.uint8], face: DetectedFace) -> None:
        """Take a frame into account."""
        centre = face.landmarks.astype(np.float64).mean(0).round()
        wide = SIDE + 2 * SHIFT
        corner = centre - wide / 2
        now = piece(pixels, corner[0], corner[1], wide, wide)
        if self._last is not None:
            self._pairs += 1
            self._same += _least_difference(self._last[0], now) < SAME
            self._last[0].fill(0)
        self._last = now, centre

    def cue(self) -> Cue:
        """Attack when half of the frames repeat; a working camera proves little about a person."""
        if self._pairs < LEAST_PAIRS:
            return Cue.unknown(CueName.STILLNESS)
        repeated = self._same / self._pairs
        return Cue.of(CueName.STILLNESS, 1 - 2 * ramp(repeated, 0.1, 0.5))

    def wipe(self) -> None:
        """Forget the last piece."""
        if self._last is not None:
            self._last[0].fill(0)
            self._last = None


def _least_difference(before: Grey, now: Grey) -> float:
    """Between the middle of a piece and the best place for it in the next one."""
    middle = before[SHIFT : SHIFT + SIDE, SHIFT : SHIFT + SIDE]
    places = np.lib.stride_tricks.sliding_window_view(now, (SIDE, SIDE))
    return float(np.abs(places - middle).mean((2, 3)).min())
