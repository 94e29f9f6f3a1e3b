"""From pictures to observations and templates, with the networks as arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from edge.face import detection, quality
from edge.face.alignment import align
from edge.face.detection import Face
from edge.face.quality import LEAST, Hint
from edge.face.template import ReferenceTemplate, Template
from edge.trust import AuthenticPortrait

Network: TypeAlias = Callable[[NDArray[np.float32]], list[NDArray[np.float32]]]

DETECTION_SIDE: Final = 320
"""Pictures are halved for detection until their longer side is no more than twice this."""
PORTRAIT_MARGIN: Final = 0.3


@dataclass(frozen=True, slots=True, repr=False)
class Observation:
    """What one picture shows; `face` is the largest one, None when there is none."""

    faces: int
    face: Face | None
    hint: Hint | None
    quality: Mapping[str, int] = field(default_factory=dict)

    @property
    def overall(self) -> int:
        """As good as the poorest measure, 0..100."""
        return min(self.quality.values(), default=0)

    @property
    def usable(self) -> bool:
        """Whether the face may be compared."""
        return self.face is not None and self.overall >= LEAST


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
        """Judge one live picture, uint8 [H, W, 3] RGB."""
        faces = self.detect(pixels)
        if not faces:
            return Observation(0, None, Hint.NO_FACE)
        face = max(faces, key=lambda each: each.area)
        # Somebody far behind in the hall is not in the lane.
        others = sum(1 for each in faces if each is not face and each.area > face.area / 4)
        aligned = align(pixels, face.landmarks)
        size = (pixels.shape[0], pixels.shape[1])
        measured = quality.measure(face, others, aligned, size)
        hint = quality.hint_for(measured, face, size, quality.brightness(aligned))
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
        margin = round(PORTRAIT_MARGIN * max(pixels.shape[:2]))
        # A chip portrait may be cropped so tightly that a detector wants room around it.
        framed = np.pad(pixels, ((margin, margin), (margin, margin), (0, 0)))
        faces = self.detect(framed)
        if not faces:
            return None
        largest = max(faces, key=lambda each: each.area)
        return ReferenceTemplate(self.embed(framed, largest), portrait)

    def detect(self, pixels: NDArray[np.uint8]) -> list[Face]:
        """Every face in a picture, in its pixels."""
        step = max(1, max(pixels.shape[:2]) // (2 * DETECTION_SIDE) + 1)
        reduced = pixels if step == 1 else np.ascontiguousarray(_mean_pool(pixels, step))
        tensor = detection.to_input(reduced)
        return detection.decode(self._detector(tensor), tensor.shape[3], float(step))


def _mean_pool(pixels: NDArray[np.uint8], step: int) -> NDArray[np.uint8]:
    height, width = (side // step * step for side in pixels.shape[:2])
    blocks = pixels[:height, :width].reshape(height // step, step, width // step, step, 3)
    pooled: NDArray[np.uint8] = blocks.mean((1, 3), dtype=np.float32).astype(np.uint8)
    return pooled
