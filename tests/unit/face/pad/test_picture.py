"""A single picture: it may look made, and is never found alive."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from drivers.virtual.performance import Act
from edge.checks import Result
from edge.face import Observation
from edge.face.pad import Cue, CueName, Weight, cues_of_picture, examine_picture
from edge.face.pad.texture import Network
from tests.support.face.faces import face
from tests.support.face.presented import sequence, weights

any_score = st.floats(-1, 1)


def saying(odds: float) -> Network:
    def network(tensor: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        assert tensor.any()
        return [np.array([[odds, 0.0, -50.0]], np.float32)]

    return network


def by_name(act: Act, odds: float) -> dict[CueName, Cue]:
    frame, found = sequence(act)[0]
    return {
        cue.name: cue for cue in cues_of_picture(frame, Observation(1, found, None), saying(odds))
    }


def test_each_cue_is_as_certain_as_its_share_of_a_film() -> None:
    cues = by_name(Act.SCREEN, -20.0)
    assert cues[CueName.TEXTURE] == Cue(CueName.TEXTURE, -1.0, 0.5)
    assert cues[CueName.GRID].score < -0.9
    assert cues[CueName.GRID].certainty == 0.25


def test_skin_has_no_grid() -> None:
    assert by_name(Act.LIVE, 20.0)[CueName.GRID].score == 0


def test_without_a_network_the_grid_is_looked_for_all_the_same() -> None:
    frame, found = sequence(Act.SCREEN)[0]
    texture, grid = cues_of_picture(frame, Observation(1, found, None), None)
    assert texture == Cue.unknown(CueName.TEXTURE)
    check = examine_picture(weights(), (texture, grid))
    assert (check.result, check.detail) == (Result.UNDETERMINED, "grid")


@pytest.mark.parametrize(
    "observation",
    [
        Observation(0, None, None),
        Observation(2, face(), None),
        Observation(1, face((320.0, 240.0), 20.0), None),
    ],
    ids=["nobody", "two", "far away"],
)
def test_without_a_single_near_face_there_is_nothing_to_go_by(observation: Observation) -> None:
    cues = cues_of_picture(np.full((480, 640, 3), 9, np.uint8), observation, saying(-20))
    assert cues == ()
    assert examine_picture(weights(), cues).result is Result.NOT_PERFORMED


@given(any_score, any_score)
def test_no_picture_is_found_alive(texture: float, grid: float) -> None:
    cues = (Cue(CueName.TEXTURE, texture, 1), Cue(CueName.GRID, grid, 1))
    assert examine_picture(weights(), cues).result in {Result.UNDETERMINED, Result.FAILED}


def test_not_even_by_cues_that_prove_a_head() -> None:
    """Whoever hands others in."""
    kind = replace(weights(), cues={CueName.DEPTH: Weight(9, 9)})
    check = examine_picture(kind, (Cue(CueName.DEPTH, 1, 1),))
    assert check.result is Result.UNDETERMINED


def test_a_picture_that_everything_speaks_against_has_failed() -> None:
    cues = (Cue(CueName.TEXTURE, -1, 0.5), Cue(CueName.GRID, -1, 0.25))
    check = examine_picture(weights(), cues)
    assert (check.result, check.detail) == (Result.FAILED, "texture grid")
