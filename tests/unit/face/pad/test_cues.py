"""Each cue on a head that moves, and on pictures of one."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from drivers.virtual.performance import Act
from edge.face import DetectedFace, FaceTemplate
from edge.face.pad.continuity import Continuity, Recognition
from edge.face.pad.cue import Cue, CueName, ramp
from edge.face.pad.grid import Grid
from edge.face.pad.relief import Relief, nose
from edge.face.pad.stillness import Stillness
from edge.face.pad.surroundings import Surroundings
from edge.face.pad.texture import SIDE, Texture
from tests.support.face.faces import face, with_landmark
from tests.support.face.presented import sequence, texture

RECOGNITION = Recognition(same=0.55, other=0.4)
FLAT = (Act.PHOTO, Act.BENT_PHOTO, Act.MASK)


def test_a_cue_keeps_within_its_bounds() -> None:
    assert Cue.of(CueName.GRID, 7.0, 9.0) == Cue(CueName.GRID, 1.0, 1.0)
    assert Cue.of(CueName.GRID, -7.0, -1.0) == Cue(CueName.GRID, -1.0, 0.0)


@pytest.mark.parametrize("numbers", [(np.nan, 1.0), (1.0, np.nan), (np.nan, np.nan)])
def test_a_cue_of_no_numbers_knows_nothing(numbers: tuple[float, float]) -> None:
    assert Cue.of(CueName.GRID, *numbers) == Cue.unknown(CueName.GRID)


@pytest.mark.parametrize("numbers", [(2.0, 1.0), (-2.0, 1.0), (0.0, 2.0), (0.0, -1.0), (np.nan, 1)])
def test_a_cue_outside_its_bounds_is_refused(numbers: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match=r"a score of -1\.\.1"):
        Cue(CueName.GRID, *numbers)


def test_a_ramp_goes_up_or_down() -> None:
    assert [ramp(x, 0, 2) for x in (-1, 0, 1, 2, 3)] == [0, 0, 0.5, 1, 1]
    assert [ramp(x, 2, 0) for x in (-1, 0, 1, 2, 3)] == [1, 1, 0.5, 0, 0]


# Stillness


def still(act: Act) -> Cue:
    cue = Stillness()
    for frame, found in sequence(act):
        cue.see(frame, found)
    said = cue.cue()
    cue.wipe()
    cue.wipe()
    return said


def test_a_camera_that_looks_at_somebody_never_repeats_itself() -> None:
    assert still(Act.LIVE) == Cue(CueName.STILLNESS, 1.0, 1.0)
    assert still(Act.PHOTO) == Cue(CueName.STILLNESS, 1.0, 1.0)


def test_a_frozen_frame_repeats_itself() -> None:
    assert still(Act.STILL) == Cue(CueName.STILLNESS, -1.0, 1.0)


def test_a_frozen_frame_that_is_shifted_about_is_still_one() -> None:
    frame, found = sequence(Act.STILL)[0]
    cue = Stillness()
    for across, down in ((0, 0), (3, 1), (5, 2), (2, 4), (-2, 3), (-4, 1), (-3, -2), (1, -3)):
        cue.see(np.roll(frame, (down, across), (0, 1)), found.moved(across + 0.4, down - 0.3))
    assert cue.cue().score == -1


def test_two_frames_are_too_few_to_call_anything_frozen() -> None:
    frame, found = sequence(Act.STILL)[0]
    cue = Stillness()
    cue.see(frame, found)
    cue.see(frame, found)
    assert cue.cue() == Cue.unknown(CueName.STILLNESS)


# Relief


def relief(act: Act, count: int = 16) -> Relief:
    cue = Relief()
    for frame, found in sequence(act, count=count):
        cue.see(frame, found)
    return cue


def test_the_nose_of_a_head_moves_before_the_rest() -> None:
    cue = relief(Act.LIVE)
    parallax, noise = cue.measured
    assert parallax > 2 * noise
    assert cue.cue().score > 0.3
    assert cue.cue().certainty > 0.5


@pytest.mark.parametrize("act", FLAT)
def test_the_nose_of_a_picture_does_not(act: Act) -> None:
    said = relief(act).cue()
    assert said.score * said.certainty <= 0


def test_too_few_frames_show_no_relief() -> None:
    cue = relief(Act.LIVE, 4)
    assert cue.cue() == Cue.unknown(CueName.RELIEF)
    assert cue.measured == (0.0, 0.0)
    assert cue.turned == 0


def test_frames_that_do_not_fit_the_first_are_left_out() -> None:
    """Noise where the face was: nothing is measured by it."""
    coarse = np.random.default_rng(1).integers(0, 2, (120, 160, 1)) * 255
    noise = coarse.repeat(4, 0).repeat(4, 1).repeat(3, 2).astype(np.uint8)
    cue = Relief()
    frame, found = sequence(Act.LIVE)[0]
    cue.see(frame, found)
    for _ in range(12):
        cue.see(noise, found)
    assert cue.cue() == Cue.unknown(CueName.RELIEF)
    cue.wipe()


def test_a_large_turn_is_seen_by_the_landmarks_alone() -> None:
    frame, found = sequence(Act.LIVE)[0]
    cue = Relief()
    for number in range(12):
        cue.see(frame, with_landmark(found, 2, 14.0 * (number // 4), 0))
    assert cue.turned > 0.07
    assert cue.cue() == Cue(CueName.RELIEF, 1.0, 1.0)


def test_the_place_of_the_nose_does_not_depend_on_how_a_picture_is_held() -> None:
    known = face()
    tilted = np.array([[0.8, 0.1], [-0.2, 1.1]])
    held = DetectedFace(known.box, (known.landmarks @ tilted.T + 7).astype(np.float32), 0.9)
    assert np.allclose(nose(known), nose(held), atol=1e-4)
    assert np.allclose(nose(with_landmark(known, 2, 5, 0))[0], 5 / known.inter_eye, atol=1e-2)


def test_landmarks_in_one_place_have_no_nose() -> None:
    nowhere = DetectedFace(face().box, np.zeros((5, 2), np.float32), 0.9)
    assert np.array_equal(nose(nowhere), np.zeros(2))


def test_nothing_of_the_first_face_is_left_when_wiped() -> None:
    cue = relief(Act.LIVE)
    first = cue._first
    assert first is not None
    assert first._first.any()
    cue.wipe()
    assert not first._first.any()
    assert not first._slopes.any()
    Relief().wipe()


# Surroundings


def surroundings(act: Act) -> Surroundings:
    cue = Surroundings()
    for frame, found in sequence(act):
        cue.see(frame, found)
    return cue


def test_behind_a_person_the_hall_stays() -> None:
    said = surroundings(Act.LIVE).cue()
    assert said.score > 0.5
    assert said.certainty > 0.5


def test_what_is_beside_the_face_in_a_photo_goes_with_it() -> None:
    assert surroundings(Act.PHOTO).cue().score < -0.3


def test_where_nothing_moves_nothing_is_known() -> None:
    said = surroundings(Act.STILL).cue()
    assert said.certainty == 0


def test_on_a_bare_wall_nothing_is_known() -> None:
    cue = Surroundings()
    assert cue.measured == ()
    for number in range(12):
        cue.see(np.full((480, 640, 3), 128, np.uint8), face((300.0 + 3 * number, 240.0)))
    assert cue.cue() == Cue.unknown(CueName.SURROUNDINGS)


def test_the_strips_are_wiped() -> None:
    cue = surroundings(Act.LIVE)
    strips = cue._strips
    cue.wipe()
    assert all(not strip._first.any() and not strip._slopes.any() for strip in strips)


# Grid


def grid(act: Act) -> Cue:
    cue = Grid()
    for frame, found in sequence(act):
        cue.see(frame, found)
    return cue.cue()


def test_a_screen_has_a_grid() -> None:
    assert grid(Act.SCREEN).score < -0.9


@pytest.mark.parametrize("act", [Act.LIVE, Act.PHOTO])
def test_skin_has_none(act: Act) -> None:
    assert grid(act).score == 0


def test_a_grid_in_one_frame_is_none() -> None:
    cue = Grid()
    assert cue.measured == 0
    cue.see(*sequence(Act.SCREEN)[0])
    assert cue.cue() == Cue.unknown(CueName.GRID)


# Texture


@pytest.mark.parametrize(("answer", "expected"), [(-20.0, -1.0), (-4.0, 0.0), (20.0, 1.0)])
def test_what_the_network_says_is_taken_as_odds(answer: float, expected: float) -> None:
    def network(tensor: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        assert tensor.shape == (1, 3, SIDE, SIDE)
        assert tensor.dtype == np.float32
        assert 0 <= tensor.min() <= tensor.max() <= 255
        return [np.array([[answer, 0.0, -20.0]], np.float32)]

    cue = Texture(network)
    assert cue.measured == 0
    for frame, found in sequence(Act.LIVE):
        cue.see(frame, found)
    assert cue.cue().score == pytest.approx(expected, abs=1e-3)


def test_the_network_sees_every_fourth_frame() -> None:
    seen = []

    def network(tensor: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        seen.append(tensor.copy())
        return [np.zeros((1, 3), np.float32)]

    cue = Texture(network)
    for frame, found in sequence(Act.LIVE):
        cue.see(frame, found)
    assert len(seen) == len(sequence(Act.LIVE)) / 4


def test_without_a_network_nothing_is_known() -> None:
    cue = Texture(None)
    for frame, found in sequence(Act.LIVE):
        cue.see(frame, found)
    assert cue.cue() == Cue.unknown(CueName.TEXTURE)


def test_the_network_of_the_manifest_finds_the_specimen_alive_rather_than_not() -> None:
    cue = Texture(texture())
    for frame, found in sequence(Act.LIVE):
        cue.see(frame, found)
    assert cue.cue().score > 0


def test_a_face_larger_than_the_frame_is_cut_as_it_is() -> None:
    cue = Texture(lambda tensor: [tensor[:, :, 0, 0]])
    huge = face((320.0, 240.0), 900.0)
    for _ in range(8):
        cue.see(np.full((480, 640, 3), 7, np.uint8), huge)
    assert cue.cue().certainty == 1


# Continuity


def template(*numbers: float) -> FaceTemplate:
    vector = np.zeros(128, np.float32)
    vector[: len(numbers)] = numbers
    return FaceTemplate.of(vector)


def test_the_same_face_goes_on() -> None:
    cue = Continuity(RECOGNITION)
    assert cue.cue() == Cue.unknown(CueName.CONTINUITY)
    cue.see(template(1, 0))
    assert cue.cue() == Cue.unknown(CueName.CONTINUITY)
    cue.see(template(1, 0.2))
    assert cue.cue().score == 1


def test_another_face_is_a_cut_whatever_comes_after() -> None:
    cue = Continuity(RECOGNITION)
    for each in (template(1, 0), template(0, 1), template(1, 0)):
        cue.see(each)
    assert cue.cue().score == -1


@pytest.mark.parametrize("unknown", [0, 1])
def test_a_face_that_cannot_be_compared_is_not_the_same(unknown: int) -> None:
    cue = Continuity(RECOGNITION)
    nobody = FaceTemplate(np.full(128, np.nan, np.float32))
    for number in range(3):
        cue.see(nobody if number == unknown else template(1, 0))
    assert cue.cue().score == -1


def test_the_template_is_wiped_and_the_one_given_is_not_kept() -> None:
    cue = Continuity(RECOGNITION)
    given = template(1, 0)
    cue.see(given)
    kept = cue._first
    assert kept is not None
    assert kept.vector is not given.vector
    cue.wipe()
    assert not kept.vector.any()
    cue.wipe()
