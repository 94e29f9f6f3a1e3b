"""The nose and the skin that relief is measured by, point by point."""

from __future__ import annotations

from math import exp

import numpy as np
import pytest
from numpy.typing import NDArray

from edge.face.alignment import POINTS
from edge.face.detection import DetectedFace
from edge.face.pad import relief
from edge.face.pad.cue import Cue, CueName
from edge.face.pad.relief import Relief, nose
from edge.face.pad.sampling import Grey, at
from tests.support.face.faces import face, with_landmark

Place = tuple[float, float]


def height(x: float, y: float) -> float:
    return float(relief._nose_shape(np.array([x], np.float32), np.array([y], np.float32))[0])


def weight(x: float, y: float) -> float:
    return float(relief._seen_weights(np.array([x], np.float32), np.array([y], np.float32))[0])


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ((56, 73), 1.0),  # the tip
        ((56, 74), 1.0),
        ((56, 50), 0.25),  # the root
        ((56, 61.5), 0.625),
        ((63, 73), exp(-1 / 2)),  # twice as wide at the tip as at the root
        ((49, 73), exp(-1 / 2)),
        ((59.5, 50), 0.25 * exp(-1 / 2)),
        ((52.5, 50), 0.25 * exp(-1 / 2)),
        ((61.25, 61.5), 0.625 * exp(-1 / 2)),
        ((56, 77), exp(-1 / 2)),  # falls off steeply below the tip
        ((56, 80), exp(-4 / 2)),
        ((56, 46), 0.25 * exp(-1 / 2)),  # and above the root
        ((56, 42), 0.25 * exp(-4 / 2)),
        ((59.5, 46), 0.25 * exp(-1)),
    ],
)
def test_a_nose_rises_from_its_root_to_its_tip(place: Place, expected: float) -> None:
    assert height(*place) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ((56, 72), 1 - exp(-((92.3 - 72) ** 2) / 49)),
        ((56 + 34.1, 72), 0.0),  # beyond the skin
        ((56 - 34.1, 72), 0.0),
        ((56, 72 + 40.1), 0.0),
        ((56, 72 - 40.1), 0.0),
        ((56, 92.3), 0.0),  # the mouth
        ((56 + 14, 92.3), 1 - exp(-1)),
        ((56, 92.3 + 7), 1 - exp(-1)),
        ((38.2946, 51.6963), 0.0),  # the eyes
        ((73.5318, 51.5014), 0.0),
        ((38.2946, 51.6963 + 8), 1 - exp(-1)),
        ((73.5318, 51.5014 + 8), 1 - exp(-1)),
        ((73.5318 + 11, 51.5014), 1 - exp(-1)),
        ((56 + 33.9, 72), 1.0),
        ((56 - 33.9, 72), 1.0),
        ((56, 72 - 39.9), 1.0),
    ],
)
def test_the_skin_of_the_face_counts_and_not_eyes_mouth_and_hair(
    place: Place, expected: float
) -> None:
    assert weight(*place) == pytest.approx(expected, abs=0.02)


def test_every_other_pixel_of_the_skin_is_looked_at() -> None:
    columns, rows = relief._X, relief._Y
    assert np.all((columns + rows) % 2 == 0)
    assert 1000 < len(columns) < 34 * 40 * np.pi / 2
    assert all(weight(x, y) > 0.2 for x, y in zip(columns[::50], rows[::50], strict=True))


def test_each_part_moves_most_where_it_lies() -> None:
    """After the surface of second order: the nose, the cheeks, the brow."""
    places = [(56, 74), (33, 76), (79, 76), (56, 38)]
    assert relief._MOVEMENTS.shape[1] == 6 + len(places)
    for part, place in enumerate(places, 6):
        most = int(relief._MOVEMENTS[:, part].argmax())
        assert np.hypot(relief._X[most] - place[0], relief._Y[most] - place[1]) < 2.5
    for part, place in enumerate(places[1:], 7):
        away = np.hypot(relief._X - place[0], relief._Y - place[1])
        assert np.allclose(relief._MOVEMENTS[:, part], np.exp(-((away / 7) ** 2) / 2), atol=1e-5)


def textured(seed: int = 3) -> Grey:
    """Smooth and without a pattern, as skin is."""
    rows, columns = np.mgrid[0:112, 0:112]
    rng = np.random.default_rng(seed)
    grey = np.full((112, 112), 128.0)
    for _ in range(40):
        way, phase = rng.normal(0, 0.25, 2), rng.uniform(0, 2 * np.pi)
        grey += 6 * np.cos(way[0] * columns + way[1] * rows + phase)
    return np.asarray(grey, np.float32)


