"""The policy opens only when nothing speaks against it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.border import eligibility
from edge.border.decide import Evidence, decide
from edge.border.decision import Open, Refer
from edge.border.policy import REASONS, UNKNOWN, Policy, Requirement
from edge.border.reasons import WORDINGS
from edge.checks import Check, CheckId, Reason, Result

REQUIREMENTS = {
    CheckId.MRZ_READ: Requirement.REQUIRED,
    CheckId.CHIP_SOD_SIGNATURE: Requirement.REQUIRED,
    CheckId.CHIP_ACTIVE_AUTH: Requirement.IF_SUPPORTED,
    CheckId.CHIP_DS_REVOCATION: Requirement.NOT_FAILED,
    CheckId.FACE_MATCH: Requirement.REQUIRED,
    CheckId.DOC_MODEL: Requirement.IGNORED,
}
POLICY = Policy(
    version="test",
    digest="00",
    requirements=REQUIREMENTS,
    false_match_rate="1e-4",
    minimum_age=18,
    nationalities=frozenset(),
    document_codes=frozenset("P"),
)
ACCESS_REQUIRED = replace(
    POLICY, requirements={**REQUIREMENTS, CheckId.CHIP_ACCESS: Requirement.REQUIRED}
)
GOOD = {check: Check(check, Result.SUCCESSFUL) for check in REQUIREMENTS}


def evidence(*changed: Check, faults: frozenset[Reason] = frozenset()) -> Evidence:
    return Evidence(tuple({**GOOD, **{check.id: check for check in changed}}.values()), faults)


def test_open_when_everything_is_as_demanded() -> None:
    assert decide(evidence(), POLICY) == Open()


def test_no_evidence_opens_nothing() -> None:
    assert isinstance(decide(Evidence(), POLICY), Refer)


@pytest.mark.parametrize("check", [c for c in REQUIREMENTS if c is not CheckId.DOC_MODEL])
def test_one_failed_check_refers_with_its_reason(check: CheckId) -> None:
    assert decide(evidence(Check(check, Result.FAILED)), POLICY) == Refer(
        frozenset({REASONS[check]})
    )


def test_a_failed_check_the_policy_does_not_name_refers_too() -> None:
    hit = Check(CheckId.LIST_SLTD, Result.FAILED)
    assert decide(evidence(hit), POLICY) == Refer(frozenset({Reason.LIST_HIT}))


@pytest.mark.parametrize(
    ("check", "result", "opens"),
    [
        (CheckId.CHIP_ACTIVE_AUTH, Result.NOT_SUPPORTED, True),
        (CheckId.CHIP_ACTIVE_AUTH, Result.NOT_PERFORMED, False),
        (CheckId.CHIP_ACTIVE_AUTH, Result.UNDETERMINED, False),
        (CheckId.CHIP_DS_REVOCATION, Result.UNDETERMINED, True),
        (CheckId.CHIP_DS_REVOCATION, Result.NOT_PERFORMED, True),
        (CheckId.FACE_MATCH, Result.UNDETERMINED, False),
        (CheckId.FACE_MATCH, Result.NOT_SUPPORTED, False),
        (CheckId.DOC_MODEL, Result.FAILED, True),
    ],
)
def test_requirements(check: CheckId, result: Result, opens: bool) -> None:
    assert isinstance(decide(evidence(Check(check, result)), POLICY), Open) is opens


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        (Result.FAILED, Reason.CHIP_ACCESS),
        (Result.UNDETERMINED, Reason.CHIP_DOWNGRADE),
    ],
)
def test_what_the_way_into_the_chip_means(result: Result, reason: Reason) -> None:
    found = decide(evidence(Check(CheckId.CHIP_ACCESS, result)), ACCESS_REQUIRED)
    assert found == Refer(frozenset({reason}))


def test_a_downgrade_that_the_policy_accepts() -> None:
    lenient = replace(
        ACCESS_REQUIRED,
        requirements={**ACCESS_REQUIRED.requirements, CheckId.CHIP_ACCESS: Requirement.NOT_FAILED},
    )
    downgraded = evidence(Check(CheckId.CHIP_ACCESS, Result.UNDETERMINED))
    assert isinstance(decide(downgraded, lenient), Open)


def test_a_fault_refers_even_when_every_check_is_good() -> None:
    fault = frozenset({Reason.CHIP_READ})
    assert decide(evidence(faults=fault), POLICY) == Refer(fault)


def test_what_was_never_reached_is_named_only_when_nothing_else_explains() -> None:
    only_access = Evidence((GOOD[CheckId.MRZ_READ], Check(CheckId.CHIP_ACCESS, Result.FAILED)))
    assert decide(only_access, POLICY) == Refer(frozenset({Reason.CHIP_ACCESS}))


def test_two_answers_to_one_check_both_count() -> None:
    twice = (*GOOD.values(), Check(CheckId.FACE_MATCH, Result.FAILED))
    assert decide(Evidence(twice), POLICY) == Refer(frozenset({Reason.FACE_NOMATCH}))


def test_a_list_that_could_not_be_asked_is_not_a_hit() -> None:
    policy = Policy(
        "t", "0", {CheckId.LIST_SLTD: Requirement.REQUIRED}, "1e-4", 0, *[frozenset()] * 2
    )
    unknown = Evidence((Check(CheckId.LIST_SLTD, Result.UNDETERMINED),))
    assert decide(unknown, policy) == Refer(frozenset({UNKNOWN[CheckId.LIST_SLTD]}))


def test_a_document_alone_is_judged_by_what_concerns_documents() -> None:
    about = POLICY.about_documents()
    assert CheckId.FACE_MATCH not in about.requirements
    documents = tuple(c for c in GOOD.values() if c.id in about.requirements)
    assert decide(Evidence(documents), POLICY) != Open()
    assert decide(Evidence(documents), about) == Open()


checks = st.builds(Check, st.sampled_from(CheckId), st.sampled_from(Result))


@given(st.lists(checks, max_size=30), st.frozensets(st.sampled_from(Reason), max_size=2))
def test_open_means_every_requirement_holds(found: list[Check], faults: frozenset[Reason]) -> None:
    decision = decide(Evidence(tuple(found), faults), POLICY)
    holds = (
        not faults
        and all(POLICY.tolerates(check.id, check.result) for check in found)
        and all(
            any(check.id is wanted for check in found)
            for wanted, how in REQUIREMENTS.items()
            if not POLICY.tolerates(wanted, Result.NOT_PERFORMED)
        )
    )
    assert isinstance(decision, Open) is holds


@given(st.lists(checks, max_size=10), checks)
def test_more_evidence_never_removes_a_referral_that_failed(
    found: list[Check], another: Check
) -> None:
    failed = Check(CheckId.CHIP_DG_HASH, Result.FAILED)
    assert isinstance(decide(Evidence((*found, failed, another)), POLICY), Refer)


def test_every_check_has_a_reason_and_every_reason_words() -> None:
    assert REASONS.keys() == set(CheckId)
    assert WORDINGS.keys() == set(Reason)


def test_secret_reasons_read_like_any_other() -> None:
    silent = {w.traveller for w in WORDINGS.values() if not w.disclosable}
    told = {w.traveller for w in WORDINGS.values() if w.disclosable}
    assert silent <= told


def test_a_referral_needs_a_reason() -> None:
    with pytest.raises(ValueError, match="reason"):
        Refer(frozenset())


@pytest.mark.parametrize(
    ("age", "result"),
    [(18, Result.SUCCESSFUL), (17, Result.FAILED), (None, Result.UNDETERMINED)],
)
def test_age(age: int | None, result: Result) -> None:
    found = eligibility.examine("P", "UTO", age, POLICY)
    assert Check(CheckId.ELIG_AGE, result) in found
    assert Check(CheckId.ELIG_NATIONALITY, Result.SUCCESSFUL) in found


def test_a_document_type_the_lane_does_not_take() -> None:
    found = eligibility.examine("V", "UTO", 30, POLICY)
    assert Check(CheckId.ELIG_DOCUMENT_TYPE, Result.FAILED) in found


def test_a_clock_before_the_build_is_wrong() -> None:
    built = date(2026, 11, 24)
    assert eligibility.clock(date(2026, 11, 24), built).result is Result.SUCCESSFUL
    assert eligibility.clock(date(1970, 1, 1), built).result is Result.FAILED
