"""The audit of a gate's travellers: whatever must not have been is found."""

from __future__ import annotations

from itertools import count

import pytest

from edge.contract.json_object import JsonObject
from tools.chaos.stories import Stories, judge
from tools.chaos.travellers import Visit
from tools.chaos.witness import Told

OPEN: JsonObject = {"decision": "open", "reasons": []}
REFER: JsonObject = {"decision": "refer", "reasons": ["R-FACE-NOMATCH"]}
PASSAGE = ("transaction.started", "decision.made", "gate.authorised", "gate.passed")
REFERRAL = ("transaction.started", "decision.made")


def told(*stories: tuple[str | None, tuple[str, ...], JsonObject]) -> list[Told]:
    """The events of some transactions, one after the other."""
    number = count(1)
    return [
        Told(next(number), kind, transaction, data if kind == "decision.made" else {})
        for transaction, kinds, data in stories
        for kind in kinds
    ]


def of_one(who: str, kinds: tuple[str, ...], data: JsonObject) -> Stories:
    return judge(told(("t1", kinds, data)), [Visit(who, 0)])


def test_all_is_well() -> None:
    ended = ("transaction.closed",)
    events = told(("t1", PASSAGE + ended, OPEN), ("t2", REFERRAL + ended, REFER))
    found = judge(events, [Visit("genuine", 0), Visit("impostor", 5)])
    assert found == Stories(passed=1, others=1)


@pytest.mark.parametrize("sign", ["gate.authorised", "gate.passed"])
def test_whoever_must_be_referred_and_was_let_through(sign: str) -> None:
    kinds = (*REFERRAL, sign, "transaction.closed")
    assert "the gate opened for: impostor (event 1)" in of_one("impostor", kinds, REFER).faults


def test_a_decision_to_open_is_enough() -> None:
    kinds = (*REFERRAL, "transaction.closed")
    assert of_one("impostor", kinds, OPEN).faults == ["the gate opened for: impostor (event 1)"]


def test_a_transaction_that_nobody_began_by_coming_is_nobodys() -> None:
    events = told(("t1", (*PASSAGE, "transaction.closed"), OPEN))
    assert judge(events, []).faults == ["the gate opened for: nobody (event 1)"]


@pytest.mark.parametrize("ended", [(), ("transaction.closed",) * 2])
def test_a_transaction_ends_once(ended: tuple[str, ...]) -> None:
    (fault,) = of_one("genuine", REFERRAL + ended, REFER).faults
    assert fault == f"transaction t1 began 1 times and ended {len(ended)} times"


def test_two_passages_on_one_decision() -> None:
    kinds = (*PASSAGE, "gate.passed", "transaction.closed")
    assert of_one("genuine", kinds, OPEN).faults == [
        "more passages than decisions to open (event 1)"
    ]


def test_a_passage_of_nobody() -> None:
    assert judge(told((None, ("gate.passed",), {})), []).faults == [
        "1 passages belong to no transaction"
    ]


def test_why_genuine_travellers_were_referred_is_counted_by_the_last_decision() -> None:
    kinds = ("transaction.started", "decision.made", "transaction.closed")
    events = told(("t1", kinds, REFER), ("t2", (kinds[0], kinds[2]), {}), ("t3", kinds, OPEN))
    found = judge(events, [Visit("genuine", 0)])
    assert found.referred == {"R-FACE-NOMATCH": 1, "not decided": 1, "did not walk": 1}
    assert found.faults == []
