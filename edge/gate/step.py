"""The gate's rules: a state and an event give the next state."""

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
    """Apply one event; an event that means nothing here changes nothing."""
    match state, event:
        # People first, in every state.
        case _, EmergencyRaised():
            return Evacuating()
        case Evacuating(), EmergencyCleared():
            return Evacuating(over=True)
        case Evacuating(over=True), OfficerReset():
            return Closing()
        case Evacuating(), _:
            return state

        # Somebody is where nobody may be, or a door is not where it must be.
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
        case Releasing(now, reasons), AlarmRaised(Alarm.TAILGATING):
            return Referred(now, reasons, inside=True)
        case (
            (Inspecting() | Entering() | Enclosing() | Verifying()),
            AlarmRaised(Alarm.TAILGATING),
        ):
            return _undecided(state, event, topology)
        case _, AlarmRaised(alarm):
            return Alarmed(alarm)

        # Service.
        case ((Ready() | OutOfService()), MaintenanceBegun()):
            return Maintenance()
        case Maintenance(), MaintenanceEnded():
            return OutOfService()  # until the devices are seen to be ready
        case ((Ready() | OutOfService()), (DeviceMissing() | ServiceEnded())):
            return OutOfService()
        case OutOfService(), DevicesReady():
            return Ready()

        # A transaction.
        case Ready(), DocumentPresented(transaction):
            return Inspecting(transaction)
        case ((Inspecting() | Entering() | Enclosing() | Verifying()), _):
            return _undecided(state, event, topology)
        case _:
            return _decided(state, event, topology)


def _undecided(state: Undecided, event: Event, topology: Topology) -> State:
    """From the document on the scanner to a decision, in the order a traveller lives it."""
    match state, event:
        case Inspecting(now), DocumentPassed(about) if (
            about == now and topology is Topology.MANTRAP
        ):
            return Entering(now)
        case Entering(now), TravellerInside():
            return Enclosing(now)
        case Enclosing(now), DoorsShut():
            return Verifying(now)
        case Inspecting(now), Decided(about, Open()) if (
            about == now and topology is Topology.BARRIER
        ):
            return Authorised(now)
        case Verifying(now), Decided(about, Open()) if about == now:
            return Authorised(now)
        case _, Decided(about, Refer(reasons)) if about == state.transaction:
            return _refer(state, *reasons)
        case _, AlarmRaised(Alarm.TAILGATING):
            return _refer(state, Reason.LANE_TAILGATE)
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
        # An officer lets a referred traveller pass: this one, alone, and behind a shut entry.
        case Referred(now), OfficerRelease(about, alone=True) if (
            about == now and topology is Topology.BARRIER
        ):
            return Released(now)
        case Referred(now, reasons, inside=True), OfficerRelease(about, alone=True) if about == now:
            return Releasing(now, reasons)
        case Releasing(now), DoorsShut():
            return Released(now)
        case Releasing(now, reasons), (TimedOut() | DeviceMissing() | AssistRequested()):
            return Referred(now, reasons, inside=True)
        case Releasing(), LaneCleared():
            return Closing()

        case ((Authorised() | Released()), TravellerPassed()):
            return Closing()
        case (
            (Authorised(now) | Released(now)),
            (TimedOut() | LaneCleared() | AssistRequested()),
        ):
            return Withdrawing(now)
        case ((Authorised(now) | Released(now)), DeviceMissing(cabinet=True)):
            return Withdrawing(now)  # an open pulse is never sent again after a reconnect
        case Withdrawing(now), DoorsShut():
            return Referred(now, frozenset({Reason.TIMEOUT}), inside=True)
        case Withdrawing(), TravellerPassed():
            return Closing()
        case Referred(), (LaneCleared() | OfficerReset()):
            return Closing()
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
