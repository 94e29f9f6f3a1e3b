"""A still, told from a camera: how much must repeat, and how exactly."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from edge.face.pad.cue import Cue, CueName
from edge.face.pad.stillness import Stillness
from tests.support.face.drawn import SIZE, noise
from tests.support.face.faces import face


def repeated(differences: Sequence[bool]) -> Cue:
    """Frames of which each is the one before, or another."""
    cue, known, seed = Stillness(), face(), 0
    for differs in (True, *differences):
        seed += differs
        cue.see(noise(seed), known)
    return cue.cue()


@pytest.mark.parametrize(
    ("same", "score"), [(0, 1.0), (1, 1.0), (2, 0.5), (3, 0.0), (4, -0.5), (5, -1.0), (6, -1.0)]
)
def test_from_one_repetition_in_ten_to_one_in_two_a_camera_becomes_a_still(
    same: int, score: float
) -> None:
    assert repeated([False] * same + [True] * (10 - same)).score == pytest.approx(score)


def test_five_pairs_of_frames_are_enough() -> None:
    assert repeated([False] * 4) == Cue.unknown(CueName.STILLNESS)
    assert repeated([False] * 5) == Cue(CueName.STILLNESS, -1.0, 1.0)


@pytest.mark.parametrize(("share", "score"), [(0.22, -1.0), (0.28, 1.0)])
def test_a_quarter_of_a_grey_level_is_no_repetition(share: float, score: float) -> None:
    """The noise of a codec, and not of a sensor."""
    cue, known = Stillness(), face()
    for seed in range(6):
        brighter = np.random.default_rng(seed).random((*SIZE, 1)) < (1 - (1 - 2 * share) ** 0.5) / 2
        cue.see(noise() + brighter.astype(np.uint8), known)
    assert cue.cue().score == score


@pytest.mark.parametrize(("shift", "score"), [(3, -1.0), (-3, -1.0), (4, 1.0), (-4, 1.0)])
@pytest.mark.parametrize("axis", [0, 1])
def test_a_still_may_be_shifted_by_three_pixels_more_than_the_landmarks_say(
    shift: int, score: float, axis: int
) -> None:
    cue, known = Stillness(), face()
    for number in range(6):
        cue.see(np.roll(noise(), shift * (number % 2), axis), known)
    assert cue.cue().score == score


def test_only_the_middle_of_the_face_is_compared() -> None:
    """48 pixels of it, around the mean of the landmarks: 320, 240."""
    x, y = face().landmarks.mean(0).round().astype(int)

    def said(wide: int) -> float:
        cue = Stillness()
        for seed in range(6):
            frame = noise(seed)
            rows, columns = slice(y - wide, y + wide), slice(x - wide, x + wide)
            frame[rows, columns] = noise()[rows, columns]
            cue.see(frame, face())
        return cue.cue().score

    assert said(27) == -1
    assert said(23) == 1


def test_nothing_of_a_frame_is_kept_once_the_next_one_is_there() -> None:
    cue = Stillness()
    cue.see(noise(0), face())
    first = cue._last
    cue.see(noise(1), face())
    second = cue._last
    assert first is not None
    assert second is not None
    assert not first[0].any()
    assert second[0].any()
    cue.wipe()
    assert cue._last is None
    assert not second[0].any()
