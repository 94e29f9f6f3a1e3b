"""Pictures made smaller, turned and moved, measured against pictures whose pixels are known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from edge.face.resampling import mean_pool, resized, warp
from tests.support.examples import examples

SAME = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])


def gradient(width: int, height: int) -> NDArray[np.uint8]:
    """Red tells the column, green the row."""
    rows, columns = np.mgrid[0:height, 0:width]
    return np.stack([columns, rows, np.full_like(rows, 7)], 2).astype(np.uint8)


def test_a_mean_is_of_whole_squares() -> None:
    pixels = np.zeros((5, 7, 3), np.uint8)
    pixels[:2, :3] = 60
    pooled = mean_pool(pixels, 2)
    assert pooled.shape == (2, 3, 3)
    assert pooled[0, :, 0].tolist() == [60, 30, 0]
    assert not pooled[1].any()
    assert mean_pool(pixels, 1) is pixels


@pytest.mark.parametrize("step", [2, 16, 17, 40])
def test_means_do_not_overflow(step: int) -> None:
    assert np.all(mean_pool(np.full((80, 80, 3), 255, np.uint8), step) == 255)


@pytest.mark.parametrize("scale", [0.25, 0.5, 0.4, 0.9, 1.0, 1.7])
def test_a_picture_of_another_size_shows_the_same(scale: float) -> None:
    """Pixel 0 has its centre in the middle of what it replaces."""
    made = resized(gradient(200, 120), scale)
    assert made.shape == (round(120 * scale), round(200 * scale), 3)
    inner = slice(4, -4)
    columns = (np.arange(made.shape[1]) + 0.5) / scale - 0.5
    rows = (np.arange(made.shape[0]) + 0.5) / scale - 0.5
    assert np.abs(made[5, inner, 0] - columns[inner]).max() < 2
    assert np.abs(made[inner, 5, 1] - rows[inner]).max() < 2
    assert np.all(made[:, :, 2] == 7)


def test_a_picture_never_shrinks_to_nothing() -> None:
    assert resized(gradient(200, 3), 0.01).shape == (1, 2, 3)


@pytest.mark.parametrize("side", [32, 56, 57, 150, 224])
def test_a_picture_moved_by_nothing_is_the_picture(side: int) -> None:
    """Whatever its rows are made together with."""
    pixels = np.random.default_rng(side).integers(0, 256, (side, side, 3), np.uint8)
    assert np.array_equal(warp(pixels, SAME, side), pixels.transpose(2, 0, 1))


@pytest.mark.parametrize("step", [2, 3, 7])
def test_only_what_is_needed_is_averaged_and_in_the_squares_of_the_whole(step: int) -> None:
    pixels = np.random.default_rng(step).integers(0, 256, (600, 500, 3), np.uint8)
    middle = (step - 1) / 2
    shrunk = np.array([[1 / step, 0, -20 - middle / step], [0, 1 / step, -9 - middle / step]])
    found = warp(pixels, shrunk, 32)
    assert np.allclose(found, mean_pool(pixels, step)[9:41, 20:52].transpose(2, 0, 1), atol=0.02)


def test_what_shrinks_much_is_averaged_first() -> None:
    """A fine pattern becomes grey, and does not turn into a coarse one."""
    checkered = np.zeros((400, 400, 3), np.uint8)
    checkered[::2, ::2] = checkered[1::2, 1::2] = 200
    small = warp(checkered, SAME * 0.25, 100)
    assert np.abs(small[:, 2:-2, 2:-2] - 100).max() < 2


@pytest.mark.parametrize("scale", [0.5, 0.34, 0.2, 0.1])
def test_averaging_first_moves_nothing(scale: float) -> None:
    made = warp(gradient(250, 250), SAME * scale, 20)
    inner = slice(2, 18)
    assert np.allclose(made[0, 10, inner], np.arange(20)[inner] / scale, atol=0.6)
    assert np.allclose(made[1, inner, 10], np.arange(20)[inner] / scale, atol=0.6)


def test_the_edge_fades_into_black() -> None:
    made = warp(np.full((10, 10, 3), 100, np.uint8), np.array([[1, 0, 0.5], [0, 1, 0]]), 12)
    assert np.allclose(made[0, 5], [50, *[100] * 9, 50, 0], atol=0.2)


@examples(60)
@given(
    st.tuples(st.integers(1, 40), st.integers(1, 40)),
    st.floats(1e-9, 1e6),
    st.floats(-4, 4),
    st.floats(-1e7, 1e7),
    st.floats(-1e7, 1e7),
)
def test_no_similarity_leads_out_of_a_picture(
    size: tuple[int, int], scale: float, turn: float, across: float, down: float
) -> None:
    """Landmarks come from a network: whatever they are, there is no reading beyond the picture."""
    cosine, sine = scale * np.cos(turn), scale * np.sin(turn)
    matrix = np.array([[cosine, -sine, across], [sine, cosine, down]])
    made = warp(np.full((*size, 3), 200, np.uint8), matrix, 16)
    assert made.shape == (3, 16, 16)
    assert np.isfinite(made).all()
    assert made.min() >= 0
    assert made.max() <= 200.01
