"""The light on a face.  Every figure is a ratio within the face, so the tone of the skin cancels.

Dark skin in good light and light skin in poor light have the same mean brightness, so means are not
used.  Only the limits of the camera, where all tones look the same, are absolute.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from edge.face.regions import Regions

BURNT: Final = 250
"""Grey above which the camera shows no difference between tones."""
FLOOR: Final = 8.0
"""Grey: keeps the ratio of two very dark values small."""


def brightest(regions: Regions) -> float:
    """Grey of the brightest twentieth, 0..255: eyes and highlights, on skin of any tone."""
    inner = regions.inner.ravel()
    place = inner.size - inner.size // 20
    return float(np.partition(inner, place)[place])


def burnt(regions: Regions) -> float:
    """The share of the face that is overexposed."""
    return float((regions.inner >= BURNT).mean())


def contrast(regions: Regions) -> float:
    """Michelson contrast between the darkest and the brightest twentieth, 0..1."""
    inner = regions.inner.ravel()
    twentieth = inner.size // 20
    parted = np.partition(inner, (twentieth, inner.size - twentieth))
    dark, bright = float(parted[twentieth]), float(parted[inner.size - twentieth])
    return (bright - dark) / (bright + dark + FLOOR)


def unevenness(regions: Regions) -> float:
    """Between the cheeks, in stops (powers of two)."""
    return abs(float(np.log2(regions.cheek(0) / regions.cheek(1))))


def between_eyes(regions: Regions) -> float:
    """Light between the eyes against the cheeks: a brim casts its shadow there."""
    return regions.between_eyes() / ((regions.cheek(0) + regions.cheek(1)) / 2)


def forehead(regions: Regions) -> float:
    """Light on the forehead against that between the eyes: under a brim it is darker still."""
    return regions.forehead() / regions.between_eyes()
