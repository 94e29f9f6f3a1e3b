"""What a network for single frames is shown, and what its answers are worth."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from edge.face import DetectedFace
from edge.face.pad.cue import Cue, CueName
from edge.face.pad.texture import Texture
from tests.support.face.drawn import noise
from tests.support.face.faces import face


def texture(*odds: float, frames: int | None = None) -> Texture:
    answers = iter(odds)
    cue = Texture(lambda _: [np.array([[next(answers), 0.0, -80.0]], np.float32)])
    for _ in range(4 * len(odds) if frames is None else frames):
        cue.see(noise(), face())
    return cue


@pytest.mark.parametrize(
    ("odds", "score"), [(-9.0, -1.0), (-8.0, -1.0), (-6.0, -0.5), (-2.0, 0.5), (0.0, 1.0), (1, 1)]
)
def test_odds_count_from_minus_eight_to_zero(odds: float, score: float) -> None:
    assert texture(odds, odds).cue().score == pytest.approx(score, abs=1e-6)


def test_two_answers_are_enough_and_the_middle_one_counts() -> None:
    assert texture(-9.0).cue() == Cue.unknown(CueName.TEXTURE)
    assert texture(-9.0, -8.5, frames=4).cue() == Cue.unknown(CueName.TEXTURE)
    assert texture(-9.0, -8.5, frames=5).cue() == Cue(CueName.TEXTURE, -1.0, 1.0)
    assert texture(-20.0, -4.0, 3.0).measured == pytest.approx(-4, abs=1e-6)


def test_the_odds_are_against_all_that_is_made() -> None:
    """log(e^2 / (e^0 + e^1)), however large the numbers are."""
    for shift in (0.0, 500.0, -500.0):
        cue = Texture(lambda _, shift=shift: [np.array([[2.0, 0.0, 1.0]]) + shift])  # type: ignore[misc]
        cue.see(noise(), face())
        assert cue.measured == pytest.approx(2 - np.log(1 + np.e), abs=1e-6)


def seen_by_network(known: DetectedFace, height: int, width: int) -> NDArray[np.float32]:
    """What the network is shown of a frame: red tells the column, green the row."""
    shown = []

    def network(tensor: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        given.append(tensor)
        shown.append(tensor.copy())
        return [np.zeros((1, 3), np.float32)]

    given: list[NDArray[np.float32]] = []
    rows, columns = np.mgrid[0:height, 0:width]
    frame = np.stack([columns, rows, np.full_like(rows, 9)], 2).astype(np.uint8)
    Texture(network).see(frame, known)
    assert not given[0].any()  # nothing of the face stays
    assert shown[0].shape == (1, 3, 128, 128)
    (tensor,) = shown
    return np.asarray(tensor[0], np.float32)


def boxed(left: float, top: float, width: float, height: float) -> DetectedFace:
    return DetectedFace(np.array([left, top, width, height], np.float32), face().landmarks, 0.9)


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        (boxed(90, 80, 40, 30), (110 - 54, 95 - 40.5, 108, 81)),  # 2.7 times as large
        (boxed(5, 80, 40, 30), (0, 95 - 40.5, 108, 81)),  # moved into the frame
        (boxed(200, 80, 40, 30), (249 - 108, 95 - 40.5, 108, 81)),
        (boxed(90, 2, 40, 30), (110 - 54, 0, 108, 81)),
        (boxed(90, 165, 40, 30), (110 - 54, 199 - 81, 108, 81)),
        (boxed(90, 40, 40, 100), (110 - 39.8, 0, 79.6, 199)),  # as large as the frame is high
        (boxed(50, 80, 150, 30), (0, 95 - 24.9, 249, 49.8)),  # or wide
    ],
)
def test_the_network_sees_the_face_with_its_surroundings(
    known: DetectedFace, expected: tuple[float, float, float, float]
) -> None:
    left, top, wide, high = expected
    red, green, blue = seen_by_network(known, 200, 250)
    places = (np.arange(128) + 0.5) / 128
    inner = slice(2, -2)
    assert np.allclose(red[64, inner], (left + places * wide - 0.5)[inner], atol=0.01)
    assert np.allclose(green[inner, 64], (top + places * high - 0.5)[inner], atol=0.01)
    assert np.allclose(blue, 9)
    assert np.ptp(red[:, 64]) < 0.01


def test_a_pattern_finer_than_the_raster_becomes_grey() -> None:
    """Four samples in each square: one alone would see black, or white."""
    striped = np.zeros((300, 300, 3), np.uint8)
    striped[:, ::2] = 200
    shown = []

    def network(tensor: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        shown.append(tensor.copy())
        return [np.zeros((1, 3), np.float32)]

    Texture(network).see(striped, boxed(102, 102, 256 / 2.7, 256 / 2.7))
    assert np.abs(shown[0] - 100).max() < 1.5
