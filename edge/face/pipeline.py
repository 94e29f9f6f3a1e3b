"""From pictures to observations and templates, with the networks as arguments."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from edge.face import detection, quality
from edge.face.alignment import align
from edge.face.detection import Face
from edge.face.hints import Hint
from edge.face.template import ReferenceTemplate, Template
from edge.trust import AuthenticPortrait

Network: TypeAlias = Callable[[NDArray[np.float32]], list[NDArray[np.float32]]]

DETECTION_SIDE: Final = 320
"""Pictures are reduced for detection until their longer side is no more than this."""
LEAST_SIDE: Final = 32
"""There is no face in less."""
LITTLE_LEFT_OUT: Final = 0.9
"""A cut-out as large as this part of the picture shows nothing the picture did not."""
PORTRAIT_MARGIN: Final = 0.3
"""Room around a chip portrait, in its longer side: it may be cropped more tightly than detectors
like.  Thresholds were measured so."""


@dataclass(frozen=True, slots=True, repr=False)
class Observation:
    """What one picture shows; `face` is the largest one, None when there is none."""

    faces: int
    face: Face | None
    hint: Hint | None
    quality: Mapping[str, int] = field(default_factory=dict)

    @property
    def overall(self) -> int:
        """One score of all measures, 0..100; the best frame is the one that has most."""
        return quality.unified(self.quality)

    @property
    def usable(self) -> bool:
        """Whether the face may be compared."""
        return self.face is not None and quality.is_usable(self.quality)


class FacePipeline:
    """Detect, judge, align, embed.  Used from one thread."""

    def __init__(self, detector: Network, embedder: Network) -> None:
        self._detector = detector
        self._embedder = embedder

    def warm_up(self) -> None:
        """Run both networks once, so that the first traveller does not wait for them."""
        self.detect(np.zeros((480, 640, 3), np.uint8))
        self._embedder(np.zeros((2, 3, 112, 112), np.float32))

    def observe(self, pixels: NDArray[np.uint8]) -> Observation:
        """Judge one live picture, uint8 [H, W, 3] RGB, not mirrored."""
        faces = self.detect(pixels)
        if not faces:
            return Observation(0, None, Hint.NO_FACE)
        first = max(faces, key=lambda each: each.area)
        # Somebody far behind in the hall is not in the lane.
        others = sum(1 for each in faces if each is not first and each.area > first.area / 4)
        face = self._look_again(pixels, first)
        aligned = align(pixels, face.landmarks)
        size = (pixels.shape[0], pixels.shape[1])
        measured = quality.measure(face, others, aligned, size, len(faces) - 1 - others)
        hint = quality.hint_for(measured, face, aligned, size)
        return Observation(1 + others, face, hint, measured)

    def embed(self, pixels: NDArray[np.uint8], face: Face) -> Template:
        """The template of a face: the sum of the embeddings of the picture and its mirror image."""
        upright = align(pixels, face.landmarks).transpose(2, 0, 1)
        both = np.ascontiguousarray(np.stack([upright, upright[:, :, ::-1]]))
        embeddings = self._embedder(both)[0]
        template = Template.of(embeddings.sum(0))
        for buffer in (both, embeddings):
            buffer.fill(0)
        return template

    def reference(
        self, portrait: AuthenticPortrait, pixels: NDArray[np.uint8]
    ) -> ReferenceTemplate | None:
        """The template of an authentic portrait, decoded; None when it shows no face."""
        faces = self.detect(pixels, PORTRAIT_MARGIN)
        if not faces:
            return None
        largest = max(faces, key=lambda each: each.area)
        return ReferenceTemplate(self.embed(pixels, largest), portrait)

    def detect(self, pixels: NDArray[np.uint8], margin: float = 0.0) -> list[Face]:
        """Every face in a picture, by falling score; `margin` adds room, in its longer side."""
        if min(pixels.shape[:2]) < LEAST_SIDE:
            return []
        step = math.ceil(max(pixels.shape[:2]) * (1 + 2 * margin) / DETECTION_SIDE)
        reduced = _mean_pool(pixels, step)
        room = round(margin * max(reduced.shape))
        tensor = detection.to_input(np.pad(reduced, ((room, room), (room, room), (0, 0))))
        faces = detection.decode(self._detector(tensor), tensor.shape[3], float(step))
        return [face.moved(-room * step, -room * step) for face in faces]

    def _look_again(self, pixels: NDArray[np.uint8], face: Face) -> Face:
        """The same face, found in as much detail as the picture has: landmarks decide alignment."""
        reach = float(face.box[2:].max()) / 2
        left, top = (max(0, int(edge - reach)) for edge in face.box[:2])
        right, bottom = (int(edge + reach) for edge in face.box[:2] + face.box[2:])
        cut = pixels[top:bottom, left:right]
        if max(cut.shape[:2]) > max(pixels.shape[:2]) * LITTLE_LEFT_OUT:
            return face
        found = [each.moved(left, top) for each in self.detect(cut)]
        return min(found, key=lambda each: each.distance(face), default=face)


def _mean_pool(pixels: NDArray[np.uint8], step: int) -> NDArray[np.uint8]:
    """The means of squares of `step` pixels; what does not fill a square is left out."""
    if step == 1:
        return pixels
    height, width = (side // step for side in pixels.shape[:2])
    rows = np.zeros((height, width * step, 3), np.uint32)
    for row in range(step):
        rows += pixels[row : height * step : step, : width * step]
    squares = np.zeros((height, width, 3), np.uint32)
    for column in range(step):
        squares += rows[:, column::step]
    return (squares // step**2).astype(np.uint8)
