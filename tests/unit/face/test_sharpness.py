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
