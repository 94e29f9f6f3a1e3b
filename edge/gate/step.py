"""The rules of the gate: a state and an event give the next state.

Sensors, people and the policy claim something: an event.  The rules say what is certain after it: a
state.  `edge.gate.states` says what the doors, the sign and the clock do in each.  `step` tries the
rules in this order.  The first rule that fits decides.  An event that fits no rule changes nothing.

1.  Emergency, in every state.  The fire panel wants free egress: `Evacuating`.  It ends when the
    input is quiet and an officer resets the gate.
2.  Alarm, in every other state.  A person is where no person may be, or a door is not where it
    must be: `Alarmed`.  The way back is free once the doors were seen closed (interlock, ADR 3).
    An officer resets the gate.  A second person before the exit is free is no alarm: an officer
    looks.
    One authorisation, one passage: a person who walked out without one is an alarm in every state.
    A mantrap that is occupied although no transaction let a person in is an alarm while the gate
    serves.  While it does not (power came back, maintenance) the way back is free: `Vacating`.
3.  Service.  The gate is `Ready` when the devices were seen ready.  It goes out of service between
    two travellers only.
4.  Document.  A document lies on the scanner: `Inspecting`.  Nothing is verified.
5.  Checks and decision.  A decision counts for its own transaction only.
    Barrier (one step, Frontex BPOG §3.6.1): `Open` verifies document, chip and face: `Authorised`.
    Mantrap (integrated two-step, TR-03121-3-1 §2.5): the document passed, `Entering`; one person
    was seen inside, `Enclosing`; the doors were seen closed, `Verifying`; `Open` verifies the face
    as well, `Authorised`.
    An officer looks at every other traveller (TR-03121-3-1 §2.5.1.1): `Referred`.  A traveller who
    walks away ends the transaction: `Closing`.
6.  Passage.  One person walked out: `Closing`.
7.  Withdrawal.  The free exit was not used, or the cabinet was lost: `Withdrawing`.  When the doors
    were seen closed, an officer looks: `Referred`; if the traveller walked back, nobody is left.
8.  Referral.  It ends when the lane is empty or an officer resets the gate: `Closing`.  A reset
    never locks a person in: while the mantrap is occupied its entry stays free, `Vacating`.
9.  Release.  An officer lets this referred traveller pass, alone: `Released`.  In a mantrap the
    entry must be seen closed first: `Releasing`.
10. Closing.  The doors were seen closed: `OutOfService`, and rule 3 applies.  If they stay open, or
    a person is inside: `Alarmed`.

TR-03121-3-1 is version 6.0, the Frontex Best Practice Operational Guidelines are version 2.0.
"""

from __future__ import annotations

from dataclasses import replace
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
    Vacating,
    Verifying,
    Withdrawing,
)

Undecided: TypeAlias = Inspecting | Entering | Enclosing | Verifying


def step(state: State, event: Event, topology: Topology) -> State:
    """Apply one event."""
    match state, event:
        # 1. Emergency.
        case _, EmergencyRaised():
            return Evacuating(occupied=_is_occupied(state, topology))
        case Evacuating(), EmergencyCleared():
            return replace(state, over=True)
        case Evacuating(over=True), OfficerReset():
            return Vacating() if state.occupied else Closing()
        case Evacuating(), _:
            return _recounted(state, event, topology)

        # 2. Alarm.
        case Alarmed(shut=True), OfficerReset():
            return Vacating(shut=True) if state.occupied else Closing()
        case Alarmed(), DoorsShut():
            return replace(state, shut=True)
        case Alarmed(), DeviceMissing(cabinet=True):
            return replace(state, shut=False)
        case Alarmed(), _:
            return _recounted(state, event, topology)
        case Closing(), TravellerPassed():
            return Alarmed(Alarm.TAILGATING)  # a second person behind the one who was let through
        case (
            (Ready() | OutOfService() | Maintenance() | Inspecting() | Entering() | Enclosing())
            | (Verifying() | Referred() | Releasing() | Vacating()),
            TravellerPassed(),
        ):
            return Alarmed(Alarm.FORCED)  # through an exit that was not free
        case _, (TravellerInside() | AlarmRaised(Alarm.TAILGATING)) if topology is Topology.MANTRAP:
            return _inside(state, event)
        case Closing(), TravellerInside():
            return Alarmed(Alarm.INTRUSION)
        case (
            (Ready() | Referred() | OutOfService() | Maintenance()),
            AlarmRaised(Alarm.TAILGATING),
        ):
            return state  # a group before a closed barrier is no danger
        case Inspecting(), AlarmRaised(Alarm.TAILGATING):
            return _refer(state, Reason.LANE_TAILGATE)
        case _, AlarmRaised(alarm):
            return _alarmed(state, alarm, topology)

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


