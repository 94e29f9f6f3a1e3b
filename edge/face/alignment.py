"""Alignment: moves five landmarks onto the five points of an embedder's training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge.face.resampling import LEAST_SCALE, warp


@dataclass(frozen=True, slots=True, eq=False)
class Target:
    """A square picture of `side` pixels, and the places of the five landmarks in it: [5, 2].

    Right eye, left eye, nose tip, right and left corner of the mouth, as seen in the picture.
    """

    side: int
    points: NDArray[np.float64]


SIZE: Final = 112
POINTS: Final[NDArray[np.float64]] = np.array(
    [
        [38.2946, 51.6963],
        [73.5318, 51.5014],
        [56.0252, 71.7366],
        [41.5493, 92.3655],
        [70.7299, 92.2041],
    ]
)
"""Right eye, left eye, nose tip, right and left corner of the mouth, in a 112x112 picture."""
ARCFACE: Final = Target(SIZE, POINTS)
"""The five points of ArcFace, which most embedders use."""


def similarity(source: NDArray[np.floating], target: NDArray[np.floating]) -> NDArray[np.float64]:
    """Rotation, scale and shift [2, 3] that bring points [N, 2] nearest to others (Umeyama)."""
    source_mean, target_mean = source.mean(0), target.mean(0)
    source_rest, target_rest = source - source_mean, target - target_mean
    left, strengths, right = np.linalg.svd(target_rest.T @ source_rest / len(source))
    signs = np.array([1.0, np.sign(np.linalg.det(left @ right))])
    rotation = left @ np.diag(signs) @ right
    scale = float((strengths * signs).sum() / max(source_rest.var(0).sum(), 1e-12))
    scale = max(scale, LEAST_SCALE)
    matrix = np.empty((2, 3))
    matrix[:, :2] = scale * rotation
    matrix[:, 2] = target_mean - scale * rotation @ source_mean
    return matrix


def back(matrix: NDArray[np.float64], points: NDArray[np.floating]) -> NDArray[np.float64]:
    """The places of points [N, 2] before a similarity [2, 3] moved them."""
    moved = (points - matrix[:, 2]).T
    return np.asarray(np.linalg.solve(matrix[:, :2], moved).T, np.float64)


def align(
    pixels: NDArray[np.uint8], landmarks: NDArray[np.floating], target: Target = ARCFACE
) -> NDArray[np.float32]:
    """Cut the face out of a picture [H, W, 3], upright: planes [3, side, side], 0..255."""
    return warp(pixels, similarity(landmarks, target.points), target.side)