def moved(grey: Grey, across: NDArray[np.float64], down: NDArray[np.float64]) -> Grey:
    """What lay at a place lies so much further right and down."""
    rows, columns = np.mgrid[0:112, 0:112].astype(np.float32)
    x, y = (columns - across).astype(np.float32), (rows - down).astype(np.float32)
    return at(grey, x.ravel(), y.ravel()).reshape(112, 112)


ROWS, COLUMNS = np.mgrid[0:112, 0:112].astype(np.float64)
U, V = (COLUMNS - 56) / 35, (ROWS - 72) / 35
STILL = np.zeros((112, 112))


def parallax(across: NDArray[np.float64], down: NDArray[np.float64]) -> NDArray[np.float64]:
    first = textured()
    found = relief._Registration(first).parallax(moved(first, across, down))
    assert found is not None
    assert found.shape == (2, 4)
    return found


SURFACES = [
    STILL,
    STILL + 0.6,
    0.5 * U,
    0.5 * V,
    0.4 * U * U,
    0.4 * U * V,
    0.4 * V * V,
]


@pytest.mark.parametrize("surface", range(len(SURFACES)))
def test_no_even_bend_of_a_picture_is_taken_for_a_nose(surface: int) -> None:
    for across, down in ((SURFACES[surface], STILL), (STILL, SURFACES[surface])):
        assert np.abs(parallax(across, down)).max() < 0.06


@pytest.mark.parametrize("part", range(4))
def test_a_part_that_moves_by_itself_is_found_and_by_how_much(part: int) -> None:
    """Nose, cheeks, brow; half a pixel, on top of a picture that moves as a whole."""
    places = [(33, 76), (79, 76), (56, 38)]
    if part == 0:
        shape = relief._nose_shape(COLUMNS.astype(np.float32), ROWS.astype(np.float32))
    else:
        away = np.hypot(COLUMNS - places[part - 1][0], ROWS - places[part - 1][1])
        shape = np.exp(-((away / 7) ** 2) / 2).astype(np.float32)
    lone = 0.5 * shape.astype(np.float64)
    for axis, (across, down) in enumerate(((lone, STILL), (STILL, lone))):
        found = parallax(across + 0.3, down - 0.2)
        assert found[axis, part] == pytest.approx(0.5, abs=0.12)
        found[axis, part] = 0
        assert np.abs(found).max() < 0.12


def test_brighter_light_moves_nothing_and_another_picture_fits_nowhere() -> None:
    first = textured()
    brighter = np.asarray(first * 1.15 + 6, np.float32)
    found = relief._Registration(first).parallax(brighter)
    assert found is not None
    assert np.abs(found).max() < 0.05
    assert relief._Registration(first).parallax(textured(4)) is None


# What is made of it


def alternating(frames: int) -> NDArray[np.float64]:
    return np.where(np.arange(frames) % 2, 1.0, -1.0)


def test_noise_changes_from_frame_to_frame_and_a_nose_slowly() -> None:
    slow = np.zeros((400, 2, 4))
    slow[:, 0, 0] = 0.3 * np.sin(np.arange(400) / 20)
    moved_by, noise = relief._slow_and_quick(slow)
    assert moved_by == pytest.approx(0.3 / np.sqrt(2), rel=0.03)
    assert noise < 0.002
    quick = np.zeros((400, 2, 4))
    quick[:, 0, 0] = np.random.default_rng(1).normal(0, 0.2, 400)
    moved_by, noise = relief._slow_and_quick(quick)
    assert noise == pytest.approx(0.2, rel=0.1)
    assert moved_by < 0.06


def test_a_second_difference_of_noise_has_six_times_its_variance() -> None:
    """1, -2, 1: of a number that alternates between one and minus one it is four."""
    quick = np.zeros((101, 2, 4))
    quick[:, 1, 0] = alternating(101)
    quick[:, 0, 1] = 5.0
    assert relief._slow_and_quick(quick)[0] == 0
    slow = np.sin(np.arange(400) / 20)
    both = np.zeros((400, 2, 4))
    both[:, 1, 0] = 0.3 * slow + 0.03 * alternating(400)
    moved_by, noise = relief._slow_and_quick(both)
    assert noise == pytest.approx(0.03 * 4 / np.sqrt(6), rel=0.03)
    expected = 0.3**2 / 2 + 0.03**2 - (0.03 * 4 / np.sqrt(6)) ** 2
    assert moved_by == pytest.approx(np.sqrt(expected), rel=0.05)


@pytest.mark.parametrize("other", [1, 2, 3])
def test_what_cheeks_or_brow_do_as_well_is_no_nose(other: int) -> None:
    both = np.zeros((400, 2, 4))
    both[:, 0, 0] = 0.3 * np.sin(np.arange(400) / 20)
    both[:, 0, other] = 0.4 * np.cos(np.arange(400) / 17)
    assert relief._slow_and_quick(both)[0] == 0
    both[:, 0, other] *= 0.375
    alone = relief._slow_and_quick(both)[0]
    assert 0.1 < alone < 0.3 / np.sqrt(2)


