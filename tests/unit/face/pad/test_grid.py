"""Waves on a face: how strong, how fine, and in how many frames."""

from __future__ import annotations

import numpy as np
import pytest

from edge.face.pad.cue import Cue, CueName
from edge.face.pad.grid import Grid
from tests.support.face.drawn import SIZE, Picture, grey, share_of
from tests.support.face.faces import face


def waved(amplitude: float, across: float, down: float = 0.0) -> Picture:
    rows, columns = np.mgrid[0 : SIZE[0], 0 : SIZE[1]]
    wave = amplitude * np.cos(2 * np.pi * (across * columns + down * rows))
    shown = 128 + np.random.default_rng(2).normal(0, 4, SIZE) + wave
    return grey(shown)


def gridded(picture: Picture, count: int = 4) -> Grid:
    cue = Grid()
    for _ in range(count):
        cue.see(picture, face())
    return cue


@pytest.mark.parametrize("amplitude", [0.0, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 20.0])
def test_a_wave_is_striking_that_is_a_hundred_times_as_strong_as_others(amplitude: float) -> None:
    """exp(3.7) times is usual, exp(4.7) times is not."""
    cue = gridded(waved(amplitude, 0.25))
    assert cue.cue() == Cue(CueName.GRID, -share_of(cue.measured, 3.7, 4.7), 1.0)


def test_waves_are_compared_with_others_as_fine() -> None:
    """The strongest of so many waves of noise is about as strong as their logarithm says."""
    bare = gridded(waved(0, 0.25)).measured
    assert 1.5 < bare < 3.7
    for across, down in ((0.25, 0.0), (0.0, 0.25), (0.2, 0.2), (0.14, 0.0), (0.45, 0.0)):
        assert gridded(waved(20, across, down)).measured > bare + 3
    for across, down in ((0.08, 0.0), (0.0, 0.06), (0.05, 0.05)):
        assert gridded(waved(20, across, down)).measured == pytest.approx(bare, abs=0.5)


def test_a_wave_twice_as_high_is_four_times_as_strong() -> None:
    once, twice = (gridded(waved(height, 0.25)).measured for height in (15, 30))
    assert twice - once == pytest.approx(np.log(4), abs=0.05)


def test_a_bare_wall_has_no_grid() -> None:
    assert gridded(np.full((*SIZE, 3), 128, np.uint8)).cue() == Cue(CueName.GRID, 0.0, 1.0)


def test_four_frames_are_enough_to_see_a_grid() -> None:
    assert gridded(waved(20, 0.25), 3).cue() == Cue.unknown(CueName.GRID)
    assert gridded(waved(20, 0.25), 4).cue() == Cue(CueName.GRID, -1.0, 1.0)


@pytest.mark.parametrize(("striking", "score"), [(1, 0.0), (3, -1.0)])
def test_a_grid_must_be_in_most_frames(striking: int, score: float) -> None:
    cue = Grid()
    for number in range(4):
        cue.see(waved(20 if number < striking else 0, 0.25), face())
    assert cue.cue().score == score


def test_a_grid_beside_the_face_does_not_count() -> None:
    """The piece is 96 pixels wide."""
    beside = waved(0, 0.25)
    beside[:, 320 + 49 :] = waved(20, 0.25)[:, 320 + 49 :]
    assert gridded(beside).measured == gridded(waved(0, 0.25)).measured
