"""Pieces of pictures, on pictures whose pixels tell where they are."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from edge.face.pad.sampling import Grey, at, blurred, piece, pooled, slopes

HEIGHT, WIDTH = 40, 60


def placed() -> NDArray[np.uint8]:
    """Grey tells the column plus three times the row."""
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    return np.repeat((columns + 3 * rows)[..., None], 3, 2).astype(np.uint8)


def numbered() -> Grey:
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    return np.asarray(columns + 100 * rows, np.float32)


@pytest.mark.parametrize(
    ("left", "top", "first", "last"),
    [
        (10, 20, 10 + 60, 14 + 66),
        (10.4, 19.6, 10 + 60, 14 + 66),
        (-2, -1, 0, 2 + 3),
        (57, 38, 57 + 114, 59 + 117),
        (-90, -90, 0, 0),
        (90, 90, 59 + 117, 59 + 117),
    ],
)
def test_a_piece_starts_at_the_nearest_pixel_and_repeats_the_edge(
    left: float, top: float, first: float, last: float
) -> None:
    found = piece(placed(), left, top, 5, 3)
    assert found.shape == (3, 5)
    assert found.dtype == np.float32
    assert found[0, 0] == pytest.approx(first, abs=1e-3)
    assert found[-1, -1] == pytest.approx(last, abs=1e-3)


def test_grey_is_what_the_eye_sees() -> None:
    """Rec. 601."""
    pixels = np.zeros((1, 3, 3), np.uint8)
    pixels[0] = np.diag([255, 255, 255])
    assert piece(pixels, 0, 0, 3, 1)[0] == pytest.approx([76.245, 149.685, 29.07], abs=1e-3)


def test_a_mean_is_of_whole_squares_and_the_rest_is_left_out() -> None:
    grey = np.arange(5 * 7, dtype=np.float32).reshape(5, 7)
    assert pooled(grey, 2).tolist() == [[4, 6, 8], [18, 20, 22]]
    assert pooled(grey, 3).tolist() == [[8, 11]]


def test_a_dot_is_smoothed_into_a_binomial_of_five_each_way() -> None:
    dot = np.zeros((9, 11), np.float32)
    dot[4, 5] = 256
    expected = np.outer([1, 4, 6, 4, 1], [1, 4, 6, 4, 1])
    found = blurred(dot)
    assert np.allclose(found[2:7, 3:8], expected)
    assert found.sum() == pytest.approx(256)


def test_smoothing_repeats_the_edge() -> None:
    assert np.allclose(blurred(np.full((6, 8), 200, np.float32)), 200)
    corner = np.zeros((6, 8), np.float32)
    corner[0, 0] = 256
    assert blurred(corner)[0, 0] == pytest.approx(11 * 11)
    assert blurred(corner)[1, 2] == pytest.approx(5 * 1)


def test_slopes_are_per_pixel_down_and_across() -> None:
    down, across = slopes(numbered())
    assert np.all(down == 100)
    assert np.all(across == 1)


@pytest.mark.parametrize(
    ("x", "y"), [(0.0, 0.0), (3.25, 4.75), (58.75, 38.5), (0.5, 38.75), (58.9, 0.25)]
)
def test_between_pixels_a_picture_goes_on_evenly(x: float, y: float) -> None:
    found = at(numbered(), np.array([x], np.float32), np.array([y], np.float32))
    assert found.dtype == np.float32
    assert found[0] == pytest.approx(x + 100 * y, abs=1e-3)


@pytest.mark.parametrize(
    ("x", "y", "corner"),
    [(-5.0, -7.0, 0.0), (99.0, -1.0, 59.0), (-1.0, 99.0, 3900.0), (99.0, 99.0, 3959.0)],
)
def test_outside_a_picture_is_its_edge(x: float, y: float, corner: float) -> None:
    found = at(numbered(), np.array([x], np.float32), np.array([y], np.float32))
    assert found[0] == pytest.approx(corner, abs=0.2)


def test_between_four_pixels_each_counts_by_its_distance() -> None:
    """No plane runs through these four."""
    grey = np.array([[0, 10], [100, 1000]], np.float32)
    (found,) = at(grey, np.array([0.25], np.float32), np.array([0.5], np.float32))
    assert found == pytest.approx((0.75 * 0 + 0.25 * 10 + 0.75 * 100 + 0.25 * 1000) / 2)
