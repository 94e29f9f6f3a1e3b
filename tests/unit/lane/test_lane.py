"""The lane: time runs out, persons are counted, orders are kept."""

from __future__ import annotations

import asyncio
from typing import NoReturn

import pytest
import structlog

from edge.border.decision import Open, Refer
from edge.checks import Reason, Result
from edge.devices.supervisor import Availability
from edge.gate import events
from edge.gate.events import Alarm, Event
from edge.gate.states import (
    Alarmed,
    Authorised,
    Closing,
    Door,
    Enclosing,
    Inspecting,
    Maintenance,
    OutOfService,
    Ready,
    Referred,
    State,
    Topology,
    Verifying,
    Withdrawing,
)
from edge.ports import LaneSignal
from tests.support.bench import now_s, until
from tests.support.scripted_lane import Move, ScriptedLane, serving, still


def test_who_may_not_serve_is_out_of_service_and_serves_again_when_reconsidered() -> None:
    async def story(scripted: ScriptedLane) -> None:
        scripted.condition.become(well=False)
        assert scripted.state() == OutOfService()
        scripted.lane.reconsider()
        assert scripted.state() == OutOfService()
        scripted.condition.become(well=True)
        assert scripted.state() == Ready()
        moves = len(scripted.witness.moves)
        scripted.lane.reconsider()
        assert len(scripted.witness.moves) == moves

    serving(story)


def test_who_may_not_serve_finishes_with_the_traveller_first() -> None:
    async def story(scripted: ScriptedLane) -> None:
        scripted.stand(Closing())
        scripted.condition.become(well=False)
        assert scripted.state() == Closing()
        scripted.gate.report(LaneSignal.CLOSED)
        await scripted.lane.until(lambda state: state == OutOfService())

    serving(story)


def test_shut_doors_after_a_traveller_are_ready_for_the_next() -> None:
    async def story(scripted: ScriptedLane) -> None:
        scripted.stand(Closing())
        scripted.gate.report(LaneSignal.CLOSED)
        await scripted.ready()
        assert scripted.witness.moves[-1] == Move(Closing(), events.DoorsShut(), Ready())

    serving(story)


@pytest.mark.parametrize(
    ("before", "event", "patience_s", "after"),
    [
        (
            Ready(),
            events.DocumentPresented("t"),
            30,
            Referred("t", frozenset({Reason.TIMEOUT}), inside=False),
        ),
        (Inspecting("t"), events.DocumentPassed("t"), 20, Closing()),
        (
            Enclosing("t"),
            events.DoorsShut(),
            25,
            Referred("t", frozenset({Reason.TIMEOUT}), inside=True, occupied=True),
        ),
        (Verifying("t"), events.Decided("t", Open()), 15, Withdrawing("t")),
        (Authorised("t"), events.TravellerPassed(), 10, Alarmed(Alarm.HELD_OPEN)),
    ],
)
def test_patience_runs_out_exactly_when_the_posture_says(
    before: State, event: Event, patience_s: float, after: State
) -> None:
    async def story(scripted: ScriptedLane) -> None:
        scripted.stand(before)
        began_s = now_s()
        scripted.lane.post(event)
        during = scripted.state()
        assert during != before
        assert await scripted.lane.until(lambda state: state != during) == after
        assert now_s() - began_s == pytest.approx(patience_s)

    still(story, Topology.MANTRAP)


def test_the_timer_of_a_free_door_is_set_before_anything_is_told_or_logged() -> None:
    """Whoever hears of the move, or writes it down, may hang or fail."""

    async def story(scripted: ScriptedLane) -> None:
        scripted.stand(Inspecting("t"))
        with structlog.testing.capture_logs(processors=(_fail,)), pytest.raises(ZeroDivisionError):
            scripted.lane.post(events.Decided("t", Open()))
        assert scripted.state() == Authorised("t")
        assert scripted.lane.posture_due.is_set()
        assert await scripted.lane.until(lambda s: s != Authorised("t")) == Withdrawing("t")
        assert now_s() == pytest.approx(15)

    still(story)


def _fail(*_: object) -> NoReturn:
    raise ZeroDivisionError


def test_each_state_has_the_whole_of_its_own_patience() -> None:
    async def story(scripted: ScriptedLane) -> None:
        scripted.stand(Ready())
        scripted.lane.post(events.DocumentPresented("t"))
        await asyncio.sleep(29)
        scripted.lane.post(events.Decided("t", Open()))
        await asyncio.sleep(14)
        assert scripted.state() == Authorised("t")
        scripted.lane.post(events.TravellerPassed())
        await asyncio.sleep(9)
        assert scripted.state() == Closing()
        scripted.lane.post(events.DoorsShut())
        assert scripted.state() == OutOfService()
        await asyncio.sleep(600 - now_s() - 1)
        assert scripted.state() == OutOfService()
        assert not any(isinstance(move.event, events.TimedOut) for move in scripted.witness.moves)

    still(story)


def test_what_changes_nothing_neither_buys_time_nor_is_told() -> None:
    async def story(scripted: ScriptedLane) -> None:
        scripted.stand(Ready())
        scripted.lane.post(events.DocumentPresented("t"))
        for _ in range(29):
            await asyncio.sleep(1)
            scripted.lane.post(events.DoorsShut())
            scripted.lane.post(events.Decided("another", Refer(frozenset({Reason.OFFICER}))))
        assert len(scripted.witness.moves) == 1
        await scripted.lane.until(lambda state: isinstance(state, Referred))
        assert now_s() == pytest.approx(30)

    still(story)


