"""The limits of every measure of quality, as docs/face-quality.md names them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from edge.face import DetectedFace, Hint, light, sharpness, visibility
from edge.face.pose import Pose, pose_of
from edge.face.quality import hint_for, is_usable, measure, unified
from edge.face.regions import Regions
from tests.support.face import degraded
from tests.support.face.degraded import Aligned
from tests.support.face.faces import FRAME, face, with_landmark
from tests.support.face.good_picture import good
from tests.support.face.heads import seen

Limit = tuple[Callable[[Regions], float], float, float]
"""A figure of a face, the value of it that is worth nothing, and the one that is worth 100."""

LIMITS: Mapping[str, Sequence[Limit]] = {
    "sharpness": (
        (lambda it: sharpness.blur(it.grey), 3.4, 0.8),
        (lambda it: sharpness.blur(it.grey), 2.35, 2.15),
    ),
    "exposure": ((light.brightest, 18, 66), (light.burnt, 0.45, 0.05)),
    "contrast": ((light.contrast, 0.08, 0.34),),
    "evenness": ((light.unevenness, 4.8, 0.3),),
    "eyes": (
        (visibility.under_eyes, 0.08, 0.36),
        (lambda it: visibility.pupils(it, light.contrast(it)), 0.15, 0.75),
        (lambda it: visibility.openness(it, light.contrast(it)), 0.02, 0.16),
    ),
    "mouth": ((lambda it: visibility.lips(it, light.contrast(it)), 0.08, 0.45),),
    "shade": ((light.between_eyes, 0.1, 0.5),),
}


def smeared(aligned: Aligned, where: tuple[slice, slice], share: float) -> Aligned:
    """A part of the face loses some of its edges."""
    changed = aligned.copy()
    changed[where] = aligned[where] * (1 - share) + aligned[where].mean((0, 1)) * share
    return changed


def pictures() -> Iterator[Aligned]:
    """A good picture made worse in every way, step by step."""
    _, aligned = good()
    for deviation in np.linspace(1.7, 2.6, 19):
        yield degraded.blurred(aligned, deviation)
    for step in np.linspace(0, 1, 13):
        yield degraded.blurred(aligned, 0.5 + 3.5 * step)
        yield degraded.exposed(aligned, 6 * step)
        yield degraded.exposed(aligned, -8 * step)
        yield degraded.hazy(aligned, step)
        yield degraded.lit_from_the_side(aligned, 6 * step)
        yield degraded.under_a_brim(aligned, 1.02 - step)
        yield degraded.with_dark_glasses(aligned, 1.02 - step)
        yield smeared(aligned, (slice(40, 66), slice(24, 88)), step)
        yield smeared(aligned, (slice(80, 106), slice(36, 76)), step)
        yield narrowed(aligned, step)


def narrowed(aligned: Aligned, share: float) -> Aligned:
    """The whites of the eyes, and what is beside them, take the colour of the column's middle."""
    changed = aligned.copy()
    for left in (24, 60):
        rows = slice(44, 62)
        part = aligned[rows, left : left + 28]
        changed[rows, left : left + 28] = part * (1 - share) + part.mean(1, keepdims=True) * share
    return changed


def worth(value: float, nothing: float, everything: float) -> int:
    share = (value - nothing) / (everything - nothing)
    return round(100 * min(max(share, 0), 1))


def test_each_figure_counts_from_its_one_limit_to_the_other() -> None:
    known, _ = good()
    at_work = set()
    for aligned in pictures():
        found = measure(known, 0, aligned, FRAME)
        regions = Regions.of(aligned, known.landmarks)
        for name, limits in LIMITS.items():
            values = [worth(figure(regions), *ends) for figure, *ends in limits]
            assert found[name] == min(values), name
            if 0 < found[name] < 100:
                at_work.add((name, values.index(min(values))))
    assert at_work >= {(name, at) for name, limits in LIMITS.items() for at in range(len(limits))}


@pytest.mark.parametrize(
    ("name", "nothing", "everything", "turned"),
    [
        ("yaw", 33.0, 2.0, lambda degrees: seen(degrees, 0, 0)),
        ("pitch", 28.0, 1.0, lambda degrees: seen(0, degrees, 0)),
        ("roll", 40.0, 3.0, lambda degrees: seen(0, 0, degrees)),
    ],
)
def test_each_angle_counts_from_its_one_limit_to_the_other_on_either_side(
    name: str,
    nothing: float,
    everything: float,
    turned: Callable[[float], NDArray[np.float64]],
) -> None:
    _, aligned = good()
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        degrees = nothing + (everything - nothing) * share
        for side in (1, -1):
            known = DetectedFace(face().box, turned(side * degrees).astype(np.float32), 0.9)
            assert measure(known, 0, aligned, FRAME)[name] == pytest.approx(100 * share, abs=1)


@pytest.mark.parametrize(
    ("x", "value"), [(320.0, 100), (224.0, 100), (416.0, 100), (128.0, 50), (512.0, 50), (32.0, 0)]
)
def test_the_place_across_the_frame_counts(x: float, value: int) -> None:
    """Worth nothing at a twentieth of the width from the edge, and all at 0.35."""
    _, aligned = good()
    assert measure(face((x, 240.0), 40.0), 0, aligned, FRAME)["centring"] == pytest.approx(value, 1)


