"""What the sensors of a lane have seen: how many persons there are, and where each door stands."""

from __future__ import annotations

from typing import Literal, TypeAlias

from edge.checks import Result
from edge.gate import events
from edge.gate.states import Door, Topology
from edge.ports import LaneSignal

DoorPosition: TypeAlias = Literal["open", "shut", "moving", "unknown"]

_EVENTS: dict[LaneSignal, events.Event] = {
    LaneSignal.ENTERED: events.TravellerInside(),
    LaneSignal.PASSED: events.TravellerPassed(),
    LaneSignal.CLEARED: events.LaneCleared(),
    LaneSignal.CLOSED: events.DoorsShut(),
    LaneSignal.EMERGENCY_RAISED: events.EmergencyRaised(),
    LaneSignal.EMERGENCY_CLEARED: events.EmergencyCleared(),
    LaneSignal.ASSIST_REQUESTED: events.AssistRequested(),
    **{LaneSignal(alarm.value): events.AlarmRaised(alarm) for alarm in events.Alarm},
}
_PRESENCE: dict[LaneSignal, Result] = {
    LaneSignal.ENTERED: Result.SUCCESSFUL,
    LaneSignal.TAILGATING: Result.FAILED,
    LaneSignal.PASSED: Result.NOT_PERFORMED,
    LaneSignal.CLEARED: Result.NOT_PERFORMED,
}


class Sensors:
    """What was last seen in one lane."""

    def __init__(self, topology: Topology) -> None:
        self.presence = Result.NOT_PERFORMED
        """How many persons the sensors count: one is `successful`."""
        self.awake = False
        """Whether they have said who stands there since the cabinet was opened."""
        doors = [Door.EXIT] if topology is Topology.BARRIER else list(Door)
        self.positions: dict[Door, DoorPosition] = dict.fromkeys(doors, "unknown")
        """Where each door was last seen."""

    def see(self, signal: LaneSignal, free: frozenset[Door]) -> None:
        """Learn from what the cabinet reports while these doors are to be open."""
        if signal is LaneSignal.OPENED:
            self.positions |= dict.fromkeys(free & self.positions.keys(), "open")
        if signal is LaneSignal.CLOSED:
            self.positions = dict.fromkeys(self.positions, "shut")
        self.awake |= signal in _PRESENCE
        self.presence = _PRESENCE.get(signal, self.presence)

    def expect(self, free: frozenset[Door]) -> None:
        """Doors that are not where they are to be from now on are on their way."""
        for door, position in self.positions.items():
            if (position == "open") is not (door in free):
                self.positions[door] = "moving"

    def lose_count(self) -> None:
        """Nobody counts persons any more."""
        self.awake = False
        self.presence = Result.NOT_PERFORMED


def event_of(signal: LaneSignal) -> events.Event | None:
    """What a signal means to the gate, if anything."""
    return _EVENTS.get(signal)
