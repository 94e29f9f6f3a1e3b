"""A device is kept open, or opened again with patience; nothing it raises ends the gate."""

from __future__ import annotations

import asyncio
import threading
from itertools import pairwise
from typing import Self

import pytest
from typing_extensions import override

from edge.devices.supervisor import (
    FIRST_PAUSE_S,
    LONGEST_PAUSE_S,
    PROBE_EVERY_S,
    Availability,
    Bounds,
    Supervised,
)
from edge.errors import ChipLost, DeviceBusy, DeviceError, DeviceLost, MalformedFile
from tests.support.bench import STUCK_S, Machine, Ward, hurry, now_s, settled, tell, until

LOST = DeviceLost("camera", "is unplugged")


class SlowMachine(Machine):
    """A machine that opens only when it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = threading.Event()
        self.may_open = threading.Event()

    @override
    def __enter__(self) -> Self:
        self.asked.set()
        assert self.may_open.wait(STUCK_S)
        super().__enter__()
        return self


def test_a_device_is_opened_probed_and_released_on_one_thread() -> None:
    machine = Machine()
    ward = Ward(machine)

    async def story() -> None:
        await until(lambda: machine.story.count("probe") == 3)
        assert ward.supervised.ready
        assert now_s() == pytest.approx(3 * PROBE_EVERY_S, abs=0.1)

    hurry(ward.live(story))
    assert machine.story == ["open", "probe", "probe", "probe", "release"]
    assert len(machine.threads) == 1
    assert ward.health == [Availability.READY]


def test_pauses_between_attempts_double_until_they_are_long_enough() -> None:
    machine = Machine()
    machine.openings = [DeviceBusy("camera", f"attempt {number}") for number in range(9)]
    ward = Ward(machine)

    async def story() -> None:
        await until(lambda: ward.supervised.ready)

    hurry(ward.live(story))
    times = [at_s for at_s, _ in ward.heard]
    pauses = [after - before for before, after in pairwise(times)]
    assert pauses == pytest.approx([0.25, 0.5, 1, 2, 4, 8, 10, 10, 10])
    assert (pauses[0], pauses[-1]) == pytest.approx((FIRST_PAUSE_S, LONGEST_PAUSE_S))
    assert ward.health == [Availability.LOST] * 9 + [Availability.READY]


def test_a_device_that_worked_meanwhile_is_tried_again_at_once() -> None:
    machine = Machine()
    machine.openings = [LOST, LOST, LOST, LOST, None, None]
    machine.probes = [LOST]
    ward = Ward(machine)

    async def story() -> None:
        await until(lambda: len(ward.heard) == 4)

    hurry(ward.live(story))
    assert ward.health == [
        Availability.LOST,
        Availability.READY,
        Availability.LOST,
        Availability.READY,
    ]
    lost_s, back_s = ward.heard[2][0], ward.heard[3][0]
    assert back_s - lost_s == pytest.approx(FIRST_PAUSE_S)


def test_a_change_is_told_once_not_at_every_attempt() -> None:
    machine = Machine()
    machine.openings = [LOST] * 20
    ward = Ward(machine)

    async def story() -> None:
        await until(lambda: ward.supervised.ready)

    hurry(ward.live(story))
    assert ward.health == [Availability.LOST, Availability.READY]
    assert ward.heard[0][1].detail == "camera: is unplugged"
    assert ward.heard[1][1].detail == ""


def test_a_lost_device_is_released_before_it_is_opened_again() -> None:
    machine = Machine()
    ward = Ward(machine)

    def fail(_: Machine) -> None:
        raise LOST

    async def story() -> None:
        await until(lambda: ward.supervised.ready)
        with pytest.raises(DeviceLost, match="is unplugged"):
            await ward.supervised.call(fail, 1)
        assert not ward.supervised.ready
        await until(lambda: ward.supervised.ready)

    hurry(ward.live(story))
    assert machine.story == ["open", "release", "open", "release"]


def test_a_device_that_is_not_open_is_lost_for_whoever_calls_it() -> None:
    machine = Machine()
    machine.openings = [LOST] * 99
    ward = Ward(machine)

    async def story() -> None:
        with pytest.raises(DeviceLost, match="is not open yet"):
            await ward.supervised.call(Machine.probe, 1)
        await until(lambda: ward.heard)
        with pytest.raises(DeviceLost, match="is unplugged"):
            await ward.supervised.listen(lambda device, _: device.probe())

    hurry(ward.live(story))
    assert "probe" not in machine.story


@pytest.mark.parametrize(
    "error",
    [
        ZeroDivisionError(),
        StopIteration(),
        OSError(5, "I/O error"),
        ExceptionGroup("many", [ValueError()]),
        asyncio.CancelledError(),
        SystemExit(1),
        KeyboardInterrupt(),
        ChipLost("left"),
        MalformedFile("not a picture"),
    ],
    ids=lambda error: type(error).__name__,
)
@pytest.mark.parametrize("when", ["open", "probe", "release", "call"])
def test_a_driver_that_raises_anything_is_lost_and_comes_back(
    when: str, error: BaseException
) -> None:
    machine = Machine()
    ward = Ward(machine)

    def fail(_: Machine) -> None:
        raise error

    async def story() -> None:
        if when == "open":
            machine.openings = [error]
            await until(lambda: ward.heard)
        else:
            await until(lambda: ward.supervised.ready)
        if when == "probe":
            machine.probes = [error]
        if when == "release":
            machine.releases = [error]
            machine.probes = [LOST]
        if when == "call":
            with pytest.raises(DeviceLost, match="its driver failed"):
                await ward.supervised.call(fail, 1)
        await until(lambda: Availability.LOST in ward.health and ward.supervised.ready)

    hurry(ward.live(story))
    assert machine.story.count("release") == machine.story.count("open") - (when == "open")


def test_a_fault_of_the_document_is_not_the_readers() -> None:
    ward = Ward(Machine())

    def fail(_: Machine) -> None:
        raise ChipLost("the document left the field")

    async def story() -> None:
        await until(lambda: ward.supervised.ready)
        with pytest.raises(ChipLost):
            await ward.supervised.call_in_steps(lambda device, _: fail(device), ChipLost)
        assert ward.supervised.ready

    hurry(ward.live(story))
    assert ward.health == [Availability.READY]


def test_what_a_driver_says_is_shown_without_what_cannot_be_printed() -> None:
    machine = Machine()
    machine.openings = [DeviceLost("camera", "\udcff\x1b[2J\n of a file is not a picture")]
    ward = Ward(machine)

    async def story() -> None:
        await until(lambda: ward.heard)

    hurry(ward.live(story))
    assert ward.heard[0][1].detail == "camera: ??[2J? of a file is not a picture"


@pytest.mark.parametrize("fails", [True, False], ids=["fails", "answers"])
def test_news_of_a_device_that_was_left_say_nothing_of_the_one_opened_since(fails: bool) -> None:
    machines: list[Machine] = []
    heard: list[Availability] = []

    def build() -> Machine:
        machines.append(Machine())
        return machines[-1]

    async def story() -> None:
        supervised = Supervised("gate", "machine", build, Bounds(release_s=0.05))
        supervised.changed.listen(lambda status: heard.append(status.health))
        running = asyncio.create_task(supervised.run())
        answer = threading.Event()

        def listen(*_: object) -> str:
            assert answer.wait(STUCK_S)
            if fails:
                raise LOST
            return "of a moment ago"

        def fail(_: Machine) -> None:
            raise LOST

        await until(lambda: supervised.ready)
        listening = asyncio.create_task(supervised.listen(listen))
        with pytest.raises(DeviceLost):
            await supervised.call(fail, 1)
        await until(lambda: supervised.ready)
        answer.set()
        with pytest.raises(DeviceLost):
            await listening
        assert supervised.ready
        await settled(running)

    tell(story())
    assert heard == [Availability.READY, Availability.LOST, Availability.READY]
    assert len(machines) == 2


def test_a_device_that_opens_only_after_the_end_is_released_all_the_same() -> None:
    machine = SlowMachine()
    ward = Ward(machine)

    async def story() -> None:
        running = asyncio.create_task(ward.supervised.run())
        await asyncio.to_thread(machine.asked.wait, STUCK_S)
        running.cancel()
        await asyncio.sleep(0)  # the cancelling has arrived
        machine.may_open.set()
        await asyncio.wait({running})
        assert running.cancelled()

    tell(story())
    assert machine.story == ["open", "release"]
    assert ward.heard == []


def test_the_end_does_not_wait_for_a_pause() -> None:
    machine = Machine()
    machine.openings = [LOST] * 99
    ward = Ward(machine)

    async def story() -> None:
        running = asyncio.create_task(ward.supervised.run())
        await until(lambda: now_s() > 3 * LONGEST_PAUSE_S)
        ended_s = now_s()
        await settled(running)
        assert now_s() == ended_s

    hurry(story())
    assert "release" not in machine.story


def test_a_call_cancelled_by_its_caller_leaves_the_device_well() -> None:
    machine = Machine()
    ward = Ward(machine)
    begun, answer = threading.Event(), threading.Event()

    def work(_: Machine) -> None:
        begun.set()
        assert answer.wait(STUCK_S)
        raise LOST

    async def story() -> None:
        await until(lambda: ward.supervised.ready)
        calling = asyncio.create_task(ward.supervised.call(work, 1))
        await asyncio.to_thread(begun.wait, STUCK_S)
        await settled(calling)
        assert calling.cancelled()
        answer.set()
        await ward.supervised.call(Machine.probe, 1)
        assert ward.supervised.ready

    tell(ward.live(story))


def test_two_calls_at_once_one_beside_the_other() -> None:
    ward = Ward(Machine())
    signal = threading.Event()

    async def story() -> None:
        await until(lambda: ward.supervised.ready)
        listening = asyncio.create_task(ward.supervised.listen(lambda *_: signal.wait(STUCK_S)))
        await ward.supervised.call(lambda _: signal.set(), 1)
        assert await listening is True

    tell(ward.live(story))


def test_every_device_error_is_passed_on_as_it_is() -> None:
    ward = Ward(Machine())
    busy = DeviceBusy("camera", "another program holds it")

    def fail(_: Machine) -> None:
        raise busy

    async def story() -> None:
        await until(lambda: ward.supervised.ready)
        with pytest.raises(DeviceError) as caught:
            await ward.supervised.call(fail, 1)
        assert caught.value is busy
        assert ward.supervised.status.detail == "camera: another program holds it"

    hurry(ward.live(story))


def test_a_device_that_only_answers_has_done_nothing_good_yet() -> None:
    """A stick that was pulled, or a reader without its antenna, must not look well for ever."""
    ward = Ward(Machine())

    async def story() -> None:
        await until(lambda: ward.supervised.ready)
        await asyncio.sleep(10 * PROBE_EVERY_S)
        assert "probe" in ward.machine.story
        assert ward.supervised.last_good_age_s is None
        await ward.supervised.call(_nothing, 1)
        assert ward.supervised.last_good_age_s is None
        assert await ward.supervised.call(lambda _: "a document", 1) == "a document"
        assert ward.supervised.last_good_age_s is not None

    hurry(ward.live(story))


def _nothing(_: Machine) -> None:
    """No document came."""
