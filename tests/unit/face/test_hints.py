"""One thing at a time, the most pressing first."""

from __future__ import annotations

from itertools import pairwise

import pytest

from edge.face import Hint
from edge.face.hints import Situation, advise
from edge.face.quality import WEIGHTS
from edge.screen import languages

ORDER = (
    ("one_face", Hint.ONE_PERSON),
    ("inter_eye", Hint.COME_CLOSER),
    ("centring", Hint.MOVE_RIGHT),
    ("yaw", Hint.LOOK_STRAIGHT),
    ("pitch", Hint.RAISE_CHIN),
    ("roll", Hint.HOLD_UPRIGHT),
    ("exposure", Hint.MORE_LIGHT),
    ("sharpness", Hint.HOLD_STILL),
    ("shade", Hint.MORE_LIGHT),
    ("eyes", Hint.SHOW_EYES),
    ("mouth", Hint.SHOW_MOUTH),
)


@pytest.mark.parametrize(("name", "hint"), ORDER)
def test_each_measure_has_its_hint(name: str, hint: Hint) -> None:
    assert advise(frozenset({name}), Situation()) is hint


def test_the_more_pressing_one_is_told() -> None:
    for (first, hint), (second, _) in pairwise(ORDER):
        assert advise(frozenset({first, second}), Situation()) is hint
    assert advise(frozenset(WEIGHTS), Situation()) is Hint.ONE_PERSON


def test_what_is_well_needs_no_hint() -> None:
    assert advise(frozenset(), Situation()) is None


@pytest.mark.parametrize(
    ("name", "situation", "hint"),
    [
        ("", Situation(fills_the_frame=True), Hint.STEP_BACK),
        ("centring", Situation(is_left_of_centre=True), Hint.MOVE_LEFT),
        ("pitch", Situation(chin_is_up=True), Hint.LOWER_CHIN),
        ("exposure", Situation(is_overexposed=True), Hint.LESS_LIGHT),
        ("contrast", Situation(), Hint.MORE_LIGHT),
        ("evenness", Situation(), Hint.MORE_LIGHT),
        ("shade", Situation(is_under_a_brim=True), Hint.TAKE_OFF_HAT),
    ],
)
def test_the_situation_decides_between_two(name: str, situation: Situation, hint: Hint) -> None:
    assert advise(frozenset({name}), situation) is hint


@pytest.mark.parametrize("code", languages.load())
def test_every_hint_has_its_words(code: str) -> None:
    assert {hint.value for hint in Hint} <= set(languages.load()[code].hints)
