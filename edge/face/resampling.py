"""Pictures made smaller, turned and moved: what networks see of them.

Pixel 0 has its centre at 0: a picture of half the size has its pixel 0 between pixels 0 and 1.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

LEAST_SCALE: Final = 1e-9
"""Points that all lie in one have no scale; so there is still a way back."""
SLIGHTLY: Final = 1e-3
"""Of a pixel: keeps the next one after the last within reach."""


def resized(pixels: NDArray[np.uint8], scale: float) -> NDArray[np.uint8]:
    """A picture [H, W, 3] of another size: averaged over whole pixels, then bilinear."""
    size = [max(1, round(side * scale)) for side in pixels.shape[:2]]
    step = min(pixels.shape[0] // size[0], pixels.shape[1] // size[1])
    if step > 1:
        pixels = mean_pool(pixels, step)
    for axis in (0, 1):
        pixels = _stretched(pixels, axis, size[axis])
    return pixels


def _stretched(pixels: NDArray[np.uint8], axis: int, size: int) -> NDArray[np.uint8]:
    """A picture with another number of rows (axis 0) or columns (1)."""
    before = pixels.shape[axis]
    if before == size:
        return pixels
    where = (np.arange(size, dtype=np.float32) + 0.5) * (before / size) - 0.5
    where = where.clip(0, before - 1)
    first = where.astype(np.intp)
    share = (where - first).reshape((-1, 1, 1) if axis == 0 else (1, -1, 1))
    low = pixels.take(first, axis).astype(np.float32)
    high = pixels.take((first + 1).clip(max=before - 1), axis).astype(np.float32)
    high -= low
    high *= share
    low += high
    low += 0.5
    return np.asarray(low, np.uint8)


def warp(pixels: NDArray[np.uint8], matrix: NDArray[np.float64], side: int) -> NDArray[np.float32]:
    """A similarity [2, 3] of a picture [H, W, 3]: planes [3, side, side]; outside it is black.

    Bilinear.  What shrinks to less than half is first averaged over whole pixels: else most of them
    would not count, and noise would.
    """
    shrunk = int(1 / max(float(np.hypot(*matrix[:, 0])), LEAST_SCALE) + 1e-6)
    if 2 <= shrunk <= min(pixels.shape[:2]):
        pixels = mean_pool(pixels, shrunk)
        # Pixel 0 of the smaller picture has its centre in the middle of the first so many.
        middle = np.full(2, (shrunk - 1) / 2)
        matrix = np.column_stack([matrix[:, :2] * shrunk, matrix[:, :2] @ middle + matrix[:, 2]])
    x, y = _origins(matrix, side)
    box, left, top = _cut(pixels, x, y)
    return _blend(box, x - left, y - top).reshape(3, side, side)


def mean_pool(pixels: NDArray[np.uint8], step: int) -> NDArray[np.uint8]:
    """The means of squares of `step` pixels; what does not fill a square is left out."""
    if step == 1:
        return pixels
    height, width = (side // step for side in pixels.shape[:2])
    rows = np.zeros((height, width * step, 3), np.uint32 if step > 16 else np.uint16)
    for row in range(step):
        rows += pixels[row : height * step : step, : width * step]
    squares = np.zeros((height, width, 3), rows.dtype)
    for column in range(step):
        squares += rows[:, column::step]
    return (squares // step**2).astype(np.uint8)


def _origins(
    matrix: NDArray[np.float64], side: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Where each pixel of the new picture comes from: columns and rows [side, side]."""
    turned = np.linalg.inv(matrix[:, :2])
    shift = -turned @ matrix[:, 2]
    steps = np.arange(side, dtype=np.float64)
    x, y = (
        np.add.outer(turned[i, 1] * steps + shift[i], turned[i, 0] * steps, dtype=np.float32)
        for i in (0, 1)
    )
    return x, y


def _cut(
    pixels: NDArray[np.uint8], x: NDArray[np.float32], y: NDArray[np.float32]
) -> tuple[NDArray[np.uint8], int, int]:
    """The part of a picture that is needed, four bytes a pixel, with a black edge; its origin."""
    (left, right), (top, bottom) = (
        _reach(axis, end) for axis, end in ((x, pixels.shape[1]), (y, pixels.shape[0]))
    )
    box = np.zeros((bottom - top + 2, right - left + 2, 4), np.uint8)
    part = pixels[max(top, 0) : bottom + 1, max(left, 0) : right + 1]
    down, across = max(top, 0) - top, max(left, 0) - left
    box[down : down + part.shape[0], across : across + part.shape[1], :3] = part
    return box, left, top


def _reach(axis: NDArray[np.float32], end: int) -> tuple[int, int]:
    """The first and the last pixel needed along an axis; just beyond the picture at most."""
    corners = axis[:: len(axis) - 1, :: len(axis) - 1]
    return max(int(min(corners.min(), end)) - 1, -1), min(int(max(corners.max(), -1)) + 1, end)


def _blend(
    box: NDArray[np.uint8], x: NDArray[np.float32], y: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Planes [3, N] of the pixels between pixels; each is fetched as one number of four bytes."""
    height, width = box.shape[:2]
    x, y = x.ravel(), y.ravel()
    for axis, end in ((x, width), (y, height)):
        np.clip(axis, 0, end - 1 - SLIGHTLY, out=axis)
    column, row = x.astype(np.int32), y.astype(np.int32)
    x -= column
    y -= row
    where = row * np.int32(width) + column
    both = x * y
    whole = box.reshape(-1).view(np.uint32)
    blended = np.zeros((3, len(where)), np.float32)
    share = np.empty_like(blended)
    corners = ((0, 1 - x - y + both), (1, x - both), (width, y - both), (width + 1, both))
    for offset, weight in corners:
        corner = whole.take(where + np.int32(offset)).view(np.uint8).reshape(-1, 4)
        np.multiply(corner.T[:3], weight, out=share)
        blended += share
    for buffer in (box, share):
        buffer.fill(0)
    return blended
