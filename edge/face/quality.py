"""How good a live picture of a face is, and what the traveller can do about it.

Named measures 0..100 in the spirit of ISO/IEC 29794-5; below `LEAST` a picture is not compared.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge.face.detection import Face

LEAST: Final = 25
LARGEST_SHARE: Final = 0.95
"""Of the frame's height that a face may fill."""
MIDDLE_GREY: Final = 128


class Hint(StrEnum):
    """What the traveller should do; the screens have words and pictures for each."""

    NO_FACE = "no-face"
    ONE_PERSON = "one-person"
    COME_CLOSER = "come-closer"
    STEP_BACK = "step-back"
    MOVE_LEFT = "move-left"
    MOVE_RIGHT = "move-right"
    LOOK_STRAIGHT = "look-straight"
    HOLD_STILL = "hold-still"
    MORE_LIGHT = "more-light"
    LESS_LIGHT = "less-light"
    TURN_LEFT = "turn-left"
    """To the traveller's own left; asked when in doubt about a presentation, as the next."""
    TURN_RIGHT = "turn-right"


def measure(
    face: Face, others: int, aligned: NDArray[np.float32], size: tuple[int, int]
) -> dict[str, int]:
    """Every measure of a face; `aligned` is [112, 112, 3], `size` the frame's height and width."""
    grey = aligned @ np.array([0.299, 0.587, 0.114], np.float32)
    centre = grey[28:100, 24:88]
    return {
        "inter_eye": _ramp(face.inter_eye, 25, 75),
        "pose": _pose(face),
        "sharpness": _ramp(_sharpness(grey), 4, 40),
        "exposure": min(
            _ramp(float(centre.mean()), 25, 85), _ramp(235 - float(centre.mean()), 0, 60)
        ),
        "contrast": _ramp(float(centre.std()), 8, 35),
        "centring": _centring(face, size),
        "one_face": 0 if others else 100,
    }


def hint_for(
    quality: Mapping[str, int], face: Face, size: tuple[int, int], light: float
) -> Hint | None:
    """The one thing to change first; None when the picture will do."""
    poor = {name for name, value in quality.items() if value < LEAST}
    # Left and right are the traveller's, who faces the camera: on the left of the picture stands
    # who is too far to the right.
    sideways = Hint.MOVE_LEFT if _offset(face, size) < 0 else Hint.MOVE_RIGHT
    in_order = (
        ("one_face" in poor, Hint.ONE_PERSON),
        ("inter_eye" in poor, Hint.COME_CLOSER),
        (_fills_the_frame(face, size), Hint.STEP_BACK),
        ("centring" in poor, sideways),
        ("pose" in poor, Hint.LOOK_STRAIGHT),
        (bool(poor & {"exposure", "contrast"}), _lighting(light)),
        ("sharpness" in poor, Hint.HOLD_STILL),
    )
    return next((hint for holds, hint in in_order if holds), None)


def _lighting(light: float) -> Hint:
    return Hint.LESS_LIGHT if light > MIDDLE_GREY else Hint.MORE_LIGHT


def brightness(aligned: NDArray[np.float32]) -> float:
    """Mean brightness of a face, 0..255."""
    return float(aligned.mean())


def _ramp(value: float, nothing: float, everything: float) -> int:
    return round(100 * min(max((value - nothing) / (everything - nothing), 0.0), 1.0))


def _pose(face: Face) -> int:
    """Frontal or not, told from five points: coarse, but it needs no further network."""
    return min(
        _ramp(0.55 - _yaw(face), 0, 0.45),
        _ramp(0.35 - _pitch(face), 0, 0.2),
        _ramp(35 - _roll(face), 0, 30),
    )


def _yaw(face: Face) -> float:
    """How far the nose is off the middle between the eyes, in eye distances."""
    eyes = face.landmarks[1] - face.landmarks[0]
    nose = face.landmarks[2] - (face.landmarks[0] + face.landmarks[1]) / 2
    return abs(float(nose @ eyes) / max(float(eyes @ eyes), 1e-6))


def _pitch(face: Face) -> float:
    """How far the nose is off the middle between eyes and mouth, in that distance."""
    middle = (face.landmarks[0] + face.landmarks[1]) / 2
    down = (face.landmarks[3] + face.landmarks[4]) / 2 - middle
    nose = face.landmarks[2] - middle
    return abs(float(nose @ down) / max(float(down @ down), 1e-6) - 0.5)


def _roll(face: Face) -> float:
    """How far the eyes are off the horizontal, in degrees."""
    eyes = face.landmarks[1] - face.landmarks[0]
    return abs(float(np.degrees(np.arctan2(eyes[1], eyes[0]))))


def _centring(face: Face, size: tuple[int, int]) -> int:
    """Nothing when a part of the face is cut off, else by its place across the frame."""
    height, width = size
    x, y = face.landmarks[:, 0], face.landmarks[:, 1]
    if x.min() < 0 or y.min() < 0 or x.max() >= width or y.max() >= height:
        return 0
    return _ramp(0.5 - abs(_offset(face, size)), 0.05, 0.35)


def _fills_the_frame(face: Face, size: tuple[int, int]) -> bool:
    y = face.landmarks[:, 1]
    return bool(face.box[3] > LARGEST_SHARE * size[0] or y.min() < 0 or y.max() >= size[0])


def _offset(face: Face, size: tuple[int, int]) -> float:
    """Where the face is across the frame: -0.5 at the left edge, 0.5 at the right one."""
    return float(face.centre[0]) / size[1] - 0.5


def _sharpness(grey: NDArray[np.float32]) -> float:
    """Variance of the Laplacian, at the scale of the aligned face."""
    inner = grey[1:-1, 1:-1]
    around = grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:]
    return float((around - 4 * inner).var())
