"""Every measure of a face, and what a traveller is told when it is poor."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from edge.face import Face, Hint
from edge.face.quality import LEAST, brightness, hint_for, measure
from tests.unit.face.faces import FRAME, face, with_landmark

GOOD = {
    "inter_eye": 100,
    "pose": 100,
    "sharpness": 100,
    "exposure": 100,
    "contrast": 100,
    "centring": 100,
    "one_face": 100,
}


def lit(mean: float, spread: float = 40.0) -> NDArray[np.float32]:
    """An aligned face, sharp, as bright and as rich in contrast as that."""
    squares = np.indices((112, 112)).sum(0) % 2 * 2.0 - 1.0
    return np.repeat((mean + spread * squares)[:, :, None], 3, axis=2).astype(np.float32)


def soft(mean: float = 128.0) -> NDArray[np.float32]:
    """An aligned face in good light with no sharp edge anywhere."""
    across = np.linspace(mean - 100, mean + 100, 112)
    return np.repeat(np.tile(across, (112, 1))[:, :, None], 3, axis=2).astype(np.float32)


def measured(
    known: Face, others: int = 0, aligned: NDArray[np.float32] | None = None
) -> dict[str, int]:
    return measure(known, others, lit(128) if aligned is None else aligned, FRAME)


def hint(known: Face, others: int = 0, aligned: NDArray[np.float32] | None = None) -> Hint | None:
    picture = lit(128) if aligned is None else aligned
    found = measure(known, others, picture, FRAME)
    return hint_for(found, known, FRAME, brightness(picture))


def test_a_good_face_is_good_in_every_measure_and_needs_no_hint() -> None:
    found = measured(face(size=250.0))
    assert found.keys() == GOOD.keys()
    assert min(found.values()) >= 90
    assert hint(face(size=250.0)) is None


def test_every_measure_lies_between_0_and_100() -> None:
    for size in (5.0, 200.0, 900.0):
        for x in (-400.0, 320.0, 2000.0):
            for aligned in (lit(0, 0), lit(128), lit(255, 0), lit(500, 500)):
                found = measured(face((x, 240.0), size, turned=size), 3, aligned)
                assert all(0 <= value <= 100 for value in found.values()), found


@pytest.mark.parametrize("name", GOOD)
def test_every_poor_measure_has_a_hint(name: str) -> None:
    """Who is not compared is told why."""
    assert hint_for({**GOOD, name: LEAST - 1}, face(), FRAME, 100.0) is not None
    assert hint_for({**GOOD, name: LEAST}, face(), FRAME, 100.0) is None


def test_far_away_come_closer() -> None:
    assert hint(face(size=80.0)) is Hint.COME_CLOSER
    assert measured(face(size=80.0))["inter_eye"] < LEAST


@pytest.mark.parametrize(("eyes", "value"), [(25.0, 0), (50.0, 50), (75.0, 100), (90.0, 100)])
def test_the_distance_of_the_eyes_counts_in_pixels(eyes: float, value: int) -> None:
    known = face(size=112 * eyes / 35.238)
    assert measured(known)["inter_eye"] == pytest.approx(value, abs=1)


def test_too_close_step_back() -> None:
    assert hint(face(size=470.0)) is Hint.STEP_BACK
    assert hint(face(size=440.0)) is None


@pytest.mark.parametrize("down", [-100.0, 580.0])
def test_a_face_cut_off_above_or_below_step_back(down: float) -> None:
    assert hint(face((320.0, down), 250.0)) is Hint.STEP_BACK
    assert measured(face((320.0, down), 250.0))["centring"] == 0


def test_who_stands_too_far_right_moves_left() -> None:
    """A camera that looks at a traveller has the traveller's right on the left of its picture."""
    assert hint(face((50.0, 240.0))) is Hint.MOVE_LEFT
    assert hint(face((590.0, 240.0))) is Hint.MOVE_RIGHT


