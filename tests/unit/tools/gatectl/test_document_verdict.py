"""What gatectl says the gate would decide, and when it says that it cannot know."""

from __future__ import annotations

from edge.border.decide import Evidence
from edge.border.reasons import WORDS
from edge.checks import Check, CheckId, Reason, Result
from edge.settings.policy import load_policy
from tests.support.desk import ROOT
from tools.gatectl.document_verdict import DocumentDecision, DocumentVerdict

POLICY = load_policy(ROOT / "config/policy.example.toml", live=True)
ABOUT_DOCUMENTS = POLICY.about_documents().demands
GOOD = {check: Check(check, Result.SUCCESSFUL) for check in ABOUT_DOCUMENTS}


def verdict(
    *changed: Check,
    without: CheckId | None = None,
    complete: bool = True,
    fault: Reason | None = None,
) -> DocumentVerdict:
    checks = {**GOOD, **{check.id: check for check in changed}}
    kept = tuple(check for check in checks.values() if check.id is not without)
    faults = frozenset() if fault is None else frozenset({fault})
    return DocumentVerdict.of(Evidence(kept, faults), POLICY, complete=complete)


def test_a_document_without_fault_is_accepted_before_anybody_sees_a_face() -> None:
    found = verdict()
    assert found == DocumentVerdict("example-1", DocumentDecision.ACCEPT)
    assert found.told() == (
        "the gate would accept the document and go on to the face, by policy example-1"
    )
    assert found.report() == {
        "policy": "example-1", "outcome": "accept", "reasons": [], "missing": []
    }  # fmt: skip


def test_a_failed_check_refers_with_the_words_of_an_officer() -> None:
    found = verdict(Check(CheckId.CHIP_CHIP_AUTH, Result.FAILED), complete=False)
    words = WORDS[Reason.CHIP_CLONE]
    assert found.decision is DocumentDecision.REFER
    assert found.told() == (
        "the gate would refer the traveller, by policy example-1:\n"
        f"  R-CHIP-CLONE             {words}"
    )
    assert found.report()["reasons"] == [{"code": "R-CHIP-CLONE", "text": words}]


def test_doubt_that_the_policy_does_not_bear_refers() -> None:
    found = verdict(Check(CheckId.CHIP_ACCESS, Result.UNDETERMINED), complete=False)
    assert found.reasons == {Reason.CHIP_DOWNGRADE}


def test_a_fault_refers_although_much_was_never_reached() -> None:
    found = verdict(without=CheckId.CHIP_DG_HASH, complete=False, fault=Reason.CHIP_READ)
    assert found.decision is DocumentDecision.REFER
    assert found.reasons == {Reason.CHIP_READ}


def test_what_was_not_given_is_named_and_decides_nothing() -> None:
    found = verdict(without=CheckId.MRZ_READ, complete=False)
    assert (found.decision, found.missing) == (DocumentDecision.UNDECIDED, (CheckId.MRZ_READ,))
    assert found.report()["missing"] == ["mrz.read"]
    assert found.told().endswith("the gate would also examine mrz.read")


def test_what_the_gate_itself_would_miss_refers() -> None:
    found = verdict(without=CheckId.CHIP_DG_HASH)
    assert found.decision is DocumentDecision.REFER
    assert found.reasons == {Reason.CHIP_TAMPER}
