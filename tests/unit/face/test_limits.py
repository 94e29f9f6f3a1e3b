"""The limits of finding, comparing and keeping faces, each tried on both sides."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from edge.face import BestFrame, DetectedFace, FacePipeline, Guidance, Hint, Observation
from edge.face.alignment import ARCFACE, similarity
from edge.face.detection import decode, to_input
from edge.face.embedding import unit
from edge.face.finder import Finder, lean
from edge.face.hints import Situation
from edge.face.pipeline import PORTRAIT_MARGIN
from edge.face.template import FaceTemplate
from tests.support.face.faces import bright, face, nobody, observation, template

Outputs = list[NDArray[np.float32]]


def test_most_embedders_want_the_five_points_of_arcface() -> None:
    """As its authors publish them, for a picture of 112 pixels."""
    assert ARCFACE.side == 112
    assert ARCFACE.points.tolist() == [
        [38.2946, 51.6963],
        [73.5318, 51.5014],
        [56.0252, 71.7366],
        [41.5493, 92.3655],
        [70.7299, 92.2041],
    ]


@pytest.mark.parametrize("size", [1e-3, 1e-2, 1.0, 1e3])
def test_points_of_any_extent_are_brought_to_size(size: float) -> None:
    found = similarity(ARCFACE.points * size, ARCFACE.points)
    assert np.allclose(found, [[1 / size, 0, 0], [0, 1 / size, 0]], rtol=1e-6, atol=1e-6)


# The detector's answers, in a picture of one row of cells of 8 pixels


def answers(cells: int) -> Outputs:
    return [
        np.zeros((1, count, numbers), np.float32)
        for numbers in (1, 1, 4, 10)
        for count in (cells, 0, 0)
    ]


def faces(outputs: Outputs) -> list[DetectedFace]:
    return decode(outputs, outputs[0].shape[1] * 8)


def test_of_many_faces_the_best_five_hundred_are_looked_at() -> None:
    outputs = answers(700)
    outputs[0][0, :, 0] = np.linspace(0.5, 0.9, 700)
    outputs[3][:] = 1
    outputs[6][0, :, 2:] = math.log(1 / 8)
    found = faces(outputs)
    assert len(found) == 500
    assert found[-1].score == pytest.approx(math.sqrt(0.5 + 0.4 * 200 / 699), abs=1e-5)


@pytest.mark.parametrize(("score", "count"), [(0.59, 0), (0.61, 1)])
def test_a_face_is_one_from_six_tenths_on(score: float, count: int) -> None:
    outputs = answers(1)
    outputs[0][:] = outputs[3][:] = score
    assert len(faces(outputs)) == count


@pytest.mark.parametrize(("classes", "objects"), [(9.0, 0.64), (0.64, 9.0), (9.0, 9.0)])
def test_each_answer_counts_as_one_at_most(classes: float, objects: float) -> None:
    outputs = answers(1)
    outputs[0][:], outputs[3][:] = classes, objects
    (found,) = faces(outputs)
    assert found.score == pytest.approx(0.8 if min(classes, objects) < 1 else 1.0)


@pytest.mark.parametrize(("classes", "objects"), [(-1.0, -1.0), (-1.0, 1.0), (1.0, -1.0)])
def test_an_answer_below_nothing_is_nothing(classes: float, objects: float) -> None:
    outputs = answers(1)
    outputs[0][:], outputs[3][:] = classes, objects
    assert faces(outputs) == []


def test_a_box_is_between_hardly_a_pixel_and_more_than_any_picture() -> None:
    outputs = answers(1)
    outputs[0][:] = outputs[3][:] = 1
    outputs[6][0, 0, 2:] = 1e9, -1e9
    (found,) = faces(outputs)
    assert found.box[2:] == pytest.approx([8 * math.exp(10), 8 * math.exp(-10)], rel=1e-5)


@pytest.mark.parametrize(("apart", "count"), [(4.2, 1), (4.4, 2), (8.0, 2)])
def test_boxes_may_share_three_tenths_of_what_they_cover(apart: float, count: int) -> None:
    """Squares of 8 pixels, so far apart: what they share is (8 - d) / (8 + d)."""
    outputs = answers(2)
    outputs[0][:] = outputs[3][:] = 1
    outputs[6][0, 1, 0] = apart / 8 - 1
    assert len(faces(outputs)) == count


@pytest.mark.parametrize(("axis", "count"), [(0, 2), (1, 2)])
def test_boxes_that_are_apart_on_one_axis_share_nothing(axis: int, count: int) -> None:
    outputs = answers(2)
    outputs[0][:] = outputs[3][:] = 1
    outputs[6][0, 1, 0] = -1
    outputs[6][0, 1, axis] += 9
    assert len(faces(outputs)) == count


@pytest.mark.parametrize(
    ("side", "room", "padded"), [(32, 0, 32), (33, 0, 64), (31, 0, 32), (28, 2, 32), (29, 2, 64)]
)
def test_a_picture_and_its_room_are_padded_to_whole_cells(
    side: int, room: int, padded: int
) -> None:
    assert to_input(np.zeros((side, side, 3), np.uint8), room).shape == (1, 3, padded, padded)


# Two looks


def scene(side: int = 60) -> NDArray[np.uint8]:
    pixels = np.zeros((480, 640, 3), np.uint8)
    pixels[200 : 200 + side, 300 : 300 + side] = 255
    return pixels


class Looks:
    """A detector that sees a face at a place of the second look's picture, with given scores."""

    def __init__(self, *scores: float, landmarks: NDArray[np.floating] | None = None) -> None:
        self._scores = list(scores)
        self._landmarks = landmarks
        self.count = 0

    def __call__(self, tensor: NDArray[np.float32]) -> Outputs:
        answer = nobody(tensor)
        score = self._scores[self.count] if self.count < len(self._scores) else 0.0
        self.count += 1
        if score and self._landmarks is not None:
            answer[0][0, 0], answer[3][0, 0] = score, score
            answer[6][0, 0, :2] = self._landmarks.mean(0) / 8
            answer[6][0, 0, 2:] = np.log(80 / 8)
            answer[9][0, 0] = self._landmarks.ravel() / 8
        return answer


