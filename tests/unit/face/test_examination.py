"""What was seen and compared, as checks an officer reads."""

from __future__ import annotations

import math

import pytest

from edge.checks import Check, CheckId, Result
from edge.face import BestFrame, examine
from edge.face.examination import SimilarityBounds
from edge.face.pad import NO_PAD
from tests.support.face.faces import observation, template

THRESHOLD = 0.4
SAME_PICTURE = 0.94
BOUNDS = SimilarityBounds(THRESHOLD, SAME_PICTURE)


def best_of(*qualities: int | None) -> BestFrame:
    best = BestFrame()
    for quality in qualities:
        frame = observation(quality)
        if best.would_improve(frame):
            best.keep(frame, template(1))
    return best


def checks(
    best: BestFrame, similarity: float | None, *, complete: bool = True
) -> dict[CheckId, Check]:
    found = examine(best, similarity, BOUNDS, complete=complete)
    return {check.id: check for check in found}


def results(found: dict[CheckId, Check]) -> list[Result]:
    return [
        found[each].result
        for each in (CheckId.FACE_DETECT, CheckId.FACE_QUALITY, CheckId.FACE_MATCH)
    ]


S, F, N = Result.SUCCESSFUL, Result.FAILED, Result.NOT_PERFORMED


@pytest.mark.parametrize(
    ("qualities", "similarity", "complete", "expected"),
    [
        ((80,), 0.78, True, [S, S, S]),
        ((80,), 0.09, True, [S, S, F]),
        ((80,), None, True, [S, S, N]),
        ((20,), None, True, [S, F, N]),
        ((None,), None, True, [F, N, N]),
        ((), None, True, [F, N, N]),
        ((), None, False, [N, N, N]),
        ((None,), None, False, [N, N, N]),
        ((20,), None, False, [S, N, N]),
        ((80,), 0.78, False, [S, S, S]),
        ((80,), 0.09, False, [S, S, F]),
        ((20, 80, None), 0.78, True, [S, S, S]),
    ],
)
def test_each_way_it_can_come_out(
    qualities: tuple[int | None, ...],
    similarity: float | None,
    complete: bool,
    expected: list[Result],
) -> None:
    assert results(checks(best_of(*qualities), similarity, complete=complete)) == expected


@pytest.mark.parametrize(
    ("similarity", "result"),
    [(THRESHOLD, S), (THRESHOLD - 1e-9, F), (1.0, S), (0.0, F), (-1.0, F), (math.nan, F)],
)
def test_the_threshold_itself_is_a_match_and_nothing_less_is(
    similarity: float, result: Result
) -> None:
    assert checks(best_of(80), similarity)[CheckId.FACE_MATCH].result is result


def test_presentation_attacks_are_never_claimed_to_be_looked_for() -> None:
    check = checks(best_of(80), 0.9)[CheckId.FACE_PAD]
    assert check == Check(CheckId.FACE_PAD, Result.NOT_PERFORMED, NO_PAD)


def test_the_poorest_measure_is_named() -> None:
    assert checks(best_of(20), None)[CheckId.FACE_QUALITY].detail == "sharpness"
    assert checks(best_of(80), None)[CheckId.FACE_QUALITY].detail == ""


@pytest.mark.parametrize("similarity", [0.123456, 0.39999, 0.654321])
def test_no_check_tells_how_similar(similarity: float) -> None:
    """Who sees the number climb can climb."""
    for check in examine(best_of(80), similarity, BOUNDS):
        assert not any(character.isdigit() for character in check.detail)


@pytest.mark.parametrize(
    ("similarity", "result"),
    [
        (SAME_PICTURE - 0.001, Result.SUCCESSFUL),
        (SAME_PICTURE, Result.UNDETERMINED),
        (1.0, Result.UNDETERMINED),
        (None, Result.SUCCESSFUL),
    ],
)
def test_the_portrait_itself_before_the_camera_is_doubt(
    similarity: float | None, result: Result
) -> None:
    alive = Check(CheckId.FACE_PAD, Result.SUCCESSFUL)
    found = examine(best_of(80), similarity, BOUNDS, presentation=alive)
    assert {check.id: check.result for check in found}[CheckId.FACE_PAD] is result


def test_an_attack_stays_one_however_near_it_comes() -> None:
    attack = Check(CheckId.FACE_PAD, Result.FAILED, "texture")
    found = examine(best_of(80), 1.0, BOUNDS, presentation=attack)
    assert attack in found
