"""The pose of a head from five points: a mean head in scaled orthography (DeMenthon, Davis)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

HEAD: Final[NDArray[np.float64]] = np.array(
    [
        [-0.50, 0.000, 0.00],
        [0.50, 0.000, 0.00],
        [0.00, 0.541, 0.55],
        [-0.43, 0.984, 0.12],
        [0.43, 0.984, 0.12],
    ]
)
"""The five points of a mean head in eye distances: to the right of the picture, down, and towards
the camera.  Across and down are means of what the detector finds (CFP, 250 people), depth is from
anthropometry."""

_SOLVED: Final = np.linalg.pinv(HEAD - HEAD.mean(0))


@dataclass(frozen=True, slots=True)
class Pose:
    """Degrees; 0, 0, 0 looks straight into the camera.

    `yaw` is positive for a nose towards the right of the picture, `pitch` for a raised chin, `roll`
    for a head leaning clockwise in the picture.
    """

    yaw: float
    pitch: float
    roll: float


def pose_of(landmarks: NDArray[np.floating]) -> Pose:
    """The pose of a face by its landmarks [5, 2]; one of no extent looks straight."""
    centred = np.asarray(landmarks, np.float64) - landmarks.mean(0)
    right, down, towards = _SOLVED @ centred
    roll = np.arctan2(right[1], right[0])
    # The direction of the nose in the picture, turned upright: its length is the sine.
    scale = max(float(np.linalg.norm(right)), float(np.linalg.norm(down)), 1e-9)
    sine, cosine = np.sin(roll), np.cos(roll)
    across = (cosine * towards[0] + sine * towards[1]) / scale
    below = (cosine * towards[1] - sine * towards[0]) / scale
    yaw, pitch = np.arcsin(np.clip((across, -below), -1, 1))
    return Pose(*(float(np.degrees(angle)) for angle in (yaw, pitch, roll)))
