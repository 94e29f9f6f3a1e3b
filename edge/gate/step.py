"""The rules of the gate: a state and an event give the next state.

Sensors, people and the policy claim something: an event.  The rules say what is certain after it: a
state.  `edge.gate.states` says what the doors, the sign and the clock do in each.  `step` tries the
rules in this order.  The first rule that fits decides.  An event that fits no rule changes nothing.

1.  Emergency, in every state.  The fire panel wants free egress: `Evacuating`.  It ends when the
    input is quiet and an officer resets the gate.
2.  Alarm, in every other state.  A person is where no person may be, or a door is not where it
    must be: `Alarmed`.  The way back is free once the doors were seen shut (interlock, ADR 3).  An
    officer resets the gate.  A second person before the exit is free is no alarm: an officer looks.
3.  Service.  The gate is `Ready` when the devices were seen ready.  It goes out of service between
    two travellers only.
4.  Document.  A document lies on the scanner: `Inspecting`.  Nothing is verified.
5.  Checks and decision.  A decision counts for its own transaction only.
    Barrier (one step, Frontex BPOG §3.6.1): `Open` verifies document, chip and face: `Authorised`.
    Mantrap (integrated two-step, TR-03121-3-1 §2.5): the document passed, `Entering`; one person
    was seen inside, `Enclosing`; the doors were seen shut, `Verifying`; `Open` verifies the face as
    well, `Authorised`.
    An officer looks at every other traveller (TR-03121-3-1 §2.5.1.1): `Referred`.  A traveller who
    walks away ends the transaction: `Closing`.
6.  Passage.  One person walked out: `Closing`.
7.  Withdrawal.  The free exit was not used, or the cabinet was lost: `Withdrawing`.  When the doors
    were seen shut, an officer looks: `Referred`.
8.  Referral.  It ends when the lane is empty or an officer resets the gate: `Closing`.
9.  Release.  An officer lets this referred traveller pass, alone: `Released`.  In a mantrap the
    entry must be seen shut first: `Releasing`.
10. Closing.  The doors were seen shut: `OutOfService`, and rule 3 applies.  If they stay open, or a
    person is inside: `Alarmed`.

TR-03121-3-1 is version 6.0, the Frontex Best Practice Operational Guidelines are version 2.0.
"""

from __future__ import annotations

from typing import TypeAlias

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
    Verifying,
    Withdrawing,
)

Undecided: TypeAlias = Inspecting | Entering | Enclosing | Verifying


def step(state: State, event: Event, topology: Topology) -> State:
    """Apply one event."""
    match state, event:
        # 1. Emergency.
        case _, EmergencyRaised():
            return Evacuating()
        case Evacuating(), EmergencyCleared():
            return Evacuating(over=True)
        case Evacuating(over=True), OfficerReset():
            return Closing()
        case Evacuating(), _:
            return state

        # 2. Alarm.
        case Alarmed(shut=True), OfficerReset():
            return Closing()
        case Alarmed(alarm), DoorsShut():
            return Alarmed(alarm, shut=True)
        case Alarmed(), _:
            return state
        case (
            (Ready() | Referred() | OutOfService() | Maintenance()),
            AlarmRaised(Alarm.TAILGATING),
        ):
            return state  # a group before shut doors endangers nothing
        case Releasing(current, reasons), AlarmRaised(Alarm.TAILGATING):
            return Referred(current, reasons, inside=True)
        case (
            (Inspecting() | Entering() | Enclosing() | Verifying()),
            AlarmRaised(Alarm.TAILGATING),
        ):
            return _refer(state, Reason.LANE_TAILGATE)
        case _, AlarmRaised(alarm):
            return Alarmed(alarm)

        # 3. Service.
        case ((Ready() | OutOfService()), MaintenanceBegun()):
            return Maintenance()
        case Maintenance(), MaintenanceEnded():
            return OutOfService()  # until the devices are seen to be ready
        case ((Ready() | OutOfService()), (DeviceMissing() | ServiceEnded())):
            return OutOfService()
        case OutOfService(), DevicesReady():
            return Ready()

        # 4. Document.
        case Ready(), DocumentPresented(transaction):
            return Inspecting(transaction)
        case ((Inspecting() | Entering() | Enclosing() | Verifying()), _):
            return _undecided(state, event, topology)
        case _:
            return _decided(state, event, topology)


def _undecided(state: Undecided, event: Event, topology: Topology) -> State:
    """From the document on the scanner to a decision."""
    match state, event:
        # 5. Checks and decision.
        case Inspecting(current), Decided(about, Open()) if (
            about == current and topology is Topology.BARRIER
        ):
            return Authorised(current)
        case Inspecting(current), DocumentPassed(about) if (
            about == current and topology is Topology.MANTRAP
        ):
            return Entering(current)
        case Entering(current), TravellerInside():
            return Enclosing(current)
        case Enclosing(current), DoorsShut():
            return Verifying(current)
        case Verifying(current), Decided(about, Open()) if about == current:
            return Authorised(current)
        case _, Decided(about, Refer(reasons)) if about == state.transaction:
            return _refer(state, *reasons)
        case _, DeviceMissing():
            return _refer(state, Reason.DEVICE_FAULT)
        case _, AssistRequested():
            return _refer(state, Reason.ASSIST_REQUESTED)
        case Entering(), TimedOut():
            return Closing()  # nobody came in
        case _, TimedOut():
            return _refer(state, Reason.TIMEOUT)
        case ((Inspecting() | Entering() | Enclosing()), LaneCleared()):
            return Closing()
        case _:
            return state


def _decided(state: State, event: Event, topology: Topology) -> State:
    """From the decision to an empty lane and shut doors."""
    match state, event:
        # 6. Passage.
        case ((Authorised() | Released() | Withdrawing()), TravellerPassed()):
            return Closing()

        # 7. Withdrawal.
        case (
            (Authorised(current) | Released(current)),
            (TimedOut() | LaneCleared() | AssistRequested()),
        ):
            return Withdrawing(current)
        case ((Authorised(current) | Released(current)), DeviceMissing(cabinet=True)):
            return Withdrawing(current)  # an open pulse is never sent again after a reconnect
        case Withdrawing(current), DoorsShut():
            return Referred(current, frozenset({Reason.TIMEOUT}), inside=True)

        # 8. Referral.
        case Referred(), (LaneCleared() | OfficerReset()):
            return Closing()

        # 9. Release.
        case Referred(current), OfficerRelease(about, alone=True) if (
            about == current and topology is Topology.BARRIER
        ):
            return Released(current)
        case (
            Referred(current, reasons, inside=True),
            OfficerRelease(about, alone=True),
        ) if about == current:
            return Releasing(current, reasons)
        case Releasing(current), DoorsShut():
            return Released(current)
        case Releasing(current, reasons), (TimedOut() | DeviceMissing() | AssistRequested()):
            return Referred(current, reasons, inside=True)
        case Releasing(), LaneCleared():
            return Closing()

        # 10. Closing.
        case Closing(), DoorsShut():
            return OutOfService()  # until the devices are seen to be ready
        case Closing(), TravellerInside():
            return Alarmed(Alarm.INTRUSION)
        case ((Withdrawing() | Closing()), TimedOut()):
            return Alarmed(Alarm.HELD_OPEN)
        case _:
            return state


def _refer(state: Undecided, *reasons: Reason) -> Referred:
    inside = not isinstance(state, Inspecting)
    return Referred(state.transaction, frozenset(reasons), inside=inside)
