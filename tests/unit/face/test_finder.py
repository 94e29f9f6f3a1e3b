"""The second look: upright, at one size of the face, from both sides."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from edge.face import DetectedFace
from edge.face.finder import (
    CLEARLY,
    FACE_SHARE,
    FIRST_SIDE,
    LEAST_SIDE,
    SECOND_SIDE,
    SURE,
    Finder,
    lean,
)
from edge.inference.models import ModelStore
from tests.support.face.faces import ROOT, WEIGHTS, bright, face, live, nobody, pipeline


class Looks:
    """A detector that keeps what it was shown, and answers in turn."""

    def __init__(self, *answers: list[NDArray[np.float32]] | None) -> None:
        self.shown: list[NDArray[np.float32]] = []
        self.given: list[NDArray[np.float32]] = []
        self._answers = list(answers)

    def __call__(self, tensor: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        self.shown.append(tensor.copy())
        self.given.append(tensor)
        answer = self._answers.pop(0) if self._answers else None
        return nobody(tensor) if answer is None else answer


def seen_at(
    landmarks: NDArray[np.floating], box: float = 80.0, score: float = 1.0
) -> list[NDArray[np.float32]]:
    """What a detector answers that sees one face there, in the second look's picture."""
    answer = nobody(np.zeros((1, 3, SECOND_SIDE, SECOND_SIDE), np.float32))
    answer[0][0, 0], answer[3][0, 0] = score, score
    answer[6][0, 0, :2] = landmarks.mean(0) / 8
    answer[6][0, 0, 2:] = np.log(box / 8)
    answer[9][0, 0] = landmarks.ravel() / 8
    return answer


def mirrored(landmarks: NDArray[np.floating]) -> NDArray[np.floating]:
    flipped = landmarks[[1, 0, 2, 4, 3]].copy()
    flipped[:, 0] = SECOND_SIDE - 1 - flipped[:, 0]
    return flipped


def in_second_look(known: DetectedFace) -> NDArray[np.float64]:
    """Where the landmarks of a face that does not lean come to lie in the second look."""
    scale = FACE_SHARE * SECOND_SIDE / known.box[2]
    angle = lean(known.landmarks)  # the points of `face` are not quite level
    turned = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    middle = np.array([0.5, 0.52]) * SECOND_SIDE
    return np.asarray((known.landmarks - known.landmarks.mean(0)) @ turned.T * scale + middle)


def by(across: float, down: float) -> NDArray[np.float64]:
    return np.array([across, down])


def picture() -> NDArray[np.uint8]:
    return np.array(live())


def test_the_second_look_sees_the_face_and_its_mirror_image() -> None:
    looks = Looks()
    Finder(looks).look_again(picture(), face())
    straight, flipped = looks.shown[:2]
    assert straight.shape == (1, 3, SECOND_SIDE, SECOND_SIDE)
    assert straight.any()
    assert np.array_equal(straight[..., ::-1], flipped)


def test_landmarks_are_the_mean_of_both_looks() -> None:
    """Of the second look's two sides first, then of the second and the first."""
    known = face()
    there = in_second_look(known)
    looks = Looks(seen_at(there + by(2, 0)), seen_at(mirrored(there + by(0, 4))))
    found = Finder(looks).look_again(picture(), known)
    scale = known.box[2] / (FACE_SHARE * SECOND_SIDE)
    expected = known.landmarks + np.array([1, 2]) * scale / 2
    assert np.allclose(found.landmarks, expected, atol=0.05)
    assert np.array_equal(found.box, known.box)
    assert found.score == known.score


def test_one_side_of_the_second_look_may_see_nobody() -> None:
    known = face()
    there = in_second_look(known)
    for answers in ((seen_at(there + by(4, 0)), None), (None, seen_at(mirrored(there + by(4, 0))))):
        found = Finder(Looks(*answers)).look_again(picture(), known)
        scale = known.box[2] / (FACE_SHARE * SECOND_SIDE)
        assert np.allclose(found.landmarks - known.landmarks, [2 * scale, 0], atol=0.05)


def test_when_the_second_look_finds_nobody_the_first_counts() -> None:
    known = face()
    assert Finder(nobody).look_again(picture(), known) is known


def test_somebody_else_at_the_edge_of_the_second_look_does_not_count() -> None:
    known = face()
    other = in_second_look(known) + by(SECOND_SIDE * 0.4, 0)
    looks = Looks(seen_at(other), seen_at(mirrored(other)))
    assert Finder(looks).look_again(picture(), known) is known


@pytest.mark.parametrize("turned", [0.0, 24.0, -40.0, 100.0])
@pytest.mark.parametrize("size", [50.0, 160.0, 400.0])
def test_the_second_look_has_every_face_upright_and_of_one_size(turned: float, size: float) -> None:
    """So the landmarks of every face come to lie in one place, and are brought back from there."""
    known = face(size=size, turned=turned)
    there = in_second_look(face(size=size))
    looks = Looks(*[seen_at(there), seen_at(mirrored(there))] * 2)
    found = Finder(looks).look_again(picture(), known)
    assert np.allclose(found.landmarks, known.landmarks, atol=size / 200)


