"""The policy opens only when nothing speaks against it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.border.decide import Evidence, decide, unanswered
from edge.border.decision import Open, Refer
from edge.border.floor import FLOOR
from edge.border.policy import REASONS, Policy
from edge.border.reasons import WORDS
from edge.border.requirement import Requirement
from edge.checks import Check, CheckId, Reason, Result
from tests.support.plain_policy import NAMED, POLICY

DEMANDED = (*FLOOR, *NAMED)
GOOD = {check: Check(check, Result.SUCCESSFUL) for check in DEMANDED}


def evidence(*changed: Check, faults: frozenset[Reason] = frozenset()) -> Evidence:
    return Evidence(tuple({**GOOD, **{check.id: check for check in changed}}.values()), faults)


def naming(check: CheckId, requirement: Requirement, *, live: bool = True) -> Policy:
    return replace(POLICY, requirements={**NAMED, check: requirement}, live=live)


def test_open_when_everything_is_as_demanded() -> None:
    assert decide(evidence(), POLICY) == Open()


def test_no_evidence_opens_nothing() -> None:
    assert isinstance(decide(Evidence(), POLICY), Refer)


@pytest.mark.parametrize("check", [c for c in DEMANDED if c is not CheckId.DOC_MODEL])
def test_one_failed_check_refers_with_its_reason(check: CheckId) -> None:
    refused = decide(evidence(Check(check, Result.FAILED)), POLICY)
    assert refused == Refer(frozenset({REASONS[check]}))


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
        (CheckId.CHIP_DS_REVOCATION, Result.NOT_PERFORMED, False),
        (CheckId.CHIP_DS_REVOCATION, Result.ABORTED, False),
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
    found = decide(evidence(Check(CheckId.CHIP_ACCESS, result)), POLICY)
    assert found == Refer(frozenset({reason}))


def test_a_downgrade_that_the_policy_accepts() -> None:
    lenient = naming(CheckId.CHIP_ACCESS, Requirement.NOT_FAILED)
    downgraded = evidence(Check(CheckId.CHIP_ACCESS, Result.UNDETERMINED))
    assert isinstance(decide(downgraded, lenient), Open)


def test_a_fault_refers_even_when_every_check_is_good() -> None:
    fault = frozenset({Reason.CHIP_READ})
    assert decide(evidence(faults=fault), POLICY) == Refer(fault)


def test_what_was_never_reached_is_named_only_when_nothing_else_explains() -> None:
    only_access = Evidence((GOOD[CheckId.MRZ_READ], Check(CheckId.CHIP_ACCESS, Result.FAILED)))
    assert decide(only_access, POLICY) == Refer(frozenset({Reason.CHIP_ACCESS}))


@pytest.mark.parametrize("result", [Result.NOT_PERFORMED, Result.ABORTED, Result.NOT_SUPPORTED])
def test_a_check_without_an_answer_is_no_reason_beside_one_that_failed(result: Result) -> None:
    found = evidence(Check(CheckId.FACE_MATCH, Result.FAILED), Check(CheckId.MRZ_READ, result))
    assert decide(found, POLICY) == Refer(frozenset({Reason.FACE_NOMATCH}))
    alone = decide(evidence(Check(CheckId.MRZ_READ, result)), POLICY)
    assert alone == Refer(frozenset({Reason.DOC_UNREADABLE}))


def test_what_nobody_answered_is_named_apart_from_what_failed() -> None:
    read = Check(CheckId.MRZ_READ, Result.FAILED)
    missing = unanswered(evidence(read, Check(CheckId.FACE_PAD, Result.ABORTED)), POLICY)
    assert missing == (Check(CheckId.FACE_PAD, Result.ABORTED),)
    nothing = unanswered(Evidence(), POLICY)
    assert {each.result for each in nothing} == {Result.NOT_PERFORMED}
    assert {each.id for each in nothing} == POLICY.demands.keys() - {CheckId.DOC_MODEL}


def test_two_answers_to_one_check_both_count() -> None:
    twice = (*GOOD.values(), Check(CheckId.FACE_MATCH, Result.FAILED))
    assert decide(Evidence(twice), POLICY) == Refer(frozenset({Reason.FACE_NOMATCH}))


def test_a_list_that_could_not_be_asked_is_not_a_hit() -> None:
    policy = naming(CheckId.LIST_SLTD, Requirement.REQUIRED)
    unknown = evidence(Check(CheckId.LIST_SLTD, Result.UNDETERMINED))
    assert decide(unknown, policy) == Refer(frozenset({Reason.LIST_UNAVAILABLE}))


def test_a_document_alone_is_judged_by_what_concerns_documents() -> None:
    about = POLICY.about_documents()
    documents = tuple(c for c in GOOD.values() if not c.id.startswith(("face.", "lane.")))
    assert decide(Evidence(documents), POLICY) != Open()
    assert decide(Evidence(documents), about) == Open()


checks = st.builds(Check, st.sampled_from(CheckId), st.sampled_from(Result))
policies = st.builds(
    lambda named, live: replace(POLICY, requirements=named, live=live),
    st.dictionaries(st.sampled_from(CheckId), st.sampled_from(Requirement), max_size=40),
    st.booleans(),
)
OPENS = {
    "required": {"successful"},
    "if_supported": {"successful", "not_supported"},
    "not_failed": {"successful", "not_supported", "undetermined"},
    "ignored": {result.value for result in Result},
    "not named": {result.value for result in Result} - {"failed"},
}


@given(
    st.lists(checks, max_size=60),
    st.frozensets(st.sampled_from(Reason), max_size=1),
    policies,
)
def test_open_means_every_demand_holds(
    found: list[Check], faults: frozenset[Reason], policy: Policy
) -> None:
    results = {each.id: [c.result.value for c in found if c.id is each.id] for each in found}
    opens = all(
        set(results.get(check, ["not_performed"])) <= OPENS[policy.demands.get(check, "not named")]
        for check in CheckId
    )
    assert isinstance(decide(Evidence(tuple(found), faults), policy), Open) is (
        opens and not faults
    )


@given(st.lists(checks, max_size=10), checks)
def test_more_evidence_never_removes_a_referral_that_failed(
    found: list[Check], another: Check
) -> None:
    failed = Check(CheckId.CHIP_DG_HASH, Result.FAILED)
    assert isinstance(decide(Evidence((*found, failed, another)), POLICY), Refer)


def test_every_reason_has_words() -> None:
    assert WORDS.keys() == set(Reason)


FAILED_MEANS = """
mrz.read R-DOC-UNREADABLE
mrz.check_digits R-DOC-CHECKDIGIT
mrz.consistency R-DOC-CHECKDIGIT
doc.expiry R-DOC-EXPIRED
doc.model R-DOC-TYPE
optical.IR-AB-MR R-DOC-OPTICAL
chip.presence R-CHIP-ABSENT
chip.access R-CHIP-ACCESS
chip.com_sod R-CHIP-TAMPER
chip.sod_signature R-CHIP-SIGNATURE
chip.ds_validity R-CHIP-SIGNATURE
chip.ds_chain R-CHIP-UNKNOWN-ISSUER
chip.ds_revocation R-CHIP-REVOKED
chip.dg_hash R-CHIP-TAMPER
chip.dg1_vs_mrz R-CHIP-MISMATCH
chip.country_vs_ds R-CHIP-MISMATCH
chip.card_access_vs_dg14 R-CHIP-DOWNGRADE
chip.active_auth R-CHIP-CLONE
chip.chip_auth R-CHIP-CLONE
chip.pace_cam R-CHIP-CLONE
chip.terminal_auth R-CHIP-ACCESS
chip.deviation R-CHIP-SIGNATURE
face.detect R-FACE-NOCAPTURE
face.quality R-FACE-QUALITY
face.pad R-FACE-PAD
face.match R-FACE-NOMATCH
elig.nationality R-ELIG-NATIONALITY
elig.age R-ELIG-AGE
elig.document_type R-DOC-TYPE
elig.permit R-ELIG-PERMIT
stay.balance R-STAY-OVERSTAY
list.sltd R-LIST-HIT
list.national R-LIST-HIT
list.tdawn R-LIST-HIT
boarding.match R-BOARDING-MISMATCH
lane.single_person R-LANE-TAILGATE
clock.trusted R-CLOCK
"""
UNDETERMINED_MEANS = {
    "chip.access": "R-CHIP-DOWNGRADE",
    "chip.com_sod": "R-CHIP-READ",
    "chip.ds_revocation": "R-LIST-UNAVAILABLE",
    "stay.balance": "R-STAY-UNKNOWN",
    "list.sltd": "R-LIST-UNAVAILABLE",
    "list.national": "R-LIST-UNAVAILABLE",
    "list.tdawn": "R-LIST-UNAVAILABLE",
}


@pytest.mark.parametrize("check", CheckId)
def test_what_a_check_means_that_did_not_succeed(check: CheckId) -> None:
    failed = dict(line.split() for line in FAILED_MEANS.split("\n") if line)[check.value]
    policy = naming(check, Requirement.REQUIRED)
    refused = decide(evidence(Check(check, Result.FAILED)), policy)
    assert refused == Refer(frozenset({Reason(failed)}))
    doubted = decide(evidence(Check(check, Result.UNDETERMINED)), policy)
    expected = UNDETERMINED_MEANS.get(check.value, failed)
    assert doubted == Refer(frozenset({Reason(expected)}))


def test_the_words_of_a_requirement_and_what_each_tolerates() -> None:
    tolerated = {each.value: {r.value for r in each.tolerated} for each in Requirement}
    assert tolerated == {name: OPENS[name] for name in list(OPENS)[:4]}


def test_a_policy_is_about_live_travellers_and_their_faces_unless_it_says_so() -> None:
    assert POLICY.live
    assert not POLICY.only_documents
    assert POLICY.about_documents().only_documents


OFFICERS_READ = """
R-DOC-UNREADABLE machine readable zone
R-DOC-CHECKDIGIT check digit
R-DOC-EXPIRED expired
R-DOC-TYPE type of document
R-DOC-OPTICAL optical
R-CHIP-ABSENT No chip
R-CHIP-ACCESS refused access
R-CHIP-READ not read in full
R-CHIP-SIGNATURE signature
R-CHIP-UNKNOWN-ISSUER not known
R-CHIP-REVOKED revoked
R-CHIP-TAMPER differ
R-CHIP-CLONE copy
R-CHIP-MISMATCH printed page
R-CHIP-DOWNGRADE less security
R-FACE-NOCAPTURE No usable picture
R-FACE-QUALITY too poor
R-FACE-PAD presentation attack
R-FACE-NOMATCH does not match
R-ELIG-NATIONALITY nationality
R-ELIG-AGE age
R-ELIG-PERMIT visa
R-STAY-OVERSTAY exceeded
R-STAY-UNKNOWN computed
R-LIST-HIT list hit
R-LIST-UNAVAILABLE could not be consulted
R-BOARDING-MISMATCH Boarding pass
R-LANE-TAILGATE More than one person
R-LANE-GROUP family
R-ASSIST-REQUESTED asks for help
R-SAFEGUARD kindly
R-RANDOM random
R-TIMEOUT time for this step
R-DEVICE-FAULT device
R-MODE-DEGRADED degraded
R-CLOCK clock
R-OFFICER officer decided
"""


@pytest.mark.parametrize("line", OFFICERS_READ.strip().split("\n"))
def test_an_officer_reads_what_the_reason_is(line: str) -> None:
    code, _, words = line.partition(" ")
    assert words in WORDS[Reason(code)]


def test_a_referral_needs_a_reason() -> None:
    with pytest.raises(ValueError, match="reason"):
        Refer(frozenset())