@pytest.mark.parametrize(
    ("number", "across", "down", "whole"),
    [
        (0, 0, 240, True),
        (0, -0.1, 240, False),
        (0, 100, 0, True),
        (0, 100, -0.1, False),
        (1, 639.5, 240, True),
        (1, 640, 240, False),
        (4, 400, 479.5, True),
        (4, 400, 480, False),
    ],
)
def test_a_point_at_the_edge_of_the_frame_is_in_it_and_one_beyond_is_not(
    number: int, across: float, down: float, whole: bool
) -> None:
    known, (_, aligned) = face(), good()
    landmarks = known.landmarks.copy()
    landmarks[number] = across, down
    cut = DetectedFace(known.box, landmarks, 0.9)
    assert (measure(cut, 0, aligned, FRAME)["centring"] == 100) is whole
    above_or_below = not whole and number in {0, 4} and across >= 0
    said = hint_for({"centring": 100}, cut, aligned, FRAME)
    assert (said is Hint.STEP_BACK) is above_or_below


@pytest.mark.parametrize(("height", "fills"), [(456.0, False), (457.0, True)])
def test_a_face_may_fill_95_hundredths_of_the_height(height: float, fills: bool) -> None:
    """Of 480 rows."""
    known, (_, aligned) = face(), good()
    box = np.array([240, 10, 160, height], np.float32)
    said = hint_for({"yaw": 100}, DetectedFace(box, known.landmarks, 0.9), aligned, FRAME)
    assert (said is Hint.STEP_BACK) is fills


def test_a_picture_is_compared_from_25_on() -> None:
    assert is_usable({"yaw": 25, "eyes": 100})
    assert not is_usable({"yaw": 24, "eyes": 100})
    known, aligned = good()
    assert hint_for({"yaw": 25}, known, aligned, FRAME) is None
    assert hint_for({"yaw": 24}, known, aligned, FRAME) is Hint.LOOK_STRAIGHT


def test_each_face_far_behind_costs_15() -> None:
    _, aligned = good()
    found = [measure(face(), 0, aligned, FRAME, far)["background"] for far in range(7)]
    assert found == [100, 85, 70, 55, 40, 25, 25]
    assert measure(face(), 0, aligned, FRAME)["background"] == 100
    assert measure(face(), 0, aligned, FRAME)["one_face"] == 100


WEIGHTS = {
    "inter_eye": 0.25, "yaw": 2.0, "pitch": 1.0, "roll": 0.25, "sharpness": 1.5, "exposure": 2.0,
    "contrast": 0.25, "evenness": 1.0, "eyes": 2.0, "mouth": 0.5, "shade": 1.25, "centring": 0.25,
    "one_face": 1.0, "background": 0.25,
}  # fmt: skip


def test_a_measure_weighs_as_much_as_was_calibrated() -> None:
    """Their sum is 13.5."""
    for name, weight in WEIGHTS.items():
        for value in (50, 1):
            expected = round(100 * (value / 100) ** (weight / 13.5))
            assert unified({**dict.fromkeys(WEIGHTS, 100), name: value}) == expected, name


def test_a_measure_of_nothing_counts_as_a_thousandth() -> None:
    assert unified({"yaw": 0, "exposure": 100}) == round(100 * 0.001**0.5)
    assert unified({"yaw": 0}) == 0
    assert unified({"yaw": 100}) == 100


# What decides between two hints


def test_in_the_middle_the_traveller_moves_to_the_right() -> None:
    """A face cut off at the side, whose box is centred."""
    _, aligned = good()
    for x, expected in ((319.0, Hint.MOVE_LEFT), (320.0, Hint.MOVE_RIGHT)):
        known = face((x, 240.0))
        assert hint_for({"centring": 0}, known, aligned, FRAME) is expected


@pytest.mark.parametrize(
    ("down", "expected"), [(-4.0, Hint.LOWER_CHIN), (4.0, Hint.RAISE_CHIN), (None, Hint.RAISE_CHIN)]
)
def test_a_chin_that_is_not_up_is_to_be_raised(down: float | None, expected: Hint) -> None:
    _, aligned = good()
    straight = seen(0, 0, 0).astype(np.float32)
    known = DetectedFace(face().box, straight, 0.9)
    if down is None:
        known = DetectedFace(face().box, np.full((5, 2), 300, np.float32), 0.9)
        assert pose_of(known.landmarks) == Pose(0, 0, 0)
    else:
        known = with_landmark(known, 2, 0, down)
    assert hint_for({"pitch": 0}, known, aligned, FRAME) is expected


@pytest.mark.parametrize(("rows", "expected"), [(6, Hint.MORE_LIGHT), (7, Hint.LESS_LIGHT)])
def test_a_tenth_of_the_face_burnt_is_too_much_light(rows: int, expected: Hint) -> None:
    """Six rows of 62 are less than a tenth, seven are more."""
    aligned = np.full((112, 112, 3), 100, np.float32)
    aligned[36 : 36 + rows] = 255
    landmarks = face().landmarks
    known = DetectedFace(face().box, landmarks, 0.9)
    assert hint_for({"exposure": 0}, known, aligned, FRAME) is expected


@pytest.mark.parametrize(
    ("grey", "expected"), [(100.0, Hint.MORE_LIGHT), (140.0, Hint.MORE_LIGHT),
                           (60.0, Hint.TAKE_OFF_HAT)]
)  # fmt: skip
def test_a_forehead_as_bright_as_the_face_is_under_no_brim(grey: float, expected: Hint) -> None:
    aligned = np.full((112, 112, 3), 100, np.float32)
    aligned[:32] = grey
    assert hint_for({"shade": 0}, face(), aligned, FRAME) is expected
