"""What makes a gate a gate is demanded whatever a policy says."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from edge.border.decide import Evidence, decide
from edge.border.decision import Open, Refer
from edge.border.floor import FLOOR, weaknesses
from edge.border.policy import Policy
from edge.border.requirement import Requirement
from edge.checks import Check, CheckId, Result

SAYS_NOTHING = Policy(
    version="test",
    digest="00",
    requirements={},
    false_match_rate="1e-4",
    minimum_age=18,
    nationalities=frozenset(),
    document_codes=frozenset("P"),
)
LEAST = {
    "clock.trusted": "required",
    "lane.single_person": "required",
    "mrz.read": "required",
    "doc.expiry": "not_failed",
    "chip.presence": "required",
    "chip.access": "not_failed",
    "chip.sod_signature": "required",
    "chip.ds_chain": "required",
    "chip.dg_hash": "required",
    "chip.dg1_vs_mrz": "if_supported",
    "elig.age": "required",
    "face.detect": "required",
    "face.pad": "required",
    "face.match": "required",
}
MAKES_A_GATE = set(LEAST)
SUCCESSFUL = dict.fromkeys(CheckId, Result.SUCCESSFUL)


def decided(policy: Policy, **changed: Result) -> Open | Refer:
    """Decide when all is well but for some checks, named with `_` for each dot."""
    results = {check: changed.get(check.replace(".", "_"), r) for check, r in SUCCESSFUL.items()}
    return decide(
        Evidence(tuple(Check(check, result) for check, result in results.items())), policy
    )


def test_the_floor_is_what_makes_a_gate_a_gate() -> None:
    assert {check.value: rule.least.value for check, rule in FLOOR.items()} == LEAST


def test_a_policy_that_says_nothing_opens_nothing_without_evidence() -> None:
    assert isinstance(decide(Evidence(), SAYS_NOTHING), Refer)
    assert decided(SAYS_NOTHING) == Open()


@pytest.mark.parametrize("check", sorted(MAKES_A_GATE))
@pytest.mark.parametrize("result", [r for r in Result if r is not Result.SUCCESSFUL])
def test_a_policy_that_says_less_opens_no_more(check: str, result: Result) -> None:
    changed = {check.replace(".", "_"): result}
    assert isinstance(decided(SAYS_NOTHING, **changed), Refer)


@pytest.mark.parametrize("check", sorted(MAKES_A_GATE))
def test_a_check_of_the_floor_that_nobody_made_never_opens(check: str) -> None:
    """Whatever a live policy names for it."""
    found = tuple(Check(other, Result.SUCCESSFUL) for other in CheckId if other != check)
    for requirement in Requirement:
        policy = replace(SAYS_NOTHING, requirements={CheckId(check): requirement})
        assert isinstance(decide(Evidence(found), policy), Refer)


@given(
    st.dictionaries(st.sampled_from(CheckId), st.sampled_from(Requirement)),
    st.dictionaries(st.sampled_from(CheckId), st.sampled_from(Result), max_size=3),
    st.sets(st.sampled_from(CheckId), max_size=1),
)
@example({CheckId.CHIP_ACCESS: Requirement.IGNORED}, {CheckId.CHIP_ACCESS: Result.FAILED}, set())
@example({CheckId.CHIP_ACCESS: Requirement.IGNORED}, {}, {CheckId.CHIP_ACCESS})
def test_a_live_gate_opens_for_nothing_below_the_least(
    named: dict[CheckId, Requirement], results: dict[CheckId, Result], unmade: set[CheckId]
) -> None:
    """All is well but for a few checks, so that many of these travellers pass."""
    policy = replace(SAYS_NOTHING, requirements=named)
    made = {c: r for c, r in (SUCCESSFUL | results).items() if c not in unmade}
    found = tuple(Check(check, result) for check, result in made.items())
    if decide(Evidence(found), policy) == Open():
        assert [c for c, rule in FLOOR.items() if made.get(c) not in rule.least.tolerated] == []


@given(st.dictionaries(st.sampled_from(CheckId), st.sampled_from(Requirement)))
def test_a_weakness_is_told_exactly_where_the_file_is_not_followed(
    named: dict[CheckId, Requirement],
) -> None:
    followed = replace(SAYS_NOTHING, requirements=named).demands
    ignored = {check for check, asked in named.items() if followed[check] is not asked}
    assert {line.split('"')[1] for line in weaknesses(named)} == {c.value for c in ignored}


def test_a_training_lane_may_leave_a_check_out() -> None:
    policy = replace(SAYS_NOTHING, requirements={CheckId.FACE_PAD: Requirement.IGNORED}, live=False)
    assert decided(policy, face_pad=Result.NOT_PERFORMED) == Open()
    assert isinstance(decided(replace(policy, live=True), face_pad=Result.NOT_PERFORMED), Refer)


def test_each_rule_of_the_floor_says_why() -> None:
    assert all(rule.why for rule in FLOOR.values())
