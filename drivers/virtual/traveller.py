"""A specimen traveller: document, face and companions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

from drivers.virtual.chip.personalisation import Personalisation
from drivers.virtual.performance import Act, Performer


@dataclass(frozen=True, slots=True, repr=False)
class Traveller:
    """One specimen traveller; `live` are RGB pictures, uint8 [H, W, 3]."""

    name: str
    mrz: tuple[str, ...]
    chip: Personalisation | None
    live: tuple[NDArray[np.uint8], ...]
    people: int = 1
    landmarks: NDArray[np.float64] | None = None
    """Landmarks of the first picture, [5, 2]; None: the pictures only sway."""
    act: Act = Act.LIVE
    seed: int = 0

    def performer(self) -> Performer | None:
        """A new performance of the face; None when only pictures are shown."""
        if self.landmarks is None:
            return None
        return Performer(self.act, self.live[0], self.landmarks, self.seed)

    @override
    def __repr__(self) -> str:
        """Show the name of the specimen only."""
        return f"Traveller({self.name})"
