"""One person from the first frame to the last: the person compared is the one who answers."""

from __future__ import annotations

import math
from dataclasses import dataclass

from edge.face.pad.cue import Cue, CueName, ramp
from edge.face.template import FaceTemplate


@dataclass(frozen=True, slots=True)
class Recognition:
    """Similarities, which depend on the embedders; ValueError unless `same` is the higher one.

    Two frames of one person, moments apart, have nearly always `same` or more; two people have
    hardly ever more than `other`.
    """

    same: float
    other: float

    def __post_init__(self) -> None:
        if not self.same > self.other:
            raise ValueError("one person is more similar than two")


class Continuity:
    """Keeps the first template and the least similarity to it."""

    def __init__(self, recognition: Recognition) -> None:
        self._recognition = recognition
        self._first: FaceTemplate | None = None
        self._least = math.inf
        self._compared = 0

    def see(self, template: FaceTemplate) -> None:
        """Take the template of a usable frame into account."""
        if self._first is None:
            self._first = FaceTemplate(template.vector.copy())
            return
        self._compared += 1
        similarity = float(self._first.vector @ template.vector)
        # A face that cannot be compared is not proven to be the same.
        self._least = min(self._least, -math.inf if math.isnan(similarity) else similarity)

    def cue(self) -> Cue:
        """Made when the face became another face; the same face proves little."""
        if not self._compared:
            return Cue.unknown(CueName.CONTINUITY)
        bounds = self._recognition
        return Cue.of(CueName.CONTINUITY, 2 * ramp(self._least, bounds.other, bounds.same) - 1)

    def wipe(self) -> None:
        """Forget the template."""
        if self._first is not None:
            self._first.wipe()
            self._first = None