@pytest.mark.parametrize("across", [-20.0, 660.0])
def test_a_face_cut_off_at_a_side_moves_too(across: float) -> None:
    sideways = Hint.MOVE_LEFT if across < 320 else Hint.MOVE_RIGHT
    assert hint(face((across, 240.0))) is sideways


def test_centring_falls_towards_both_edges_alike() -> None:
    values = [measured(face((x, 240.0)))["centring"] for x in (320.0, 160.0, 110.0, 70.0)]
    assert values == sorted(values, reverse=True)
    assert values[0] == 100
    assert values[-1] < LEAST
    for x in (160.0, 110.0, 70.0):
        left, right = measured(face((x, 240.0))), measured(face((640 - x, 240.0)))
        assert left["centring"] == right["centring"]


@pytest.mark.parametrize("across", [-30.0, 30.0])
def test_a_head_turned_aside_look_straight(across: float) -> None:
    assert hint(with_landmark(face(), 2, across, 0)) is Hint.LOOK_STRAIGHT


@pytest.mark.parametrize("down", [-25.0, 25.0])
def test_a_head_raised_or_lowered_look_straight(down: float) -> None:
    assert hint(with_landmark(face(), 2, 0, down)) is Hint.LOOK_STRAIGHT


@pytest.mark.parametrize("degrees", [-33.0, 33.0])
def test_a_head_leaning_look_straight(degrees: float) -> None:
    assert hint(face(turned=degrees)) is Hint.LOOK_STRAIGHT


@pytest.mark.parametrize("degrees", [-15.0, 15.0])
def test_a_head_hardly_leaning_will_do(degrees: float) -> None:
    assert hint(face(turned=degrees)) is None


def test_a_face_upside_down_is_no_pose() -> None:
    assert measured(face(turned=180.0))["pose"] == 0


def test_landmarks_in_one_point_are_no_pose() -> None:
    known = face()
    nowhere = Face(known.box, np.full((5, 2), 300, np.float32), 0.9)
    assert measured(nowhere)["inter_eye"] == 0
    assert 0 <= measured(nowhere)["pose"] <= 100


@pytest.mark.parametrize("mean", [5.0, 20.0, 35.0])
def test_dark_more_light(mean: float) -> None:
    assert hint(face(), aligned=lit(mean)) is Hint.MORE_LIGHT


@pytest.mark.parametrize("mean", [225.0, 240.0, 255.0])
def test_glaring_less_light(mean: float) -> None:
    assert hint(face(), aligned=lit(mean)) is Hint.LESS_LIGHT


@pytest.mark.parametrize(("mean", "expected"), [(100.0, Hint.MORE_LIGHT), (160.0, Hint.LESS_LIGHT)])
def test_a_flat_face_is_a_matter_of_light(mean: float, expected: Hint) -> None:
    assert measured(face(), aligned=lit(mean, 10))["contrast"] < LEAST
    assert hint(face(), aligned=lit(mean, 10)) is expected


def test_blurred_hold_still() -> None:
    assert measured(face(), aligned=soft())["sharpness"] == 0
    assert hint(face(), aligned=soft()) is Hint.HOLD_STILL


def test_two_people_one_person() -> None:
    assert measured(face(), others=1)["one_face"] == 0
    assert hint(face(), others=1) is Hint.ONE_PERSON


def test_one_thing_at_a_time_the_most_pressing_first() -> None:
    """Who is not alone need not be told to come closer; who is far off not to hold still."""
    far_aside = face((50.0, 240.0), 60.0, turned=40.0)
    assert hint(far_aside, 1, lit(5)) is Hint.ONE_PERSON
    assert hint(far_aside, 0, lit(5)) is Hint.COME_CLOSER
    assert hint(face((50.0, 240.0), turned=40.0), 0, lit(5)) is Hint.MOVE_LEFT
    assert hint(face(turned=40.0), 0, lit(5)) is Hint.LOOK_STRAIGHT
    assert hint(face(), 0, soft(20).clip(0, 40)) is Hint.MORE_LIGHT


def test_brightness_is_the_mean() -> None:
    assert brightness(lit(60)) == pytest.approx(60, abs=0.01)
