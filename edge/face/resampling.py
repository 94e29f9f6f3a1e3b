"""Makes pictures smaller, turns and moves them, for the networks.

Pixel 0 has its centre at 0: a picture of half the size has its pixel 0 between pixels 0 and 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

LEAST_SCALE: Final = 1e-9
"""Least scale: equal points have none, and the inverse must exist."""
SLIGHTLY: Final = 1e-3
"""Part of a pixel: keeps the pixel after the last one within reach."""
BAND: Final = 56
"""Rows that are computed at a time: their input stays in the processor's cache."""


def resized(pixels: NDArray[np.uint8], scale: float) -> NDArray[np.uint8]:
    """A picture [H, W, 3] of another size: averaged over whole pixels, then bilinear."""
    size = [max(1, round(side * scale)) for side in pixels.shape[:2]]
    step = min(pixels.shape[0] // size[0], pixels.shape[1] // size[1])
    pixels = mean_pool(pixels, max(step, 1))
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

    Bilinear.  A picture that shrinks to less than half is first averaged over whole pixels;
    otherwise most pixels would not count, and noise would.
    """
    step = int(1 / max(float(np.hypot(*matrix[:, 0])), LEAST_SCALE) + 1e-6)
    if not 2 <= step <= min(pixels.shape[:2]):
        step = 1
    # Pixel 0 of the smaller picture has its centre in the middle of the first so many.
    middle = np.full(2, (step - 1) / 2)
    x, y = _origins(
        np.column_stack([matrix[:, :2] * step, matrix[:, :2] @ middle + matrix[:, 2]]), side
    )
    box, left, top = _cut(pixels, step, x, y)
    blended = np.zeros((3, side, side), np.float32)
    for first in range(0, side, BAND):
        band = slice(first, first + BAND)
        _blend(box, x.of(band) - left, y.of(band) - top, blended[:, band].reshape(3, -1))
    box.fill(0)
    return blended


def mean_pool(pixels: NDArray[np.uint8], step: int) -> NDArray[np.uint8]:
    """The means of squares of `step` pixels; the rest at the edges is left out."""
    if step == 1:
        return pixels
    height, width = (side // step for side in pixels.shape[:2])
    rows = np.zeros((height, width * step, 3), np.uint32 if step > 16 else np.uint16)
    for row in range(step):
        rows += pixels[row : height * step : step, : width * step]
    # Plane by plane: neighbours in memory are added several at a time.
    planes = np.empty((3, height, width), np.uint8)
    squares = np.empty((height, width), rows.dtype)
    for colour, plane in enumerate(planes):
        squares.fill(0)
        for column in range(step):
            squares += rows[:, column::step, colour]
        squares //= step**2
        plane[...] = squares
    return planes.transpose(1, 2, 0)


@dataclass(frozen=True, slots=True)
class _Axis:
    """The origins of the pixels of a new picture, across or down: rows plus columns."""

    rows: NDArray[np.float32]
    columns: NDArray[np.float32]

    def of(self, band: slice) -> NDArray[np.float32]:
        """Of every pixel in some of the rows."""
        return np.asarray(np.add.outer(self.rows[band], self.columns), np.float32)


def _origins(matrix: NDArray[np.float64], side: int) -> tuple[_Axis, _Axis]:
    """The origins of the pixels of the new picture, across and down."""
    turned = np.linalg.inv(matrix[:, :2])
    shift = -turned @ matrix[:, 2]
    steps = np.arange(side, dtype=np.float64)
    x, y = (
        _Axis(
            (turned[i, 1] * steps + shift[i]).astype(np.float32),
            (turned[i, 0] * steps).astype(np.float32),
        )
        for i in (0, 1)
    )
    return x, y


def _cut(
    pixels: NDArray[np.uint8], step: int, x: _Axis, y: _Axis
) -> tuple[NDArray[np.uint8], int, int]:
    """The part of a picture that is needed, four bytes a pixel, with a black edge; its origin.

    The picture is averaged over squares of `step` pixels, and counted in these.
    """
    (left, right), (top, bottom) = (
        _reach(axis, end // step) for axis, end in ((x, pixels.shape[1]), (y, pixels.shape[0]))
    )
    box = np.zeros((bottom - top + 2, right - left + 2, 4), np.uint8)
    rows = slice(max(top, 0) * step, (bottom + 1) * step)
    part = mean_pool(pixels[rows, max(left, 0) * step : (right + 1) * step], step)
    down, across = max(top, 0) - top, max(left, 0) - left
    within = box[down : down + part.shape[0], across : across + part.shape[1]]
    for colour in range(3):
        within[:, :, colour] = part[:, :, colour]
    return box, left, top


def _reach(axis: _Axis, end: int) -> tuple[int, int]:
    """The first and the last pixel needed along an axis; just beyond the picture at most."""
    corners = np.add.outer(axis.rows[[0, -1]], axis.columns[[0, -1]])
    return max(int(min(corners.min(), end)) - 1, -1), min(int(max(corners.max(), -1)) + 1, end)


def _blend(
    box: NDArray[np.uint8],
    x: NDArray[np.float32],
    y: NDArray[np.float32],
    blended: NDArray[np.float32],
) -> None:
    """Add the pixels between pixels to planes [3, N]; each is fetched as one number of 4 bytes."""
    height, width = box.shape[:2]
    x, y = x.ravel(), y.ravel()
    for axis, end in ((x, width), (y, height)):
        np.clip(axis, 0, end - 1 - SLIGHTLY, out=axis)
    column, where = x.astype(np.intp), y.astype(np.intp)
    x -= column
    y -= where
    where *= width
    where += column
    both = x * y
    whole = box.reshape(-1).view(np.uint32)
    corner, share = np.empty(len(where), np.uint32), np.empty(len(where), np.float32)
    corners = ((0, 1 - x - y + both), (1, x - both), (width, y - both), (width + 1, both))
    for offset, weight in corners:
        # All are within: clipping only spares the copy that raising an error would need.
        whole[offset:].take(where, out=corner, mode="clip")
        for colour, plane in zip(corner.view(np.uint8).reshape(-1, 4).T[:3], blended, strict=True):
            share[...] = colour
            share *= weight
            np.add(plane, share, out=plane)
    corner.fill(0)
    share.fill(0)
