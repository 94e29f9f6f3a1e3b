"""A face on a grid: the dots of a screen or a print interfere with those of the camera."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge.face.detection import DetectedFace
from edge.face.pad.cue import Cue, CueName, ramp
from edge.face.pad.sampling import piece

SIDE: Final = 96
LEAST_FRAMES: Final = 4
COARSEST: Final = 0.12
"""Waves per pixel; coarser ones are features of the face."""
USUAL: Final = 3.7
"""Logarithm of the strongest wave that skin and noise make, relative to similar waves."""
STRIKING: Final = 4.7


class Grid:
    """Looks for a wave that is much stronger than similar waves."""

    def __init__(self) -> None:
        self._peaks: list[float] = []

    def see(self, pixels: NDArray[np.uint8], face: DetectedFace) -> None:
        """Take a frame into account."""
        x, y = face.landmarks.mean(0)
        cut = piece(pixels, float(x) - SIDE / 2, float(y) - SIDE / 2, SIDE, SIDE)
        power = np.abs(np.fft.rfft2((cut - cut.mean()) * _WINDOW)) ** 2
        cut.fill(0)
        self._peaks.append(_peak(power))

    @property
    def measured(self) -> float:
        """The median of the strongest waves; for reports."""
        return float(np.median(self._peaks)) if self._peaks else 0.0

    @property
    def score(self) -> float:
        """-1 when a wave is much stronger than similar ones, 0 otherwise."""
        return -ramp(self.measured, USUAL, STRIKING)

    def cue(self) -> Cue:
        """Made when most frames have such a wave; its absence proves nothing."""
        if len(self._peaks) < LEAST_FRAMES:
            return Cue.unknown(CueName.GRID)
        return Cue.of(CueName.GRID, self.score)


def _peak(power: NDArray[np.float64]) -> float:
    """The strongest wave relative to the median of similar waves: logarithm."""
    strongest = 0.0
    for ring in _RINGS:
        found = power[ring]
        strongest = max(strongest, float(np.log(found.max() / max(np.median(found), 1e-9) + 1e-9)))
    return strongest


_WINDOW: Final = np.outer(np.hanning(SIDE), np.hanning(SIDE)).astype(np.float32)
_FINENESS: Final = np.hypot(np.fft.fftfreq(SIDE)[:, None], np.fft.rfftfreq(SIDE)[None, :])
_RINGS: Final = [
    (low <= _FINENESS) & (low + 0.06 > _FINENESS) for low in np.arange(COARSEST, 0.5, 0.06).tolist()
]
