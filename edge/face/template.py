"""Templates: the numbers that the gate keeps of a face during one transaction."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

from edge.trust import AuthenticPortrait


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class FaceTemplate:
    """float32 [N], of length one; personal, kept in memory only, wiped when done."""

    vector: NDArray[np.float32]

    @classmethod
    def of(cls, embedding: NDArray[np.float32]) -> FaceTemplate:
        """Normalise an embedding."""
        length = float(np.linalg.norm(embedding))
        return cls((embedding / max(length, 1e-12)).astype(np.float32))

    def wipe(self) -> None:
        """Overwrite the numbers."""
        self.vector.fill(0)

    @override
    def __repr__(self) -> str:
        """Hide the numbers: they are personal."""
        return "Template(<redacted>)"


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class ReferenceTemplate:
    """The template of a portrait that passive authentication has verified."""

    template: FaceTemplate
    portrait: AuthenticPortrait

    def __post_init__(self) -> None:
        if not isinstance(self.portrait, AuthenticPortrait):
            raise TypeError("a reference needs an authentic portrait")

    @override
    def __repr__(self) -> str:
        """Hide everything."""
        return "ReferenceTemplate(<redacted>)"


def match(reference: ReferenceTemplate, live: FaceTemplate) -> float:
    """Similarity of a live face with an authentic portrait: cosine, -1..1."""
    if not isinstance(reference, ReferenceTemplate):
        raise TypeError("only a reference made from an authentic portrait is matched")
    return float(reference.template.vector @ live.vector)
