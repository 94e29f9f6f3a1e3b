"""The loop of a lane: what devices say reaches the lane, its posture reaches the hardware."""

from __future__ import annotations

import asyncio

import pytest

from edge.border.decision import Open
from edge.checks import Reason
from edge.devices.supervisor import Availability
from edge.errors import DeviceLost, UnreadableMrz
from edge.gate import events
from edge.gate.events import Alarm
from edge.gate.states import (
    ENTRY,
    EXIT,
    NONE,
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
    Sign,
    State,
    Topology,
    Verifying,
    Withdrawing,
    posture,
)
from edge.ports import LaneSignal, Scan
from tests.support.bench import (
    until,
)
from tests.support.scripted_lane import ScriptedLane, serving

DOCUMENT = Scan(("P<UTO",))
LOST = DeviceLost("scanner", "is unplugged")


def test_the_lane_serves_once_every_device_is_ready() -> None:
    async def story(scripted: ScriptedLane) -> None:
        assert all(device.ready for device in scripted.devices.every())
        assert [move.after for move in scripted.witness.moves] == [Ready()]
        assert {status.health for status in scripted.witness.statuses} == {Availability.READY}
        await until(lambda: (NONE, Sign.PRESENT_DOCUMENT) in scripted.gate.taken)

    serving(story)


@pytest.mark.parametrize(
    ("signal", "before", "after"),
    [
        (LaneSignal.ENTERED, Entering("t"), Enclosing("t")),
        (LaneSignal.PASSED, Authorised("t"), Closing()),
        (LaneSignal.CLEARED, Inspecting("t"), Closing()),
        (LaneSignal.CLOSED, Enclosing("t"), Verifying("t")),
        (LaneSignal.EMERGENCY_RAISED, Verifying("t"), Evacuating(occupied=True)),
        (LaneSignal.EMERGENCY_CLEARED, Evacuating(), Evacuating(over=True)),
        (
            LaneSignal.ASSIST_REQUESTED,
            Inspecting("t"),
            Referred("t", frozenset({Reason.ASSIST_REQUESTED}), inside=False),
        ),
        (
            LaneSignal.TAILGATING,
            Verifying("t"),
            Referred("t", frozenset({Reason.LANE_TAILGATE}), inside=True, occupied=True),
        ),
        *(
            (LaneSignal(alarm.value), Inspecting("t"), Alarmed(alarm))
            for alarm in Alarm
            if alarm is not Alarm.TAILGATING
        ),
    ],
)
def test_each_signal_of_the_cabinet_moves_the_gate(
    signal: LaneSignal, before: State, after: State
) -> None:
    async def story(scripted: ScriptedLane) -> None:
        scripted.stand(before)
        scripted.gate.report(signal)
        await scripted.lane.until(lambda state: state == after)
        assert scripted.witness.signals == [signal]

    serving(story, Topology.MANTRAP)


def test_a_door_that_opened_is_heard_and_moves_nothing() -> None:
    async def story(scripted: ScriptedLane) -> None:
        scripted.stand(Authorised("t"))
        scripted.gate.report(LaneSignal.OPENED)
        await until(lambda: scripted.witness.signals)
        assert scripted.state() == Authorised("t")

    serving(story)


def test_a_document_begins_a_transaction_and_its_work() -> None:
    async def story(scripted: ScriptedLane) -> None:
        scripted.scanner.present(DOCUMENT)
        assert await scripted.lane.until(lambda s: not isinstance(s, Ready)) == Inspecting("t1")
        assert scripted.witness.scans == [DOCUMENT]
        names = {task.get_name() for task in asyncio.all_tasks()}
        assert "transaction t1" in names

    serving(story)


@pytest.mark.parametrize(
    "busy",
    [
        Inspecting("t"),
        Authorised("t"),
        Referred("t", frozenset({Reason.TIMEOUT}), inside=False),
        Closing(),
        Alarmed(Alarm.INTRUSION),
        Evacuating(),
        OutOfService(),
    ],
    ids=lambda state: type(state).__name__,
)
def test_a_document_presented_while_the_gate_is_busy_never_begins_a_transaction(
    busy: State,
) -> None:
    lingering, honest = Scan(("LINGERING",)), Scan(("HONEST",))

    async def story(scripted: ScriptedLane) -> None:
        scripted.stand(busy)
        await until(lambda: scripted.scanner.waits)
        waits = scripted.scanner.waits
        scripted.scanner.present(lingering)
        await until(lambda: scripted.scanner.waits > waits)  # it was read, and let go
        assert scripted.state() == busy
        scripted.stand(Ready())
        scripted.scanner.present(honest)
        await scripted.lane.until(lambda state: state == Inspecting("t1"))
        assert scripted.witness.scans == [honest]

    serving(story)


