"""The loop of a lane: what devices say moves the gate, what the gate is moves the hardware."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

import pytest

from drivers.virtual.camera import VirtualCamera
from drivers.virtual.reader import VirtualReader
from edge.border.decision import Open, Refer
from edge.checks import Reason, Result
from edge.devices.lane_devices import Devices
from edge.devices.supervisor import DeviceHealth, Status, Supervised
from edge.errors import DeviceLost, UnreadableMrz
from edge.gate import events
from edge.gate.events import Alarm, Event
from edge.gate.states import (
    ENTRY,
    EXIT,
    NONE,
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
    Sign,
    State,
    Topology,
    Verifying,
    Withdrawing,
    posture,
)
from edge.lane.loop import Loop
from edge.ports import LaneSignal, Scan
from tests.unit.lane.bench import (
    QueueGate,
    QueueScanner,
    hurry,
    now_s,
    settled,
    tell,
    until,
)

DOCUMENT = Scan(("P<UTO",))
LOST = DeviceLost("scanner", "is unplugged")


@dataclass(frozen=True, slots=True)
class Move:
    """One step of the gate, as a transaction runner hears of it."""

    before: State
    event: Event
    after: State


class Witness:
    """A transaction runner who lets every transaction stand until it is ended, and remembers
    it all."""

    def __init__(self) -> None:
        self.scans: list[Scan] = []
        self.moves: list[Move] = []
        self.signals: list[LaneSignal] = []
        self.statuses: list[Status] = []
        self.ended = asyncio.Event()

    def attend(self, scan: Scan) -> tuple[str, Coroutine[None, None, None]]:
        self.scans.append(scan)
        return f"t{len(self.scans)}", self._attend()

    async def _attend(self) -> None:
        await self.ended.wait()

    def moved(self, before: State, event: Event, after: State) -> None:
        self.moves.append(Move(before, event, after))

    def sensed(self, signal: LaneSignal) -> None:
        self.signals.append(signal)

    def device_changed(self, status: Status) -> None:
        self.statuses.append(status)


class Lane:
    """A loop with scripted devices; made inside a running event loop."""

    def __init__(self, topology: Topology = Topology.BARRIER) -> None:
        self.serves = True
        self.loop = Loop(topology, lambda: self.serves)
        self.witness = Witness()
        self.scanner = QueueScanner()
        self.gate = QueueGate()
        heard = self.loop.on_device
        reader, camera = VirtualReader.Settings(stage="loop"), VirtualCamera.Settings(stage="loop")
        self.devices = Devices(
            scanner=Supervised("scanner", "queue", lambda: self.scanner, heard),
            reader=Supervised("chip-reader", "virtual", lambda: VirtualReader(reader), heard),
            camera=Supervised("camera", "virtual", lambda: VirtualCamera(camera), heard),
            gate=Supervised("gate", "queue", lambda: self.gate, heard),
            depth=None,
        )
        self.loop.staff(self.devices, self.witness)

    def now(self) -> State:
        return self.loop.state

    def stand(self, state: State) -> None:
        """Begin in a state, as if the lane had come there."""
        self.loop.state = state

    async def ready(self) -> None:
        await self.loop.until(lambda state: isinstance(state, Ready))


def serving(
    story: Callable[[Lane], Coroutine[Any, Any, None]], topology: Topology = Topology.BARRIER
) -> None:
    """Tell a story while the lane runs, from the moment it waits for a traveller."""

    async def told() -> None:
        lane = Lane(topology)
        running = asyncio.create_task(lane.loop.run())
        await lane.ready()
        lane.witness.signals.clear()
        try:
            await story(lane)
            assert not running.done()
        finally:
            lane.gate.may_move.set()
            lane.scanner.end()
            lane.gate.end()
            await settled(running)
        assert running.cancelled()
        for device in (lane.scanner, lane.gate):
            assert device.story.count("release") == device.story.count("open")

    tell(told())


def still(
    story: Callable[[Lane], Coroutine[Any, Any, None]], topology: Topology = Topology.BARRIER
) -> None:
    """Tell a story of a lane whose devices are not even opened: only time goes by."""

    async def told() -> None:
        await story(Lane(topology))

    hurry(told())


def test_an_unstaffed_loop_says_so() -> None:
    async def story() -> None:
        loop = Loop(Topology.BARRIER, lambda: True)
        with pytest.raises(RuntimeError, match="not staffed"):
            _ = loop.devices
        with pytest.raises(RuntimeError, match="not staffed"):
            _ = loop.runner

    hurry(story())


def test_the_lane_serves_once_every_device_is_ready() -> None:
    async def story(lane: Lane) -> None:
        assert all(device.ready for device in lane.devices.every())
        assert [move.after for move in lane.witness.moves] == [Ready()]
        assert {status.health for status in lane.witness.statuses} == {DeviceHealth.READY}
        await until(lambda: (NONE, Sign.PRESENT_DOCUMENT) in lane.gate.taken)

    serving(story)


@pytest.mark.parametrize(
    ("signal", "before", "after"),
    [
        (LaneSignal.ENTERED, Entering("t"), Enclosing("t")),
        (LaneSignal.PASSED, Authorised("t"), Closing()),
        (LaneSignal.CLEARED, Inspecting("t"), Closing()),
        (LaneSignal.CLOSED, Enclosing("t"), Verifying("t")),
        (LaneSignal.EMERGENCY_RAISED, Verifying("t"), Evacuating()),
        (LaneSignal.EMERGENCY_CLEARED, Evacuating(), Evacuating(over=True)),
        (
            LaneSignal.ASSIST_REQUESTED,
            Inspecting("t"),
            Referred("t", frozenset({Reason.ASSIST_REQUESTED}), inside=False),
        ),
        (
            LaneSignal.TAILGATING,
            Verifying("t"),
            Referred("t", frozenset({Reason.LANE_TAILGATE}), inside=True),
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
    async def story(lane: Lane) -> None:
        lane.stand(before)
        lane.gate.report(signal)
        await lane.loop.until(lambda state: state == after)
        assert lane.witness.signals == [signal]

    serving(story, Topology.MANTRAP)


def test_a_door_that_opened_is_heard_and_moves_nothing() -> None:
    async def story(lane: Lane) -> None:
        lane.stand(Authorised("t"))
        lane.gate.report(LaneSignal.OPENED)
        await until(lambda: lane.witness.signals)
        assert lane.now() == Authorised("t")

    serving(story)


def test_a_document_begins_a_transaction_and_its_work() -> None:
    async def story(lane: Lane) -> None:
        lane.scanner.present(DOCUMENT)
        assert await lane.loop.until(lambda s: not isinstance(s, Ready)) == Inspecting("t1")
        assert lane.witness.scans == [DOCUMENT]
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

    async def story(lane: Lane) -> None:
        lane.stand(busy)
        await until(lambda: lane.scanner.waits)
        waits = lane.scanner.waits
        lane.scanner.present(lingering)
        await until(lambda: lane.scanner.waits > waits)  # it was read, and let go
        assert lane.now() == busy
        lane.stand(Ready())
        lane.scanner.present(honest)
        await lane.loop.until(lambda state: state == Inspecting("t1"))
        assert lane.witness.scans == [honest]

    serving(story)


def test_only_the_newest_posture_counts() -> None:
    async def story(lane: Lane) -> None:
        await until(lambda: (NONE, Sign.PRESENT_DOCUMENT) in lane.gate.taken)
        lane.gate.taken.clear()
        lane.gate.may_move.clear()
        lane.loop.post(events.DocumentPresented("t"))
        await until(lambda: lane.gate.taken)  # the cabinet is busy with this one
        lane.loop.post(events.Decided("t", Open()))
        lane.loop.post(events.LaneCleared())
        lane.loop.post(events.DoorsShut())
        assert isinstance(lane.now(), Referred)
        assert lane.gate.taken == [(NONE, Sign.WAIT)]
        lane.gate.may_move.set()
        stance = posture(lane.now())
        await until(lambda: len(lane.gate.taken) == 2)
        assert lane.gate.taken[1] == (stance.free, stance.sign)
        assert EXIT not in [free for free, _ in lane.gate.taken]

    serving(story)


def test_a_cabinet_that_comes_back_is_told_the_posture_again() -> None:
    async def story(lane: Lane) -> None:
        lane.stand(Evacuating())
        with pytest.raises(DeviceLost):
            await lane.devices.gate.call(fail)
        lane.gate.taken.clear()
        await until(lambda: lane.gate.taken)
        assert lane.gate.taken[-1] == (ENTRY | EXIT, Sign.EVACUATE)

    serving(story)


def fail(_: object) -> None:
    raise LOST


@pytest.mark.parametrize("first", [LaneSignal.CLEARED, LaneSignal.ENTERED, LaneSignal.TAILGATING])
def test_a_lane_serves_once_its_sensors_have_said_who_stands_there(first: LaneSignal) -> None:
    """Said later, that nobody stands there would end the transaction of whoever came since."""

    async def story(lane: Lane) -> None:
        lane.gate.nobody = []
        with pytest.raises(DeviceLost):
            await lane.devices.gate.call(fail)
        await until(lambda: lane.devices.gate.ready)
        lane.gate.report(LaneSignal.CLOSED)
        await until(lambda: lane.witness.signals == [LaneSignal.CLOSED])
        assert lane.now() == OutOfService()
        lane.gate.report(first)
        await lane.ready()

    serving(story)


def test_a_lost_device_ends_the_service_until_it_is_back() -> None:
    async def story(lane: Lane) -> None:
        with pytest.raises(DeviceLost):
            await lane.devices.camera.call(fail)
        assert lane.now() == OutOfService()
        await lane.ready()
        assert [s.health for s in lane.witness.statuses if s.role == "camera"] == [
            DeviceHealth.READY, DeviceHealth.LOST, DeviceHealth.READY,
        ]  # fmt: skip

    serving(story)


@pytest.mark.parametrize(
    ("role", "after"),
    [("scanner", Authorised("t")), ("gate", Withdrawing("t"))],
)
def test_only_the_loss_of_the_cabinet_withdraws_what_was_authorised(
    role: str, after: State
) -> None:
    async def story(lane: Lane) -> None:
        lane.stand(Authorised("t"))
        devices = {"scanner": lane.devices.scanner.call, "gate": lane.devices.gate.call}
        with pytest.raises(DeviceLost):
            await devices[role](fail)
        assert lane.now() == after

    serving(story)


@pytest.mark.parametrize(
    "error", [LOST, UnreadableMrz("no layout"), ZeroDivisionError()], ids=lambda e: type(e).__name__
)
@pytest.mark.parametrize("role", ["scanner", "gate"])
def test_a_device_that_fails_while_it_is_listened_to_is_lost_and_listened_to_again(
    role: str, error: Exception
) -> None:
    async def story(lane: Lane) -> None:
        if role == "scanner":
            lane.scanner.present(error)
        else:
            lane.gate.report(error)
        await lane.loop.until(lambda state: state == OutOfService())
        await lane.ready()
        lane.gate.report(LaneSignal.ENTERED)
        await until(lambda: LaneSignal.ENTERED in lane.witness.signals)
        lane.scanner.present(DOCUMENT)
        await lane.loop.until(lambda state: isinstance(state, Inspecting))

    serving(story)


def test_who_may_not_serve_is_out_of_service_and_serves_again_when_reconsidered() -> None:
    async def story(lane: Lane) -> None:
        lane.serves = False
        lane.loop.reconsider()
        assert lane.now() == OutOfService()
        lane.loop.reconsider()
        assert lane.now() == OutOfService()
        lane.serves = True
        lane.loop.reconsider()
        assert lane.now() == Ready()
        moves = len(lane.witness.moves)
        lane.loop.reconsider()
        assert len(lane.witness.moves) == moves

    serving(story)


def test_who_may_not_serve_finishes_with_the_traveller_first() -> None:
    async def story(lane: Lane) -> None:
        lane.stand(Closing())
        lane.serves = False
        lane.loop.reconsider()
        assert lane.now() == Closing()
        lane.gate.report(LaneSignal.CLOSED)
        await lane.loop.until(lambda state: state == OutOfService())

    serving(story)


def test_shut_doors_after_a_traveller_are_ready_for_the_next() -> None:
    async def story(lane: Lane) -> None:
        lane.stand(Closing())
        lane.gate.report(LaneSignal.CLOSED)
        await lane.ready()
        assert lane.witness.moves[-1] == Move(Closing(), events.DoorsShut(), Ready())

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
            Referred("t", frozenset({Reason.TIMEOUT}), inside=True),
        ),
        (Verifying("t"), events.Decided("t", Open()), 15, Withdrawing("t")),
        (Authorised("t"), events.TravellerPassed(), 10, Alarmed(Alarm.HELD_OPEN)),
    ],
)
def test_patience_runs_out_exactly_when_the_posture_says(
    before: State, event: Event, patience_s: float, after: State
) -> None:
    async def story(lane: Lane) -> None:
        lane.stand(before)
        began_s = now_s()
        lane.loop.post(event)
        during = lane.now()
        assert during != before
        assert await lane.loop.until(lambda state: state != during) == after
        assert now_s() - began_s == pytest.approx(patience_s)

    still(story, Topology.MANTRAP)


def test_each_state_has_the_whole_of_its_own_patience() -> None:
    async def story(lane: Lane) -> None:
        lane.stand(Ready())
        lane.loop.post(events.DocumentPresented("t"))
        await asyncio.sleep(29)
        lane.loop.post(events.Decided("t", Open()))
        await asyncio.sleep(14)
        assert lane.now() == Authorised("t")
        lane.loop.post(events.TravellerPassed())
        await asyncio.sleep(9)
        assert lane.now() == Closing()
        lane.loop.post(events.DoorsShut())
        assert lane.now() == OutOfService()
        await asyncio.sleep(600 - now_s() - 1)
        assert lane.now() == OutOfService()
        assert not any(isinstance(move.event, events.TimedOut) for move in lane.witness.moves)

    still(story)


def test_what_changes_nothing_neither_buys_time_nor_is_told() -> None:
    async def story(lane: Lane) -> None:
        lane.stand(Ready())
        lane.loop.post(events.DocumentPresented("t"))
        for _ in range(29):
            await asyncio.sleep(1)
            lane.loop.post(events.DoorsShut())
            lane.loop.post(events.Decided("another", Refer(frozenset({Reason.OFFICER}))))
        assert len(lane.witness.moves) == 1
        await lane.loop.until(lambda state: isinstance(state, Referred))
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
    async def story(lane: Lane) -> None:
        for signal in signals:
            lane.gate.report(signal)
        await until(lambda: len(lane.witness.signals) == len(signals))
        assert await lane.loop.until_counted(0.01) is counted

    serving(story)


def test_whoever_waits_for_the_count_hears_it_when_it_comes() -> None:
    async def story(lane: Lane) -> None:
        counting = asyncio.create_task(lane.loop.until_counted(1e6))
        await asyncio.sleep(0)
        lane.gate.report(LaneSignal.OPENED)  # says nothing of persons
        await until(lambda: lane.witness.signals)
        assert not counting.done()
        lane.gate.report(LaneSignal.TAILGATING)
        assert await counting is Result.FAILED

    serving(story)


def test_doors_are_where_they_were_last_seen() -> None:
    async def story(lane: Lane) -> None:
        seen = lane.loop.sensors
        assert seen.positions == {Door.ENTRY: "unknown", Door.EXIT: "unknown"}
        lane.gate.report(LaneSignal.CLOSED)
        await until(lambda: seen.positions == {Door.ENTRY: "shut", Door.EXIT: "shut"})
        lane.loop.post(events.DocumentPresented("t"))
        lane.loop.post(events.DocumentPassed("t"))
        await until(lambda: seen.positions == {Door.ENTRY: "moving", Door.EXIT: "shut"})
        lane.gate.report(LaneSignal.OPENED)
        await until(lambda: seen.positions == {Door.ENTRY: "open", Door.EXIT: "shut"})
        lane.gate.report(LaneSignal.ENTERED)
        await until(lambda: seen.positions == {Door.ENTRY: "moving", Door.EXIT: "shut"})
        lane.gate.report(LaneSignal.CLOSED)
        await until(lambda: seen.positions == {Door.ENTRY: "shut", Door.EXIT: "shut"})

    serving(story, Topology.MANTRAP)


def test_a_barrier_has_no_entry_even_in_an_emergency() -> None:
    async def story(lane: Lane) -> None:
        lane.gate.report(LaneSignal.EMERGENCY_RAISED)
        await until(lambda: lane.loop.sensors.positions == {Door.EXIT: "moving"})
        lane.gate.report(LaneSignal.OPENED)
        await until(lambda: lane.loop.sensors.positions == {Door.EXIT: "open"})

    serving(story)


def test_a_document_without_a_running_loop_is_a_mistake_that_is_told() -> None:
    async def story(lane: Lane) -> None:
        with pytest.raises(RuntimeError, match="does not run"):
            lane.loop._begin(DOCUMENT)

    still(story)


def test_maintenance_begins_once_nobody_is_attended_and_ends_by_order() -> None:
    async def story(lane: Lane) -> None:
        lane.loop.maintain(wanted=True)
        assert lane.now() == Maintenance()
        lane.loop.on_device(Status("camera", "virtual", DeviceHealth.LOST))
        lane.loop.on_device(Status("camera", "virtual", DeviceHealth.READY))
        assert lane.now() == Maintenance()
        lane.loop.maintain(wanted=False)
        assert lane.now() == Ready()
        lane.stand(Inspecting("t"))
        lane.loop.maintain(wanted=True)
        assert lane.now() == Inspecting("t")
        lane.stand(Closing())
        lane.gate.report(LaneSignal.CLOSED)
        await lane.loop.until(lambda state: isinstance(state, Maintenance))

    serving(story)


def test_a_gate_that_is_told_to_serve_and_cannot_is_out_of_service() -> None:
    async def story(lane: Lane) -> None:
        lane.loop.maintain(wanted=True)
        lane.serves = False
        lane.loop.maintain(wanted=False)
        assert lane.now() == OutOfService()

    serving(story)


def test_a_lost_cabinet_counts_nobody() -> None:
    async def story(lane: Lane) -> None:
        lane.stand(Referred("t", frozenset({Reason.TIMEOUT}), inside=True))
        lane.loop.sensors.presence = Result.SUCCESSFUL
        assert lane.loop.is_alone
        lane.loop.on_device(Status("gate", "queue", DeviceHealth.LOST))
        assert lane.loop.sensors.presence is Result.NOT_PERFORMED
        assert not lane.loop.release("t")

    serving(story)


def test_a_count_of_a_cabinet_that_is_not_open_is_none() -> None:
    async def story(lane: Lane) -> None:
        lane.loop.sensors.presence = Result.SUCCESSFUL
        assert not lane.loop.is_alone

    still(story)


def test_a_release_is_told_from_one_that_changes_nothing() -> None:
    async def story(lane: Lane) -> None:
        lane.stand(Referred("t", frozenset({Reason.TIMEOUT}), inside=False))
        lane.loop.sensors.presence = Result.SUCCESSFUL
        assert not lane.loop.release("another")
        assert lane.loop.release("t")
        assert not lane.loop.release("t")

    serving(story)
