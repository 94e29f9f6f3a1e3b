"""The rules of `edge.gate.step`, one line each: a state, an event, and what is certain after it."""

from __future__ import annotations

import pytest

from edge.border.decision import Open, Refer
from edge.checks import Reason
from edge.gate.events import (
    Alarm,
    AlarmRaised,
    AssistRequested,
    Decided,
    DeviceMissing,
    DevicesReady,
    DocumentPassed,
    DocumentPresented,
    DoorsShut,
    EmergencyCleared,
    EmergencyRaised,
    Event,
    LaneCleared,
    MaintenanceBegun,
    MaintenanceEnded,
    OfficerRelease,
    OfficerReset,
    ServiceEnded,
    TimedOut,
    TravellerInside,
    TravellerPassed,
)
from edge.gate.states import (
    Alarmed,
    Authorised,
    Closing,
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
    State,
    Topology,
    Vacating,
    Verifying,
    Withdrawing,
)
from edge.gate.step import step

BARRIER, MANTRAP = Topology.BARRIER, Topology.MANTRAP
BOTH = (BARRIER, MANTRAP)
WHY = frozenset({Reason.FACE_NOMATCH})
TWO = AlarmRaised(Alarm.TAILGATING)
INSIDE, PASSED, CLEARED, SHUT = TravellerInside(), TravellerPassed(), LaneCleared(), DoorsShut()
RESET, OUT, HELP = OfficerReset(), TimedOut(), AssistRequested()
CABINET, DEVICE = DeviceMissing(cabinet=True), DeviceMissing()
OUTSIDE = Referred("t", WHY, inside=False)
IN = Referred("t", WHY, inside=True)
IN_SEEN = Referred("t", WHY, inside=True, occupied=True)
RELEASING = Releasing("t", WHY)
FORCED = Alarmed(Alarm.FORCED)


def referred(reason: Reason, *, inside: bool, occupied: bool = False) -> Referred:
    return Referred("t", frozenset({reason}), inside=inside, occupied=occupied)


EVERY: list[tuple[State, bool]] = [
    (OutOfService(), False),
    (Maintenance(), False),
    (Ready(), False),
    (Inspecting("t"), False),
    (Entering("t"), False),
    (Enclosing("t"), True),
    (Verifying("t"), True),
    (Authorised("t"), True),
    (Withdrawing("t"), True),
    (Withdrawing("t", left=True), False),
    (IN, False),
    (IN_SEEN, True),
    (RELEASING, True),
    (Released("t"), True),
    (Vacating(), True),
    (Closing(), False),
    (FORCED, False),
    (Alarmed(Alarm.FORCED, occupied=True), True),
    (Evacuating(), False),
    (Evacuating(occupied=True), True),
]
"""States of a mantrap, and whether a person may be inside."""
AT_A_BARRIER = (OutOfService(), Ready(), Inspecting("t"), Authorised("t"), Withdrawing("t"))


@pytest.mark.parametrize(("state", "occupied"), EVERY, ids=lambda v: str(v)[:40])
def test_an_emergency_frees_every_door_and_remembers_who_is_inside(
    state: State, occupied: bool
) -> None:
    assert step(state, EmergencyRaised(), MANTRAP) == Evacuating(occupied=occupied)


@pytest.mark.parametrize(("state", "occupied"), EVERY[:-4], ids=lambda v: str(v)[:40])
@pytest.mark.parametrize("alarm", [each for each in Alarm if each is not Alarm.TAILGATING])
def test_an_alarm_remembers_who_is_inside(state: State, occupied: bool, alarm: Alarm) -> None:
    assert step(state, AlarmRaised(alarm), MANTRAP) == Alarmed(alarm, occupied=occupied)


@pytest.mark.parametrize("state", AT_A_BARRIER, ids=str)
def test_a_barrier_has_no_inside(state: State) -> None:
    assert step(state, EmergencyRaised(), BARRIER) == Evacuating()
    assert step(state, AlarmRaised(Alarm.BLOCKED), BARRIER) == Alarmed(Alarm.BLOCKED)


