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
    # Of a mean the part below one is left out, and a value between pixels is rounded.
    assert np.abs(made[5, inner, 0] - columns[inner]).max() < 1.02
    assert np.abs(made[inner, 5, 1] - rows[inner]).max() < 1.02
    assert np.all(made[:, :, 2] == 7)


@pytest.mark.parametrize("scale", [0.6, 0.9, 1.5, 3.0])
def test_a_picture_of_another_size_ends_where_the_picture_does(scale: float) -> None:
    """Beyond the middle of the first and of the last pixel there is nothing to go on with."""
    pixels = np.zeros((50, 60, 3), np.uint8)
    pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1] = 40, 80, 120, 160
    made = resized(pixels, scale)
    middle = made.shape[0] // 2, made.shape[1] // 2
    ends = made[0, middle[1], 0], made[-1, middle[1], 0], made[middle[0], 0, 0]
    full = 1.0 if scale >= 1 else 1 - (1 / scale - 1) / 2
    expected = [40 * full, 80 * full, 120 * full, 160 * full]
    assert [*ends, made[middle[0], -1, 0]] == pytest.approx(expected, abs=1)


def test_between_two_pixels_a_larger_picture_is_as_far_as_it_is_near() -> None:
    pixels = np.zeros((1, 2, 3), np.uint8)
    pixels[0, 1] = 100
    assert resized(pixels, 4.0)[0, :, 0].tolist() == [0, 0, 13, 38, 63, 88, 100, 100]
    assert resized(pixels.transpose(1, 0, 2), 4.0)[:, 0, 0].tolist() == [
        0, 0, 13, 38, 63, 88, 100, 100
    ]  # fmt: skip


@pytest.mark.parametrize("step", [2, 3, 7])
def test_a_whole_picture_may_become_one_pixel(step: int) -> None:
    pixels = np.random.default_rng(step).integers(0, 256, (step, step, 3), np.uint8)
    middle = (step - 1) / 2
    shrunk = np.array([[1 / step, 0, 1 - middle / step], [0, 1 / step, 1 - middle / step]])
    found = warp(pixels, shrunk, 3)
    assert np.allclose(found[:, 1, 1], pixels.mean((0, 1)), atol=1.1)
    found[:, 1, 1] = 0
    assert found.max() < 1


def test_a_picture_is_averaged_from_half_its_size_on_and_not_before() -> None:
    """Every second pixel is white: at 0.51 a pixel is one or the other, at 0.5 it is grey."""
    striped = np.zeros((200, 200, 3), np.uint8)
    striped[:, ::2] = 200
    assert np.ptp(warp(striped, SAME * 0.5, 80)[0, 40, 4:-4]) < 4
    assert np.ptp(warp(striped, SAME * 0.51, 80)[0, 40, 4:-4]) > 150


def test_what_was_seen_of_a_picture_is_black_where_there_is_none() -> None:
    """On all four sides, also where the picture is averaged first."""
    white = np.full((40, 40, 3), 200, np.uint8)
    for scale, side, middle in ((1.0, 40, 0.0), (0.5, 20, 0.25)):
        moved = np.array([[scale, 0, 10 - middle], [0, scale, 12 - middle]])
        made = warp(white, moved, 60)[0]
        rows, columns = np.nonzero(made > 190)
        assert (rows.min(), rows.max()) == (12, 12 + side - 1)
        assert (columns.min(), columns.max()) == (10, 10 + side - 1)
        assert (made > 1).sum() <= (side + 2) ** 2
        moved = np.array([[scale, 0, -10 - middle], [0, scale, -12 - middle]])
        back = warp(white, moved, 60)[0]
        assert (back > 190).sum() == (side - 10) * (side - 12)


def test_a_picture_turned_by_a_quarter_is_the_turned_picture() -> None:
    pixels = np.random.default_rng(9).integers(0, 256, (60, 60, 3), np.uint8)
    quarter = np.array([[0.0, 1.0, 0.0], [-1.0, 0.0, 59.0]])
    assert np.allclose(warp(pixels, quarter, 60), np.rot90(pixels).transpose(2, 0, 1), atol=0.3)


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
