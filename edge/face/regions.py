"""The parts of an aligned face, found from its own eyes and mouth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge.face.alignment import POINTS, similarity

LUMA: Final = np.array([0.299, 0.587, 0.114], np.float32)
GAMMA: Final = 2.2
_LINEAR: Final[NDArray[np.float32]] = ((np.arange(256) / 255) ** GAMMA).astype(np.float32)
BLACK: Final = 1e-3
"""Least light of a ratio: below it there is only noise."""


@dataclass(frozen=True, slots=True, repr=False)
class Regions:
    """An aligned face [112, 112] as `grey`, 0..255, and as `light`, linear, 0..1.

    `points` [5, 2] are the landmarks in it.
    """

    grey: NDArray[np.float32]
    light: NDArray[np.float32]
    points: NDArray[np.float64]

    @classmethod
    def of(cls, aligned: NDArray[np.float32], landmarks: NDArray[np.floating]) -> Regions:
        """Of an aligned face [112, 112, 3] and its landmarks in the picture it was cut from."""
        grey = aligned @ LUMA
        light = _LINEAR[grey.clip(0, 255).astype(np.uint8)]
        matrix = similarity(landmarks, POINTS)
        points = landmarks @ matrix[:, :2].T + matrix[:, 2]
        return cls(grey, light, points)

    @property
    def inner(self) -> NDArray[np.float32]:
        """Brows to lips and cheek to cheek, grey; no hair, no scarf."""
        return self.grey[36:98, 29:83]

    def around(
        self, picture: NDArray[np.float32], centre: tuple[float, float], reach: tuple[int, int]
    ) -> NDArray[np.float32]:
        """A part of `grey` or `light` around a point: so far across and down on either side."""
        (x, y), (across, down) = centre, reach
        left = min(max(round(x) - across, 0), picture.shape[1] - 2 * across - 1)
        top = min(max(round(y) - down, 0), picture.shape[0] - 2 * down - 1)
        return picture[top : top + 2 * down + 1, left : left + 2 * across + 1]

    def cheek(self, side: int) -> float:
        """Light on a cheek, below the eye on that side: 0 on the left of the picture, 1 right."""
        x, y = self.points[side]
        outwards = -3 if side == 0 else 3
        return _median(self.around(self.light, (x + outwards, y + 21), (7, 6)))

    def under_eye(self, side: int) -> float:
        """Light just below an eye, where dark glasses would be."""
        x, y = self.points[side]
        return _median(self.around(self.light, (x, y + 8), (7, 3)))

    def between_eyes(self) -> float:
        """Light above the root of the nose, in its brighter part, because glasses have a bridge."""
        x, y = self.points[:2].mean(0)
        patch = self.around(self.light, (x, y - 3), (5, 5))
        return max(float(np.partition(patch.ravel(), -30)[-30]), BLACK)

    def forehead(self) -> float:
        """Light where a brim or a fringe would be."""
        x, y = self.points[:2].mean(0)
        return _median(self.around(self.light, (x, y - 30), (12, 6)))

    def eye(self, side: int) -> NDArray[np.float32]:
        """An eye with its lids, grey."""
        return self.around(self.grey, (self.points[side][0], self.points[side][1]), (11, 8))

    def mouth(self) -> NDArray[np.float32]:
        """The mouth with a little above and below it, grey."""
        x, y = self.points[3:].mean(0)
        return self.around(self.grey, (x, y), (16, 10))


def _median(patch: NDArray[np.float32]) -> float:
    middle = patch.size // 2
    return max(float(np.partition(patch.ravel(), middle)[middle]), BLACK)