MIDDLE = (face((112.0, 112.0), 157.0).landmarks - face((112.0, 112.0), 157.0).landmarks.mean(0)) + (
    112.0,
    0.52 * 224,
)


@pytest.mark.parametrize(("score", "looks"), [(0.92, 2), (0.9, 5)])
def test_from_091_on_an_upright_face_is_not_turned(score: float, looks: int) -> None:
    seen = Looks(score, landmarks=MIDDLE)
    Finder(seen).look_again(scene(), face())
    assert seen.count == looks


@pytest.mark.parametrize(("more", "looks"), [(0.02, 5), (0.04, 7)])
def test_a_turned_face_counts_that_is_surer_by_003(more: float, looks: int) -> None:
    seen = Looks(0.8, 0.0, 0.8 + more, landmarks=MIDDLE)
    Finder(seen).look_again(scene(), face())
    assert seen.count == looks


@pytest.mark.parametrize(("degrees", "looks"), [(9.0, 2), (11.0, 4), (-9.0, 2), (-11.0, 4)])
def test_a_head_that_leans_by_ten_degrees_is_looked_at_a_third_time(
    degrees: float, looks: int
) -> None:
    level = math.degrees(lean(face().landmarks))
    seen = Looks(0.95, landmarks=MIDDLE)
    Finder(seen).look_again(scene(), face(turned=degrees - level))
    assert seen.count == looks


@pytest.mark.parametrize(("away", "found"), [(55.0, True), (57.0, False)])
@pytest.mark.parametrize("way", [(1, 0), (0, 1), (-1, 0), (0, -1)])
def test_a_face_farther_than_a_quarter_of_the_side_is_another_one(
    away: float, found: bool, way: tuple[int, int]
) -> None:
    place = MIDDLE - MIDDLE.mean(0) + 112 + away * np.array(way)
    known = face()
    again = Finder(Looks(0.95, landmarks=place)).look_again(scene(), known)
    assert (again is not known) is found


