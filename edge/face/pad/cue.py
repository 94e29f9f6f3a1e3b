"""One cue about a presentation: how alive it looks, and how certain that is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum


class CueName(StrEnum):
    """The cues; their names are in the manifest and in reports."""

    STILLNESS = "stillness"
    """Whether the same frame comes again and again."""
    CONTINUITY = "continuity"
    """Whether it is one person from the first frame to the last."""
    RELIEF = "relief"
    """Whether the nose moves before the rest of the face as it does on a head."""
    SURROUNDINGS = "surroundings"
    """Whether the surroundings of the face move with it."""
    TEXTURE = "texture"
    """The score of a network for single frames."""
    GRID = "grid"
    """Whether the face is drawn on a grid, as screens and prints are."""
    ANSWER = "answer"
    """Whether the head made the movement that was asked, after the question."""
    DEPTH = "depth"
    """Whether a depth sensor sees a head."""


@dataclass(frozen=True, slots=True)
class Cue:
    """`score` -1 (made) to 1 (alive); `certainty` 0 (knows nothing) to 1."""

    name: CueName
    score: float
    certainty: float

    def __post_init__(self) -> None:
        if not (-1 <= self.score <= 1 and 0 <= self.certainty <= 1):
            raise ValueError(f"{self.name}: a score of -1..1 with a certainty of 0..1")

    @classmethod
    def of(cls, name: CueName, score: float, certainty: float = 1.0) -> Cue:
        """A cue from any numbers: values outside are cut off, NaN knows nothing."""
        if math.isnan(score) or math.isnan(certainty):
            return cls(name, 0.0, 0.0)
        return cls(name, min(max(score, -1.0), 1.0), min(max(certainty, 0.0), 1.0))

    @classmethod
    def unknown(cls, name: CueName) -> Cue:
        """A cue that has seen too little."""
        return cls(name, 0.0, 0.0)


def ramp(value: float, nothing: float, everything: float) -> float:
    """The place of a value between two others, 0..1; either may be the larger."""
    return min(max((value - nothing) / (everything - nothing), 0.0), 1.0)
