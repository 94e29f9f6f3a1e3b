"""Keeps one device open: opens it, notices its loss, opens it again with back-off.

A driver is code around hardware: any call may never return.  So each call has a limit.  A call that
exceeds it makes the device lost.  Its thread is abandoned: nobody waits for it, not even the end of
the process.  If the call returns after all, the thread releases the device and ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Final, Generic, TypeVar

import structlog

from edge.errors import DeviceError, DeviceLost, DocumentError, printable
from edge.host.device_thread import DeviceThread, Limit, Unanswered
from edge.host.observable import Observable
from edge.ports import Device

D = TypeVar("D", bound=Device)
T = TypeVar("T")

FIRST_PAUSE_S = 0.25
LONGEST_PAUSE_S = 10.0
PROBE_EVERY_S = 2.0
OVERRUN_S: Final = 4.0
"""Extra time for a call beyond the time it was given: a busy computer is no lost device."""
STUCK: Final = "a call to its driver does not return: check the device and its cable"
GIVEN_UP: Final = "calls to its driver do not return: check the device, then restart egated"

log = structlog.get_logger()


class Availability(StrEnum):
    """Whether a device is known to answer."""

    STARTING = "starting"
    READY = "ready"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Status:
    """The state of a device, and in a few words why it is not ready."""

    role: str
    driver: str
    health: Availability
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Bounds:
    """Limits of the calls of the supervisor, and the number of calls that may never return."""

    opening_s: float = 15.0
    probe_s: float = 5.0
    release_s: float = 5.0
    overrun_s: float = OVERRUN_S
    abandoned: int = 3
    """While more threads than this hang in a driver, its device is not opened again."""


class Supervised(Generic[D]):
    """One device, its threads, and its health.

    Devices may come and go; a gate never ends because one is missing.
    """

    def __init__(
        self, role: str, driver: str, build: Callable[[], D], bounds: Bounds | None = None
    ) -> None:
        self._bounds = bounds or Bounds()
        self._make = partial(_Opening, role, build)
        self._opening: _Opening[D] = self._make()
        self._device: D | None = None
        """The open device, for `call`."""
        self._abandoned: set[DeviceThread] = set()
        """Threads of earlier openings that may still run."""
        self._lost = asyncio.Event()
        self._good_s: float | None = None
        self.changed: Observable[[Status]] = Observable()
        """Reports each new status, in the event loop."""
        self.status = Status(role, driver, Availability.STARTING)

    @property
    def ready(self) -> bool:
        """Whether the device is open and answers."""
        return self.status.health is Availability.READY

    @property
    def last_good_age_s(self) -> float | None:
        """Seconds since the last call with a result; None before the first.

        An answer alone is not enough: a reader without its antenna answers too.
        """
        return None if self._good_s is None else time.monotonic() - self._good_s

    def note_work(self) -> None:
        """Note that the device has brought something just now, beside what its calls return."""
        self._good_s = time.monotonic()

    async def run(self) -> None:
        """Keep the device open until cancelled, then release it."""
        try:
            pause_s = FIRST_PAUSE_S
            while True:
                if await self._open():
                    pause_s = FIRST_PAUSE_S
                    await self._until_lost()
                await self._leave()
                await asyncio.sleep(pause_s)
                pause_s = min(pause_s * 2, LONGEST_PAUSE_S)
        finally:
            await asyncio.shield(self._leave())

    async def call(self, function: Callable[[D], T], given_s: float) -> T:
        """Call the device on its thread; the call has to end within `given_s`.

        Raises:
            DeviceLost: the device is not open, was closed meanwhile, or does not return.
            DeviceError: the call failed; after any error the device is opened again.
        """
        limit = Limit(given_s + self._bounds.overrun_s)
        return await self._guarded(self._opening.thread, limit, lambda device, _: function(device))

    async def call_in_steps(
        self, function: Callable[[D, Limit], T], passes: type[DocumentError] | tuple[()] = ()
    ) -> T:
        """As `call`, for a long call that begins each of its steps at the limit.

        An error of the kind `passes` is the document's fault; the device stays open.
        """
        limit = Limit(self._bounds.overrun_s)
        return await self._guarded(self._opening.thread, limit, function, passes)

    async def listen(self, function: Callable[[D, Limit], T]) -> T:
        """As `call_in_steps`, on the second thread, for ports that allow it."""
        limit = Limit(self._bounds.overrun_s)
        return await self._guarded(self._opening.listener, limit, function)

    async def _guarded(
        self,
        thread: DeviceThread,
        limit: Limit,
        function: Callable[[D, Limit], T],
        passes: type[DocumentError] | tuple[()] = (),
    ) -> T:
        device = self._device
        if device is None:
            raise DeviceLost(self.status.role, self.status.detail or "is not open yet")
        try:
            found = await thread.within(limit, lambda: function(device, limit))
        except passes:
            raise
        except Exception as error:
            lost = self._lost_by(error)
            if device is self._device:  # it may have been closed, and opened again, meanwhile
                self._mark(Availability.LOST, lost)
            raise lost from error
        if device is not self._device:
            raise DeviceLost(self.status.role, "was left meanwhile")
        if found is not None:
            self.note_work()
        return found

    async def _open(self) -> bool:
        self._abandoned = {thread for thread in self._abandoned if thread.is_alive}
        if len(self._abandoned) > self._bounds.abandoned:
            self._mark(Availability.LOST, DeviceLost(self.status.role, GIVEN_UP))
            return False
        self._opening = opening = self._make()
        try:
            limit = Limit(self._bounds.opening_s)
            self._device = await opening.thread.within(limit, opening.enter)
        except Exception as error:  # noqa: BLE001  # try again; the gate stays closed
            self._mark(Availability.LOST, self._lost_by(error))
            return False
        self._lost.clear()
        self._mark(Availability.READY)
        return True

    async def _until_lost(self) -> None:
        while not self._lost.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(PROBE_EVERY_S):
                    await self._lost.wait()
            if not self._lost.is_set():
                with contextlib.suppress(DeviceError):
                    await self.call_in_steps(self._probe)

    def _probe(self, device: D, limit: Limit) -> None:
        limit.begin(self._bounds.probe_s)
        device.probe()

    async def _leave(self) -> None:
        self._device = None
        opening, role = self._opening, self.status.role
        for thread, last in ((opening.thread, opening.release), (opening.listener, _nothing)):
            try:
                await thread.end(last, self._bounds.release_s)
            except Unanswered:
                self._abandoned.add(thread)
                log.warning("device_thread_abandoned", role=role, driver=self.status.driver)
            except Exception as error:  # noqa: BLE001  # closing must never fail
                log.warning("device_release_failed", role=role, error=type(error).__name__)

    def _lost_by(self, error: Exception) -> DeviceError:
        """A fault of a driver makes its device lost; the gate goes on."""
        if isinstance(error, DeviceError):
            return error
        if isinstance(error, Unanswered):
            return DeviceLost(self.status.role, STUCK)
        log.error("driver_failed", role=self.status.role, exc_info=error)
        return DeviceLost(self.status.role, f"its driver failed with {type(error).__name__}")

    def _mark(self, health: Availability, error: DeviceError | None = None) -> None:
        detail = printable(str(error)) if error else ""
        status = Status(self.status.role, self.status.driver, health, detail)
        if health is Availability.LOST:
            self._lost.set()
        if status != self.status:
            self.status = status
            self._log_health()
            self.changed.tell(status)

    def _log_health(self) -> None:
        role, driver = self.status.role, self.status.driver
        if self.ready:
            log.info("device_opened", role=role, driver=driver)
        else:
            log.warning("device_lost", role=role, driver=driver, cause=self.status.detail)


class _Opening(Generic[D]):
    """One opening of a device, with the two threads that call it."""

    def __init__(self, role: str, build: Callable[[], D]) -> None:
        self._build = build
        self._held: D | None = None
        """The device to release; only its own thread uses this."""
        self.thread = DeviceThread(role)
        self.listener = DeviceThread(f"{role}-listen")

    def enter(self) -> D:
        """Open the device; it will be released, also when the caller has gone."""
        self._held = self._build().__enter__()
        return self._held

    def release(self) -> None:
        """Release the device if it is open."""
        device, self._held = self._held, None
        if device is not None:
            device.__exit__(None, None, None)


def _nothing() -> None:
    """Do nothing: the last call of a thread that releases nothing."""
