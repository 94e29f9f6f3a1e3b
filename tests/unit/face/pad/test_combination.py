"""From cues to a verdict: nothing is live that no cue has proved a head."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.face.pad import Cue, CueName, PadVerdict, Weight, Weights
from edge.face.pad.combination import PROVES_A_HEAD
from tests.support.face.presented import weights

SMALL = Weights(
    "1",
    2.0,
    -3.0,
    MappingProxyType({CueName.RELIEF: Weight(3, 2), CueName.TEXTURE: Weight(1, 4)}),
)
any_cue = st.builds(
    Cue.of, st.sampled_from(CueName), st.floats(allow_nan=True), st.floats(allow_nan=True)
)


def test_nothing_known_is_doubt() -> None:
    assert SMALL.verdict(()) is PadVerdict.DOUBT
    assert SMALL.odds(()) == 0


@pytest.mark.parametrize(
    ("relief", "texture", "expected"),
    [
        (1.0, 0.0, PadVerdict.LIVE),
        (0.5, 0.5, PadVerdict.LIVE),
        (0.5, 0.0, PadVerdict.DOUBT),
        (0.0, 1.0, PadVerdict.DOUBT),
        (1.0, -1.0, PadVerdict.DOUBT),
        (-1.0, -0.25, PadVerdict.ATTACK),
        (-1.0, 0.0, PadVerdict.DOUBT),
    ],
)
def test_cues_add_up(relief: float, texture: float, expected: PadVerdict) -> None:
    cues = (Cue(CueName.RELIEF, relief, 1), Cue(CueName.TEXTURE, texture, 1))
    assert SMALL.verdict(cues) is expected


def test_who_is_unsure_counts_less() -> None:
    assert SMALL.odds((Cue(CueName.RELIEF, 1, 0.5),)) == 1.5
    assert SMALL.odds((Cue(CueName.RELIEF, -1, 0.5),)) == -1.0


def test_a_cue_nobody_weighs_counts_nothing() -> None:
    assert SMALL.odds((Cue(CueName.GRID, -1, 1),)) == 0


def test_cues_that_prove_no_head_may_not_add_up_to_one() -> None:
    cues = {CueName.TEXTURE: Weight(1.5, 0), CueName.GRID: Weight(0.5, 0)}
    with pytest.raises(ValueError, match="without relief, answer or depth"):
        replace(SMALL, cues=cues)


@pytest.mark.parametrize(("live_at", "attack_at"), [(0.0, -3.0), (2.0, 0.0), (float("nan"), -1.0)])
def test_doubt_lies_between(live_at: float, attack_at: float) -> None:
    with pytest.raises(ValueError, match="live_at lies above"):
        replace(SMALL, live_at=live_at, attack_at=attack_at)


def test_a_weight_is_not_negative() -> None:
    with pytest.raises(ValueError, match="not negative"):
        replace(SMALL, cues={CueName.RELIEF: Weight(-1, 0)})


@given(st.lists(any_cue, max_size=12, unique_by=lambda cue: cue.name))
def test_without_a_head_nothing_is_live(cues: list[Cue]) -> None:
    proofs = [cue for cue in cues if cue.name in PROVES_A_HEAD and cue.score * cue.certainty > 0]
    if not proofs:
        assert weights().verdict(cues) is not PadVerdict.LIVE


@pytest.mark.parametrize("name", CueName)
def test_only_relief_answer_and_depth_may_make_a_presentation_live_alone(name: CueName) -> None:
    if name in {CueName.RELIEF, CueName.ANSWER, CueName.DEPTH}:
        weighed = Weights("1", 2.0, -3.0, {name: Weight(2.0, 0.0)})
        assert weighed.verdict([Cue(name, 1, 1)]) is PadVerdict.LIVE
    else:
        with pytest.raises(ValueError, match="without relief, answer or depth"):
            Weights("1", 2.0, -3.0, {name: Weight(2.0, 0.0)})
        assert Weights("1", 2.0, -3.0, {name: Weight(1.9, 0.0)}).odds([Cue(name, 1, 1)]) == 1.9


def test_neither_part_of_a_weight_is_negative_and_both_may_be_nothing() -> None:
    weighed = Weights("1", 2.0, -3.0, {CueName.GRID: Weight(0, 0)})
    for weight in (Weight(-0.1, 1), Weight(1, -0.1)):
        with pytest.raises(ValueError, match="not negative"):
            replace(weighed, cues={CueName.GRID: weight})


def test_a_cue_that_is_not_weighed_counts_neither_way() -> None:
    weighed = Weights("1", 2.0, -3.0, {})
    for score in (1.0, -1.0):
        assert weighed.odds([Cue(CueName.DEPTH, score, 1)]) == 0


def test_cues_and_verdicts_have_the_names_of_the_manifest() -> None:
    assert [name.value for name in CueName] == [
        "stillness", "continuity", "relief", "surroundings", "texture", "grid", "answer", "depth"
    ]  # fmt: skip
    assert [verdict.value for verdict in PadVerdict] == ["live", "attack", "doubt"]


@pytest.mark.parametrize(("score", "certainty"), [(-1, 0), (1, 1), (0, 0.5)])
def test_a_cue_may_lie_on_its_bounds(score: float, certainty: float) -> None:
    assert Cue.of(CueName.GRID, score, certainty) == Cue(CueName.GRID, score, certainty)
