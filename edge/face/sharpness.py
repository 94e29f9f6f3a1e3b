"""The blur of a face: the width of its strongest edges, independent of contrast and noise.

The picture is blurred once more by a known amount.  A sharp edge loses much of its slope, a soft
edge little; the ratio is the measure of blur (re-blur ratio; Zhuo, Sim 2011).  Slopes are summed
along the direction of each edge at a coarse scale; noise has no direction and averages out.

The coarse scale is not much coarser.  A face that moves far while the shutter is open keeps faint
edges, because each end of the way draws its own: at a coarser scale they pass for sharp ones.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

FINE: Final = 0.8
COARSE: Final = 1.6
"""Standard deviations of the two blurs, in pixels of the aligned face."""
STRONGEST: Final = 0.12
"""The part of the face that counts as edge."""
FAINTEST: Final = 1e-3
"""A smaller weight or slope does not count."""
MOST: Final = 9.0
"""Pixels; softer edges all count as this blur."""


SIZE: Final = 80


def _matrix(deviation: float) -> NDArray[np.float32]:
    """The blur of a column as a matrix: two products are faster than any loop at this size."""
    places = np.arange(SIZE)
    weights = np.exp(-((places[:, None] - places) ** 2) / (2 * deviation**2))
    weights[weights < FAINTEST] = 0  # numbers too small for float32 take a hundred times as long
    return np.asarray(weights / weights.sum(1, keepdims=True), np.float32)


_FINE: Final = _matrix(FINE)
_COARSE: Final = _matrix(COARSE)


_ALL, _AHEAD, _BEHIND = slice(None), slice(2, None), slice(None, -2)
_STEPS: Final = (
    ((_AHEAD, _ALL), (_BEHIND, _ALL)),
    ((_ALL, _AHEAD), (_ALL, _BEHIND)),
    ((_AHEAD, _AHEAD), (_BEHIND, _BEHIND)),
    ((_AHEAD, _BEHIND), (_BEHIND, _AHEAD)),
)
"""Down, across and the two diagonals: the parts of a picture that are subtracted."""


def blur(grey: NDArray[np.float32]) -> float:
    """The blur of an aligned face [112, 112] as a standard deviation in its pixels, 0 to MOST.

    The worst of four directions: a person who moves is blurred in one direction only.
    """
    inner = np.asarray(grey[20:100, 16:96], np.float32)
    fine, coarse = _FINE @ inner @ _FINE.T, _COARSE @ inner @ _COARSE.T
    return max(
        _blur(fine[ahead] - fine[behind], coarse[ahead] - coarse[behind])
        for ahead, behind in _STEPS
    )


def _blur(sharp: NDArray[np.floating], soft: NDArray[np.floating]) -> float:
    """The blur in one direction, by the differences in it at the two scales."""
    strength = np.abs(soft)
    place = int(strength.size * (1 - STRONGEST))
    least = float(np.partition(strength.ravel(), place)[place])
    edges = strength >= max(least, FAINTEST)
    total = float(strength[edges].sum())
    if not total:
        return MOST
    ratio = float((sharp[edges] * np.sign(soft[edges])).sum()) / total
    if ratio <= 1:
        return MOST
    # Of a step blurred by b the slope is 1 / sqrt(b² + s²) at each of the two scales s.
    squared = (COARSE**2 - ratio**2 * FINE**2) / (ratio**2 - 1)
    return float(np.sqrt(min(max(squared, 0.0), MOST**2)))
