"""The cabinet of a lane.  It shuts its exit by itself: a door does not wait for the event loop.

The event loop has much to do and may hang.  The thread that listens to the cabinet never asks it
for anything.  It shuts an exit that was freed for one person as soon as a person has passed, and
when nobody has in the time that the posture gives.  The loop hears of both later and asks for the
same.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Self

from typing_extensions import override

from edge.devices.supervisor import OVERRUN_S
from edge.errors import DeviceLost
from edge.gate.states import EXIT, Closing, Posture, Withdrawing, posture
from edge.host.device_thread import Limit
from edge.host.mailbox import Mailbox
from edge.ports import Closeable, GateHardware, LaneSignal

LISTEN_S: Final = 1.0
LONGER_S: Final = 2.0
"""How much longer than its posture says an exit stays free: the loop shuts it first, if it can."""
USED: Final = posture(Closing())
UNUSED: Final = posture(Withdrawing(""))


@dataclass(frozen=True, slots=True)
class Stance:
    """The posture of a state of the lane; `number` tells the state from every other, before it."""

    number: int
    posture: Posture


class Cabinet(Closeable):
    """One cabinet behind its driver.

    `take` and `probe` are called in the thread of the device, `report` in a second one.
    """

    def __init__(self, hardware: GateHardware, clock: Callable[[], float] = time.monotonic) -> None:
        self._hardware = hardware
        self._clock = clock
        self._lock = threading.Lock()
        """Held during each call of the driver but the wait for a signal."""
        self._is_closed = False
        self._freed: int | None = None
        """The stance that keeps the exit free for one person at this moment."""
        self._spent: int | None = None
        """The stance whose exit was shut last, after a person or after its time."""
        self._ends_s = math.inf
        """When `_freed` ends, used or not."""

    @override
    def __enter__(self) -> Self:
        self._hardware = self._hardware.__enter__()
        return self

    @override
    def close(self) -> None:
        """Release the hardware."""
        self._is_closed = True
        with self._lock:
            self._hardware.__exit__(None, None, None)

    def probe(self) -> None:
        """Raise DeviceLost when the cabinet does not answer."""
        with self._lock:
            self._hardware.probe()

    def take(self, stance: Stance) -> None:
        """Stand as a state of the lane says; repeating it frees no exit a second time."""
        with self._lock:
            wanted = stance.posture
            if wanted.free != EXIT:
                self._freed = None
            elif stance.number == self._spent:
                wanted = USED
            elif stance.number != self._freed:
                self._freed = stance.number
                self._ends_s = self._clock() + (wanted.patience_s or math.inf) + LONGER_S
            self._hardware.take(wanted.free, wanted.sign)

    def report(self, signals: Mailbox[LaneSignal], limit: Limit) -> None:
        """Hand on what the cabinet signals, until it is closed.

        Raises:
            DeviceLost: it signalled more than the lane took in time.
        """
        is_complete = True
        while not self._is_closed and (is_complete or signals.is_full):
            limit.begin(LISTEN_S + OVERRUN_S)
            wait_s = min(LISTEN_S, self._left_s())
            signal = self._hardware.wait_for_signal(wait_s)
            if signal is not None and is_complete:
                is_complete = signals.put(signal)
            self._shut_after(signal)
        if not is_complete:
            raise DeviceLost("gate", "signals more than the lane can take in")

    def _left_s(self) -> float:
        """How long the exit stays free for one person; infinite when it is not."""
        with self._lock:
            return math.inf if self._freed is None else max(self._ends_s - self._clock(), 0.0)

    def _shut_after(self, signal: LaneSignal | None) -> None:
        """Shut the exit when its one person has passed, or its time is over."""
        with self._lock:
            if signal is LaneSignal.EMERGENCY_RAISED:
                self._freed = None  # people leave now: no door shuts by itself
            is_used = signal is LaneSignal.PASSED
            if self._freed is None or self._is_closed:
                return
            if is_used or self._clock() >= self._ends_s:
                self._spent, self._freed = self._freed, None
                wanted = USED if is_used else UNUSED
                self._hardware.take(wanted.free, wanted.sign)
