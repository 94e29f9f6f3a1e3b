"""A head from one photograph: it moves a little as a head does, before a still scene.

The photograph lies on a generic head, an ellipsoid with a nose and eye sockets.  That is good for
turns of about twenty degrees; the sides of the head are not in the picture.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Points = NDArray[np.float64]

CELL: Final = 8
"""Pixels between the points of computed movement; it is interpolated between them."""
REACH: Final = 1.3
"""Distance from the centre beyond which nothing moves, in radii of the head."""
EYES_APART_TO_DISTANCE: Final = 9.0
"""Distance of the camera: about 60 cm."""
EYES_APART_M: Final = 0.063
STEPS: Final = 3


@dataclass(frozen=True, slots=True)
class Pose:
    """The pose of a head: radians, and pixels of the picture; all zero as photographed.

    `yaw` is positive towards the right side of the picture, the left of the person; `pitch`
    is positive upwards.
    """

    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    across: float = 0.0
    down: float = 0.0
    nearer: float = 0.0
    """Growth of the head beyond its size in the photograph, as a share."""


class Mesh:
    """A part of a picture, in cells that move as a whole."""

    def __init__(self, low: NDArray[np.int_], high: NDArray[np.int_], cell: int = CELL) -> None:
        cells = (high - low) // cell
        self.box: tuple[int, int, int, int] = (*low.tolist(), *(low + cells * cell).tolist())
        """Left, top, right and bottom of the part."""
        x = low[0] + np.arange(cells[0] + 1) * cell
        y = low[1] + np.arange(cells[1] + 1) * cell
        self._shape = (len(y), len(x))
        self._nodes = np.stack(np.meshgrid(x, y), -1).reshape(-1, 2).astype(np.float64)
        self._cells = [
            (left, top, left + cell, top + cell)
            for top in (np.arange(cells[1]) * cell).tolist()
            for left in (np.arange(cells[0]) * cell).tolist()
        ]

    def transformed(self, image: Image.Image, movement: Callable[[Points], Points]) -> Image.Image:
        """The part after each point of the picture has moved."""
        found = self._nodes
        for _ in range(STEPS):
            found = self._nodes - movement(found)
        grid = found.reshape(*self._shape, 2)
        quads = np.concatenate(
            [grid[:-1, :-1], grid[1:, :-1], grid[1:, 1:], grid[:-1, 1:]], axis=2
        ).reshape(-1, 8)
        mesh = list(zip(self._cells, map(tuple, quads.tolist()), strict=True))
        left, top, right, bottom = self.box
        return image.transform(
            (right - left, bottom - top), Image.Transform.MESH, mesh, Image.Resampling.BILINEAR
        )


class Puppet:
    """One photograph, uint8 [H, W, 3], and its five landmarks [5, 2] in pixels."""

    def __init__(self, photograph: NDArray[np.uint8], landmarks: Points) -> None:
        self._image = Image.fromarray(photograph)
        self._eyes, self._tip = landmarks[:2], landmarks[2]
        between = landmarks[:2].mean(0)
        self._unit = float(np.linalg.norm(landmarks[1] - landmarks[0]))
        self._centre = between + (landmarks[3:].mean(0) - between) * 0.3
        self._bridge = between
        self._radii = np.array([1.3, 1.8]) * self._unit
        low = np.maximum(self._centre - self._radii * REACH, 0).astype(int)
        high = np.minimum(self._centre + self._radii * REACH, self._image.size).astype(int)
        self._mesh = Mesh(low, high)

    @property
    def unit(self) -> float:
        """Distance between the eyes, in pixels."""
        return self._unit

    def relief(self, points: Points) -> NDArray[np.float64]:
        """How far in front of the axis of the neck each point [N, 2] lies, in metres."""
        x, y = (points - self._centre).T
        far = np.sqrt((x / self._radii[0]) ** 2 + (y / self._radii[1]) ** 2)
        return self._depth(points, far) * EYES_APART_M / self._unit

    def posed(self, pose: Pose) -> Image.Image:
        """The photograph with the head in a pose."""
        moved = self._mesh.transformed(self._image, lambda points: self._movement(points, pose))
        out = self._image.copy()
        out.paste(moved, self._mesh.box[:2])
        return out

    def _movement(self, points: Points, pose: Pose) -> Points:
        """The movement of each point of the photograph."""
        x, y = (points - self._centre).T
        far = np.sqrt((x / self._radii[0]) ** 2 + (y / self._radii[1]) ** 2)
        z = self._depth(points, far)
        turned = x * np.cos(pose.yaw) + z * np.sin(pose.yaw)
        behind = z * np.cos(pose.yaw) - x * np.sin(pose.yaw)
        raised = y * np.cos(pose.pitch) - behind * np.sin(pose.pitch)
        deep = behind * np.cos(pose.pitch) + y * np.sin(pose.pitch)
        distance = EYES_APART_TO_DISTANCE * self._unit
        # The photograph already has the perspective of the straight head.
        scale = (1 + pose.nearer) * (distance - z) / (distance - deep)
        cos, sin = np.cos(pose.roll), np.sin(pose.roll)
        goal = np.stack(
            [
                scale * (turned * cos - raised * sin) + pose.across,
                scale * (turned * sin + raised * cos) + pose.down,
            ],
            -1,
        )
        share = np.clip((REACH - far) / (REACH - 1.0), 0, 1)[:, None]
        return np.asarray(share * share * (3 - 2 * share) * (goal - np.stack([x, y], -1)))

    def _depth(self, points: Points, far: NDArray[np.float64]) -> NDArray[np.float64]:
        """How far in front of the axis of the neck each point lies, in pixels."""
        unit = self._unit
        skull = 1.35 * unit * np.sqrt(np.clip(1 - far**2, 0, 1))
        along = self._tip - self._bridge
        length = max(float(np.linalg.norm(along)), 1e-6)
        along = along / length
        offset = points - self._bridge
        down = offset @ along / length
        aside = np.abs(offset @ np.array([-along[1], along[0]])) / unit
        ridge = np.interp(down, [-0.4, 0, 1, 1.35], [0, 0.06, 0.34, 0])
        nose = unit * ridge * np.clip(1 - aside / (0.12 + 0.16 * np.clip(down, 0, 1)), 0, 1)
        sockets = sum(
            np.exp(-((points - eye) ** 2).sum(1) / (2 * (0.2 * unit) ** 2)) for eye in self._eyes
        )
        return np.asarray(skull + nose - 0.06 * unit * sockets)
