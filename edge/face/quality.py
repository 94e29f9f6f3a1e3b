"""The quality of a live picture of a face: named measures 0..100, and one score of them all.

The measures follow ISO/IEC 29794-5 and ICAO's portrait quality report.  Their ranges come from
pictures of people whom the gate recognised (docs/face-quality.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge.face import light, sharpness, visibility
from edge.face.detection import DetectedFace
from edge.face.hints import Hint, Situation, advise
from edge.face.pose import pose_of
from edge.face.regions import Regions

LEAST: Final = 25
"""A picture with a measure below it is not compared."""
LARGEST_SHARE: Final = 0.95
"""Largest part of the frame's height that a face may fill."""
A_BYSTANDER: Final = 15
"""Each face far behind lowers `background` by so much, but never below `LEAST`."""

WEIGHTS: Final[Mapping[str, float]] = MappingProxyType(
    {
        "inter_eye": 0.25,
        "yaw": 2.0,
        "pitch": 1.0,
        "roll": 0.25,
        "sharpness": 1.5,
        "exposure": 2.0,
        "contrast": 0.25,
        "evenness": 1.0,
        "eyes": 2.0,
        "mouth": 0.5,
        "shade": 1.25,
        "centring": 0.25,
        "one_face": 1.0,
        "background": 0.25,
    }
)
"""Weight of each measure in the unified score.  With these weights the frame with the best score
has the template that is most like other pictures of the same person."""


def measure(
    face: DetectedFace,
    others: int,
    aligned: NDArray[np.float32],
    size: tuple[int, int],
    bystanders: int = 0,
) -> dict[str, int]:
    """Every measure of a face; `aligned` is [112, 112, 3], `size` the frame's height and width.

    `others` are beside the traveller, `bystanders` far behind.
    """
    regions = Regions.of(aligned, face.landmarks)
    pose = pose_of(face.landmarks)
    contrast, blur = light.contrast(regions), sharpness.blur(regions.grey)
    return {
        # Poor below 30 pixels: a match would still work, but pad.liveness looks for no attacks.
        "inter_eye": _ramp(face.inter_eye, 15.5, 75),
        "yaw": _ramp(abs(pose.yaw), 33, 2),
        "pitch": _ramp(abs(pose.pitch), 28, 1),
        "roll": _ramp(abs(pose.roll), 40, 3),
        # Falls slowly, then at once: from 2.3 on many do not match.
        "sharpness": min(_ramp(blur, 3.4, 0.8), _ramp(blur, 2.35, 2.15)),
        "exposure": min(
            _ramp(light.brightest(regions), 18, 66), _ramp(light.burnt(regions), 0.45, 0.05)
        ),
        "contrast": _ramp(contrast, 0.08, 0.34),
        "evenness": _ramp(light.unevenness(regions), 4.8, 0.3),
        "eyes": min(
            _ramp(visibility.under_eyes(regions), 0.08, 0.36),
            _ramp(visibility.pupils(regions, contrast), 0.15, 0.75),
            _ramp(visibility.openness(regions, contrast), 0.02, 0.16),
        ),
        "mouth": _ramp(visibility.lips(regions, contrast), 0.08, 0.45),
        "shade": _ramp(light.between_eyes(regions), 0.1, 0.5),
        "centring": _centring(face, size),
        "one_face": 0 if others else 100,
        "background": max(100 - A_BYSTANDER * bystanders, LEAST),
    }


def unified(measures: Mapping[str, int]) -> int:
    """One score of all measures, 0..100: their weighted geometric mean.

    It rises with every measure.  Several good measures do not make up for a poor one.
    """
    if not measures:
        return 0
    weights = np.array([WEIGHTS[name] for name in measures])
    values = np.array(list(measures.values())) / 100
    return round(100 * float(np.exp(weights @ np.log(values.clip(1e-3)) / weights.sum())))


def is_usable(measures: Mapping[str, int]) -> bool:
    """Whether a picture may be compared: no measure is poor."""
    return bool(measures) and min(measures.values()) >= LEAST


def hint_for(
    measures: Mapping[str, int],
    face: DetectedFace,
    aligned: NDArray[np.float32],
    size: tuple[int, int],
) -> Hint | None:
    """The hint for the first thing to change; None when the picture is good enough."""
    poor = frozenset(name for name, value in measures.items() if value < LEAST)
    fills = _fills_the_frame(face, size)
    if not poor and not fills:
        return None
    regions = Regions.of(aligned, face.landmarks)
    return advise(
        poor,
        Situation(
            fills_the_frame=fills,
            is_left_of_centre=_offset(face, size) < 0,
            chin_is_up=pose_of(face.landmarks).pitch > 0,
            is_overexposed=light.burnt(regions) > 0.1,
            is_under_a_brim=light.forehead(regions) < 1.0,
        ),
    )


def _ramp(value: float, nothing: float, everything: float) -> int:
    return round(100 * min(max((value - nothing) / (everything - nothing), 0.0), 1.0))


def _centring(face: DetectedFace, size: tuple[int, int]) -> int:
    """0 when a part of the face is cut off, else by its place across the frame."""
    height, width = size
    x, y = face.landmarks[:, 0], face.landmarks[:, 1]
    if x.min() < 0 or y.min() < 0 or x.max() >= width or y.max() >= height:
        return 0
    return _ramp(0.5 - abs(_offset(face, size)), 0.05, 0.35)


def _fills_the_frame(face: DetectedFace, size: tuple[int, int]) -> bool:
    y = face.landmarks[:, 1]
    return bool(face.box[3] > LARGEST_SHARE * size[0] or y.min() < 0 or y.max() >= size[0])


def _offset(face: DetectedFace, size: tuple[int, int]) -> float:
    """The place of the face across the frame: -0.5 at the left edge, 0.5 at the right edge."""
    return float(face.centre[0]) / size[1] - 0.5
