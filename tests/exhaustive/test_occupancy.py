"""Whoever is inside a mantrap can leave, in whatever order the cabinet reports."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from edge.gate import events
from edge.gate.events import Alarm
from edge.gate.states import (
    Alarmed,
    Authorised,
    Closing,
    Enclosing,
    Entering,
    Inspecting,
    Maintenance,
    OutOfService,
    Ready,
    Referred,
    State,
    Topology,
    Vacating,
    Verifying,
    posture,
)
from edge.gate.step import step
from tests.support.some import some
from tools.scripts.gate_walk import ALPHABET

MANTRAP = Topology.MANTRAP
MOST_STEPS = 3
"""Time-outs and shutting doors between a person and a free door."""
COUNTED_IN = (events.TravellerInside(), events.AlarmRaised(Alarm.TAILGATING))
COUNTED_OUT = (events.LaneCleared(), events.TravellerPassed())
Pair = tuple[State, bool]


def counted(occupied: bool, event: events.Event) -> bool:
    """Whether the sensors count a person inside after an event."""
    return event in COUNTED_IN or (occupied and event not in COUNTED_OUT)


def every_pair(start: Pair) -> Iterator[tuple[Pair, events.Event, Pair]]:
    """Every reachable state with every count of the sensors, and every event."""
    frontier, seen = [start], {start}
    while frontier:
        state, occupied = frontier.pop()
        for event in ALPHABET:
            after = (step(state, event, MANTRAP), counted(occupied, event))
            yield (state, occupied), event, after
            if after not in seen:
                seen.add(after)
                frontier.append(after)


WALK = list(every_pair((OutOfService(), False)))
PAIRS = {pair for _, _, pair in WALK}


def left_alone(state: State) -> State:
    """What happens to a person without anybody: shut doors are reported, or patience ends."""
    after = step(state, events.DoorsShut(), MANTRAP) if not posture(state).free else state
    if after == state and posture(state).patience_s is not None:
        after = step(state, events.TimedOut(), MANTRAP)
    return after


def test_a_person_inside_finds_a_free_door_soon_whatever_has_happened() -> None:
    for start in some({state for state, occupied in PAIRS if occupied}):
        state = start
        for _ in range(MOST_STEPS):
            if posture(state).free:
                break
            state = left_alone(state)
        assert posture(state).free, start


def test_a_free_door_is_never_taken_from_a_person_for_good() -> None:
    """A way out that ends, ends in another one."""
    for before, event, after in some(
        (before, event, after)
        for (before, occupied), event, (after, still) in WALK
        if occupied and still and posture(before).free and not posture(after).free
    ):
        state = after
        for _ in range(MOST_STEPS):
            state = state if posture(state).free else left_alone(state)
        assert posture(state).free, (before, event)


def test_an_occupied_mantrap_serves_nobody_and_rests_nowhere() -> None:
    resting = (OutOfService, Maintenance, Ready, Inspecting, Entering, Closing)
    assert [state for state, occupied in PAIRS if occupied and isinstance(state, resting)] == []


@pytest.mark.parametrize("found", COUNTED_IN)
@pytest.mark.parametrize("state", [OutOfService(), Maintenance()])
def test_somebody_inside_when_the_daemon_starts_walks_back(
    state: State, found: events.Event
) -> None:
    held = step(state, found, MANTRAP)
    assert held == Vacating(shut=False)
    freed = step(held, events.DoorsShut(), MANTRAP)
    assert posture(freed).free == {"entry"}
    assert step(freed, events.LaneCleared(), MANTRAP) == Closing()


@pytest.mark.parametrize(
    "state", [Ready(), Inspecting("t"), Referred("t", frozenset(), inside=False), Closing()]
)
def test_somebody_inside_whom_nobody_let_in_is_an_alarm(state: State) -> None:
    alarmed = step(state, events.TravellerInside(), MANTRAP)
    assert alarmed == Alarmed(Alarm.INTRUSION, occupied=True)
    assert posture(step(alarmed, events.DoorsShut(), MANTRAP)).free == {"entry"}


@pytest.mark.parametrize("free", [state for state, occupied in PAIRS if occupied])
def test_a_reset_shuts_nobody_in(free: State) -> None:
    after = step(free, events.OfficerReset(), MANTRAP)
    assert not isinstance(after, Closing | OutOfService | Ready)


Predicate = Callable[[State], bool]


@pytest.mark.parametrize("topology", list(Topology))
def test_one_authorisation_lets_one_person_pass_and_they_never_stack(topology: Topology) -> None:
    """Walk every state with what is still owed to the person who was let through: 0 or 1."""
    frontier: list[tuple[State, int]] = [(OutOfService(), 0)]
    seen = set(frontier)
    passages = 0
    while frontier:
        state, owed = frontier.pop()
        for event in ALPHABET:
            after = step(state, event, topology)
            now_owed = owed + (is_free_for_one(after) and not is_free_for_one(state))
            assert now_owed <= 1, (state, event)
            if event == events.TravellerPassed():
                if knows_of_a_passage(state):
                    assert owed == 1
                    assert after == Closing()
                    passages += 1
                else:
                    assert is_told_as_wrong(after), state
                now_owed = 0
            elif not knows_of_a_passage(after):
                now_owed = 0  # withdrawn behind shut doors, or an officer looks
            if (after, now_owed) not in seen:
                seen.add((after, now_owed))
                frontier.append((after, now_owed))
    assert passages > 2


def is_free_for_one(state: State) -> bool:
    return posture(state).sign == "go"


def knows_of_a_passage(state: State) -> bool:
    """Whether somebody may walk out now: the exit is free for one, or just shutting."""
    return type(state).__name__ in {"Authorised", "Released", "Withdrawing"}


def is_told_as_wrong(state: State) -> bool:
    return type(state).__name__ in {"Alarmed", "Evacuating"}


@pytest.mark.parametrize(
    ("state", "alarm"),
    [
        (Closing(), Alarm.TAILGATING),
        (Ready(), Alarm.FORCED),
        (Referred("t", frozenset(), inside=False), Alarm.FORCED),
        (Verifying("t"), Alarm.FORCED),
    ],
)
def test_a_passage_without_an_authorisation_says_what_it_was(state: State, alarm: Alarm) -> None:
    assert step(state, events.TravellerPassed(), MANTRAP).alarm is alarm  # type: ignore[union-attr]  # it is an Alarmed


def test_a_traveller_who_walks_back_from_a_free_exit_needs_no_officer() -> None:
    for topology in Topology:
        back = step(Authorised("t"), events.LaneCleared(), topology)
        assert step(back, events.DoorsShut(), topology) == OutOfService()


def test_enclosing_ends_when_nobody_is_inside_any_more() -> None:
    for state in (Enclosing("t"), Verifying("t"), Entering("t")):
        assert step(state, events.LaneCleared(), MANTRAP) == Closing()
