"""Alignment: five landmarks onto the five points the embedder was trained with."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

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
LEAST_SCALE: Final = 1e-9
"""Points that all lie in one have no scale; so there is still a way back."""


def similarity(source: NDArray[np.floating], target: NDArray[np.floating]) -> NDArray[np.float64]:
    """Rotation, scale and shift [2, 3] that bring points [N, 2] nearest to others (Umeyama)."""
    source_mean, target_mean = source.mean(0), target.mean(0)
    source_rest, target_rest = source - source_mean, target - target_mean
    left, strengths, right = np.linalg.svd(target_rest.T @ source_rest / len(source))
    signs = np.array([1.0, np.sign(np.linalg.det(left) * np.linalg.det(right)) or 1.0])
    rotation = left @ np.diag(signs) @ right
    scale = float((strengths * signs).sum() / max(source_rest.var(0).sum(), 1e-12))
    scale = max(scale, LEAST_SCALE)
    matrix = np.empty((2, 3))
    matrix[:, :2] = scale * rotation
    matrix[:, 2] = target_mean - scale * rotation @ source_mean
    return matrix


def align(pixels: NDArray[np.uint8], landmarks: NDArray[np.floating]) -> NDArray[np.float32]:
    """Cut the face out of a picture [H, W, 3], upright, [112, 112, 3], 0..255; bilinear."""
    matrix = similarity(landmarks, POINTS)
    inverse = np.linalg.inv(np.vstack([matrix, [0.0, 0.0, 1.0]]))[:2]
    rows, columns = np.mgrid[0:SIZE, 0:SIZE]
    x, y = inverse @ np.stack([columns.ravel(), rows.ravel(), np.ones(SIZE * SIZE)])
    height, width = pixels.shape[:2]
    left, top = np.floor(x).astype(int), np.floor(y).astype(int)
    across, down = (x - left)[:, None], (y - top)[:, None]
    inside = ((x > -1) & (y > -1) & (x < width) & (y < height))[:, None]

    def at(row: NDArray[np.int_], column: NDArray[np.int_]) -> NDArray[np.float64]:
        picked = pixels[row.clip(0, height - 1), column.clip(0, width - 1)]
        return np.asarray(picked, np.float64)

    upper = at(top, left) * (1 - across) + at(top, left + 1) * across
    lower = at(top + 1, left) * (1 - across) + at(top + 1, left + 1) * across
    blended = (upper * (1 - down) + lower * down) * inside
    return np.asarray(blended.reshape(SIZE, SIZE, 3), np.float32)
