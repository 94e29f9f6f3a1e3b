"""Every state the gate can reach, with every event, in both topologies."""

from __future__ import annotations

from functools import cache
from typing import get_args

import pytest

from edge.border.decision import Open
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
from edge.gate.step import step
from tests.support.some import some
from tools.scripts import gate_walk
from tools.scripts.gate_walk import ALPHABET, Step

Walk = list[Step]


@pytest.fixture(params=list(Topology))
def topology(request: pytest.FixtureRequest) -> Topology:
    return Topology(request.param)


@cache
def walked(topology: Topology) -> Walk:
    return list(gate_walk.walk(topology))


@pytest.fixture
def walk(topology: Topology) -> Walk:
    return walked(topology)


@pytest.fixture
def mantrap() -> Walk:
    return walked(Topology.MANTRAP)


def test_the_walk_tries_every_event() -> None:
    assert {type(event) for event in ALPHABET} == {*get_args(events.Event)}
    assert {each.alarm for each in ALPHABET if isinstance(each, events.AlarmRaised)} == {
        *events.Alarm
    }


def test_the_walk_reaches_every_state_of_its_topology(topology: Topology, walk: Walk) -> None:
    reached = {type(state) for _, _, state in walk}
    only_mantrap = {Entering, Enclosing, Verifying, Releasing, Vacating}
    everything = {*State.__args__}
    assert reached == (everything if topology is Topology.MANTRAP else everything - only_mantrap)


def test_both_doors_are_free_only_in_evacuation(walk: Walk) -> None:
    for _, _, state in walk:
        assert (len(posture(state).free) == 2) == isinstance(state, Evacuating)


def test_the_exit_is_free_only_by_decision_by_release_or_in_evacuation(walk: Walk) -> None:
    for _, _, state in walk:
        free = isinstance(state, Authorised | Released | Evacuating)
        assert (Door.EXIT in posture(state).free) == free


def test_the_go_sign_is_shown_exactly_when_the_exit_is_free_for_one(walk: Walk) -> None:
    for _, _, state in walk:
        assert (posture(state).sign is Sign.GO) == isinstance(state, Authorised | Released)


def test_nobody_is_authorised_without_an_open_of_this_transaction(
    topology: Topology, walk: Walk
) -> None:
    where = Inspecting if topology is Topology.BARRIER else Verifying
    for before, event, after in some(
        (b, e, a) for b, e, a in walk if isinstance(a, Authorised) and a != b
    ):
        assert isinstance(before, where)
        assert event == events.Decided(before.transaction, Open())
        assert after.transaction == before.transaction


def test_nobody_is_released_but_the_referred_of_this_transaction_alone(
    topology: Topology, walk: Walk
) -> None:
    ordered = Released if topology is Topology.BARRIER else Releasing
    for before, event, after in some(
        (b, e, a) for b, e, a in walk if isinstance(a, ordered) and a != b
    ):
        assert isinstance(before, Referred)
        assert event == events.OfficerRelease(before.transaction, alone=True)
        assert after.transaction == before.transaction


def test_a_mantrap_releases_whoever_is_inside_and_only_behind_a_shut_entry(mantrap: Walk) -> None:
    begun = some(b for b, _, a in mantrap if isinstance(a, Releasing) and a != b)
    assert all(isinstance(before, Referred) and before.inside for before in begun)
    for before, event, after in some(
        (b, e, a) for b, e, a in mantrap if isinstance(b, Releasing) and isinstance(a, Released)
    ):
        assert isinstance(event, events.DoorsShut)
        assert after.transaction == before.transaction


def test_a_release_of_another_or_of_several_changes_nothing(walk: Walk) -> None:
    for before, event, after in walk:
        if isinstance(event, events.OfficerRelease) and (
            event.transaction == "stale" or not event.alone
        ):
            assert before == after


def test_a_second_person_ends_a_release_before_the_exit_is_free(mantrap: Walk) -> None:
    alarms = some(
        (b, e.alarm, a)
        for b, e, a in mantrap
        if isinstance(b, Releasing) and isinstance(e, events.AlarmRaised)
    )
    assert {alarm for _, alarm, _ in alarms} == {*events.Alarm}
    for before, alarm, after in alarms:
        assert Door.EXIT not in posture(after).free
        if alarm is events.Alarm.TAILGATING:
            assert isinstance(after, Referred)
            assert (after.transaction, after.reasons) == (before.transaction, before.reasons)
        else:
            assert after == Alarmed(alarm, occupied=True)


