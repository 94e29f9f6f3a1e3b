"""The words of the gate, which files and events carry, and what each state shows and waits for."""

from __future__ import annotations

from enum import StrEnum

import pytest

from edge.checks import Reason
from edge.gate import events
from edge.gate.states import (
    Alarmed,
    Authorised,
    Closing,
    Door,
    Enclosing,
    Entering,
    Evacuating,
    Inspecting,
    Maintenance,
    OutOfService,
    Ready,
    Referred,
    Released,
    Releasing,
    Sign,
    State,
    Topology,
    Vacating,
    Verifying,
    Withdrawing,
    posture,
)

DOUBT = frozenset({Reason.TIMEOUT})
SHOWN: list[tuple[State, str, str, float | None]] = [
    (OutOfService(), "", "closed", None),
    (Maintenance(), "", "closed", None),
    (Ready(), "", "present-document", None),
    (Inspecting("t"), "", "wait", 30),
    (Entering("t"), "entry", "enter", 20),
    (Enclosing("t"), "", "wait", 10),
    (Verifying("t"), "", "look-here", 25),
    (Authorised("t"), "exit", "go", 15),
    (Withdrawing("t"), "", "see-officer", 10),
    (Referred("t", DOUBT, inside=False), "", "see-officer", None),
    (Referred("t", DOUBT, inside=True), "entry", "see-officer", None),
    (Releasing("t", DOUBT), "", "wait", 10),
    (Released("t"), "exit", "go", 20),
    (Vacating(), "", "see-officer", 10),
    (Vacating(shut=True), "entry", "see-officer", None),
    (Closing(), "", "wait", 10),
    (Alarmed(events.Alarm.FORCED), "", "see-officer", None),
    (Alarmed(events.Alarm.FORCED, shut=True), "entry", "see-officer", None),
    (Evacuating(), "entry exit", "evacuate", None),
]


@pytest.mark.parametrize(("state", "free", "sign", "patience_s"), SHOWN, ids=lambda v: str(v)[:24])
def test_what_each_state_shows(state: State, free: str, sign: str, patience_s: float) -> None:
    shown = posture(state)
    assert sorted(door.value for door in shown.free) == free.split()
    assert (shown.sign.value, shown.patience_s) == (sign, patience_s)


def test_every_state_is_shown() -> None:
    assert {type(state) for state, *_ in SHOWN} == set(State.__args__)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (Topology, "barrier mantrap"),
        (Door, "entry exit"),
        (Sign, "closed present-document wait enter look-here go see-officer evacuate"),
        (events.Alarm, "tailgating wrong_way intrusion forced held_open blocked"),
    ],
)
def test_words_that_files_and_events_carry(words: type[StrEnum], expected: str) -> None:
    assert [each.value for each in words] == expected.split()


def test_what_is_not_said_is_not_so() -> None:
    """Nobody is inside, no door was seen closed, and the cabinet is there."""
    assert not Withdrawing("t").left
    assert not Referred("t", DOUBT, inside=True).occupied
    assert not Vacating().shut
    assert Alarmed(events.Alarm.FORCED) == Alarmed(events.Alarm.FORCED, shut=False, occupied=False)
    assert Evacuating() == Evacuating(over=False, occupied=False)
    assert not events.DeviceMissing().cabinet
