"""Every measure of a face, and what a traveller is told when it is poor."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.face import DetectedFace, Hint
from edge.face.pad.liveness import LEAST_EYES
from edge.face.quality import LEAST, WEIGHTS, hint_for, is_usable, measure, unified
from tests.support.face import faces
from tests.support.face.faces import FRAME, face, with_landmark
from tests.support.face.good_picture import ANOTHER_LIVE, good
from tools.specimen.pictures import FIRST_LIVE, SECOND_LIVE, Crop


def measured(known: DetectedFace, others: int = 0, bystanders: int = 0) -> dict[str, int]:
    return measure(known, others, good()[1], FRAME, bystanders)


def hint(known: DetectedFace, others: int = 0) -> Hint | None:
    return hint_for(measured(known, others), known, good()[1], FRAME)


@pytest.mark.parametrize("crop", [FIRST_LIVE, SECOND_LIVE, ANOTHER_LIVE])
def test_a_good_picture_is_good_in_every_measure_and_needs_no_hint(crop: Crop) -> None:
    found = faces.pipeline().observe(np.asarray(faces.live(crop)))
    assert found.quality.keys() == WEIGHTS.keys()
    assert min(found.quality.values()) >= 40
    assert found.overall >= 80
    assert found.usable
    assert found.hint is None


def test_every_measure_lies_between_0_and_100() -> None:
    rng = np.random.default_rng(1)
    pictures = [
        rng.uniform(low, high, (112, 112, 3)) for low, high in ((0, 1), (0, 255), (254, 300))
    ]
    for size in (5.0, 200.0, 900.0):
        for x in (-400.0, 320.0, 2000.0):
            for aligned in (*pictures, np.zeros((112, 112, 3)), np.full((112, 112, 3), 255.0)):
                known = face((x, 240.0), size, turned=size)
                found = measure(known, 3, aligned.astype(np.float32), FRAME, 9)
                assert all(0 <= value <= 100 for value in found.values()), found


def test_far_away_come_closer() -> None:
    assert hint(face(size=75.0)) is Hint.COME_CLOSER
    assert measured(face(size=75.0))["inter_eye"] < LEAST


def test_whoever_is_near_enough_to_be_compared_is_looked_at_for_attacks() -> None:
    def compared(eyes: float) -> bool:
        return measured(face(size=112 * eyes / 35.238))["inter_eye"] >= LEAST

    assert not any(compared(eyes) for eyes in np.arange(10, LEAST_EYES + 0.01, 0.1))
    assert compared(LEAST_EYES + 0.5)


@pytest.mark.parametrize(("eyes", "value"), [(15.5, 0), (45.2, 50), (75.0, 100), (90.0, 100)])
def test_the_distance_of_the_eyes_counts_in_pixels(eyes: float, value: int) -> None:
    known = face(size=112 * eyes / 35.238)
    assert measured(known)["inter_eye"] == pytest.approx(value, abs=1)


def test_too_near_step_back() -> None:
    near = face(size=480.0)
    assert hint(near) is Hint.STEP_BACK
    assert hint(face((320.0, 0.0), 300.0)) is Hint.STEP_BACK


@pytest.mark.parametrize(("x", "expected"), [(60.0, Hint.MOVE_LEFT), (590.0, Hint.MOVE_RIGHT)])
def test_aside_move_the_other_way_as_the_traveller_sees_it(x: float, expected: Hint) -> None:
    assert hint(face((x, 240.0))) is expected


@pytest.mark.parametrize(
    "centre", [(10.0, 240.0), (630.0, 240.0), (320.0, 5.0), (320.0, 475.0)], ids=str
)
def test_a_face_cut_off_on_any_side_is_not_centred(centre: tuple[float, float]) -> None:
    assert measured(face((320.0, 240.0)))["centring"] == 100
    assert measured(face(centre))["centring"] == 0


@pytest.mark.parametrize("y", [5.0, 475.0], ids=["above", "below"])
def test_a_face_cut_off_above_or_below_steps_back(y: float) -> None:
    assert hint(face((320.0, 240.0))) is None
    assert hint(face((320.0, y))) is Hint.STEP_BACK


@pytest.mark.parametrize("across", [-25.0, 25.0])
def test_a_head_turned_aside_look_straight(across: float) -> None:
    aside = with_landmark(face(), 2, across, 0)
    assert measured(aside)["yaw"] < LEAST
    assert hint(aside) is Hint.LOOK_STRAIGHT


@pytest.mark.parametrize(("down", "expected"), [(-22.0, Hint.LOWER_CHIN), (20.0, Hint.RAISE_CHIN)])
def test_a_chin_raised_or_lowered(down: float, expected: Hint) -> None:
    assert hint(with_landmark(face(), 2, 0, down)) is expected


@pytest.mark.parametrize("degrees", [-36.0, 36.0])
def test_a_head_leaning_hold_it_upright(degrees: float) -> None:
    assert hint(face(turned=degrees)) is Hint.HOLD_UPRIGHT


@pytest.mark.parametrize("degrees", [-15.0, 15.0])
def test_a_head_hardly_leaning_will_do(degrees: float) -> None:
    assert hint(face(turned=degrees)) is None


def test_a_face_upside_down_is_no_pose() -> None:
    assert measured(face(turned=180.0))["roll"] == 0


def test_landmarks_in_one_point_are_measured_too() -> None:
    nowhere = DetectedFace(face().box, np.full((5, 2), 300, np.float32), 0.9)
    assert measured(nowhere)["inter_eye"] == 0
    assert hint(nowhere) is Hint.COME_CLOSER


def test_two_people_one_person() -> None:
    assert measured(face(), others=1)["one_face"] == 0
    assert hint(face(), others=1) is Hint.ONE_PERSON


def test_a_hall_full_of_people_is_worse_but_no_fault_of_the_traveller() -> None:
    values = [measured(face(), bystanders=count)["background"] for count in range(12)]
    assert values == sorted(values, reverse=True)
    assert values[0] == 100
    assert min(values) == LEAST


# One score of them all.

measures = st.fixed_dictionaries({name: st.integers(0, 100) for name in WEIGHTS})


@given(measures)
def test_the_unified_score_lies_between_the_poorest_and_the_best_measure(
    known: dict[str, int],
) -> None:
    assert min(known.values()) - 1 <= unified(known) <= max(known.values()) + 1


@given(measures, st.sampled_from(sorted(WEIGHTS)), st.integers(1, 100))
def test_the_unified_score_never_falls_when_a_measure_rises(
    known: dict[str, int], name: str, more: int
) -> None:
    better = {**known, name: min(known[name] + more, 100)}
    assert unified(better) >= unified(known)


def test_one_poor_measure_outweighs_the_good_ones() -> None:
    fine = dict.fromkeys(WEIGHTS, 90)
    assert unified({**fine, "eyes": 5}) < unified(dict.fromkeys(WEIGHTS, 70))
    assert unified(fine) == 90


def test_nothing_measured_is_nothing() -> None:
    assert unified({}) == 0
    assert not is_usable({})


@given(measures)
def test_usable_is_what_has_no_poor_measure(known: dict[str, int]) -> None:
    assert is_usable(known) == all(value >= LEAST for value in known.values())


@pytest.mark.parametrize("name", WEIGHTS)
def test_every_poor_measure_has_a_hint(name: str) -> None:
    """Who is not compared is told why."""
    fine, (known, aligned) = dict.fromkeys(WEIGHTS, 100), good()
    if name != "background":  # never poor: nobody can clear a hall
        assert hint_for({**fine, name: LEAST - 1}, known, aligned, FRAME) is not None
    assert hint_for({**fine, name: LEAST}, known, aligned, FRAME) is None
