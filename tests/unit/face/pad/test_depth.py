"""A depth sensor: a nose before the face, or one surface."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

import numpy as np
import pytest
from numpy.typing import NDArray

from edge.face import DetectedFace
from edge.face.pad.cue import Cue, CueName
from edge.face.pad.depth import Depth
from tests.support.face.faces import FRAME, face

QUARTER = (120, 160)


def surface(nose_m: float, bend: float = 0.0, tilt: float = 0.0) -> NDArray[np.float32]:
    """A head 60 cm away in a map of a quarter of the frame, whose nose stands out so far."""
    known = face()
    unit = known.inter_eye / 4
    rows, columns = np.mgrid[0 : QUARTER[0], 0 : QUARTER[1]].astype(np.float64)
    x, y = (columns - known.landmarks[2, 0] / 4) / unit, (rows - known.landmarks[2, 1] / 4) / unit
    tip = np.exp(-(x**2 + y**2) / (2 * 0.12**2))
    noise = np.random.default_rng(0).normal(0, 0.0005, QUARTER)
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
    for blind in (np.full(QUARTER, np.nan, np.float32), np.zeros(QUARTER, np.float32)):
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


# Limits, on maps of another shape than the frame

MAP = (240, 160)
"""Rows and columns of a map of the frame: two for one of its pixels, four across."""
SCALE = np.array([160 / 640, 240 / 480])
Shape: TypeAlias = Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]]
SHAPES: Mapping[str, Shape] = {
    "flat": lambda u, v: 0 * u * v,
    "leant aside": lambda u, _: u,
    "leant back": lambda _, v: v,
    "bent across": lambda u, _: u * u,
    "twisted": lambda u, v: u * v,
    "bent down": lambda _, v: v * v,
}


def nosed(
    shape: str, before_m: float, known: DetectedFace, reach: float = 0.15
) -> NDArray[np.float32]:
    """A surface of second order 60 cm away, of which the nose tip alone is so far in front."""
    landmarks = known.landmarks * SCALE
    unit = np.linalg.norm(landmarks[1] - landmarks[0])
    rows, columns = np.mgrid[0 : MAP[0], 0 : MAP[1]]
    x, y = landmarks.mean(0)
    from_tip = np.hypot(columns - landmarks[2, 0], rows - landmarks[2, 1]) / unit
    surface = 0.6 + 0.05 * SHAPES[shape]((columns - x) / unit, (rows - y) / unit)
    return np.asarray(surface - before_m * (from_tip < reach), np.float32)


def askew() -> DetectedFace:
    """A face whose nose is beside the middle of its points."""
    known = face()
    landmarks = known.landmarks.copy()
    landmarks[2] += 20, 12
    return DetectedFace(known.box, landmarks, 0.9)


def depth(metres: NDArray[np.float32], known: DetectedFace, count: int = 3) -> Cue:
    cue = Depth()
    for _ in range(count):
        cue.see(metres, known, FRAME)
    return cue.cue()


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    ("before_m", "score"),
    [(0.0, -1.0), (0.002, -1.0), (0.003, -0.5), (0.004, 0.0), (0.006, 1.0), (0.02, 1.0)],
)
def test_a_nose_counts_from_two_to_six_millimetres_on_any_even_surface(
    shape: str, before_m: float, score: float
) -> None:
    found = depth(nosed(shape, before_m, askew()), askew())
    assert found.score == pytest.approx(score, abs=0.01)
    assert found.certainty == 1


def test_three_maps_are_enough() -> None:
    assert depth(nosed("flat", 0.02, face()), face(), 2) == Cue.unknown(CueName.DEPTH)
    assert depth(nosed("flat", 0.02, face()), face(), 3) == Cue(CueName.DEPTH, 1.0, 1.0)


def test_the_tip_alone_is_measured_and_the_rest_of_the_nose_is_no_face() -> None:
    """Half an eye distance around the tip neither counts as tip nor as face."""
    assert depth(nosed("flat", 0.004, face(), 0.49), face()).score == pytest.approx(0, abs=0.01)
    assert depth(nosed("flat", 0.004, face(), 0.56), face()).score < -0.02
    assert depth(nosed("flat", 0.02, face(), 0.08), face()).score == -1


@pytest.mark.parametrize(("share", "known"), [(0.58, False), (0.62, True)])
def test_of_six_tenths_of_the_face_the_distance_must_be_known(share: float, known: bool) -> None:
    metres = nosed("flat", 0.02, face())
    rows, columns = np.mgrid[0 : MAP[0], 0 : MAP[1]]
    holes = (7 * rows + 3 * columns) % 50 >= 50 * share
    for nothing in (0.0, np.nan, -1.0, np.inf):
        holed = np.where(holes, np.float32(nothing), metres).astype(np.float32)
        assert (depth(holed, face()) != Cue.unknown(CueName.DEPTH)) is known


@pytest.mark.parametrize(("eyes", "known"), [(3.9, False), (4.1, True)])
def test_four_pixels_of_a_map_between_the_eyes_are_enough(eyes: float, known: bool) -> None:
    near = face(size=112 * eyes / 35.238 / SCALE[0])
    assert (depth(nosed("flat", 0.02, near), near) != Cue.unknown(CueName.DEPTH)) is known


@pytest.mark.parametrize(
    ("x", "y", "known"),
    [(320, 240, True), (0, 240, False), (640, 240, False), (320, 0, False), (320, 480, False)],
)
def test_a_face_that_the_map_ends_in_is_measured_by_what_is_seen(
    x: float, y: float, known: bool
) -> None:
    """Half of it is too little only where the tip of the nose is cut off as well."""
    aside = face((x, y), 160.0)
    landmarks = aside.landmarks.copy()
    if not known:
        landmarks[2] += np.sign([x - 320, y - 240]) * 60
    cut = DetectedFace(aside.box, landmarks, 0.9)
    assert (depth(nosed("flat", 0.02, cut), cut) != Cue.unknown(CueName.DEPTH)) is known
