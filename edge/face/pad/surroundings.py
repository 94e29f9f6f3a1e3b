"""The surroundings of the face: behind a person they stay, in a picture they move with the face.

For a fixed camera, as in a gate.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge.face.detection import DetectedFace
from edge.face.pad.cue import Cue, CueName, ramp
from edge.face.pad.sampling import Grey, at, piece, pooled, slopes

STEP: Final = 3
"""Pixels that are joined: smaller movements do not matter."""
STEPS: Final = 4
LEAST_FRAMES: Final = 8
LEAST_SLOPE: Final = 2.0
"""Grey levels per pixel: a bare wall shows no movement."""
MARGIN: Final = 3


class Surroundings:
    """Watches a strip on each side of the first place of the face."""

    def __init__(self) -> None:
        self._strips: tuple[_Strip, ...] = ()
        self._start: NDArray[np.float64] = np.zeros(2)
        self._moved: list[NDArray[np.float64]] = []
        """Per frame: of the face, and of each strip, in pixels of the frame."""

    def see(self, pixels: NDArray[np.uint8], face: DetectedFace) -> None:
        """Take a frame into account."""
        place = face.landmarks.astype(np.float64).mean(0)
        if not self._strips:
            self._strips, self._start = _strips(pixels, face), place
            return
        moved = [place - self._start, *(strip.moved(pixels) for strip in self._strips)]
        self._moved.append(np.array(moved))

    def cue(self) -> Cue:
        """Made when the strips move like the face; unsure while nothing moves."""
        seen = [n for n, strip in enumerate(self._strips, 1) if strip.slope >= LEAST_SLOPE]
        if len(self._moved) < LEAST_FRAMES or len(seen) < 2:
            return Cue.unknown(CueName.SURROUNDINGS)
        moved = np.array(self._moved)
        moved -= moved.mean(0)
        far = float(np.sqrt((moved[:, 0] ** 2).sum(1).mean()))
        # One block may show hair, or the edge of a picture; two are no accident.
        share = sorted(self.measured[n - 1] for n in seen)[-2]
        return Cue.of(CueName.SURROUNDINGS, 1 - 2 * ramp(share, 0.2, 0.7), ramp(far, 0.6, 2))

    @property
    def measured(self) -> tuple[float, ...]:
        """The movement of each block as a part of that of the face; for reports."""
        if len(self._moved) < LEAST_FRAMES:
            return ()
        moved = np.array(self._moved)
        moved -= moved.mean(0)
        energy = max(float((moved[:, 0] ** 2).sum()), 1e-9)
        return tuple(
            float((block * moved[:, 0]).sum()) / energy for block in moved.transpose(1, 0, 2)[1:]
        )

    def wipe(self) -> None:
        """Forget the strips."""
        for strip in self._strips:
            strip.wipe()


class _Strip:
    """A piece of the frame, and its movement since."""

    def __init__(self, pixels: NDArray[np.uint8], box: tuple[float, float, int, int]) -> None:
        self._box = box
        self._first = self._cut(pixels)
        inner = self._first[MARGIN:-MARGIN, MARGIN:-MARGIN]
        down, across = slopes(self._first)
        steep = [side[MARGIN:-MARGIN, MARGIN:-MARGIN].ravel() for side in (across, down)]
        self._slopes = np.stack([*steep, np.ones(inner.size, np.float32)], 1)
        self.slope = float(min(np.sqrt((side**2).mean()) for side in steep))
        normal = self._slopes.T @ self._slopes
        self._normal = np.linalg.inv(normal + 1e-3 * np.eye(3))
        rows, columns = np.mgrid[0 : inner.shape[0], 0 : inner.shape[1]].astype(np.float32)
        self._x, self._y = columns.ravel() + MARGIN, rows.ravel() + MARGIN
        self._inner = inner.ravel()

    def moved(self, pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
        """The movement of the piece, in pixels of the frame: right and down."""
        now = self._cut(pixels)
        moved = np.zeros(2)
        for _ in range(STEPS):
            residual = at(now, self._x + moved[0], self._y + moved[1]) - self._inner
            moved -= (self._normal @ (self._slopes.T @ residual))[:2]
            moved = moved.clip(-MARGIN * 2, MARGIN * 2)
        now.fill(0)
        return np.asarray(moved * STEP, np.float64)

    def wipe(self) -> None:
        self._first.fill(0)
        self._slopes.fill(0)
        self._inner = self._first[:0].ravel()

    def _cut(self, pixels: NDArray[np.uint8]) -> Grey:
        left, top, width, height = self._box
        return pooled(piece(pixels, left, top, width, height), STEP)


def _strips(pixels: NDArray[np.uint8], face: DetectedFace) -> tuple[_Strip, ...]:
    """Three blocks on each side, beside the cheeks and above the shoulders."""
    left, top, width, height = (float(side) for side in face.box)
    across, down = (int(max(share * side, 40)) for share, side in ((0.42, width), (0.36, height)))
    edges = (left - 0.12 * width - across, left + 1.12 * width)
    return tuple(
        _Strip(pixels, (edge, top + share * height, across, down))
        for edge in edges
        for share in (-0.25, 0.1, 0.45)
    )