@pytest.mark.parametrize("turned", [0, 24, -24])
def test_a_leaning_photograph_is_shown_upright(turned: int) -> None:
    looks = Looks()
    known = pipeline().observe(picture()).face
    assert known is not None
    Finder(looks).look_again(picture(), known)
    expected = looks.shown[0]
    leaning = live().rotate(-turned, Image.Resampling.BICUBIC, center=(320, 240))
    angle = np.radians(turned)
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    landmarks = (known.landmarks - [320, 240]) @ rotation.T + [320, 240]
    again = Looks()
    leant = DetectedFace(known.box, landmarks.astype(np.float32), known.score)
    Finder(again).look_again(np.array(leaning), leant)
    assert np.abs(again.shown[0] - expected)[..., 60:160, 60:160].mean() < 6


def test_a_leaning_head_is_looked_at_a_third_time_which_alone_counts() -> None:
    known = face(turned=20.0)
    there = in_second_look(known)
    off = np.array([6.0, 0.0])
    second, third = there + off, there - off
    looks = Looks(*(seen_at(each) for each in (second, mirrored(second), third, mirrored(third))))
    found = Finder(looks).look_again(picture(), known)
    assert len(looks.shown) == 4
    moved = found.landmarks.mean(0) - known.landmarks.mean(0)
    scale = known.box[2] / (FACE_SHARE * SECOND_SIDE)
    # The third look starts from where the second saw the face, and takes as much back.
    assert np.linalg.norm(moved) < scale * 0.5


def test_when_the_third_look_finds_nobody_the_second_counts() -> None:
    known = face(turned=20.0)
    there = in_second_look(known) + by(6, 0)
    found = Finder(Looks(seen_at(there), seen_at(mirrored(there)))).look_again(picture(), known)
    scale = known.box[2] / (FACE_SHARE * SECOND_SIDE)
    moved = np.linalg.norm(found.landmarks.mean(0) - known.landmarks.mean(0))
    assert moved == pytest.approx(6 * scale, rel=0.05)


# A face that lies on its side, or stands on its head


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_the_landmarks_of_a_photograph_turn_with_it(quarters: int) -> None:
    """Although the first look takes the face for an upright one."""
    square = picture()[:, 80:560]
    known = pipeline().observe(square).face
    assert known is not None
    x, y = known.centre - 239.5
    for _ in range(quarters):
        x, y = y, -x
    upright = known.moved(*(np.array([x, y]) + 239.5 - known.centre))
    store = ModelStore(ROOT / "models/manifest.toml", WEIGHTS)
    finder = Finder(store.network(store.manifest.comparison.detector))
    found = finder.look_again(np.ascontiguousarray(np.rot90(square, quarters)), upright)
    turned = np.degrees(lean(known.landmarks) - lean(found.landmarks)) % 360
    assert turned == pytest.approx(90 * quarters, abs=5) or turned > 355 + 90 * quarters


def test_a_face_that_the_detector_is_sure_of_is_not_turned() -> None:
    """Frame time: three looks less."""
    known = face()
    there = in_second_look(known)
    looks = Looks(seen_at(there, score=SURE + 0.01), seen_at(mirrored(there), score=0.5))
    Finder(looks).look_again(picture(), known)
    assert len(looks.shown) == 2


@pytest.mark.parametrize(
    ("turned", "leans"), [(0.7 + CLEARLY - 0.01, False), (0.7 + CLEARLY + 0.01, True)]
)
def test_a_turned_face_must_be_clearly_the_better_one(turned: float, leans: bool) -> None:
    known = face()
    there = in_second_look(known)
    looks = Looks(
        seen_at(there, score=0.7), None, seen_at(there, score=turned), seen_at(there, score=0.7)
    )
    found = Finder(looks).look_again(picture(), known)
    assert (abs(lean(found.landmarks)) > 1) is leans
    assert len(looks.shown) == (7 if leans else 5)  # of a turned one there is a third look


def test_the_quarter_with_the_best_score_counts() -> None:
    known = face()
    there = in_second_look(known)
    quarters = [seen_at(there, score=score) for score in (0.7, 0.9, 0.8)]
    found = Finder(Looks(None, None, *quarters)).look_again(picture(), known)
    assert abs(lean(found.landmarks)) == pytest.approx(np.pi, abs=0.1)


def test_nothing_of_a_face_stays_in_what_the_detector_was_shown() -> None:
    looks = Looks()
    finder = Finder(looks)
    finder.detect(picture())
    finder.look_again(picture(), face())
    assert all(shown.any() for shown in looks.shown)
    assert not any(given.any() for given in looks.given)


@pytest.mark.parametrize("margin", [0.0, 0.3])
@pytest.mark.parametrize("size", [(640, 480), (1280, 720), (500, 333), (200, 240), (90, 120)])
def test_faces_are_where_they_are_in_the_picture_whatever_its_size(
    size: tuple[int, int], margin: float
) -> None:
    pixels = np.zeros((size[1], size[0], 3), np.uint8)
    left, top, side = size[0] // 2, size[1] // 3, size[1] // 4
    pixels[top : top + side, left : left + side] = 255
    (found,) = Finder(bright).detect(pixels, margin)
    tolerance = 3 * max(size) * (1 + 2 * margin) / FIRST_SIDE + 1
    assert np.allclose(found.box, [left, top, side, side], atol=tolerance)


def test_there_is_no_face_in_next_to_nothing() -> None:
    small = np.full((LEAST_SIDE - 1, 300, 3), 255, np.uint8)
    assert Finder(bright).detect(small) == []
    assert Finder(bright).detect(np.full((LEAST_SIDE, 300, 3), 255, np.uint8)) != []