@pytest.mark.parametrize("axis", [0, 1])
def test_the_axis_with_less_noise_for_its_movement_counts(axis: int) -> None:
    both = np.zeros((400, 2, 4))
    both[:, axis, 0] = 0.2 * np.sin(np.arange(400) / 20)
    both[:, 1 - axis, 0] = 0.4 * np.sin(np.arange(400) / 20) + 0.2 * alternating(400)
    moved_by, noise = relief._slow_and_quick(both)
    assert moved_by == pytest.approx(0.2 / np.sqrt(2), rel=0.03)
    assert noise < 0.01


def known(parallaxes: NDArray[np.float64], turns: NDArray[np.float64] | None = None) -> Relief:
    cue = Relief()
    cue._parallax = list(parallaxes)
    cue._turns = [np.zeros(2)] * len(parallaxes) if turns is None else list(turns)
    return cue


def swaying(amplitude: float, noise: float = 0.0, frames: int = 400) -> NDArray[np.float64]:
    both = np.zeros((frames, 2, 4))
    both[:, 0, 0] = amplitude * np.sin(np.arange(frames) / 20) + noise * alternating(frames)
    return both


@pytest.mark.parametrize(
    ("amplitude", "noise"), [(0.02, 0.0), (0.05, 0.0), (0.1, 0.0), (0.1, 0.03), (0.3, 0.05)]
)
def test_the_score_is_by_ratio_between_noise_and_a_head_that_sways(
    amplitude: float, noise: float
) -> None:
    """0.02 pixels and less are made, 0.1 and more alive; with 0.12 pixels of noise nothing is."""
    cue = known(swaying(amplitude, noise))
    moved_by, noise = cue.measured
    share = np.log(moved_by / 0.02) / np.log(0.1 / 0.02)
    score = 2 * min(max(share, 0), 1) - 1
    certainty = 1 - min(max((noise - 0.04) / 0.08, 0), 1)
    found = cue.cue()
    assert (found.score, found.certainty) == pytest.approx((score, certainty))


def test_a_nose_that_stays_is_made_however_little_it_moves() -> None:
    assert known(swaying(0.0)).cue() == Cue(CueName.RELIEF, -1.0, 1.0)


@pytest.mark.parametrize(("frames", "enough"), [(7, False), (8, True)])
def test_eight_frames_are_enough(frames: int, enough: bool) -> None:
    cue = known(swaying(0.3, frames=frames))
    assert (cue.cue() != Cue.unknown(CueName.RELIEF)) is enough
    assert (cue.measured != (0.0, 0.0)) is enough
    turns = np.zeros((frames, 2))
    turns[frames // 2 :, 0] = 0.2
    assert (known(swaying(0.3, frames=frames), turns).turned > 0) is enough


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize(
    ("step", "expected"),
    [
        (0.08, Cue(CueName.RELIEF, -1.0, 1.0)),  # what the picture itself shows
        (0.11, Cue(CueName.RELIEF, 0.5, 1.0)),
        (0.14, Cue(CueName.RELIEF, 1.0, 1.0)),
        (0.2, Cue(CueName.RELIEF, 1.0, 1.0)),
    ],
)
def test_a_turn_that_the_landmarks_show_counts_from_004_to_007(
    step: float, expected: Cue, axis: int
) -> None:
    """Half of the frames there, half here: the deviation is half of the step."""
    turns = np.zeros((22, 2))
    turns[11:, axis] = step
    cue = known(swaying(0.0), turns)
    assert cue.turned == pytest.approx(step / 2)
    found = cue.cue()
    assert (found.score, found.certainty) == pytest.approx((expected.score, expected.certainty))


def test_a_landmark_that_is_wrong_once_is_no_turn() -> None:
    turns = np.zeros((20, 2))
    turns[7, 0] = 0.5
    assert known(swaying(0.0), turns).turned == 0


@pytest.mark.parametrize(("across", "down"), [(0.085, 0.0), (0.0, -0.085), (0.1, 0.0), (0.0, 0.1)])
def test_a_nose_that_turned_by_009_no_longer_fits_the_first_frame(
    across: float, down: float
) -> None:
    pixels = np.repeat(textured()[..., None], 3, 2).clip(0, 255).astype(np.uint8)
    straight = DetectedFace(face().box, POINTS.astype(np.float32), 0.9)
    eyes = 35.2372
    turned = with_landmark(straight, 2, across * eyes, down * eyes)
    assert nose(turned) - nose(straight) == pytest.approx([across, down], abs=0.001)
    cue = Relief()
    cue.see(pixels, straight)
    cue.see(pixels, turned)
    assert len(cue._parallax) == (max(abs(across), abs(down)) < 0.09)
