"""Parallax inside the face: on a head the nose moves before the rest, on a picture it does not.

Each frame is registered to the first with two movements.  A flat, tilted or evenly bent picture can
make the first one (a polynomial of second order in the place).  It cannot make the second one: that
of a nose.  The result is the extra movement of the nose, in pixels of a face whose eyes are 35
apart (registration of Lucas and Kanade; plane plus parallax).
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge.face.alignment import POINTS, SIZE, align
from edge.face.detection import DetectedFace
from edge.face.pad.cue import Cue, CueName, ramp
from edge.face.pad.sampling import LUMA, Grey, at, blurred, slopes

ROUNDS: Final = 2
STIFF: Final = 1e-2
"""Keeps movements at zero that no pixel of the face shows."""
LEAST_FRAMES: Final = 8
LARGEST_RESIDUAL: Final = 12.0
"""Grey levels; a frame with a larger residual shows something else."""
LARGEST_TURN: Final = 0.09
"""Largest turn of the nose, in eye distances, at which a frame fits the first one."""
FLAT: Final = 0.02
"""Pixels of parallax that noise makes."""
SOLID: Final = 0.1
"""Parallax of a head that sways by two or three degrees."""
BLIND: Final = 0.12
"""Noise above which nothing is seen."""
TURNED_LITTLE: Final = 0.04
"""Movement of the nose of a picture between the other landmarks, in eye distances: a bent print
reaches 0.03."""
TURNED_MUCH: Final = 0.07


EVEN: Final = 6
"""Coefficients of the surface of second order."""
OTHERS: Final = ((33.0, 76.0), (79.0, 76.0), (56.0, 38.0))
"""Cheeks and brow, in the aligned face."""


class Relief:
    """Watches the nose; keeps the first face, 112x112 grey, until wiped."""

    def __init__(self) -> None:
        self._first: _Registration | None = None
        self._turned: NDArray[np.float64] = np.zeros(2)
        self._parallax: list[NDArray[np.float64]] = []
        self._turns: list[NDArray[np.float64]] = []

    def see(self, pixels: NDArray[np.uint8], face: DetectedFace) -> None:
        """Take a frame into account."""
        picture = blurred(np.tensordot(LUMA, align(pixels, face.landmarks), 1).astype(np.float32))
        turned = nose(face)
        self._turns.append(turned)
        if self._first is None:
            self._first, self._turned = _Registration(picture), turned
            return
        if float(np.abs(turned - self._turned).max()) > LARGEST_TURN:
            return
        found = self._first.parallax(picture)
        picture.fill(0)
        if found is not None:
            self._parallax.append(found)

    def cue(self) -> Cue:
        """Alive when the nose moves slowly to and fro; unsure when noise hides it.

        When the head turns too far for the frames to fit, the landmarks show the turn.
        """
        turned = ramp(self.turned, TURNED_LITTLE, TURNED_MUCH)
        if turned > 0:
            return Cue.of(CueName.RELIEF, turned)
        if len(self._parallax) < LEAST_FRAMES:
            return Cue.unknown(CueName.RELIEF)
        moved, noise = self.measured
        score = 2 * ramp(np.log(max(moved, 1e-3)), np.log(FLAT), np.log(SOLID)) - 1
        return Cue.of(CueName.RELIEF, score, 1 - ramp(noise, BLIND / 3, BLIND))

    @property
    def measured(self) -> tuple[float, float]:
        """Parallax and its noise, in pixels; for reports."""
        if len(self._parallax) < LEAST_FRAMES:
            return 0.0, 0.0
        return _slow_and_quick(np.array(self._parallax))

    @property
    def turned(self) -> float:
        """Movement of the nose between the other landmarks: standard deviation."""
        if len(self._turns) < LEAST_FRAMES:
            return 0.0
        turns = np.array(self._turns)
        # The median of three frames: a landmark that is wrong once does not count.
        middle = np.median([turns[:-2], turns[1:-1], turns[2:]], axis=0)
        return float(middle.std(0).max())

    def wipe(self) -> None:
        """Forget the first face."""
        if self._first is not None:
            self._first.wipe()


def nose(face: DetectedFace) -> NDArray[np.float64]:
    """The place of the nose tip between the other four points, in eye distances: right and down.

    In a flat picture the place is the same at every angle.
    """
    others = [0, 1, 3, 4]
    known = np.column_stack([POINTS[others], np.ones(4)])
    landmarks = face.landmarks.astype(np.float64)
    across, down, origin = np.linalg.lstsq(known, landmarks[others], rcond=None)[0]
    basis = np.column_stack([across, down])
    if abs(np.linalg.det(basis)) < 1e-9:
        return np.zeros(2)
    place = np.linalg.solve(basis, landmarks[2] - origin)
    return np.asarray((place - POINTS[2]) / (POINTS[1, 0] - POINTS[0, 0]))


def _slow_and_quick(parallax: NDArray[np.float64]) -> tuple[float, float]:
    """The slow extra movement of the nose against cheeks and brow, and the noise of a frame.

    `parallax` is [frames, 2, parts], the nose first; the better axis counts.  Second differences
    contain the noise and almost nothing of a slow movement.  The other parts move by themselves in
    a picture that is bent, cut or unevenly lit.
    """
    quick = np.diff(parallax, 2, axis=0).std(0) / np.sqrt(6)
    slow = np.maximum(parallax.var(0) - quick**2, 0)
    more = np.sqrt(np.maximum(slow[:, 0] - slow[:, 1:].max(1), 0))
    better = int(np.argmax(more / np.maximum(quick[:, 0], FLAT)))
    return float(more[better]), float(quick[better, 0])


class _Registration:
    """Registers later faces to the first one."""

    def __init__(self, first: Grey) -> None:
        down, across = slopes(first)
        self._first = first[_SEEN]
        self._slopes = np.concatenate(
            [
                across[_SEEN][:, None] * _MOVEMENTS,
                down[_SEEN][:, None] * _MOVEMENTS,
                self._first[:, None] / 128,
                np.ones((len(self._first), 1), np.float32),
            ],
            axis=1,
        ).astype(np.float32)

    def parallax(self, picture: Grey) -> NDArray[np.float64] | None:
        """Extra movement of each part against the rest [2, parts]; None: it does not fit."""
        count = _MOVEMENTS.shape[1]
        moved = np.zeros(2 * count, np.float32)
        for _ in range(ROUNDS):
            residual = self._residual(picture, moved)
            # Glare, lids and lips do not move with the rest: pixels that fit badly count less.
            spread = 3 * float(np.median(np.abs(residual))) + 1
            trusted = _WEIGHTS / (1 + (residual / spread) ** 2)
            weighted = self._slopes * trusted[:, None]
            normal = weighted.T @ self._slopes
            normal[np.diag_indices(len(normal))] += STIFF
            inverse = np.linalg.inv(normal) @ weighted.T
            moved -= (inverse @ residual)[: 2 * count]
            moved -= (inverse @ self._residual(picture, moved))[: 2 * count]
        left = self._residual(picture, moved)
        left -= self._slopes[:, -2:] @ np.linalg.lstsq(self._slopes[:, -2:], left, rcond=None)[0]
        error = float(np.sqrt((_WEIGHTS * left**2).sum() / _WEIGHTS.sum()))
        if not error < LARGEST_RESIDUAL:
            return None
        return moved.reshape(2, count)[:, EVEN:].astype(np.float64)

    def wipe(self) -> None:
        self._first.fill(0)
        self._slopes.fill(0)

    def _residual(self, picture: Grey, moved: NDArray[np.float32]) -> Grey:
        shifts = _MOVEMENTS @ moved.reshape(2, -1).T
        found = at(picture, _X + shifts[:, 0], _Y + shifts[:, 1])
        return np.asarray(found - self._first, np.float32)


def _nose_shape(x: Grey, y: Grey) -> Grey:
    """Height of a generic nose above the face, 0..1: a ridge that rises to the tip."""
    along = ((y - 50) / 23).clip(0, 1)
    ridge = (0.25 + 0.75 * along) * np.exp(-(((x - 56) / (3.5 + 3.5 * along)) ** 2) / 2)
    below, above = (y - 74).clip(0, None) / 3, (50 - y).clip(0, None) / 4
    return np.asarray(ridge * np.exp(-(below**2 + above**2) / 2), np.float32)


def _seen_weights(x: Grey, y: Grey) -> Grey:
    """The skin of the face: no hair, and no eyes and mouth, which move by themselves."""
    inside = ((x - 56) / 34) ** 2 + ((y - 72) / 40) ** 2 < 1
    eyes = [np.exp(-(((x - ex) / 11) ** 2 + ((y - ey) / 8) ** 2)) for ex, ey in POINTS[:2]]
    mouth = np.exp(-(((x - 56) / 14) ** 2 + ((y - 92.3) / 7) ** 2))
    return np.asarray(inside * (1 - eyes[0]) * (1 - eyes[1]) * (1 - mouth), np.float32)


_ROWS, _COLUMNS = np.mgrid[0:SIZE, 0:SIZE].astype(np.float32)
_ALL: Final = _seen_weights(_COLUMNS, _ROWS)
_SEEN: Final = (_ALL > 0.2) & ((_ROWS + _COLUMNS) % 2 == 0)
_WEIGHTS: Final = _ALL[_SEEN]
_X, _Y = _COLUMNS[_SEEN], _ROWS[_SEEN]
_U, _V = (_X - 56) / 35, (_Y - 72) / 35
_MOVEMENTS: Final = np.stack(
    [
        *(np.ones_like(_U), _U, _V, _U * _U, _U * _V, _V * _V),
        _nose_shape(_X, _Y),
        *(np.exp(-(((_X - x) / 7) ** 2 + ((_Y - y) / 7) ** 2) / 2) for x, y in OTHERS),
    ],
    axis=1,
)
"""Movements of a point across, and the same down: a surface of second order, then the parts."""
