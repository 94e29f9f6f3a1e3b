"""From a face to numbers: one embedder, or several whose weighted similarities are added."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from edge.errors import SettingsError
from edge.face.alignment import Target, align
from edge.face.detection import DetectedFace
from edge.face.template import FaceTemplate

Network: TypeAlias = Callable[[NDArray[np.float32]], list[NDArray[np.float32]]]
Job: TypeAlias = Callable[[], NDArray[np.float32]]
Gather: TypeAlias = Callable[[Sequence[Job]], list[NDArray[np.float32]]]
"""Does several jobs, in any order or side by side; the results in the order of the jobs."""
SHORTEST, LONGEST = 1e-6, 1e6
"""Bounds of a vector that a network means; a shorter or longer one has no direction."""


def in_turn(jobs: Sequence[Job]) -> list[NDArray[np.float32]]:
    """Do one job after the other."""
    return [job() for job in jobs]


@dataclass(frozen=True, slots=True, eq=False)
class Embedder:
    """A network that maps an aligned face [1, 3, side, side], RGB 0..255, to a row [1, D].

    `weight` is its part in the similarity.  `centre` [D] is the common part of the directions of
    all faces; it is subtracted, because it makes different faces look alike.  `without` [K, D] are
    orthonormal directions that tell groups of people apart; nothing of them is left, because they
    make two people of one group look alike.  With `mirrored` the mirror image is embedded too, and
    added.
    """

    network: Network
    target: Target
    weight: float
    centre: NDArray[np.float32]
    mirrored: bool
    without: NDArray[np.float32] | None = None

    def embed(self, pixels: NDArray[np.uint8], face: DetectedFace) -> NDArray[np.float32]:
        """The direction of a face, float32 [D], of length one.  Buffers are overwritten.

        NaN when the network gives no direction; otherwise `centre` would make all such faces equal.
        """
        upright = align(pixels, face.landmarks, self.target)
        row = self._row(upright)
        if self.mirrored:
            # One after the other: both at once take the same time and twice the memory.
            mirrored = self._row(upright[:, :, ::-1])
            row += mirrored
            mirrored.fill(0)
        direction = unit(centred(unit(row), self.centre, self.without))
        for buffer in (upright, row):
            buffer.fill(0)
        return direction

    def _row(self, view: NDArray[np.float32]) -> NDArray[np.float32]:
        tensor = np.array(view[None], order="C")
        row: NDArray[np.float32] = self.network(tensor)[0][0]
        tensor.fill(0)
        return row

    def length(self) -> int:
        """How many numbers the network answers; SettingsError when it is no embedder."""
        side = self.target.side
        rows = self.network(np.zeros((1, 3, side, side), np.float32))[0]
        if rows.ndim != 2 or len(rows) != 1:
            raise SettingsError(
                f"an embedder answers {list(rows.shape)} to one picture; a row of numbers [1, D]"
                " is wanted"
            )
        return int(rows.shape[1])

    def warm_up(self) -> None:
        """Run the network once with nothing.

        Raises:
            SettingsError: its answer has another length than `centre`.
        """
        length = self.length()
        if length != len(self.centre):
            raise SettingsError(
                f"an embedder answers {length} numbers, and its `centre` has"
                f" {len(self.centre)}: see [comparison.embedders] of the models' manifest"
            )


def template(
    pixels: NDArray[np.uint8],
    face: DetectedFace,
    embedders: Sequence[Embedder],
    gather: Gather = in_turn,
) -> FaceTemplate:
    """The template of a face: the directions end to end, each times the root of its weight.

    The cosine of two templates is then the weighted sum of the embedders' cosines.
    """

    def job(embedder: Embedder) -> Job:
        return lambda: embedder.embed(pixels, face)

    parts = gather([job(embedder) for embedder in embedders])
    weighted = zip(parts, embedders, strict=True)
    made = FaceTemplate.of(
        np.concatenate([part * math.sqrt(embedder.weight) for part, embedder in weighted])
    )
    for part in parts:
        part.fill(0)
    return made


def centred(
    rows: NDArray[np.float32],
    centre: NDArray[np.float32],
    without: NDArray[np.float32] | None,
) -> NDArray[np.float32]:
    """Directions [D] or [N, D] without the common part, and without what tells groups apart."""
    moved = rows - centre
    if without is not None:
        moved -= (moved @ without.T) @ without
    return moved


def unit(vector: NDArray[np.float32]) -> NDArray[np.float32]:
    """A vector of length one; NaN, which equals nothing, when it has no length."""
    length = float(np.linalg.norm(vector.astype(np.float64)))
    if not SHORTEST < length < LONGEST:
        return np.full_like(vector, np.nan)
    return np.asarray(vector / length, np.float32)
