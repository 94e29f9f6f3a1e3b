"""Heads turned in space, and where their five points are seen."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

HEAD = np.array(
    [
        [-0.50, 0.000, 0.00],
        [0.50, 0.000, 0.00],
        [0.00, 0.541, 0.55],
        [-0.43, 0.984, 0.12],
        [0.43, 0.984, 0.12],
    ]
)
"""A mean head in eye distances: to the right, down, towards the camera (CFP, anthropometry)."""


def seen(yaw: float, pitch: float, roll: float, size: float = 60.0) -> NDArray[np.float64]:
    """The landmarks of the mean head, turned by degrees; scaled orthography."""
    y, p, r = np.radians((yaw, pitch, roll))
    across = HEAD[:, 0] * np.cos(y) + HEAD[:, 2] * np.sin(y)
    towards = HEAD[:, 2] * np.cos(y) - HEAD[:, 0] * np.sin(y)
    down = HEAD[:, 1] * np.cos(p) - towards * np.sin(p)
    turned = np.stack(
        [across * np.cos(r) - down * np.sin(r), across * np.sin(r) + down * np.cos(r)]
    )
    return turned.T * size + (300, 200)
