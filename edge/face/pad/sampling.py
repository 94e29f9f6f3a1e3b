"""Pieces of pictures for the cues: grey, small, at places between pixels."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.float32]
LUMA: Final = np.array([0.299, 0.587, 0.114], np.float32)


def piece(pixels: NDArray[np.uint8], left: float, top: float, width: int, height: int) -> Grey:
    """A piece of a picture [H, W, 3] in grey, float32 [height, width]; outside it is repeated."""
    rows = np.arange(height) + round(top)
    columns = np.arange(width) + round(left)
    inside = pixels[np.ix_(rows.clip(0, pixels.shape[0] - 1), columns.clip(0, pixels.shape[1] - 1))]
    return np.asarray(inside @ LUMA, np.float32)


def pooled(grey: Grey, step: int) -> Grey:
    """The means of squares of `step` pixels."""
    height, width = (side // step for side in grey.shape)
    squares = grey[: height * step, : width * step].reshape(height, step, width, step)
    return np.asarray(squares.mean((1, 3)), np.float32)


def blurred(grey: Grey) -> Grey:
    """Smoothed with a binomial of five, twice separable."""
    edged = np.pad(grey, 2, mode="edge")
    height, width = grey.shape
    weights = (1 / 16, 4 / 16, 6 / 16, 4 / 16, 1 / 16)
    rows = np.stack([w * edged[i : i + height] for i, w in enumerate(weights)]).sum(0)
    both = np.stack([w * rows[:, i : i + width] for i, w in enumerate(weights)]).sum(0)
    return np.asarray(both, np.float32)


def slopes(grey: Grey) -> tuple[Grey, Grey]:
    """Changes of a picture from pixel to pixel, downwards and to the right."""
    down, across = np.gradient(grey, axis=(0, 1))
    return np.asarray(down, np.float32), np.asarray(across, np.float32)


def at(grey: Grey, x: Grey, y: Grey) -> Grey:
    """The picture at places between its pixels, bilinear; outside, its edge."""
    height, width = grey.shape
    x, y = x.clip(0, width - 1.001), y.clip(0, height - 1.001)
    left, top = x.astype(np.intp), y.astype(np.intp)
    across, down = x - left, y - top
    flat, start = grey.ravel(), top * width + left
    upper = flat[start] * (1 - across) + flat[start + 1] * across
    start += width
    lower = flat[start] * (1 - across) + flat[start + 1] * across
    return np.asarray(upper * (1 - down) + lower * down, np.float32)