def test_the_face_nearest_to_the_middle_is_the_same_one() -> None:
    """Of two that are near enough, whichever the detector is surer of."""

    def look(tensor: NDArray[np.float32]) -> Outputs:
        answer = nobody(tensor)
        for cell, (shift, score) in enumerate(((40.0, 0.99), (-2.0, 0.93))):
            place = MIDDLE + np.array([shift, 0])
            answer[0][0, cell], answer[3][0, cell] = score, score
            answer[6][0, cell, :2] = place.mean(0) / 8 - (cell, 0)
            answer[6][0, cell, 2:] = np.log(30 / 8)
            answer[9][0, cell] = (place / 8 - (cell, 0)).ravel()
        return answer

    known = face()
    moved = Finder(look).look_again(scene(), known).landmarks.mean(0) - known.landmarks.mean(0)
    assert np.abs(moved).max() < 3


@pytest.mark.parametrize("size", [(160.0, 160.0), (80.0, 160.0), (160.0, 100.0)])
def test_a_face_fills_seven_tenths_of_the_second_look_by_its_longer_side(
    size: tuple[float, float],
) -> None:
    """224 pixels wide; its points are in the middle, and a little below it."""
    known = face()
    left, top = (known.centre - np.array(size) / 2).astype(int)
    pixels = np.zeros((480, 640, 3), np.uint8)
    pixels[top : top + int(size[1]), left : left + int(size[0])] = 255
    box = np.array([left, top, *size], np.float32)
    shown = []

    def look(tensor: NDArray[np.float32]) -> Outputs:
        shown.append(tensor[0, 0].copy())
        return nobody(tensor)

    level = known.landmarks.copy()
    level[1, 1] = level[0, 1]
    Finder(look).look_again(pixels, DetectedFace(box, level, 0.9))
    assert shown[0].shape == (224, 224)
    rows, columns = np.nonzero(shown[0] > 127)
    scale = 0.7 * 224 / max(size)
    assert np.ptp(columns) + 1 == pytest.approx(size[0] * scale, abs=1.5)
    assert np.ptp(rows) + 1 == pytest.approx(size[1] * scale, abs=1.5)
    middle = (known.centre - level.mean(0)) * scale + (0.5 * 224, 0.52 * 224)
    assert (columns.mean(), rows.mean()) == pytest.approx(tuple(middle), abs=1.0)


@pytest.mark.parametrize("width", [31, 32])
def test_a_picture_of_less_than_32_pixels_has_no_face(width: int) -> None:
    for size in ((width, 300), (300, width)):
        found = Finder(bright).detect(np.full((*size, 3), 255, np.uint8))
        assert bool(found) is (width == 32)


# The pipeline


def test_a_portrait_has_three_tenths_of_room_on_every_side() -> None:
    assert PORTRAIT_MARGIN == 0.3
    shapes = []

    def look(tensor: NDArray[np.float32]) -> Outputs:
        shapes.append((tensor.shape, np.nonzero(tensor[0, 0].any(1))[0]))
        return nobody(tensor)

    pixels = np.full((400, 300, 3), 255, np.uint8)
    FacePipeline(look, []).portrait(pixels)
    FacePipeline(look, []).detect(pixels)
    ((with_room, rows), (without, all_rows)) = shapes
    assert with_room == (1, 3, 320, 288)  # 200 x 150 and 60 on each side
    assert (rows[0], rows[-1]) == (60, 259)
    assert without == (1, 3, 320, 256)
    assert (all_rows[0], all_rows[-1]) == (0, 319)


def beside(height: float) -> FacePipeline:
    """A detector that sees a face of 100 pixels in height and one of another height beside it."""

    def look(tensor: NDArray[np.float32]) -> Outputs:
        answer = nobody(tensor)
        for cell, (x, high) in enumerate(((80.0, 100.0), (240.0, height))):
            answer[0][0, cell], answer[3][0, cell] = 1, 1
            answer[6][0, cell] = (
                x / 8 - cell, 120 / 8, math.log(50 / 8), math.log(high / 8)
            )  # fmt: skip
            points = face((x, 120.0), 50.0).landmarks / 8 - (cell, 0)
            answer[9][0, cell] = points.ravel()
        return answer

    return FacePipeline(look, [])


@pytest.mark.parametrize(("height", "people"), [(34.5, 1), (35.5, 2), (99.0, 2)])
def test_a_face_of_35_hundredths_of_the_height_is_beside_the_first(
    height: float, people: int
) -> None:
    pixels = np.zeros((240, 320, 3), np.uint8)
    seen = beside(height).observe(pixels)
    assert seen.faces == people
    assert seen.quality["one_face"] == (100 if people == 1 else 0)
    assert seen.quality["background"] == (85 if people == 1 else 100)
    assert seen.face is not None
    assert seen.face.box[3] == pytest.approx(100, abs=0.1)
    assert (beside(height).portrait(pixels) is not None) is (people == 1)


