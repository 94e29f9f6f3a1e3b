"""The cue of a depth sensor: a head has a nose in front of its eyes, a picture is one surface."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge.face.detection import DetectedFace
from edge.face.pad.cue import Cue, CueName, ramp

LEAST_SEEN: Final = 3
LEAST_VALID: Final = 0.6
"""Share of the face for which the sensor must know a distance."""
TIP: Final = 0.15
NOSE: Final = 0.5
"""Radii, in eye distances: of the tip, and of what belongs to the nose and not to the face."""
FLAT_M: Final = 0.002
SOLID_M: Final = 0.006
"""Metres that the nose tip is in front of the surface through the rest of the face."""


class Depth:
    """Fits a surface of second order to the face; the nose of a head is in front of it."""

    def __init__(self) -> None:
        self._noses: list[float] = []

    def see(self, metres: NDArray[np.float32], face: DetectedFace, size: tuple[int, int]) -> None:
        """Take a depth map [h, w] into account; `size` is the height and width of the frame."""
        found = _nose(metres, face, size)
        if found is not None:
            self._noses.append(found)

    def cue(self) -> Cue:
        """By the median over the frames."""
        if len(self._noses) < LEAST_SEEN:
            return Cue.unknown(CueName.DEPTH)
        before = float(np.median(self._noses))
        return Cue.of(CueName.DEPTH, 2 * ramp(before, FLAT_M, SOLID_M) - 1)


def _nose(metres: NDArray[np.float32], face: DetectedFace, size: tuple[int, int]) -> float | None:
    """Metres that the nose tip is in front of the rest; None where the sensor is blind."""
    scale = np.array([metres.shape[1] / size[1], metres.shape[0] / size[0]])
    landmarks = face.landmarks.astype(np.float64) * scale
    unit = float(np.linalg.norm(landmarks[1] - landmarks[0]))
    if not 4 <= unit <= max(metres.shape):
        return None
    x, y = landmarks.mean(0)
    rows = np.arange(int(max(y - unit, 0)), int(min(y + unit, metres.shape[0])))
    columns = np.arange(int(max(x - unit, 0)), int(min(x + unit, metres.shape[1])))
    if len(rows) < 6 or len(columns) < 6:
        return None
    part = metres[np.ix_(rows, columns)].astype(np.float64)
    across, down = np.meshgrid((columns - x) / unit, (rows - y) / unit)
    valid = np.isfinite(part) & (part > 0)
    nose = (landmarks[2] - (x, y)) / unit
    from_tip = np.hypot(across - nose[0], down - nose[1])
    tip = from_tip < TIP
    rest = valid & (np.hypot(across, down) < 1) & (from_tip > NOSE)
    if valid.mean() < LEAST_VALID or not (valid & tip).any():
        return None
    u, v = across[rest], down[rest]
    surface = np.stack([np.ones_like(u), u, v, u * u, u * v, v * v], 1)
    fitted = np.linalg.lstsq(surface, part[rest], rcond=None)[0]
    u, v = across[valid & tip], down[valid & tip]
    expected = np.stack([np.ones_like(u), u, v, u * u, u * v, v * v], 1) @ fitted
    return float(np.median(expected - part[valid & tip]))