def test_only_the_newest_posture_counts() -> None:
    async def story(scripted: ScriptedLane) -> None:
        await until(lambda: (NONE, Sign.PRESENT_DOCUMENT) in scripted.gate.taken)
        scripted.gate.taken.clear()
        scripted.gate.may_move.clear()
        scripted.lane.post(events.DocumentPresented("t"))
        await until(lambda: scripted.gate.taken)  # the cabinet is busy with this one
        scripted.lane.post(events.Decided("t", Open()))
        scripted.lane.post(events.TimedOut())
        scripted.lane.post(events.DoorsShut())
        assert isinstance(scripted.state(), Referred)
        assert scripted.gate.taken == [(NONE, Sign.WAIT)]
        scripted.gate.may_move.set()
        stance = posture(scripted.state())
        await until(lambda: len(scripted.gate.taken) == 2)
        assert scripted.gate.taken[1] == (stance.free, stance.sign)
        assert EXIT not in [free for free, _ in scripted.gate.taken]

    serving(story)


def test_a_cabinet_that_comes_back_is_told_the_posture_again() -> None:
    async def story(scripted: ScriptedLane) -> None:
        scripted.stand(Evacuating())
        with pytest.raises(DeviceLost):
            await scripted.devices.gate.call(fail, 1)
        scripted.gate.taken.clear()
        await until(lambda: scripted.gate.taken)
        assert scripted.gate.taken[-1] == (ENTRY | EXIT, Sign.EVACUATE)

    serving(story)


def fail(_: object) -> None:
    raise LOST


@pytest.mark.parametrize("first", [LaneSignal.CLEARED, LaneSignal.ENTERED, LaneSignal.TAILGATING])
def test_a_lane_serves_once_its_sensors_have_said_who_stands_there(first: LaneSignal) -> None:
    """Said later, that nobody stands there would end the transaction of whoever came since."""

    async def story(scripted: ScriptedLane) -> None:
        scripted.gate.nobody = []
        with pytest.raises(DeviceLost):
            await scripted.devices.gate.call(fail, 1)
        await until(lambda: scripted.devices.gate.ready)
        scripted.gate.report(LaneSignal.CLOSED)
        await until(lambda: scripted.witness.signals == [LaneSignal.CLOSED])
        assert scripted.state() == OutOfService()
        scripted.gate.report(first)
        await scripted.ready()

    serving(story)


def test_a_lost_device_ends_the_service_until_it_is_back() -> None:
    async def story(scripted: ScriptedLane) -> None:
        with pytest.raises(DeviceLost):
            await scripted.devices.camera.call(fail, 1)
        assert scripted.state() == OutOfService()
        await scripted.ready()
        assert [s.health for s in scripted.witness.statuses if s.role == "camera"] == [
            Availability.READY, Availability.LOST, Availability.READY,
        ]  # fmt: skip

    serving(story)


@pytest.mark.parametrize(
    ("role", "after"),
    [("scanner", Authorised("t")), ("gate", Withdrawing("t"))],
)
def test_only_the_loss_of_the_cabinet_withdraws_what_was_authorised(
    role: str, after: State
) -> None:
    async def story(scripted: ScriptedLane) -> None:
        scripted.stand(Authorised("t"))
        devices = {"scanner": scripted.devices.scanner.call, "gate": scripted.devices.gate.call}
        with pytest.raises(DeviceLost):
            await devices[role](fail, 1)
        assert scripted.state() == after

    serving(story)


@pytest.mark.parametrize(
    "error", [LOST, UnreadableMrz("no layout"), ZeroDivisionError()], ids=lambda e: type(e).__name__
)
@pytest.mark.parametrize("role", ["scanner", "gate"])
def test_a_device_that_fails_while_it_is_listened_to_is_lost_and_listened_to_again(
    role: str, error: Exception
) -> None:
    async def story(scripted: ScriptedLane) -> None:
        if role == "scanner":
            scripted.scanner.present(error)
        else:
            scripted.gate.report(error)
        await scripted.lane.until(lambda state: state == OutOfService())
        await scripted.ready()
        scripted.gate.report(LaneSignal.ENTERED)
        await until(lambda: LaneSignal.ENTERED in scripted.witness.signals)
        scripted.scanner.present(DOCUMENT)
        await scripted.lane.until(lambda state: isinstance(state, Inspecting))

    serving(story)