RULES: list[tuple[tuple[Topology, ...], State, Event, State]] = [
    # 1. Emergency.
    (BOTH, Evacuating(), EmergencyCleared(), Evacuating(over=True)),
    (BOTH, Evacuating(occupied=True), EmergencyCleared(), Evacuating(over=True, occupied=True)),
    (BOTH, Evacuating(), RESET, Evacuating()),
    (BOTH, Evacuating(over=True), RESET, Closing()),
    (BOTH, Evacuating(over=True, occupied=True), RESET, Vacating()),
    ((MANTRAP,), Evacuating(), INSIDE, Evacuating(occupied=True)),
    ((MANTRAP,), Evacuating(), TWO, Evacuating(occupied=True)),
    ((BARRIER,), Evacuating(), INSIDE, Evacuating()),
    (BOTH, Evacuating(), AlarmRaised(Alarm.BLOCKED), Evacuating()),
    (BOTH, Evacuating(occupied=True), CLEARED, Evacuating()),
    (BOTH, Evacuating(occupied=True), PASSED, Evacuating()),
    (BOTH, Evacuating(occupied=True), SHUT, Evacuating(occupied=True)),
    # 2. Alarm.
    (BOTH, FORCED, RESET, FORCED),
    (BOTH, Alarmed(Alarm.FORCED, shut=True), RESET, Closing()),
    (BOTH, Alarmed(Alarm.FORCED, shut=True, occupied=True), RESET, Vacating(shut=True)),
    (BOTH, FORCED, SHUT, Alarmed(Alarm.FORCED, shut=True)),
    (BOTH, Alarmed(Alarm.FORCED, shut=True), CABINET, FORCED),
    (BOTH, Alarmed(Alarm.FORCED, shut=True), DEVICE, Alarmed(Alarm.FORCED, shut=True)),
    ((MANTRAP,), FORCED, INSIDE, Alarmed(Alarm.FORCED, occupied=True)),
    ((MANTRAP,), FORCED, TWO, Alarmed(Alarm.FORCED, occupied=True)),
    (BOTH, FORCED, AlarmRaised(Alarm.WRONG_WAY), FORCED),
    ((BARRIER,), FORCED, INSIDE, FORCED),
    (BOTH, Alarmed(Alarm.FORCED, occupied=True), PASSED, FORCED),
    (BOTH, Alarmed(Alarm.FORCED, occupied=True), CLEARED, FORCED),
    (BOTH, Closing(), PASSED, Alarmed(Alarm.TAILGATING)),
    *((BOTH, state, PASSED, FORCED) for state in (
        OutOfService(), Maintenance(), Ready(), Inspecting("t"), Entering("t"), Enclosing("t"),
        Verifying("t"), OUTSIDE, IN_SEEN, RELEASING, Vacating(), Vacating(shut=True),
    )),
    ((BARRIER,), Closing(), INSIDE, Alarmed(Alarm.INTRUSION)),
    *(((BARRIER,), state, TWO, state) for state in (
        Ready(), OUTSIDE, OutOfService(), Maintenance(),
    )),
    ((BARRIER,), Inspecting("t"), TWO, referred(Reason.LANE_TAILGATE, inside=False)),
    *(((BARRIER,), state, TWO, Alarmed(Alarm.TAILGATING)) for state in (
        Authorised("t"), Withdrawing("t"), Released("t"), Closing(),
    )),
    *(((MANTRAP,), state, event, Vacating()) for event in (INSIDE, TWO) for state in (
        OutOfService(), Maintenance(), Vacating(),
    )),
    *(((MANTRAP,), Vacating(shut=True), event, Vacating(shut=True)) for event in (INSIDE, TWO)),
    *(((MANTRAP,), IN, event, IN_SEEN) for event in (INSIDE, TWO)),
    *(((MANTRAP,), state, INSIDE, Alarmed(Alarm.INTRUSION, occupied=True)) for state in (
        Ready(), Inspecting("t"), OUTSIDE, Closing(),
    )),
    *(((MANTRAP,), state, TWO, Alarmed(Alarm.TAILGATING, occupied=True)) for state in (
        Ready(), Inspecting("t"), OUTSIDE, Closing(), Withdrawing("t"), Authorised("t"),
        Released("t"),
    )),
    ((MANTRAP,), Entering("t"), INSIDE, Enclosing("t")),
    *(((MANTRAP,), state, INSIDE, state) for state in (
        Enclosing("t"), Verifying("t"), RELEASING, Authorised("t"), Released("t"),
    )),
    *(((MANTRAP,), state, TWO, referred(Reason.LANE_TAILGATE, inside=True, occupied=True))
      for state in (Entering("t"), Enclosing("t"), Verifying("t"))),
    ((MANTRAP,), RELEASING, TWO, IN_SEEN),
    ((MANTRAP,), Withdrawing("t", left=True), INSIDE, Withdrawing("t")),
    # 3. Service.
    (BOTH, Ready(), MaintenanceBegun(), Maintenance()),
    (BOTH, OutOfService(), MaintenanceBegun(), Maintenance()),
    (BOTH, Inspecting("t"), MaintenanceBegun(), Inspecting("t")),
    (BOTH, Maintenance(), MaintenanceEnded(), OutOfService()),
    (BOTH, Maintenance(), DevicesReady(), Maintenance()),
    *((BOTH, Ready(), event, OutOfService()) for event in (CABINET, DEVICE, ServiceEnded())),
    (BOTH, Authorised("t"), ServiceEnded(), Authorised("t")),
    (BOTH, OutOfService(), DevicesReady(), Ready()),
    # 4. Document.
    (BOTH, Ready(), DocumentPresented("t"), Inspecting("t")),
    (BOTH, OutOfService(), DocumentPresented("t"), OutOfService()),
    # 5. Checks and decision.
    ((BARRIER,), Inspecting("t"), Decided("t", Open()), Authorised("t")),
    ((BARRIER,), Inspecting("t"), Decided("u", Open()), Inspecting("t")),
    ((MANTRAP,), Inspecting("t"), Decided("t", Open()), Inspecting("t")),
    ((MANTRAP,), Inspecting("t"), DocumentPassed("t"), Entering("t")),
    ((MANTRAP,), Inspecting("t"), DocumentPassed("u"), Inspecting("t")),
    ((BARRIER,), Inspecting("t"), DocumentPassed("t"), Inspecting("t")),
    ((MANTRAP,), Enclosing("t"), SHUT, Verifying("t")),
    ((MANTRAP,), Enclosing("t"), Decided("t", Open()), Enclosing("t")),
    ((MANTRAP,), Verifying("t"), Decided("t", Open()), Authorised("t")),
    ((MANTRAP,), Verifying("t"), Decided("u", Open()), Verifying("t")),
    (BOTH, Inspecting("t"), Decided("t", Refer(WHY)), OUTSIDE),
    (BOTH, Inspecting("t"), Decided("u", Refer(WHY)), Inspecting("t")),
    ((MANTRAP,), Entering("t"), Decided("t", Refer(WHY)), IN),
    *(((MANTRAP,), s, Decided("t", Refer(WHY)), IN_SEEN) for s in (Enclosing("t"), Verifying("t"))),
    *((BOTH, Inspecting("t"), event, referred(reason, inside=False)) for event, reason in (
        (DEVICE, Reason.DEVICE_FAULT), (CABINET, Reason.DEVICE_FAULT),
        (HELP, Reason.ASSIST_REQUESTED), (OUT, Reason.TIMEOUT),
    )),
    *(((MANTRAP,), state, event, referred(reason, inside=True, occupied=True))
      for state in (Enclosing("t"), Verifying("t")) for event, reason in (
        (DEVICE, Reason.DEVICE_FAULT), (HELP, Reason.ASSIST_REQUESTED), (OUT, Reason.TIMEOUT),
    )),
    ((MANTRAP,), Entering("t"), DEVICE, referred(Reason.DEVICE_FAULT, inside=True)),
    ((MANTRAP,), Entering("t"), OUT, Closing()),
    *(((MANTRAP,), state, CLEARED, Closing()) for state in (
        Inspecting("t"), Entering("t"), Enclosing("t"), Verifying("t"),
    )),
    # 6. Passage.
    *((BOTH, state, PASSED, Closing()) for state in (
        Authorised("t"), Released("t"), Withdrawing("t"), Withdrawing("t", left=True),
    )),
    # 7. Withdrawal.
    *((BOTH, state, event, Withdrawing("t")) for event in (OUT, HELP, CABINET) for state in (
        Authorised("t"), Released("t"),
    )),
    *((BOTH, s, CLEARED, Withdrawing("t", left=True)) for s in (Authorised("t"), Released("t"))),
    *((BOTH, state, DEVICE, state) for state in (Authorised("t"), Released("t"))),
    (BOTH, Withdrawing("t"), CLEARED, Withdrawing("t", left=True)),
    ((BARRIER,), Withdrawing("t", left=True), INSIDE, Withdrawing("t")),
    (BOTH, Withdrawing("t", left=True), SHUT, OutOfService()),
    ((BARRIER,), Withdrawing("t"), SHUT, referred(Reason.TIMEOUT, inside=True)),
    ((MANTRAP,), Withdrawing("t"), SHUT, referred(Reason.TIMEOUT, inside=True, occupied=True)),
    # 8. Referral.
    (BOTH, IN_SEEN, RESET, Vacating(shut=True)),
    *((BOTH, state, RESET, Closing()) for state in (IN, OUTSIDE)),
    *((BOTH, state, CLEARED, Closing()) for state in (IN, IN_SEEN, OUTSIDE)),
    # 9. Release.
    *(((BARRIER,), s, OfficerRelease("t", alone=True), Released("t")) for s in (IN, OUTSIDE)),
    *((BOTH, IN, OfficerRelease(*order), IN) for order in (("t", False), ("u", True))),
    ((MANTRAP,), IN, OfficerRelease("t", alone=True), RELEASING),
    ((MANTRAP,), OUTSIDE, OfficerRelease("t", alone=True), OUTSIDE),
    ((MANTRAP,), RELEASING, SHUT, Released("t")),
    *(((MANTRAP,), RELEASING, event, IN_SEEN) for event in (OUT, DEVICE, CABINET, HELP)),
    ((MANTRAP,), RELEASING, CLEARED, Closing()),
    # 10. Closing.
    *(((MANTRAP,), state, CLEARED, Closing()) for state in (Vacating(), Vacating(shut=True))),
    ((MANTRAP,), Vacating(), SHUT, Vacating(shut=True)),
    ((MANTRAP,), Vacating(shut=True), CABINET, Vacating()),
    ((MANTRAP,), Vacating(shut=True), DEVICE, Vacating(shut=True)),
    (BOTH, Closing(), SHUT, OutOfService()),
    (BOTH, Closing(), OUT, Alarmed(Alarm.HELD_OPEN)),
    ((BARRIER,), Withdrawing("t"), OUT, Alarmed(Alarm.HELD_OPEN)),
    *(((MANTRAP,), state, OUT, Alarmed(Alarm.HELD_OPEN, occupied=True)) for state in (
        Withdrawing("t"), Vacating(),
    )),
    (BOTH, Ready(), HELP, Ready()),
]  # fmt: skip


@pytest.mark.parametrize(
    ("topology", "before", "event", "after"),
    [(topology, *rule) for topologies, *rule in RULES for topology in topologies],
    ids=lambda v: str(v)[:40],
)
def test_a_rule(topology: Topology, before: State, event: Event, after: State) -> None:
    assert step(before, event, topology) == after
