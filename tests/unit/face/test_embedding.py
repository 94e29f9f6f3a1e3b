"""From a face to numbers: each embedder has its own alignment, weight and centre."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from edge.checks import Check, CheckId, Result
from edge.errors import SettingsError
from edge.face import BestFrame, FaceTemplate, Network, ReferenceTemplate, Target, examine, match
from edge.face.alignment import POINTS, align
from edge.face.embedding import Embedder, template, unit
from edge.face.examination import SimilarityBounds
from tests.support.face.faces import authentic, embedder, face, live, observation

PIXELS = np.array(live())


class Remembering:
    """An embedder's network: keeps what it is shown and answers row after row it was told."""

    def __init__(self, *rows: tuple[float, ...]) -> None:
        self.shown: list[NDArray[np.float32]] = []
        self.buffers: list[NDArray[np.float32]] = []
        self._rows = iter(rows)

    def __call__(self, tensor: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        self.shown.append(tensor.copy())
        answer = np.array([next(self._rows)], np.float32)
        self.buffers += [tensor, answer]
        return [answer]


def made(*embedders: Embedder) -> NDArray[np.float32]:
    return template(PIXELS, face(), embedders).vector


def answering(*numbers: float) -> Network:
    return lambda _: [np.array([numbers], np.float32)]


def test_a_template_is_the_sum_of_the_face_and_its_mirror_image() -> None:
    assert np.allclose(made(embedder(Remembering((1, 5), (2, -1)))), [0.6, 0.8])


def test_what_tells_groups_apart_is_left_out() -> None:
    one = embedder(answering(3, 0, 4), centre=(0.1, 0.2, 0), mirrored=False)
    first = np.array([[1, 0, 0]], np.float32)
    assert np.allclose(made(replace(one, without=first)), unit(np.array([0, -0.2, 0.8])))


def test_the_embedder_gets_the_face_and_its_mirror_image_red_first() -> None:
    network = Remembering((1, 0), (1, 0))
    red = np.zeros((480, 640, 3), np.uint8)
    red[:, :320, 0] = 200
    template(red, face(), [embedder(network)])
    face_on, mirrored = network.shown
    assert face_on.shape == mirrored.shape == (1, 3, 112, 112)
    assert np.array_equal(face_on[:, :, :, ::-1], mirrored)
    assert face_on[0, 0, 56, 10] == 200
    assert mirrored[0, 0, 56, 101] == 200
    assert not face_on[:, 1:].any()


def test_an_embedder_may_do_without_the_mirror_image() -> None:
    network = Remembering((3, 4))
    assert np.allclose(made(embedder(network, mirrored=False)), [0.6, 0.8])
    (tensor,) = network.shown
    assert tensor.shape == (1, 3, 112, 112)
    assert np.allclose(tensor[0], align(PIXELS, face().landmarks), atol=1e-4)


def test_each_embedder_has_a_face_aligned_as_it_was_trained() -> None:
    network = Remembering((1, 0))
    wide = Target(150, POINTS * 1.2 + 7)
    made(replace(embedder(network, mirrored=False), target=wide))
    assert np.allclose(network.shown[0][0], align(PIXELS, face().landmarks, wide), atol=1e-4)


def test_what_all_faces_have_in_common_is_left_out() -> None:
    """Two directions that differ little beside a large common part differ much without it."""
    centre = (0.8, 0.0)
    one, other = (
        made(embedder(answering(*row), centre=centre, mirrored=False))
        for row in ((0.8, 0.6), (0.8, -0.6))
    )
    assert one @ other == pytest.approx(-1, abs=1e-5)
    plain = [made(embedder(answering(*row), mirrored=False)) for row in ((0.8, 0.6), (0.8, -0.6))]
    assert plain[0] @ plain[1] == pytest.approx(0.28, abs=1e-5)


@pytest.mark.parametrize("weights", [(0.5, 0.5), (0.65, 0.35), (0.9, 0.1)])
def test_the_cosine_of_two_templates_is_the_weighted_sum_of_cosines(
    weights: tuple[float, float],
) -> None:
    rng = np.random.default_rng(5)
    rows = rng.normal(size=(2, 2, 8)).astype(np.float32)  # of two faces by two embedders
    centre = tuple(rng.normal(0, 0.2, 8))
    templates, cosines = [], []
    for each in rows:
        embedders = [
            embedder(answering(*row), weight=weight, centre=centre, mirrored=False)
            for row, weight in zip(each, weights, strict=True)
        ]
        templates.append(made(*embedders))
    for first, second in zip(*rows, strict=True):
        parts = [unit(unit(row) - np.array(centre, np.float32)) for row in (first, second)]
        cosines.append(float(parts[0] @ parts[1]))
    assert templates[0].shape == (16,)
    assert np.linalg.norm(templates[0]) == pytest.approx(1, abs=1e-6)
    assert templates[0] @ templates[1] == pytest.approx(np.dot(weights, cosines), abs=1e-5)


def test_nothing_of_a_face_stays_in_the_buffers() -> None:
    network = Remembering((1, 1), (1, 1))
    assert made(embedder(network)).any()
    assert all(shown.any() for shown in network.shown)
    assert [buffer.any() for buffer in network.buffers] == [False] * 4


@pytest.mark.parametrize("said", [0.0, 1e-9, 3e38, math.inf, -math.inf, math.nan])
def test_a_network_that_says_nothing_makes_nobody_like_anybody(said: float) -> None:
    """What is left of nothing without the common part is the same for all faces."""
    broken = embedder(answering(said, said), centre=(0.3, -0.1), mirrored=False)
    alone = made(broken)
    beside = made(replace(broken, weight=0.5), embedder(answering(1, 0), weight=0.5))
    for vector in (alone, beside):
        best = BestFrame()
        best.would_improve(observation(80))
        similarity = match(
            ReferenceTemplate(FaceTemplate(vector), authentic()), FaceTemplate(vector)
        )
        *_, matched = examine(best, similarity, SimilarityBounds(-1.0, 2.0))
        assert matched == Check(CheckId.FACE_MATCH, Result.FAILED)


@pytest.mark.parametrize("numbers", [1, 3])
def test_a_centre_of_another_length_is_refused_at_the_start(numbers: int) -> None:
    """One number alone would be taken from each: thresholds were measured without that."""
    broken = embedder(Remembering((1, 0), (1, 0)), centre=(0.1,) * numbers)
    with pytest.raises(SettingsError, match=f"answers 2 numbers, and its `centre` has {numbers}"):
        broken.warm_up()
    embedder(Remembering((1, 0), (1, 0)), centre=(0.1, 0.1)).warm_up()


@pytest.mark.parametrize("shape", [(2,), (2, 3), (1, 2, 1), (1, 2, 4, 4)])
def test_a_network_that_answers_no_row_is_no_embedder(shape: tuple[int, ...]) -> None:
    with pytest.raises(SettingsError, match=r"a row of numbers \[1, D\] is wanted"):
        embedder(lambda _: [np.ones(shape, np.float32)]).warm_up()
