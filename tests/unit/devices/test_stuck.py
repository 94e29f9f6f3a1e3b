"""A call that never returns costs its device, and nobody else's time."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace

import pytest

from edge.devices.supervisor import GIVEN_UP, STUCK, Availability, Bounds, Supervised
from edge.errors import DeviceLost
from edge.host.device_thread import Limit
from tests.support.bench import STUCK_S, Machine, settled, tell, until

QUICK = Bounds(opening_s=0.05, probe_s=0.05, release_s=0.05, overrun_s=0.05, abandoned=2)
LOST = DeviceLost("camera", "is unplugged")


class Workshop:
    """A device that is built anew at each opening, and what its supervisor has said of it."""

    def __init__(self, bounds: Bounds = QUICK) -> None:
        self.machines: list[Machine] = []
        self.next: list[Machine] = []
        self.told: list[tuple[Availability, str]] = []
        self.back = threading.Event()
        """Lets every call return that hangs."""
        self.supervised: Supervised[Machine] = Supervised("camera", "x", self._build, bounds)
        self.supervised.changed.listen(lambda s: self.told.append((s.health, s.detail)))

    def _build(self) -> Machine:
        self.machines.append(self.next.pop(0) if self.next else Machine())
        return self.machines[-1]

    def jammed(self, *kinds: str) -> Machine:
        machine = Machine()
        machine.hangs = dict.fromkeys(kinds, self.back)
        return machine

    def work(self, machine: Machine) -> str:
        machine._live("work", [])
        return "worked"

    async def live(self, story: Callable[[], Awaitable[None]]) -> None:
        running = asyncio.create_task(self.supervised.run())
        try:
            await story()
        finally:
            await settled(running)
            self.back.set()


@pytest.mark.parametrize("kind", ["open", "probe", "work", "listen"])
def test_a_call_that_does_not_return_costs_the_device_which_is_opened_again(kind: str) -> None:
    workshop = Workshop()
    workshop.next = [workshop.jammed(kind)]
    supervised = workshop.supervised

    async def story() -> None:
        if kind != "open":
            await until(lambda: supervised.ready)
        if kind == "work":
            with pytest.raises(DeviceLost, match="does not return"):
                await supervised.call(workshop.work, 0)
        if kind == "listen":
            with pytest.raises(DeviceLost, match="does not return"):
                await supervised.listen(lambda machine, _: machine._live("listen", []))
        await until(lambda: len(workshop.machines) == 2 and supervised.ready)
        assert (Availability.LOST, f"camera: {STUCK}") in workshop.told
        assert await supervised.call(workshop.work, 1) == "worked"

    tell(workshop.live(story))
    assert workshop.machines[0].threads.isdisjoint({"MainThread"})


def test_a_device_that_cannot_be_released_is_opened_again_all_the_same() -> None:
    workshop = Workshop()
    workshop.next = [workshop.jammed("release")]
    workshop.next[0].probes = [LOST]

    async def story() -> None:
        await until(lambda: len(workshop.machines) == 2 and workshop.supervised.ready)

    tell(workshop.live(story))


def test_it_is_found_out_even_when_whoever_called_waits_no_more() -> None:
    """A transaction whose time is over leaves the reader to its call."""
    workshop = Workshop()
    workshop.next = [workshop.jammed("work")]
    supervised = workshop.supervised

    async def story() -> None:
        await until(lambda: supervised.ready)
        calling = asyncio.create_task(supervised.call(workshop.work, 0))
        await until(lambda: "work" in workshop.machines[0].story)
        await settled(calling)
        await until(lambda: len(workshop.machines) == 2 and supervised.ready)

    tell(workshop.live(story))


def test_a_call_behind_one_that_hangs_is_told_and_never_made() -> None:
    """A posture of long ago must not reach the doors when the cabinet comes back."""
    workshop = Workshop()
    first = workshop.jammed("work")
    workshop.next = [first]
    supervised = workshop.supervised

    async def story() -> None:
        await until(lambda: supervised.ready)
        hanging = asyncio.create_task(supervised.call(workshop.work, 0))
        await until(lambda: "work" in first.story)
        with pytest.raises(DeviceLost):
            await supervised.call(lambda machine: machine._live("take", []), 1)
        with pytest.raises(DeviceLost):
            await hanging
        await until(lambda: len(workshop.machines) == 2)
        workshop.back.set()
        await until(lambda: "release" in first.story)

    tell(workshop.live(story))
    assert first.story == ["open", "work", "release"]


def test_a_call_that_comes_back_late_says_nothing_of_the_device_opened_since() -> None:
    workshop = Workshop()
    workshop.next = [workshop.jammed("work")]
    supervised = workshop.supervised

    async def story() -> None:
        await until(lambda: supervised.ready)
        with pytest.raises(DeviceLost):
            await supervised.call(workshop.work, 0)
        await until(lambda: supervised.ready)
        told = list(workshop.told)
        workshop.back.set()
        await until(lambda: "release" in workshop.machines[0].story)
        await supervised.call(workshop.work, 1)
        assert workshop.told == told

    tell(workshop.live(story))


def test_steps_that_each_end_in_time_may_take_as_long_as_they_like_together() -> None:
    workshop = Workshop(Bounds(overrun_s=0.5))
    supervised = workshop.supervised

    async def story() -> None:
        await until(lambda: supervised.ready)
        paced = threading.Event()

        def read(_: Machine, limit: Limit) -> str:
            for _step in range(8):
                limit.begin()
                paced.wait(0.1)
            return "read"

        assert await supervised.call_in_steps(read) == "read"

    tell(workshop.live(story))
    assert workshop.told == [(Availability.READY, "")]


@pytest.mark.parametrize("most", [0, 1])
def test_so_many_calls_may_hang_and_no_more_until_one_returns(most: int) -> None:
    """None of a cabinet's: a call that comes back late may move its doors."""
    workshop = Workshop(replace(QUICK, abandoned=most))
    workshop.next = [workshop.jammed("open") for _ in range(9)]
    supervised = workshop.supervised

    async def story() -> None:
        await until(lambda: supervised.status.detail == f"camera: {GIVEN_UP}")
        assert len(workshop.machines) == most + 1
        workshop.next.clear()
        workshop.back.set()
        await until(lambda: supervised.ready)

    tell(workshop.live(story))


def test_the_end_does_not_wait_for_a_call_that_hangs() -> None:
    workshop = Workshop()
    first = workshop.jammed("work")
    workshop.next = [first]
    supervised = workshop.supervised

    async def story() -> None:
        running = asyncio.create_task(supervised.run())
        await until(lambda: supervised.ready)
        calling = asyncio.create_task(supervised.call(workshop.work, STUCK_S))
        await until(lambda: "work" in first.story)
        calling.cancel()
        # A call that may last so long yet is not waited for either.
        await settled(running)
        assert "release" not in first.story
        workshop.back.set()
        await until(lambda: "release" in first.story)
        with suppress(asyncio.CancelledError):
            await calling

    tell(story())
