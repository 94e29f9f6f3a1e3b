"""Whether eyes and mouth can be seen: every eye and every mouth has edges.

Their strength is relative to the contrast of the whole face, so that haze, skin tone and beard do
not count.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge.face.light import FLOOR
from edge.face.regions import Regions

PUPIL_PIXELS: Final = 12
LEAST_CONTRAST: Final = 0.05


def under_eyes(regions: Regions) -> float:
    """Light below the eyes against the skin around, the darker side: dark glasses, hair."""
    skin = regions.between_eyes()  # a cheek may be under a white mask
    return min(regions.under_eye(side) / min(regions.cheek(side), skin) for side in (0, 1))


def pupils(regions: Regions, contrast: float) -> float:
    """How much darker the pupil is than its surroundings, in the fainter eye: glare, hands."""
    return min(_pupil(regions.eye(side)) for side in (0, 1)) / max(contrast, LEAST_CONTRAST)


def openness(regions: Regions, contrast: float) -> float:
    """Change along the eye, white to iris to white, in the fainter eye: little in a closed eye."""
    return min(_along(regions.eye(side)) for side in (0, 1)) / max(contrast, LEAST_CONTRAST)


def lips(regions: Regions, contrast: float) -> float:
    """Change down the mouth, lip to gap to lip: little in masks, hands and scarves."""
    rows = regions.mouth().mean(1)
    middle = float(np.median(rows))
    most = float(np.abs(rows - middle).max()) / (middle + FLOOR)
    return most / max(contrast, LEAST_CONTRAST)


def _pupil(patch: NDArray[np.float32]) -> float:
    around = float(np.median(patch))
    darkest = float(np.partition(patch.ravel(), PUPIL_PIXELS)[PUPIL_PIXELS])
    return (around - darkest) / (around + FLOOR)


def _along(patch: NDArray[np.float32]) -> float:
    rows = patch[4:13]
    return float(np.abs(rows[:, 2:] - rows[:, :-2]).mean()) / (float(np.median(patch)) + FLOOR)
