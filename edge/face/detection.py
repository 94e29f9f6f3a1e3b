"""From the outputs of YuNet to faces: boxes, five landmarks, scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

STRIDES: Final = (8, 16, 32)
LEAST_SCORE: Final = 0.6
LARGEST_OVERLAP: Final = 0.3
MOST_CANDIDATES: Final = 500


@dataclass(frozen=True, slots=True, repr=False)
class DetectedFace:
    """One face; pixels of the picture it was found in.

    `box` is left, top, width, height; `landmarks` [5, 2] are the eyes, the nose tip and the corners
    of the mouth, each pair from left to right as seen in the picture.
    """

    box: NDArray[np.float32]
    landmarks: NDArray[np.float32]
    score: float

    @property
    def area(self) -> float:
        """Area of the box."""
        return float(self.box[2] * self.box[3])

    @property
    def centre(self) -> NDArray[np.float32]:
        """Centre of the box."""
        return np.asarray(self.box[:2] + self.box[2:] / 2, dtype=np.float32)

    @property
    def inter_eye(self) -> float:
        """Distance between the eyes."""
        return float(np.linalg.norm(self.landmarks[1] - self.landmarks[0]))

    def moved(self, across: float, down: float) -> DetectedFace:
        """The face in a picture whose origin lies that far to the left and up."""
        shift = np.array([across, down], np.float32)
        box = np.concatenate([self.box[:2] + shift, self.box[2:]])
        return DetectedFace(box, self.landmarks + shift, self.score)

    def scaled(self, factor: float) -> DetectedFace:
        """The face in a picture that many times as large."""
        middle = np.float32((factor - 1) / 2)  # of the pixels that pixel 0 becomes
        box = self.box * np.float32(factor)
        box[:2] += middle
        return DetectedFace(box, self.landmarks * np.float32(factor) + middle, self.score)

    def distance(self, other: DetectedFace) -> float:
        """Distance between the centres of two faces."""
        return float(np.linalg.norm(self.centre - other.centre))


def to_input(pixels: NDArray[np.uint8], room: int = 0) -> NDArray[np.float32]:
    """Turn a picture [H, W, 3] RGB into the input of the detector: BGR planes.

    It has `room` black pixels around it and is padded to multiples of 32.
    """
    height, width = pixels.shape[:2]
    padded = (-(-(side + 2 * room) // 32) * 32 for side in (height, width))
    tensor = np.zeros((1, 3, *padded), np.float32)
    planes = tensor[0, :, room : room + height, room : room + width]
    for plane, colour in enumerate((2, 1, 0)):
        planes[plane] = pixels[:, :, colour]
    return tensor


def decode(outputs: Sequence[NDArray[np.float32]], width: int) -> list[DetectedFace]:
    """Faces by falling score, in the pixels of the padded input, which is `width` wide.

    A box that is not finite is no face.
    """
    found = [
        _decode_stride(outputs, position, stride, width // stride)
        for position, stride in enumerate(STRIDES)
    ]
    rows = np.concatenate(found)
    rows = rows[np.isfinite(rows).all(1)]
    rows = rows[rows[:, 14].argsort()[::-1][:MOST_CANDIDATES]]
    return [
        DetectedFace(row[:4], row[4:14].reshape(5, 2), float(row[14])) for row in rows[_kept(rows)]
    ]


def _decode_stride(
    outputs: Sequence[NDArray[np.float32]], position: int, stride: int, columns: int
) -> NDArray[np.float32]:
    classes, objects = outputs[position][0, :, 0], outputs[3 + position][0, :, 0]
    score = np.sqrt(classes.clip(0, 1) * objects.clip(0, 1))
    cells = np.where(score > LEAST_SCORE)[0]
    box, points = outputs[6 + position][0][cells], outputs[9 + position][0][cells]
    origin = np.stack([cells % columns, cells // columns], 1).astype(np.float32)
    centre = (origin + box[:, :2]) * stride
    size = np.exp(box[:, 2:].clip(-10, 10)) * stride
    landmarks = (points.reshape(-1, 5, 2) + origin[:, None]) * stride
    rows = [centre - size / 2, size, landmarks.reshape(-1, 10), score[cells, None]]
    return np.concatenate(rows, 1).astype(np.float32)


def _kept(rows: NDArray[np.float32]) -> list[int]:
    """Greedy suppression of boxes that overlap a better one."""
    kept: list[int] = []
    left, top = rows[:, 0], rows[:, 1]
    right, bottom = left + rows[:, 2], top + rows[:, 3]
    area = rows[:, 2] * rows[:, 3]
    waiting = np.arange(len(rows))
    while len(waiting):
        best, rest = int(waiting[0]), waiting[1:]
        kept.append(best)
        across = np.minimum(right[best], right[rest]) - np.maximum(left[best], left[rest])
        down = np.minimum(bottom[best], bottom[rest]) - np.maximum(top[best], top[rest])
        shared = across.clip(0) * down.clip(0)
        waiting = rest[shared <= LARGEST_OVERLAP * (area[best] + area[rest] - shared)]
    return kept