def test_maintenance_frees_no_door_and_sees_no_document(walk: Walk) -> None:
    ends = (
        events.MaintenanceEnded,
        events.EmergencyRaised,
        events.AlarmRaised,
        events.TravellerPassed,
        events.TravellerInside,
    )
    for state in some(a for _, _, a in walk if isinstance(a, Maintenance)):
        assert posture(state).free == frozenset()
        assert posture(state).sign is Sign.CLOSED
    for event, after in some((e, a) for b, e, a in walk if isinstance(b, Maintenance) and b != a):
        assert isinstance(event, ends)
        assert isinstance(after, Evacuating) or posture(after).free == frozenset()


def test_maintenance_waits_until_the_traveller_is_gone(walk: Walk) -> None:
    for before in some(b for b, e, a in walk if isinstance(e, events.MaintenanceBegun) and b != a):
        assert isinstance(before, Ready | OutOfService)


def test_a_mantrap_verifies_only_behind_shut_doors(mantrap: Walk) -> None:
    for before, event in some((b, e) for b, e, a in mantrap if isinstance(a, Verifying) and a != b):
        assert isinstance(before, Enclosing)
        assert isinstance(event, events.DoorsShut)


def test_the_entry_is_never_freed_while_the_exit_may_be_open(walk: Walk) -> None:
    may_be_open = (Authorised, Released, Withdrawing, Closing, Alarmed, Vacating)
    for event in some(
        e
        for b, e, a in walk
        if isinstance(b, may_be_open)
        and Door.ENTRY in posture(a).free - posture(b).free
        and not isinstance(a, Evacuating)
    ):
        assert isinstance(event, events.DoorsShut)


def test_emergency_is_heard_everywhere_and_drowned_by_nothing(walk: Walk) -> None:
    for after in some(a for _, e, a in walk if isinstance(e, events.EmergencyRaised)):
        assert isinstance(after, Evacuating)
        assert not after.over
    for before, event in some(
        (b, e) for b, e, a in walk if isinstance(b, Evacuating) and not isinstance(a, Evacuating)
    ):
        assert before.over
        assert isinstance(event, events.OfficerReset)


def test_an_alarm_ends_only_by_an_officer_or_an_emergency(walk: Walk) -> None:
    for event in some(
        e for b, e, a in walk if isinstance(b, Alarmed) and not isinstance(a, Alarmed)
    ):
        assert isinstance(event, events.OfficerReset | events.EmergencyRaised)


def test_a_missing_device_opens_nothing(walk: Walk) -> None:
    for before, event, after in walk:
        if isinstance(event, events.DeviceMissing):
            assert Door.EXIT not in posture(after).free - posture(before).free


def test_a_lost_cabinet_leaves_nothing_authorised(walk: Walk) -> None:
    for _, event, after in walk:
        if event == events.DeviceMissing(cabinet=True):
            assert not isinstance(after, Authorised | Releasing | Released)


def test_the_entry_is_not_freed_for_a_document_that_did_not_pass(walk: Walk) -> None:
    for event in some(
        e for b, e, a in walk if isinstance(b, Ready | Inspecting) and Door.ENTRY in posture(a).free
    ):
        assert isinstance(event, events.DocumentPassed | events.EmergencyRaised)


def test_a_stale_decision_changes_nothing(walk: Walk) -> None:
    for before, event, after in walk:
        if isinstance(event, events.Decided) and event.transaction == "stale":
            assert before == after


def test_patience_always_leads_somewhere(topology: Topology, walk: Walk) -> None:
    for state in some({a for _, _, a in walk if posture(a).patience_s is not None}):
        assert step(state, events.TimedOut(), topology) != state


def test_service_resumes_without_another_fault(walk: Walk) -> None:
    faults = (
        events.AlarmRaised,
        events.DeviceMissing,
        events.EmergencyRaised,
        events.ServiceEnded,
        events.MaintenanceBegun,
    )
    edges: dict[State, set[State]] = {}
    for before, event, after in walk:
        if not isinstance(event, faults):
            edges.setdefault(before, set()).add(after)
    for start in edges:
        reached, frontier = {start}, [start]
        while frontier:
            for after in edges[frontier.pop()] - reached:
                reached.add(after)
                frontier.append(after)
        assert Ready() in reached, start
