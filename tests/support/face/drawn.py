"""Frames made of numbers, for cues that look at pixels."""

from __future__ import annotations

from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

Picture: TypeAlias = NDArray[np.uint8]
SIZE: Final = (480, 640)
"""Height and width of a frame."""


def noise(seed: int = 0) -> Picture:
    """No pixel like its neighbour, and no frame like another one."""
    return np.random.default_rng(seed).integers(60, 190, (*SIZE, 3)).astype(np.uint8)


def share_of(value: float, nothing: float, everything: float) -> float:
    """The place of a value between two others, 0 to 1."""
    return min(max((value - nothing) / (everything - nothing), 0.0), 1.0)


def grey(picture: NDArray[np.floating]) -> Picture:
    """A frame of all colours alike."""
    return np.repeat(picture[..., None], 3, 2).clip(0, 255).astype(np.uint8)
