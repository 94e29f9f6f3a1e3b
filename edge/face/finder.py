"""Finds faces: a first look at the whole picture, a second one at a face, upright and in detail.

Alignment depends on the landmarks, and recognition on alignment.  At the scale of the first look a
landmark is wrong by a pixel of the reduced picture, and by more in a head that leans.

The detector takes a face that lies on its side, or stands on its head, for an upright one: eyes
where there is a cheek or the mouth.  It is less sure of it than of the same face upright.  So the
gate also turns a face of which the second look is not sure.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
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
SURE: Final = 0.91
"""Score of the second look from which on the face is upright (docs/face-quality.md)."""
CLEARLY: Final = 0.03
"""By so much must the score of a turned face be higher."""
FARTHEST: Final = 0.25
"""Largest distance from the middle, in sides, of the same face in the second look."""


@dataclass(frozen=True, slots=True, repr=False)
class _Look:
    """Landmarks [5, 2] as one look has found them, and how sure the detector was."""

    landmarks: NDArray[np.float64]
    score: float


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
        """The same face with better landmarks; those of the first look if there are none.

        The eyes of a face that lies on its side are one above the other.
        """
        second = self._closer(pixels, face, face.landmarks)
        if second is None or second.score < SURE:
            turned = self._turned(pixels, face, 0.0 if second is None else second.score)
            if turned is not None:
                third = self._closer(pixels, face, turned.landmarks)
                return _with(face, (turned if third is None else third).landmarks)
        if second is None:
            return face
        if abs(lean(face.landmarks)) > LEANING:
            # The landmarks of a leaning head are poor, but they show how far it leans.
            third = self._closer(pixels, face, second.landmarks)
            return _with(face, (second if third is None else third).landmarks)
        # Every look has errors of its own, by its scale and side: their mean has less.
        return _with(face, (second.landmarks + face.landmarks) / 2)

    def _closer(
        self, pixels: NDArray[np.uint8], face: DetectedFace, landmarks: NDArray[np.floating]
    ) -> _Look | None:
        """A face upright in the middle; the mean with its mirror image, the better score."""
        upright = _upright(face, landmarks)
        cut = warp(pixels, upright, SECOND_SIDE)
        straight, mirrored = self._middle(cut), self._middle(cut[:, :, ::-1])
        cut.fill(0)
        found = [] if straight is None else [straight]
        if mirrored is not None:
            found.append(_Look(_unmirrored(mirrored.landmarks), mirrored.score))
        if not found:
            return None
        mean = np.mean([look.landmarks for look in found], axis=0)
        return _Look(back(upright, mean), max(look.score for look in found))

    def _turned(self, pixels: NDArray[np.uint8], face: DetectedFace, score: float) -> _Look | None:
        """The face turned by one to three quarters; None unless the detector is surer of one."""
        upright = _upright(face, face.landmarks)
        cut = warp(pixels, upright, SECOND_SIDE)
        best: _Look | None = None
        least = score + CLEARLY
        for quarters in (1, 2, 3):
            look = self._middle(np.rot90(cut, quarters, (1, 2)))
            if look is not None and look.score > least:
                least = look.score
                best = _Look(back(upright, _turned_back(look.landmarks, quarters)), look.score)
        cut.fill(0)
        return best

    def _middle(self, cut: NDArray[np.float32]) -> _Look | None:
        """The face in the middle of a cut-out [3, side, side], RGB."""
        faces = self._faces(np.ascontiguousarray(cut[::-1][None]))
        middle = np.full(2, SECOND_SIDE / 2)
        faces = [face for face in faces if _away(face, middle) < FARTHEST * SECOND_SIDE]
        if not faces:
            return None
        found = min(faces, key=lambda each: _away(each, middle))
        return _Look(found.landmarks.astype(np.float64), found.score)

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


def _with(face: DetectedFace, landmarks: NDArray[np.floating]) -> DetectedFace:
    return DetectedFace(face.box, landmarks.astype(np.float32), face.score)


def _unmirrored(landmarks: NDArray[np.float64]) -> NDArray[np.float64]:
    """Landmarks of a mirror image in the cut-out itself: left and right change places."""
    found = landmarks[[1, 0, 2, 4, 3]]
    found[:, 0] = SECOND_SIDE - 1 - found[:, 0]
    return found


def _turned_back(landmarks: NDArray[np.float64], quarters: int) -> NDArray[np.float64]:
    """Landmarks in a cut-out that `np.rot90` has turned, in the cut-out itself."""
    found = landmarks.copy()
    for _ in range(quarters):
        found = np.column_stack([SECOND_SIDE - 1 - found[:, 1], found[:, 0]])
    return found


def _away(face: DetectedFace, middle: NDArray[np.floating]) -> float:
    return float(np.linalg.norm(face.centre - middle))
