"""Blur is measured in pixels: of edges, not of contrast and not of noise."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from edge.face.sharpness import MOST, blur

Grey = NDArray[np.float32]


def edges(deviation: float, low: float = 60.0, high: float = 180.0) -> Grey:
    """Squares whose edges are blurred by a known amount."""
    places = np.arange(1120)
    weights = np.exp(-((places[:, None] - places) ** 2) / (2 * (10 * max(deviation, 0.05)) ** 2))
    step = (weights / weights.sum(1, keepdims=True)) @ (places // 280 % 2)
    step = step.reshape(112, 10).mean(1)
    either = step[:, None] + step - 2 * step[:, None] * step
    return np.asarray(low + (high - low) * either, np.float32)


@pytest.mark.parametrize("deviation", [2.0, 3.0, 4.0, 5.0])
def test_an_edge_of_known_blur_has_that_blur(deviation: float) -> None:
    assert blur(edges(deviation)) == pytest.approx(deviation, abs=0.35)


def test_sharper_edges_are_told_apart_too() -> None:
    found = [blur(edges(deviation)) for deviation in (0.3, 0.7, 1.0, 1.5, 2.0)]
    assert found == sorted(found)
    assert found[-1] - found[0] > 0.5


def test_contrast_and_brightness_do_not_count() -> None:
    known = blur(edges(1.5))
    assert blur(edges(1.5, 20, 40)) == pytest.approx(known, abs=0.02)
    assert blur(edges(1.5, 200, 250)) == pytest.approx(known, abs=0.02)


@pytest.mark.parametrize("deviation", [1.0, 2.0, 3.0])
def test_noise_is_not_taken_for_sharpness(deviation: float) -> None:
    noise = np.random.default_rng(3).normal(0, 8, (112, 112)).astype(np.float32)
    assert blur(edges(deviation) + noise) == pytest.approx(blur(edges(deviation)), abs=0.35)


def test_blur_one_way_counts() -> None:
    picture = edges(0.5)
    across = np.mean([np.roll(picture, shift, 1) for shift in range(-4, 5)], 0)
    assert blur(across.astype(np.float32)) > blur(picture) + 1
    assert blur(across.T.astype(np.float32)) > blur(picture) + 1


@pytest.mark.parametrize("value", [0.0, 128.0, 255.0])
def test_what_has_no_edge_is_as_blurred_as_can_be(value: float) -> None:
    assert blur(np.full((112, 112), value, np.float32)) == MOST


def test_a_gradient_is_as_blurred_as_can_be() -> None:
    across = np.linspace(0, 255, 112, dtype=np.float32)
    assert blur(np.tile(across, (112, 1))) > 5


def test_an_edge_between_two_pixels_is_hardly_blurred_and_noise_not_at_all() -> None:
    """A chessboard, as sharp as pixels can be, and pixels that know nothing of each other."""
    places = np.arange(112) // 6 % 2
    board = 60 + 120 * (places[:, None] ^ places).astype(np.float32)
    assert blur(board) < 0.7
    assert blur(np.random.default_rng(0).normal(128, 40, (112, 112)).astype(np.float32)) == 0


def test_the_softest_edge_counts_as_nine_pixels() -> None:
    assert blur(np.full((112, 112), 128, np.float32)) == 9.0
    rows, columns = np.mgrid[0:112, 0:112].astype(np.float32)
    for soft in (columns, rows, columns + rows, (columns - 56) ** 2 / 30):
        assert 6 < blur(soft) <= 9.0


@pytest.mark.parametrize("deviation", [0.5, 1.5, 3.0])
def test_a_mirrored_or_turned_face_is_as_blurred(deviation: float) -> None:
    picture = edges(deviation)
    picture[30:60, 40:70] += 40
    known = blur(picture)
    inner = picture.copy()
    inner[20:100, 16:96] = picture[20:100, 16:96][::-1, ::-1]
    assert blur(inner) == pytest.approx(known, abs=0.02)
    inner[20:100, 16:96] = picture[20:100, 16:96].T
    assert blur(inner) == pytest.approx(known, abs=0.02)


def test_only_the_inner_face_counts() -> None:
    """Rows 20 to 99 and columns 16 to 95 of the aligned face: no hair, no collar."""
    picture = edges(3.0)
    known = blur(picture)
    framed = np.random.default_rng(2).uniform(0, 255, (112, 112)).astype(np.float32)
    framed[20:100, 16:96] = picture[20:100, 16:96]
    assert blur(framed) == known
