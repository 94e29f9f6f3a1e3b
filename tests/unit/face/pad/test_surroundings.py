"""A hall that stays, and one that goes with the face."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from edge.face.pad import surroundings as strips
from edge.face.pad.cue import Cue, CueName
from edge.face.pad.surroundings import Surroundings
from tests.support.face.drawn import SIZE, Picture, grey, noise, share_of
from tests.support.face.faces import face


@cache
def waves() -> NDArray[np.complex128]:
    """A hall without a pattern that repeats, as waves of more than 25 pixels."""
    found = np.fft.rfft2(np.random.default_rng(5).normal(0, 1, SIZE))
    found[np.hypot(np.fft.fftfreq(SIZE[0])[:, None], np.fft.rfftfreq(SIZE[1])) > 0.04] = 0
    return np.asarray(found * 20 / np.fft.irfft2(found, SIZE).std())


def scenery(across: float, down: float) -> Picture:
    """The hall, moved by so many pixels."""
    way = down * np.fft.fftfreq(SIZE[0])[:, None] + across * np.fft.rfftfreq(SIZE[1])
    shown = 128 + np.fft.irfft2(waves() * np.exp(-2j * np.pi * way), SIZE)
    return grey(shown)


WAY = [(0, 0), (3, 1), (5, -2), (2, 3), (-3, 2), (-5, -1), (-2, -3), (1, 2), (4, 0), (-1, 1)]


def followed(share: float, far: float = 1.0, frames: int = 10) -> Surroundings:
    """A face that moves, and a hall that moves with it by a share."""
    cue = Surroundings()
    for across, down in WAY[:frames]:
        hall = scenery(share * far * across, share * far * down)
        cue.see(hall, face((320.0 + far * across, 240.0 + far * down)))
    return cue


@pytest.mark.parametrize("share", [0.0, 0.3, 0.45, 0.6, 1.0])
def test_the_hall_may_move_by_a_fifth_of_the_face_and_a_picture_by_more_than_two_thirds(
    share: float,
) -> None:
    cue = followed(share)
    assert len(cue.measured) == 6
    assert cue.measured == pytest.approx([share] * 6, abs=0.08)
    second = sorted(cue.measured)[-2]
    found = cue.cue()
    assert found.score == pytest.approx(1 - 2 * share_of(second, 0.2, 0.7))
    assert found.certainty == 1


@pytest.mark.parametrize("far", [0.1, 0.2, 0.4, 1.0])
def test_a_face_must_have_moved_by_two_pixels_for_certainty(far: float) -> None:
    way = far * np.array(WAY[1:], np.float64)
    spread = float(np.sqrt(((way - way.mean(0)) ** 2).sum(1).mean()))
    assert followed(0.0, far).cue().certainty == pytest.approx(share_of(spread, 0.6, 2.0), abs=1e-4)


def test_eight_movements_are_enough() -> None:
    assert followed(0.0, frames=8).cue() == Cue.unknown(CueName.SURROUNDINGS)
    assert followed(0.0, frames=8).measured == ()
    assert followed(0.0, frames=9).cue().score == pytest.approx(1)
    assert len(followed(0.0, frames=9).measured) == 6


@pytest.mark.parametrize(("moving", "score"), [(0, 1.0), (1, 1.0), (2, -1.0)])
def test_two_blocks_that_go_with_the_face_are_no_accident(moving: int, score: float) -> None:
    cue = Surroundings()
    for across, down in WAY:
        frame = scenery(0, 0)
        for left, top, wide, high in PLACES[:moving]:
            part = slice(top, top + high), slice(left, left + wide)
            frame[part] = scenery(across, down)[part]
        cue.see(frame, face((320.0 + across, 240.0 + down)))
    assert cue.cue().score == pytest.approx(score, abs=0.05)


PLACES = [
    (153, 120, 67, 57), (153, 176, 67, 57), (153, 232, 67, 57),
    (419, 120, 67, 57), (419, 176, 67, 57), (419, 232, 67, 57),
]  # fmt: skip
"""Blocks beside a face of 160 pixels: left, top, width, height."""


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (160.0, PLACES),
        (80.0, [(left, top, 40, 40)
                for left in (360 - 80 - 9.6 - 40, 280 + 89.6) for top in (180, 208, 236)]),
    ],
)  # fmt: skip
def test_three_blocks_on_each_side_are_beside_the_cheeks(
    size: float, expected: list[tuple[float, float, int, int]]
) -> None:
    found = strips._strips(noise(), face(size=size))
    assert [strip._box for strip in found] == [pytest.approx(box, abs=0.9) for box in expected]
    assert [strip._box[2:] for strip in found] == [box[2:] for box in expected]


def folded(places: NDArray[np.intp]) -> NDArray[np.intp]:
    """Up and down again, every 60 pixels."""
    return np.abs(places % 120 - 60)


@pytest.mark.parametrize(
    ("slopes", "known"), [((1.9, 9), False), ((9, 1.9), False), ((2.2, 2.2), True)]
)
def test_a_wall_must_show_where_it_is(slopes: tuple[float, float], known: bool) -> None:
    """Two grey levels from one joined pixel to the next, across and down."""
    cue = Surroundings()
    rows, columns = np.mgrid[0 : SIZE[0], 0 : SIZE[1]]
    shown = (slopes[0] * folded(columns) + slopes[1] * folded(rows)) / 3
    frame = grey(shown.round())
    for across, down in WAY:
        cue.see(frame, face((320.0 + across, 240.0 + down)))
    assert (cue.cue() != Cue.unknown(CueName.SURROUNDINGS)) is known


@pytest.mark.parametrize(("across", "down"), [(1.5, 0), (0, -1.5), (4, 3), (-8, 6)])
def test_a_block_is_followed_for_a_few_pixels(across: float, down: float) -> None:
    strip = strips._Strip(scenery(0, 0), (150.0, 120.0, 66, 57))
    assert strip.moved(scenery(across, down)) == pytest.approx([across, down], abs=0.15)


def test_a_block_that_is_lost_has_moved_by_six_joined_pixels_at_most() -> None:
    strip = strips._Strip(scenery(0, 0), (150.0, 120.0, 66, 57))
    for seed in range(4):
        assert np.abs(strip.moved(noise(seed))).max() <= 18
    assert strip.moved(scenery(0, 0)) == pytest.approx([0, 0], abs=1e-3)


def test_brighter_light_moves_no_block() -> None:
    strip = strips._Strip(scenery(0, 0), (150.0, 120.0, 66, 57))
    assert strip.moved(scenery(0, 0) + np.uint8(9)) == pytest.approx([0, 0], abs=0.05)
