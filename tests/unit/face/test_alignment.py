"""Alignment brings five points onto the five the embedder knows, by turning, scaling, shifting."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from edge.face.alignment import POINTS, SIZE, Target, align, back, similarity


def matrix(scale: float, degrees: float, across: float, down: float) -> NDArray[np.float64]:
    angle = np.radians(degrees)
    cosine, sine = scale * np.cos(angle), scale * np.sin(angle)
    return np.array([[cosine, -sine, across], [sine, cosine, down]])


def applied(known: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.float64]:
    return points @ known[:, :2].T + known[:, 2]


def gradient(width: int, height: int) -> NDArray[np.uint8]:
    """Red tells the column, green the row."""
    rows, columns = np.mgrid[0:height, 0:width]
    return np.stack([columns, rows, np.full_like(rows, 7)], 2).astype(np.uint8)


@given(st.floats(0.05, 20), st.floats(-179, 179), st.floats(-1000, 1000), st.floats(-1000, 1000))
def test_similarity_finds_what_was_applied(
    scale: float, degrees: float, across: float, down: float
) -> None:
    known = matrix(scale, degrees, across, down)
    assert np.allclose(similarity(POINTS, applied(known, POINTS)), known, atol=1e-6)


def test_similarity_of_points_that_do_not_fit_is_the_best_one() -> None:
    """Moving any one number of the answer away from it makes the sum of squares larger."""
    moved = POINTS + np.array([[3, 0], [-2, 1], [0, 5], [1, -1], [0, 0]])
    found = similarity(moved, POINTS)
    scale, degrees = np.hypot(*found[:, 0]), np.degrees(np.arctan2(found[1, 0], found[0, 0]))
    best = [scale, degrees, *found[:, 2]]

    def error(numbers: list[float]) -> float:
        return float(((applied(matrix(*numbers), moved) - POINTS) ** 2).sum())

    for position, step in enumerate((0.01, 1.0, 0.5, 0.5)):
        for sign in (1, -1):
            other = best.copy()
            other[position] += sign * step
            assert error(other) > error(best)


def test_similarity_never_mirrors_a_face() -> None:
    """Points that only a mirror could bring into place are turned, not mirrored."""
    found = similarity(POINTS * np.array([-1, 1]), POINTS)
    assert np.linalg.det(found[:, :2]) > 0


def test_a_face_that_is_aligned_already_stays_as_it_is() -> None:
    pixels = gradient(SIZE, SIZE)
    assert np.allclose(align(pixels, POINTS), pixels.transpose(2, 0, 1), atol=1e-4)


def test_alignment_gives_one_size_and_the_range_of_the_picture() -> None:
    aligned = align(np.full((480, 640, 3), 255, np.uint8), POINTS * 2 + 40)
    assert aligned.shape == (3, 112, 112)
    assert aligned.dtype == np.float32
    assert np.allclose(aligned, 255)


@pytest.mark.parametrize("degrees", [0.0, 12.0, -30.0, 90.0, 180.0])
def test_alignment_undoes_turning_scaling_and_shifting(degrees: float) -> None:
    """What lies under the landmark of an eye comes to lie where that eye belongs."""
    known = matrix(0.9, degrees, 0, 0)
    landmarks = applied(known, POINTS - 56) + 110
    aligned = align(gradient(220, 220), landmarks)
    corner = applied(known, np.array([[-30.0, -20.0]]))[0] + 110
    assert np.allclose(aligned[:2, 36, 26], corner, atol=0.01)


def test_alignment_reads_between_pixels() -> None:
    aligned = align(gradient(200, 200), POINTS + np.array([0.25, 0.75]))
    assert np.allclose(aligned[:, 50, 60], [60.25, 50.75, 7], atol=1e-3)


def test_what_lies_outside_the_picture_is_black() -> None:
    aligned = align(np.full((112, 112, 3), 200, np.uint8), POINTS - [50, 0])
    assert np.allclose(aligned[:, :, 51:], 200)
    assert aligned[:, :, :49].max() == 0


def test_a_face_altogether_outside_the_picture_is_black() -> None:
    assert not align(np.full((112, 112, 3), 200, np.uint8), POINTS + 5000).any()


@pytest.mark.parametrize(
    "landmarks",
    [np.full((5, 2), 50.0), np.zeros((5, 2)), POINTS * [0, 1], POINTS * [1, 0], POINTS * 1e-9],
    ids=["one-point", "the-origin", "upright-line", "level-line", "hardly-a-size"],
)
def test_landmarks_that_are_no_face_do_no_harm(landmarks: NDArray[np.float64]) -> None:
    aligned = align(gradient(200, 200), landmarks)
    assert np.isfinite(aligned).all()
    assert aligned.min() >= 0
    assert aligned.max() <= 255


def test_an_embedder_may_want_another_size_and_other_points() -> None:
    wanted = Target(150, POINTS * 1.1 + 9)
    aligned = align(gradient(300, 300), POINTS + 40, wanted)
    assert aligned.shape == (3, 150, 150)
    x, y = wanted.points[0].round().astype(int)
    assert np.allclose(aligned[:2, y, x], POINTS[0] + 40, atol=1)


@given(st.floats(0.05, 20), st.floats(-179, 179), st.floats(-1000, 1000), st.floats(-1000, 1000))
def test_there_is_a_way_back(scale: float, degrees: float, across: float, down: float) -> None:
    known = matrix(scale, degrees, across, down)
    assert np.allclose(back(known, applied(known, POINTS)), POINTS, atol=1e-6)
