"""From pictures to observations and templates, with the networks as arguments."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge.face import quality
from edge.face.alignment import align
from edge.face.detection import DetectedFace
from edge.face.embedding import Embedder, Gather, Network, in_turn
from edge.face.embedding import template as template_of
from edge.face.finder import Finder, lean
from edge.face.hints import Hint
from edge.face.template import FaceTemplate, ReferenceTemplate
from edge.trust import AuthenticPortrait

PORTRAIT_MARGIN: Final = 0.3
"""Room around a chip portrait, in its longer side: portraits are often cropped too tightly for the
detector.  Thresholds were measured with it."""

BESIDE: Final = 0.35
"""Height of a face, in that of the first one, from which on it is not far behind: on a frame a
second person in the lane, in a portrait a second holder."""


@dataclass(frozen=True, slots=True, repr=False)
class Observation:
    """The content of one picture; `face` is the largest face, None without one."""

    faces: int
    face: DetectedFace | None
    hint: Hint | None
    quality: Mapping[str, int] = field(default_factory=dict)

    @property
    def overall(self) -> int:
        """One score of all measures, 0..100; the best frame has the highest."""
        return quality.unified(self.quality)

    @property
    def usable(self) -> bool:
        """Whether the face may be compared."""
        return self.face is not None and quality.is_usable(self.quality)


class FacePipeline:
    """Detect, judge, align, embed.  Used from one thread.

    `gather` may run the embedders side by side.
    """

    def __init__(
        self, detector: Network, embedders: Sequence[Embedder], gather: Gather = in_turn
    ) -> None:
        self._finder = Finder(detector)
        self._embedders = tuple(embedders)
        self._gather = gather

    def warm_up(self) -> None:
        """Run every network once, so that the first traveller does not wait for them."""
        self.detect(np.zeros((480, 640, 3), np.uint8))
        for embedder in self._embedders:
            embedder.warm_up()

    def observe(self, pixels: NDArray[np.uint8]) -> Observation:
        """Judge one live picture, uint8 [H, W, 3] RGB, not mirrored."""
        faces = self.detect(pixels)
        if not faces:
            return Observation(0, None, Hint.NO_FACE)
        first = _largest(faces)
        others = _beside(first, faces)
        face = self._finder.look_again(pixels, first)
        aligned = align(pixels, face.landmarks).transpose(1, 2, 0)
        size = (pixels.shape[0], pixels.shape[1])
        measured = quality.measure(face, others, aligned, size, len(faces) - 1 - others)
        hint = quality.hint_for(measured, face, aligned, size)
        aligned.fill(0)
        return Observation(1 + others, face, hint, measured)

    def turned(self, pixels: NDArray[np.uint8], observation: Observation) -> int:
        """Degrees by which the face of a picture lies in it, clockwise.

        Where `observe` has found none, the picture is turned by one to three quarters and looked
        at again: the detector finds most faces that lie, not all.  0 when there is none at all.
        """
        if observation.face is not None:
            return _quarters(observation.face) * 90
        found = [(self._score(pixels, quarters), quarters) for quarters in (1, 2, 3)]
        score, quarters = max(found)
        return quarters * 90 if score > 0 else 0

    def embed(self, pixels: NDArray[np.uint8], face: DetectedFace) -> FaceTemplate:
        """The template of a face that `observe` or `portrait` has found."""
        return template_of(pixels, face, self._embedders, self._gather)

    def portrait(self, pixels: NDArray[np.uint8]) -> DetectedFace | None:
        """The face of a picture that may be cropped tightly; None when there is none.

        None too when there is another face that is not much smaller: the holder is not known.
        """
        faces = self.detect(pixels, PORTRAIT_MARGIN)
        if not faces:
            return None
        first = _largest(faces)
        return None if _beside(first, faces) else self._finder.look_again(pixels, first)

    def reference(
        self, portrait: AuthenticPortrait, pixels: NDArray[np.uint8]
    ) -> ReferenceTemplate | None:
        """The template of an authentic portrait, decoded; None without one holder's face."""
        face = self.portrait(pixels)
        if face is None:
            return None
        return ReferenceTemplate(self.embed(pixels, face), portrait)

    def detect(self, pixels: NDArray[np.uint8], margin: float = 0.0) -> list[DetectedFace]:
        """Every face in a picture, by falling score; `margin` adds room, in its longer side."""
        return self._finder.detect(pixels, margin)

    def _score(self, pixels: NDArray[np.uint8], quarters: int) -> float:
        """How sure the detector is of an upright face once the picture is turned back; 0: none."""
        upright = np.rot90(pixels, quarters).copy()
        faces = self.detect(upright)
        face = self._finder.look_again(upright, _largest(faces)) if faces else None
        upright.fill(0)
        return 0.0 if face is None or _quarters(face) else face.score


def _largest(faces: Sequence[DetectedFace]) -> DetectedFace:
    return max(faces, key=lambda each: each.area)


def _quarters(face: DetectedFace) -> int:
    """By how many quarters a face is turned, clockwise: 0 to 3."""
    return round(math.degrees(lean(face.landmarks)) / 90) % 4


def _beside(first: DetectedFace, faces: Sequence[DetectedFace]) -> int:
    """How many other faces are not far behind the first one."""
    least = BESIDE * float(first.box[3])
    return sum(1 for each in faces if each is not first and float(each.box[3]) >= least)
