"""What the detector says, read as faces: boxes, points and scores worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from edge.face.detection import (
    LARGEST_OVERLAP,
    LEAST_SCORE,
    MOST_CANDIDATES,
    STRIDES,
    DetectedFace,
    decode,
    to_input,
)
from tests.support.face.faces import face

SIDE = 64


class Outputs:
    """What the network answers for a picture of 64x64: no face, until some are put in."""

    def __init__(self) -> None:
        cells = [(SIDE // stride) ** 2 for stride in STRIDES]
        self.arrays: list[NDArray[np.float32]] = [
            np.zeros((1, count, numbers), np.float32)
            for numbers in (1, 1, 4, 10)
            for count in cells
        ]

    def put(
        self, position: int, cell: int, size: tuple[float, float], score: float = 0.81
    ) -> Outputs:
        """A box of a size around the upper left corner of a cell; its points on that corner."""
        self.arrays[position][0, cell, 0] = score
        self.arrays[3 + position][0, cell, 0] = 1.0
        self.arrays[6 + position][0, cell] = (0, 0, *np.log(np.array(size) / STRIDES[position]))
        return self

    def faces(self) -> list[DetectedFace]:
        return decode(self.arrays, SIDE)


def test_no_face_is_an_answer() -> None:
    assert Outputs().faces() == []


@pytest.mark.parametrize(
    ("position", "cell", "corner"), [(0, 19, (24, 16)), (1, 6, (32, 16)), (2, 3, (32, 32))]
)
def test_a_cell_of_each_stride_has_its_place(
    position: int, cell: int, corner: tuple[int, int]
) -> None:
    (found,) = Outputs().put(position, cell, (20, 10)).faces()
    assert np.allclose(found.box, [corner[0] - 10, corner[1] - 5, 20, 10], atol=1e-4)
    assert np.allclose(found.landmarks, [corner] * 5)
    assert np.allclose(found.centre, corner, atol=1e-4)


def test_offsets_are_in_cells() -> None:
    outputs = Outputs().put(0, 19, (16, 16))
    outputs.arrays[6][0, 19, :2] = 0.5, -0.25
    outputs.arrays[9][0, 19] = np.arange(10) / 8
    (found,) = outputs.faces()
    assert np.allclose(found.centre, [24 + 4, 16 - 2], atol=1e-4)
    assert np.allclose(found.landmarks, [[24, 17], [26, 19], [28, 21], [30, 23], [32, 25]])


def test_the_score_is_the_mean_in_geometry_of_both_answers() -> None:
    outputs = Outputs().put(0, 0, (8, 8), score=0.9)
    outputs.arrays[3][0, 0, 0] = 0.625
    (found,) = outputs.faces()
    assert found.score == pytest.approx(0.75)


def test_answers_beyond_one_count_as_one() -> None:
    (found,) = Outputs().put(0, 0, (8, 8), score=70.0).faces()
    assert found.score == 1.0


def test_a_face_must_be_likely_enough() -> None:
    assert Outputs().put(0, 0, (8, 8), LEAST_SCORE**2 - 0.01).faces() == []
    assert len(Outputs().put(0, 0, (8, 8), LEAST_SCORE**2 + 0.01).faces()) == 1
    assert Outputs().put(0, 0, (8, 8), -1.0).faces() == []


def test_faces_come_by_falling_score_whatever_their_stride() -> None:
    outputs = Outputs().put(0, 0, (4, 4), 0.5).put(1, 10, (4, 4), 0.9).put(2, 1, (4, 4), 0.7)
    scores = [each.score for each in outputs.faces()]
    assert len(scores) == 3
    assert scores == sorted(scores, reverse=True)


def test_of_boxes_that_overlap_the_better_one_stays() -> None:
    outputs = Outputs().put(0, 18, (30, 30), 0.7).put(0, 19, (30, 30), 0.9)
    (found,) = outputs.faces()
    assert found.score == pytest.approx(0.9**0.5)
    assert found.centre[0] == pytest.approx(24)


@pytest.mark.parametrize(("width", "count"), [(14.0, 2), (16.0, 1)])
def test_how_much_boxes_may_overlap(width: float, count: int) -> None:
    """Two of one size, 8 apart: the shared part over the whole is (w - 8) / (w + 8)."""
    assert ((width - 8) / (width + 8) > LARGEST_OVERLAP) == (count == 1)
    faces = Outputs().put(0, 18, (width, 16)).put(0, 19, (width, 16)).faces()
    assert len(faces) == count


def test_people_side_by_side_are_two() -> None:
    faces = Outputs().put(0, 17, (15, 30)).put(0, 21, (15, 30)).faces()
    assert sorted(float(each.centre[0]) for each in faces) == pytest.approx([8, 40], abs=1e-3)


def test_a_box_that_only_touches_a_suppressed_one_stays() -> None:
    """Of three in a row the middle one goes to the first; the third overlaps only the middle."""
    outputs = (
        Outputs().put(0, 17, (14, 16), 0.9).put(0, 18, (20, 16), 0.8).put(0, 19, (14, 16), 0.7)
    )
    assert [round(float(each.centre[0])) for each in outputs.faces()] == [8, 24]


def test_a_detector_gone_mad_is_bounded() -> None:
    outputs = Outputs()
    for position, stride in enumerate(STRIDES):
        for cell in range((SIDE // stride) ** 2):
            outputs.put(position, cell, (1, 1), 0.99)
    wide = [np.tile(array, (1, 20, 1)) for array in outputs.arrays]
    faces = decode(wide, SIDE)
    assert 0 < len(faces) <= MOST_CANDIDATES


def test_a_size_without_bounds_stays_finite() -> None:
    outputs = Outputs().put(0, 0, (8, 8))
    outputs.arrays[6][0, 0, 2:] = 1e9, -1e9
    (found,) = outputs.faces()
    assert np.isfinite(found.box).all()


@pytest.mark.parametrize("array", [6, 9], ids=["box", "points"])
@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
def test_a_face_that_is_nowhere_is_none(array: int, number: float) -> None:
    """Beside one that is somewhere: whoever stands there is not kept waiting for it."""
    outputs = Outputs().put(0, 0, (8, 8), 0.99).put(0, 19, (16, 16))
    outputs.arrays[array][0, 0, 1] = number
    (found,) = outputs.faces()
    assert np.allclose(found.centre, [24, 16], atol=1e-4)


def test_the_detector_sees_blue_first_and_black_beyond_the_edge() -> None:
    pixels = np.zeros((33, 40, 3), np.uint8)
    pixels[:] = (10, 20, 30)
    tensor = to_input(pixels)
    assert tensor.shape == (1, 3, 64, 64)
    assert tensor.dtype == np.float32
    assert tensor[0, :, 32, 39].tolist() == [30, 20, 10]
    assert not tensor[0, :, 33:].any()
    assert not tensor[0, :, :, 40:].any()


def test_a_picture_of_whole_cells_is_not_padded() -> None:
    assert to_input(np.zeros((96, 320, 3), np.uint8)).shape == (1, 3, 96, 320)


def test_measures_of_a_face() -> None:
    known = face((100.0, 80.0), size=112.0)
    assert known.area == 112 * 112
    assert known.centre.tolist() == [100, 80]
    assert known.inter_eye == pytest.approx(35.24, abs=0.01)
    assert known.distance(face((103.0, 84.0))) == pytest.approx(5)


def test_a_moved_face_keeps_its_size_and_its_original() -> None:
    known = face((100.0, 80.0))
    moved = known.moved(10, -5)
    assert moved.centre.tolist() == [110, 75]
    assert np.allclose(moved.landmarks - known.landmarks, [10, -5], atol=1e-4)
    assert moved.area == known.area
    assert known.centre.tolist() == [100, 80]


def test_a_face_does_not_show_its_numbers() -> None:
    assert "array" not in repr(face())


def test_room_around_a_picture_is_black() -> None:
    tensor = to_input(np.full((40, 60, 3), 9, np.uint8), 10)
    assert tensor.shape == (1, 3, 64, 96)
    assert np.all(tensor[0, :, 10:50, 10:70] == 9)
    assert tensor.sum() == 9 * 3 * 40 * 60


def test_a_scaled_face_keeps_its_place_between_pixels() -> None:
    """A picture of half the size has its pixel 0 in the middle of pixels 0 and 1."""
    known = face((0.0, 0.0), size=20.0)
    scaled = known.scaled(2)
    assert np.allclose(scaled.landmarks, known.landmarks * 2 + 0.5)
    assert scaled.centre.tolist() == [0.5, 0.5]
    assert scaled.box[2:].tolist() == [40, 40]
    back = scaled.scaled(0.5)
    assert np.allclose(back.landmarks, known.landmarks, atol=1e-5)