def _inside(state: State, event: TravellerInside | AlarmRaised) -> State:
    """A mantrap counts one person inside, or several.  A person inside can leave."""
    several = isinstance(event, AlarmRaised)
    match state:
        case OutOfService() | Maintenance():
            return Vacating()
        case Vacating():
            return state
        case Referred(inside=True):
            return replace(state, occupied=True)
        case Entering(current) if not several:
            return Enclosing(current)
        case Entering() | Enclosing() | Verifying():
            return _refer(state, Reason.LANE_TAILGATE, occupied=True) if several else state
        case Releasing(current, reasons):
            referred = Referred(current, reasons, inside=True, occupied=True)
            return referred if several else state
        case Withdrawing() if not several:
            return replace(state, left=False)
        case Authorised() | Released() if not several:
            return state
        case _:
            alarm = Alarm.TAILGATING if several else Alarm.INTRUSION
            return Alarmed(alarm, occupied=True)


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
        case _, LaneCleared():
            return Closing()
        case _:
            return state


def _decided(state: State, event: Event, topology: Topology) -> State:
    """From the decision to an empty lane and closed doors."""
    match state, event:
        # 6. Passage.
        case ((Authorised() | Released() | Withdrawing()), TravellerPassed()):
            return Closing()

        # 7. Withdrawal.
        case ((Authorised(current) | Released(current)), LaneCleared()):
            return Withdrawing(current, left=True)
        case ((Authorised(current) | Released(current)), (TimedOut() | AssistRequested())):
            return Withdrawing(current)
        case ((Authorised(current) | Released(current)), DeviceMissing(cabinet=True)):
            return Withdrawing(current)  # an open pulse is never sent again after a reconnect
        case Withdrawing(), (LaneCleared() | TravellerInside()):
            return replace(state, left=isinstance(event, LaneCleared))
        case Withdrawing(left=True), DoorsShut():
            return OutOfService()  # until the devices are seen to be ready
        case Withdrawing(current), DoorsShut():
            occupied = topology is Topology.MANTRAP
            timeout = frozenset({Reason.TIMEOUT})
            return Referred(current, timeout, inside=True, occupied=occupied)

        # 8. Referral.
        case Referred(occupied=True), OfficerReset():
            return Vacating(shut=True)
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
            return Referred(current, reasons, inside=True, occupied=True)
        case Releasing(), LaneCleared():
            return Closing()

        # 10. Closing.
        case Vacating(), LaneCleared():
            return Closing()
        case Vacating(), DoorsShut():
            return Vacating(shut=True)
        case Vacating(), DeviceMissing(cabinet=True):
            return Vacating()
        case Closing(), DoorsShut():
            return OutOfService()  # until the devices are seen to be ready
        case ((Withdrawing() | Vacating() | Closing()), TimedOut()):
            return _alarmed(state, Alarm.HELD_OPEN, topology)
        case _:
            return state


def _refer(state: Undecided, *reasons: Reason, occupied: bool = False) -> Referred:
    """Send an undecided traveller to an officer; behind the entry the way back is free."""
    occupied = occupied or isinstance(state, Enclosing | Verifying)
    inside = not isinstance(state, Inspecting)
    return Referred(state.transaction, frozenset(reasons), inside=inside, occupied=occupied)


def _alarmed(state: State, alarm: Alarm, topology: Topology) -> Alarmed:
    """Raise an alarm, and remember whether a person is inside."""
    return Alarmed(alarm, occupied=_is_occupied(state, topology))


def _recounted(state: Alarmed | Evacuating, event: Event, topology: Topology) -> State:
    """Learn during an alarm or an evacuation whether a person is inside."""
    match event:
        case TravellerInside() | AlarmRaised(Alarm.TAILGATING):
            return replace(state, occupied=topology is Topology.MANTRAP)
        case LaneCleared() | TravellerPassed():
            return replace(state, occupied=False)
        case _:
            return state


def _is_occupied(state: State, topology: Topology) -> bool:
    """Whether a person may be inside the mantrap."""
    match state:
        case Referred() | Alarmed() | Evacuating():
            return state.occupied
        case Withdrawing(left=left):
            return topology is Topology.MANTRAP and not left
        case _:
            inside = isinstance(
                state, Enclosing | Verifying | Authorised | Releasing | Released | Vacating
            )
            return topology is Topology.MANTRAP and inside