def test_warming_up_shows_the_detector_a_frame() -> None:
    shapes = []

    def look(tensor: NDArray[np.float32]) -> Outputs:
        shapes.append(tensor.shape)
        return nobody(tensor)

    FacePipeline(look, []).warm_up()
    assert shapes == [(1, 3, 256, 320)]


# Directions and templates


@pytest.mark.parametrize(
    ("length", "direction"),
    [(0.9e-6, False), (1.1e-6, True), (1.0, True), (0.9e6, True), (1.1e6, False)],
)
def test_a_direction_is_between_a_millionth_and_a_million_long(
    length: float, direction: bool
) -> None:
    found = unit(np.array([0.6 * length, -0.8 * length], np.float32))
    assert found.dtype == np.float32
    if direction:
        assert found == pytest.approx([0.6, -0.8], abs=1e-6)
    else:
        assert np.isnan(found).all()


def test_an_embedding_that_is_short_has_a_direction() -> None:
    assert FaceTemplate.of(np.array([3e-9, 4e-9], np.float32)).vector == pytest.approx([0.6, 0.8])


# Frames and hints


def test_of_frames_that_are_as_poor_the_last_one_is_told() -> None:
    best = BestFrame()
    poor = [observation(20), observation(20)]
    for each in poor:
        best.would_improve(each)
    assert best.observation is poor[1]


def test_a_frame_without_a_face_is_told_while_there_is_no_other() -> None:
    best = BestFrame()
    empty = Observation(0, None, Hint.NO_FACE)
    best.would_improve(empty)
    assert best.observation is empty
    assert best.template is None
    assert not empty.usable


def test_a_better_frame_that_was_not_kept_does_not_count() -> None:
    """The template is what matters: judged, and not embedded yet."""
    best = BestFrame()
    assert best.would_improve(observation(60))
    assert best.observation is None
    assert best.would_improve(observation(50))
    best.keep(observation(50), template(1))
    assert not best.would_improve(observation(50))
    assert best.would_improve(observation(51))


@pytest.mark.parametrize(
    ("read_s", "wanted_s", "changes"),
    [
        (1.5, 0.25, False),
        (1.5, 0.3125, True),
        (1.4375, 1.0, False),
        (1.5, 1.0, True),
    ],
)
def test_a_hint_stays_one_and_a_half_seconds_and_the_next_is_wanted_for_three_tenths(
    read_s: float, wanted_s: float, changes: bool
) -> None:
    guidance = Guidance()
    assert guidance.after(Hint.COME_CLOSER, 64.0) is Hint.COME_CLOSER
    assert guidance.after(Hint.HOLD_STILL, 64.0 + read_s - wanted_s) is Hint.COME_CLOSER
    found = guidance.after(Hint.HOLD_STILL, 64.0 + read_s)
    assert found is (Hint.HOLD_STILL if changes else Hint.COME_CLOSER)


def test_three_tenths_of_a_second_are_just_enough() -> None:
    guidance = Guidance()
    guidance.after(None, 0.0)
    assert guidance.after(Hint.HOLD_STILL, 0.0) is None
    assert guidance.after(Hint.HOLD_STILL, 0.3) is Hint.HOLD_STILL


def test_while_no_hint_is_shown_the_first_one_waits_for_nothing_to_be_read() -> None:
    guidance = Guidance()
    guidance.after(None, 10.0)
    guidance.after(Hint.HOLD_STILL, 10.125)
    assert guidance.after(Hint.HOLD_STILL, 10.4375) is Hint.HOLD_STILL


def test_a_situation_is_as_good_as_can_be_unless_told() -> None:
    assert Situation() == Situation(False, False, False, False, False)


def test_screens_know_hints_by_these_names() -> None:
    assert [hint.value for hint in Hint] == [
        "no-face", "one-person", "come-closer", "step-back", "move-left", "move-right",
        "look-straight", "raise-chin", "lower-chin", "hold-upright", "take-off-hat", "show-eyes",
        "show-mouth", "hold-still", "more-light", "less-light", "turn-left", "turn-right",
    ]  # fmt: skip
