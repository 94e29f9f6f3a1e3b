"""Finds faces: a first look at the whole picture, a second one at a face, upright and in detail.

Alignment depends on the landmarks, and recognition on alignment.  At the scale of the first look a
landmark is wrong by a pixel of the reduced picture, and by more in a head that leans.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from edge.face import detection
from edge.face.alignment import back
from edge.face.detection import DetectedFace
from edge.face.resampling import resized, warp

Network: TypeAlias = Callable[[NDArray[np.float32]], list[NDArray[np.float32]]]

FIRST_SIDE: Final = 320
"""The longer side of the picture of the first look."""
LEAST_SIDE: Final = 32
"""A smaller picture has no face."""
SECOND_SIDE: Final = 224
"""The side of the picture of the second look, and the part of it that the face fills.  In a face of
much less than 150 pixels this detector puts the eyes level, even in a head that leans."""
FACE_SHARE: Final = 0.7
FACE_CENTRE: Final = 0.52
"""The height of the centre of the landmarks: foreheads are higher than chins are low."""
LEANING: Final = math.radians(10)
"""A head that leans by more gets a third look."""
FARTHEST: Final = 0.25
"""Largest distance from the middle, in sides, of the same face in the second look."""


class Finder:
    """Looks at pictures with a detector.  Thresholds of similarity were measured with these looks.

    Every cut-out of a picture is overwritten before its memory is freed.
    """

    def __init__(self, detector: Network) -> None:
        self._detector = detector

    def detect(self, pixels: NDArray[np.uint8], margin: float = 0.0) -> list[DetectedFace]:
        """Every face in a picture, by falling score; `margin` adds room, in its longer side."""
        if min(pixels.shape[:2]) < LEAST_SIDE:
            return []
        longer = max(pixels.shape[:2])
        scale = FIRST_SIDE / (longer * (1 + 2 * margin))
        seen = resized(pixels, scale)
        room = round(margin * longer * scale)
        faces = self._faces(detection.to_input(seen, room))
        return [face.moved(-room, -room).scaled(1 / scale) for face in faces]

    def look_again(self, pixels: NDArray[np.uint8], face: DetectedFace) -> DetectedFace:
        """The same face with better landmarks; those of the first look if there are none."""
        second = self._closer(pixels, face, face.landmarks)
        if second is None:
            return face
        if abs(lean(face.landmarks)) > LEANING:
            # The landmarks of a leaning head are poor, but they show how far it leans.
            third = self._closer(pixels, face, second)
            landmarks = second if third is None else third
        else:
            # Every look has errors of its own, by its scale and side: their mean has less.
            landmarks = (second + face.landmarks) / 2
        return DetectedFace(face.box, landmarks.astype(np.float32), face.score)

    def _closer(
        self, pixels: NDArray[np.uint8], face: DetectedFace, landmarks: NDArray[np.floating]
    ) -> NDArray[np.float64] | None:
        """The landmarks of a face upright in the middle; the mean with its mirror image."""
        upright = _upright(face, landmarks)
        cut = warp(pixels, upright, SECOND_SIDE)
        found = [
            looked
            for mirrored in (False, True)
            if (looked := self._landmarks(cut, mirrored=mirrored)) is not None
        ]
        cut.fill(0)
        return back(upright, np.mean(found, axis=0)) if found else None

    def _landmarks(self, cut: NDArray[np.float32], *, mirrored: bool) -> NDArray[np.float64] | None:
        """The landmarks of the face in the middle of an upright cut-out, or of its mirror image."""
        planes = cut[::-1, :, ::-1] if mirrored else cut[::-1]
        faces = self._faces(np.ascontiguousarray(planes[None]))
        middle = np.full(2, SECOND_SIDE / 2)
        faces = [face for face in faces if _away(face, middle) < FARTHEST * SECOND_SIDE]
        if not faces:
            return None
        landmarks = min(faces, key=lambda each: _away(each, middle)).landmarks.astype(np.float64)
        if mirrored:
            landmarks = landmarks[[1, 0, 2, 4, 3]]
            landmarks[:, 0] = SECOND_SIDE - 1 - landmarks[:, 0]
        return landmarks

    def _faces(self, tensor: NDArray[np.float32]) -> list[DetectedFace]:
        found = detection.decode(self._detector(tensor), tensor.shape[3])
        tensor.fill(0)
        return found


def lean(landmarks: NDArray[np.floating]) -> float:
    """The angle of the line between the eyes to the horizontal, clockwise, in radians."""
    across, down = landmarks[1].astype(np.float64) - landmarks[0]
    return math.atan2(down, across)


def _upright(face: DetectedFace, landmarks: NDArray[np.floating]) -> NDArray[np.float64]:
    """The similarity [2, 3] that brings a face upright into the middle of the second look."""
    scale = FACE_SHARE * SECOND_SIDE / float(face.box[2:].max())
    angle = lean(landmarks)
    cosine, sine = scale * math.cos(angle), scale * math.sin(angle)
    matrix = np.array([[cosine, sine, 0.0], [-sine, cosine, 0.0]])
    middle = np.array([0.5, FACE_CENTRE]) * SECOND_SIDE
    matrix[:, 2] = middle - matrix[:, :2] @ landmarks.mean(0)
    return matrix


def _away(face: DetectedFace, middle: NDArray[np.floating]) -> float:
    return float(np.linalg.norm(face.centre - middle))
