"""An exit that was freed for one person shuts by itself: after the person, and after its time."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Self

import pytest
from typing_extensions import override

from edge.devices.cabinet import LONGER_S, Cabinet, Stance
from edge.errors import DeviceLost
from edge.gate.states import (
    ENTRY,
    EXIT,
    NONE,
    Authorised,
    Closing,
    Door,
    Entering,
    Evacuating,
    Ready,
    Referred,
    Released,
    Sign,
    State,
    Withdrawing,
    posture,
)
from edge.host.device_thread import Limit
from edge.host.mailbox import Mailbox
from edge.ports import Closeable, LaneSignal
from tests.support.bench import STUCK_S, QueueGate, tell, until

FREE = (EXIT, Sign.GO)
AFTER_A_PERSON = (NONE, posture(Closing()).sign)
AFTER_ITS_TIME = (NONE, posture(Withdrawing("t")).sign)


class PatientGate(QueueGate):
    """A cabinet that notes how long it is listened to, and waits in no time while it is idle."""

    def __init__(self) -> None:
        super().__init__()
        self.nobody = []
        self.waits: list[float] = []

    @override
    def wait_for_signal(self, timeout_s: float) -> LaneSignal | None:
        self.waits.append(timeout_s)
        return super().wait_for_signal(min(timeout_s, 0.01))


class Listened(Closeable):
    """A cabinet whose signals are read by a thread, on a clock that a test sets."""

    def __init__(self, most: int = 99) -> None:
        self.now_s = 0.0
        self.gate = PatientGate()
        self.cabinet = Cabinet(self.gate, lambda: self.now_s)
        self.signals: Mailbox[LaneSignal] = Mailbox(most)
        self.error: Exception | None = None
        self._thread = threading.Thread(target=self._listen, daemon=True)

    @override
    def __enter__(self) -> Self:
        self.cabinet.__enter__()
        self._thread.start()
        return self

    @override
    def close(self) -> None:
        self.cabinet.close()
        self._thread.join(STUCK_S)
        assert not self._thread.is_alive()

    def _listen(self) -> None:
        try:
            self.cabinet.report(self.signals, Limit(STUCK_S))
        except DeviceLost as error:
            self.error = error

    def stand(self, number: int, state: State) -> None:
        self.cabinet.take(Stance(number, posture(state)))

    async def heard(self, *signals: LaneSignal) -> None:
        """Report signals, and wait until each has come through: what follows from them is done."""
        for signal in (*signals, LaneSignal.BLOCKED):
            self.gate.report(signal)
        while await self.signals.take() is not LaneSignal.BLOCKED:
            pass
        listens = len(self.gate.waits)
        await until(lambda: len(self.gate.waits) > listens)


def told(story: Callable[[Listened], object], most: int = 99) -> None:
    async def whole() -> None:
        with Listened(most) as listened:
            found = story(listened)
            if asyncio.iscoroutine(found):
                await found

    tell(whole())


@pytest.mark.parametrize("state", [Authorised("t"), Released("t")], ids=["authorised", "released"])
def test_the_exit_shuts_when_its_person_has_passed_and_nobody_has_asked_for_it(
    state: State,
) -> None:
    async def story(listened: Listened) -> None:
        listened.stand(7, state)
        await listened.heard(LaneSignal.OPENED)
        assert listened.gate.taken == [FREE]
        await listened.heard(LaneSignal.PASSED)
        assert listened.gate.taken == [FREE, AFTER_A_PERSON]

    told(story)


def test_what_frees_an_exit_that_was_used_must_be_another_authorisation() -> None:
    """A device that comes back makes the lane say its posture again before it hears of anybody."""

    async def story(listened: Listened) -> None:
        listened.stand(7, Authorised("t"))
        await listened.heard(LaneSignal.PASSED)
        listened.stand(7, Authorised("t"))
        assert FREE not in listened.gate.taken[1:]
        listened.stand(8, Closing())
        listened.stand(11, Authorised("u"))
        assert listened.gate.taken[-1] == FREE

    told(story)


def test_the_next_authorisation_counts_even_when_no_posture_was_taken_between() -> None:
    async def story(listened: Listened) -> None:
        listened.stand(7, Authorised("t"))
        await listened.heard(LaneSignal.PASSED)
        listened.stand(11, Released("t"))
        assert listened.gate.taken[-1] == FREE
        await listened.heard(LaneSignal.PASSED)
        assert listened.gate.taken[-1] == AFTER_A_PERSON

    told(story)


def test_an_exit_that_nobody_uses_shuts_a_little_after_its_time() -> None:
    patience_s = posture(Authorised("t")).patience_s
    assert patience_s is not None

    async def story(listened: Listened) -> None:
        listened.stand(7, Authorised("t"))
        listened.now_s = patience_s + LONGER_S - 0.01
        listened.stand(7, Authorised("t"))  # said again, it buys no time
        await listened.heard()
        assert listened.gate.taken == [FREE, FREE]
        listened.now_s += 0.02
        await listened.heard()
        assert listened.gate.taken == [FREE, FREE, AFTER_ITS_TIME]
        listened.stand(7, Authorised("t"))
        assert FREE not in listened.gate.taken[2:]

    told(story)


def test_a_cabinet_is_not_listened_to_past_the_time_of_its_exit() -> None:
    patience_s = posture(Authorised("t")).patience_s
    assert patience_s is not None

    async def story(listened: Listened) -> None:
        listened.stand(7, Authorised("t"))
        listened.now_s = patience_s + LONGER_S - 0.25
        await listened.heard()
        assert listened.gate.waits[-1] == pytest.approx(0.25)

    told(story)


@pytest.mark.parametrize(
    ("state", "signal"),
    [
        (Evacuating(), LaneSignal.PASSED),
        (Entering("t"), LaneSignal.PASSED),
        (Referred("t", frozenset(), inside=True), LaneSignal.PASSED),
        (Ready(), LaneSignal.PASSED),
        (Authorised("t"), LaneSignal.ENTERED),
        (Authorised("t"), LaneSignal.CLOSED),
    ],
    ids=lambda each: type(each).__name__ if not isinstance(each, LaneSignal) else each.value,
)
def test_nothing_else_shuts_a_door(state: State, signal: LaneSignal) -> None:
    async def story(listened: Listened) -> None:
        listened.stand(7, state)
        listened.now_s = 10.0
        await listened.heard(signal)
        assert len(listened.gate.taken) == 1

    told(story)


@pytest.mark.parametrize("then", [LaneSignal.PASSED, None], ids=["a person", "its time"])
def test_once_the_emergency_is_raised_no_door_shuts_by_itself(then: LaneSignal | None) -> None:
    async def story(listened: Listened) -> None:
        listened.stand(7, Authorised("t"))
        await listened.heard(LaneSignal.EMERGENCY_RAISED)
        listened.now_s = 1e6
        await listened.heard(*([then] if then else []))
        assert listened.gate.taken == [FREE]

    told(story)


def test_signals_that_nobody_takes_in_cost_the_cabinet_and_the_exit_shuts_all_the_same() -> None:
    async def story(listened: Listened) -> None:
        listened.stand(7, Authorised("t"))
        for _ in range(5):
            listened.gate.report(LaneSignal.BLOCKED)
        listened.gate.report(LaneSignal.PASSED)
        await until(lambda: AFTER_A_PERSON in listened.gate.taken)
        assert listened.error is None  # whoever would hear of it is busy
        for _ in range(3):
            assert await listened.signals.take() is LaneSignal.BLOCKED
        await until(lambda: listened.error is not None)

    told(story, most=3)


def test_a_cabinet_that_was_left_shuts_nothing() -> None:
    async def story(listened: Listened) -> None:
        listened.stand(7, Authorised("t"))
        listened.cabinet.close()
        listened.gate.report(LaneSignal.PASSED)
        assert listened.gate.taken == [FREE]

    told(story)


def test_the_entry_of_a_mantrap_stays_free_whatever_the_time() -> None:
    """Whoever is inside must find the way back."""

    async def story(listened: Listened) -> None:
        listened.stand(7, Entering("t"))
        listened.now_s = 1e6
        await listened.heard(LaneSignal.ENTERED)
        assert listened.gate.taken == [(frozenset({Door.ENTRY}), Sign.ENTER)]
        assert frozenset({Door.ENTRY}) == ENTRY

    told(story)


class Crowded(QueueGate):
    """A cabinet in which two calls at once would be seen."""

    def __init__(self) -> None:
        super().__init__()
        self.inside = 0
        self.most = 0

    @override
    def take(self, free: frozenset[Door], sign: Sign) -> None:
        self._alone()
        super().take(free, sign)
        self.inside -= 1

    @override
    def probe(self) -> None:
        self._alone()
        super().probe()
        self.inside -= 1

    def _alone(self) -> None:
        self.inside += 1
        self.most = max(self.most, self.inside)
        threading.Event().wait(0.001)


def test_the_driver_gets_one_call_at_a_time_beside_the_wait_for_a_signal() -> None:
    gate = Crowded()

    async def story() -> None:
        cabinet = Cabinet(gate).__enter__()
        signals: Mailbox[LaneSignal] = Mailbox(10_000)
        listening = threading.Thread(target=cabinet.report, args=(signals, Limit(STUCK_S)))
        listening.start()
        for number in range(20):
            cabinet.take(Stance(number, posture(Authorised("t"))))
            gate.report(LaneSignal.PASSED)
            cabinet.probe()
            while gate.taken.count(AFTER_A_PERSON) <= number:
                cabinet.probe()
                await asyncio.sleep(0)
        cabinet.close()
        await asyncio.to_thread(listening.join, STUCK_S)

    tell(story())
    assert gate.most == 1
