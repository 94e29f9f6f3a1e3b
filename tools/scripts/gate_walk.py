"""Every state the gate can reach, with every event: the exhaustive walk of `edge.gate.step`.

The tests prove the rules on it, the diagram of the documentation is drawn from it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from edge.border.decision import Open, Refer
from edge.checks import Reason
from edge.gate import events
from edge.gate.states import OutOfService, State, Topology
from edge.gate.step import step

ALPHABET: Final[tuple[events.Event, ...]] = (
    *(events.DocumentPresented(t) for t in ("ours", "next")),
    *(events.DocumentPassed(t) for t in ("ours", "stale")),
    events.TravellerInside(),
    *(
        events.Decided(t, decision)
        for t in ("ours", "stale")
        for decision in (Open(), Refer(frozenset({Reason.FACE_NOMATCH})))
    ),
    events.TravellerPassed(),
    events.LaneCleared(),
    events.DoorsShut(),
    *(events.AlarmRaised(alarm) for alarm in events.Alarm),
    events.AssistRequested(),
    events.TimedOut(),
    *(events.DeviceMissing(cabinet=c) for c in (True, False)),
    events.DevicesReady(),
    events.ServiceEnded(),
    events.MaintenanceBegun(),
    events.MaintenanceEnded(),
    events.EmergencyRaised(),
    events.EmergencyCleared(),
    events.OfficerReset(),
    *(events.OfficerRelease(t, alone=a) for t in ("ours", "stale") for a in (True, False)),
)
"""Every event, in every form that the rules tell apart."""


class Step(NamedTuple):
    """One event in one state, and the state it leads to."""

    before: State
    event: events.Event
    after: State


def walk(topology: Topology) -> Iterator[Step]:
    """Apply every event to every state that can be reached from the start."""
    frontier: list[State] = [OutOfService()]
    seen: set[State] = set(frontier)
    while frontier:
        before = frontier.pop()
        for event in ALPHABET:
            after = step(before, event, topology)
            yield Step(before, event, after)
            if after not in seen:
                seen.add(after)
                frontier.append(after)
