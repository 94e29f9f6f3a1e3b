"""The gate's rules: a state and an event give the next state."""

from __future__ import annotations

from edge.border.decision import Open, Refer
from edge.border.reasons import Reason
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
    OutOfService,
    Ready,
    Referred,
    State,
    Topology,
    Verifying,
    Withdrawing,
)


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
        case ((Inspecting(now) | Entering(now)), AlarmRaised(Alarm.TAILGATING)):
            return Referred(now, frozenset({Reason.LANE_TAILGATE}))
        case ((Enclosing(now) | Verifying(now)), AlarmRaised(Alarm.TAILGATING)):
            return Referred(now, frozenset({Reason.LANE_TAILGATE}))
        case ((Ready() | Referred() | OutOfService()), AlarmRaised(Alarm.TAILGATING)):
            return state  # a group before shut doors endangers nothing
        case _, AlarmRaised(alarm):
            return Alarmed(alarm)

        # Devices and service.
        case ((Ready() | OutOfService()), (DeviceMissing() | ServiceEnded())):
            return OutOfService()
        case OutOfService(), DevicesReady():
            return Ready()
        case ((Inspecting(now) | Entering(now) | Enclosing(now) | Verifying(now)), DeviceMissing()):
            return Referred(now, frozenset({Reason.DEVICE_FAULT}))

        # A transaction, in the order a traveller lives it.
        case Ready(), DocumentPresented(transaction):
            return Inspecting(transaction)
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
        case (
            (Inspecting(now) | Entering(now) | Enclosing(now) | Verifying(now)),
            Decided(about, Refer(reasons)),
        ) if about == now:
            return Referred(now, reasons)
        case Authorised(), TravellerPassed():
            return Closing()
        case Closing(), DoorsShut():
            return OutOfService()  # until the devices are seen to be ready

        # What does not go by the book.
        case ((Inspecting() | Entering() | Enclosing() | Referred()), LaneCleared()):
            return Closing()
        case (
            (Inspecting(now) | Entering(now) | Enclosing(now) | Verifying(now)),
            AssistRequested(),
        ):
            return Referred(now, frozenset({Reason.ASSIST_REQUESTED}))
        case Authorised(now), (TimedOut() | LaneCleared() | AssistRequested()):
            return Withdrawing(now)
        case Withdrawing(now), DoorsShut():
            return Referred(now, frozenset({Reason.TIMEOUT}))
        case Withdrawing(), TravellerPassed():
            return Closing()
        case Closing(), TravellerInside():
            return Alarmed(Alarm.INTRUSION)
        case Entering(), TimedOut():
            return Closing()
        case ((Inspecting(now) | Enclosing(now) | Verifying(now)), TimedOut()):
            return Referred(now, frozenset({Reason.TIMEOUT}))
        case ((Withdrawing() | Closing()), TimedOut()):
            return Alarmed(Alarm.HELD_OPEN)
        case Referred(), OfficerReset():
            return Closing()
        case _:
            return state
