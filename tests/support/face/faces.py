"""Faces made of numbers, and pictures of specimens made of public-domain photographs."""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from edge.face import (
    DetectedFace,
    Embedder,
    FacePipeline,
    FaceTemplate,
    Network,
    Observation,
    ReferenceTemplate,
)
from edge.face.alignment import ARCFACE, POINTS
from edge.inference.models import ModelStore
from edge.trust import AuthenticPortrait
from edge.trust.document import SEAL
from tools.specimen import pictures

ROOT: Final = Path(__file__).parents[3]
WEIGHTS: Final = ROOT / "models/weights"
PHOTOGRAPHS: Final = WEIGHTS / "portraits"
FRAME: Final = (480, 640)
"""Height and width of a frame."""


def face(
    centre: tuple[float, float] = (320.0, 240.0), size: float = 160.0, turned: float = 0.0
) -> DetectedFace:
    """A frontal face whose box is a square, turned clockwise by degrees."""
    angle = np.radians(turned)
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    landmarks = (POINTS - 56) * (size / 112) @ rotation.T + centre
    box = np.array([centre[0] - size / 2, centre[1] - size / 2, size, size], np.float32)
    return DetectedFace(box, landmarks.astype(np.float32), 0.9)


def with_landmark(known: DetectedFace, number: int, across: float, down: float) -> DetectedFace:
    """The face with one of its five points moved."""
    landmarks = known.landmarks.copy()
    landmarks[number] += (across, down)
    return DetectedFace(known.box, landmarks, known.score)


def observation(overall: int | None, hint: None = None) -> Observation:
    """A face as good as that, or none."""
    if overall is None:
        return Observation(0, None, hint)
    return Observation(1, face(), hint, {"sharpness": overall, "yaw": overall})


def template(*numbers: float) -> FaceTemplate:
    vector = np.zeros(128, np.float32)
    vector[: len(numbers)] = numbers
    return FaceTemplate.of(vector)


def authentic(image: bytes = b"") -> AuthenticPortrait:
    """A portrait as passive authentication hands it out."""
    return AuthenticPortrait(image, "image/jp2", SEAL)


def reference(*numbers: float) -> ReferenceTemplate:
    return ReferenceTemplate(template(*numbers), authentic())


@cache
def pipeline() -> FacePipeline:
    """The networks the gate runs."""
    return ModelStore(ROOT / "models/manifest.toml", WEIGHTS).pipeline()


@cache
def same_picture() -> float:
    """The similarity from which on the live face is the portrait itself."""
    return ModelStore(ROOT / "models/manifest.toml", WEIGHTS).manifest.comparison.same_picture


def threshold(false_match_rate: str) -> float:
    return ModelStore(ROOT / "models/manifest.toml", WEIGHTS).threshold(false_match_rate)


def pixels(data: bytes) -> NDArray[np.uint8]:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


@cache
def portrait(crop: pictures.Crop = pictures.FIRST_PORTRAIT) -> bytes:
    """JPEG 2000, 300x400, 15 KB."""
    return pictures.portrait(PHOTOGRAPHS, crop)


@cache
def live(crop: pictures.Crop = pictures.FIRST_LIVE) -> Image.Image:
    """A frame of the camera, 640x480."""
    return Image.open(io.BytesIO(pictures.live(PHOTOGRAPHS, crop))).convert("RGB")


# Networks written here


def nobody(tensor: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """A detector that never sees a face."""
    cells = [tensor.shape[2] * tensor.shape[3] // stride**2 for stride in (8, 16, 32)]
    return [np.zeros((1, count, width), np.float32) for width in (1, 1, 4, 10) for count in cells]


def bright(tensor: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """A detector that takes what is brightest in the picture for a face; its corners for points."""
    answer = nobody(tensor)
    rows, columns = np.nonzero(tensor[0, 1] > 250)
    if len(rows):
        left, top, right, bottom = columns.min(), rows.min(), columns.max() + 1, rows.max() + 1
        middle = (left + right) / 2, (top + bottom) / 2
        points = [(left, top), (right, top), middle, (left, bottom), (right, bottom)]
        answer[0][0, 0], answer[3][0, 0] = 1, 1
        answer[6][0, 0, :2] = np.array(middle) / 8
        answer[6][0, 0, 2:] = np.log(np.array([right - left, bottom - top]) / 8)
        answer[9][0, 0] = np.array(points, np.float32).ravel() / 8
    return answer


def embedder(
    network: Network,
    *,
    weight: float = 1.0,
    centre: tuple[float, ...] = (0.0, 0.0),
    mirrored: bool = True,
) -> Embedder:
    """An embedder of faces aligned as most want them."""
    return Embedder(network, ARCFACE, weight, np.array(centre, np.float32), mirrored)
