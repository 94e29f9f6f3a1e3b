"""A depth sensor: a nose before the face, or one surface."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from edge.face import DetectedFace
from edge.face.pad.cue import Cue, CueName
from edge.face.pad.depth import Depth
from tests.support.face.faces import FRAME, face

SIZE = (120, 160)


def surface(nose_m: float, bend: float = 0.0, tilt: float = 0.0) -> NDArray[np.float32]:
    """A head 60 cm away in a map of a quarter of the frame, whose nose stands out so far."""
    known = face()
    unit = known.inter_eye / 4
    rows, columns = np.mgrid[0 : SIZE[0], 0 : SIZE[1]].astype(np.float64)
    x, y = (columns - known.landmarks[2, 0] / 4) / unit, (rows - known.landmarks[2, 1] / 4) / unit
    tip = np.exp(-(x**2 + y**2) / (2 * 0.12**2))
    noise = np.random.default_rng(0).normal(0, 0.0005, SIZE)
    return np.asarray(0.6 + bend * x**2 + tilt * y - nose_m * tip + noise, np.float32)


def said(maps: list[NDArray[np.float32]], known: DetectedFace | None = None) -> Cue:
    cue = Depth()
    for each in maps:
        cue.see(each, known or face(), FRAME)
    return cue.cue()


def test_a_head_has_a_nose() -> None:
    assert said([surface(0.025, bend=0.03)] * 4).score > 0.9


@pytest.mark.parametrize(("bend", "tilt"), [(0.0, 0.0), (0.04, 0.0), (0.0, 0.1), (0.05, -0.1)])
def test_a_picture_has_none_however_it_is_bent(bend: float, tilt: float) -> None:
    assert said([surface(0.0, bend, tilt)] * 4).score == -1


def test_where_the_sensor_is_blind_nothing_is_known() -> None:
    for blind in (np.full(SIZE, np.nan, np.float32), np.zeros(SIZE, np.float32)):
        assert said([blind] * 4) == Cue.unknown(CueName.DEPTH)
    holed = surface(0.025)
    holed[:, ::2] = 0
    assert said([holed] * 4) == Cue.unknown(CueName.DEPTH)


def test_two_maps_are_too_few() -> None:
    assert said([surface(0.025)] * 2) == Cue.unknown(CueName.DEPTH)


def test_a_face_too_small_or_at_the_edge_is_not_measured() -> None:
    assert said([surface(0.025)] * 4, face(size=20.0)) == Cue.unknown(CueName.DEPTH)
    assert said([surface(0.025)] * 4, face((-500.0, 240.0))) == Cue.unknown(CueName.DEPTH)


def test_a_nose_outside_what_is_seen_is_not_measured() -> None:
    known = face()
    moved = known.landmarks.copy()
    moved[2] += 2 * known.inter_eye
    assert said([surface(0.025)] * 4, DetectedFace(known.box, moved, 0.9)) == Cue.unknown(
        CueName.DEPTH
    )