@pytest.mark.parametrize(
    ("signals", "counted"),
    [
        ([LaneSignal.ENTERED], Result.SUCCESSFUL),
        ([LaneSignal.TAILGATING], Result.FAILED),
        ([LaneSignal.ENTERED, LaneSignal.TAILGATING], Result.FAILED),
        ([LaneSignal.TAILGATING, LaneSignal.CLEARED, LaneSignal.ENTERED], Result.SUCCESSFUL),
        ([LaneSignal.ENTERED, LaneSignal.OPENED, LaneSignal.CLOSED], Result.SUCCESSFUL),
        ([LaneSignal.ENTERED, LaneSignal.PASSED], Result.NOT_PERFORMED),
        ([], Result.NOT_PERFORMED),
    ],
)
def test_the_sensors_count_the_persons(signals: list[LaneSignal], counted: Result) -> None:
    async def story(scripted: ScriptedLane) -> None:
        for signal in signals:
            scripted.gate.report(signal)
        await until(lambda: len(scripted.witness.signals) == len(signals))
        assert await scripted.lane.until_counted(0.01) is counted

    serving(story)


def test_whoever_waits_for_the_count_hears_it_when_it_comes() -> None:
    async def story(scripted: ScriptedLane) -> None:
        counting = asyncio.create_task(scripted.lane.until_counted(1e6))
        await asyncio.sleep(0)
        scripted.gate.report(LaneSignal.OPENED)  # says nothing of persons
        await until(lambda: scripted.witness.signals)
        assert not counting.done()
        scripted.gate.report(LaneSignal.TAILGATING)
        assert await counting is Result.FAILED

    serving(story)


def test_doors_are_where_they_were_last_seen() -> None:
    async def story(scripted: ScriptedLane) -> None:
        seen = scripted.lane.sensors
        assert seen.positions == {Door.ENTRY: "unknown", Door.EXIT: "unknown"}
        scripted.gate.report(LaneSignal.CLOSED)
        await until(lambda: seen.positions == {Door.ENTRY: "shut", Door.EXIT: "shut"})
        scripted.lane.post(events.DocumentPresented("t"))
        scripted.lane.post(events.DocumentPassed("t"))
        await until(lambda: seen.positions == {Door.ENTRY: "moving", Door.EXIT: "shut"})
        scripted.gate.report(LaneSignal.OPENED)
        await until(lambda: seen.positions == {Door.ENTRY: "open", Door.EXIT: "shut"})
        scripted.gate.report(LaneSignal.ENTERED)
        await until(lambda: seen.positions == {Door.ENTRY: "moving", Door.EXIT: "shut"})
        scripted.gate.report(LaneSignal.CLOSED)
        await until(lambda: seen.positions == {Door.ENTRY: "shut", Door.EXIT: "shut"})

    serving(story, Topology.MANTRAP)


def test_a_barrier_has_no_entry_even_in_an_emergency() -> None:
    async def story(scripted: ScriptedLane) -> None:
        scripted.gate.report(LaneSignal.EMERGENCY_RAISED)
        await until(lambda: scripted.lane.sensors.positions == {Door.EXIT: "moving"})
        scripted.gate.report(LaneSignal.OPENED)
        await until(lambda: scripted.lane.sensors.positions == {Door.EXIT: "open"})

    serving(story)


def test_maintenance_begins_once_nobody_is_served_and_ends_by_order() -> None:
    async def story(scripted: ScriptedLane) -> None:
        scripted.lane.maintain(wanted=True)
        assert scripted.state() == Maintenance()
        scripted.report("camera", Availability.LOST)
        scripted.report("camera", Availability.READY)
        assert scripted.state() == Maintenance()
        scripted.lane.maintain(wanted=False)
        assert scripted.state() == Ready()
        scripted.stand(Inspecting("t"))
        scripted.lane.maintain(wanted=True)
        assert scripted.state() == Inspecting("t")
        scripted.stand(Closing())
        scripted.gate.report(LaneSignal.CLOSED)
        await scripted.lane.until(lambda state: isinstance(state, Maintenance))

    serving(story)


def test_a_gate_that_is_told_to_serve_and_cannot_is_out_of_service() -> None:
    async def story(scripted: ScriptedLane) -> None:
        scripted.lane.maintain(wanted=True)
        scripted.condition.become(well=False)
        scripted.lane.maintain(wanted=False)
        assert scripted.state() == OutOfService()

    serving(story)


def test_a_lost_cabinet_counts_nobody() -> None:
    async def story(scripted: ScriptedLane) -> None:
        scripted.stand(Referred("t", frozenset({Reason.TIMEOUT}), inside=True))
        scripted.lane.sensors.presence = Result.SUCCESSFUL
        assert scripted.lane.is_alone
        scripted.report("gate", Availability.LOST)
        assert scripted.lane.sensors.presence is Result.NOT_PERFORMED
        assert not scripted.lane.release("t")

    serving(story)


def test_a_count_of_a_cabinet_that_is_not_open_is_none() -> None:
    async def story(scripted: ScriptedLane) -> None:
        scripted.lane.sensors.presence = Result.SUCCESSFUL
        assert not scripted.lane.is_alone

    still(story)


def test_a_release_is_told_from_one_that_changes_nothing() -> None:
    async def story(scripted: ScriptedLane) -> None:
        scripted.stand(Referred("t", frozenset({Reason.TIMEOUT}), inside=False))
        scripted.lane.sensors.presence = Result.SUCCESSFUL
        assert not scripted.lane.release("another")
        assert scripted.lane.release("t")
        assert not scripted.lane.release("t")

    serving(story)
