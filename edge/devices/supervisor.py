"""Keeps one device open: opens it, notices its loss, opens it again with back-off."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

import structlog

from edge.errors import DeviceError, DeviceLost, DocumentError, printable
from edge.host.device_thread import DeviceThread
from edge.host.observable import Observable
from edge.ports import Device

D = TypeVar("D", bound=Device)
T = TypeVar("T")

FIRST_PAUSE_S = 0.25
LONGEST_PAUSE_S = 10.0
PROBE_EVERY_S = 2.0

log = structlog.get_logger()


class Availability(StrEnum):
    """Whether a device is there and answers, as far as is known."""

    STARTING = "starting"
    READY = "ready"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Status:
    """A device's health, and in a few words why it is not ready."""

    role: str
    driver: str
    health: Availability
    detail: str = ""


class Supervised(Generic[D]):
    """One device, its thread, and its health.

    Other programs' devices come and go; a gate never exits because one is missing.
    """

    def __init__(self, role: str, driver: str, build: Callable[[], D]) -> None:
        self._build = build
        self.changed: Observable[[Status]] = Observable()
        """Tells, in the event loop, each new status."""
        self._thread = DeviceThread(role)
        self._listener = DeviceThread(f"{role}-listen")
        self._device: D | None = None
        """The open device, which `call` uses."""
        self._held: D | None = None
        """What must be released; only the device's own thread touches it."""
        self._lost = asyncio.Event()
        self._good_s: float | None = None
        self.status = Status(role, driver, Availability.STARTING)

    @property
    def ready(self) -> bool:
        """Whether the device is open and answers."""
        return self.status.health is Availability.READY

    @property
    def last_good_age_s(self) -> float | None:
        """How long ago a call last brought something; None when none has yet.

        That a device answers is not enough: a reader without its antenna does.
        """
        return None if self._good_s is None else time.monotonic() - self._good_s

    async def run(self) -> None:
        """Keep the device open until cancelled; it is released on the way out."""
        try:
            pause_s = FIRST_PAUSE_S
            while True:
                if await self._open():
                    pause_s = FIRST_PAUSE_S
                    await self._until_lost()
                    await self._close()
                await asyncio.sleep(pause_s)
                pause_s = min(pause_s * 2, LONGEST_PAUSE_S)
        finally:
            await asyncio.shield(self._close())
            self._thread.close()
            self._listener.close()

    async def call(
        self, function: Callable[[D], T], passes: type[DocumentError] | tuple[()] = ()
    ) -> T:
        """Call the device on its thread; DeviceLost when it is not open or goes away.

        Whatever a device raises takes it out, but for what `passes`: that is the document's fault.
        """
        return await self._guarded(self._thread, function, passes)

    async def listen(self, function: Callable[[D], T]) -> T:
        """Call the device on its second thread, for ports that allow it."""
        return await self._guarded(self._listener, function)

    async def _guarded(
        self,
        thread: DeviceThread,
        function: Callable[[D], T],
        passes: type[DocumentError] | tuple[()] = (),
    ) -> T:
        device = self._device
        if device is None:
            raise DeviceLost(self.status.role, self.status.detail or "is not open yet")
        try:
            found = await thread.call(function, device)
        except passes:
            raise
        except Exception as error:
            lost = self._lost_by(error)
            if device is self._device:  # it may have been left, and opened again, meanwhile
                self._mark(Availability.LOST, lost)
            raise lost from error
        if device is not self._device:
            raise DeviceLost(self.status.role, "was left meanwhile")
        if found is not None:
            self._good_s = time.monotonic()
        return found

    async def _open(self) -> bool:
        try:
            self._device = await self._thread.call(self._enter)
        except Exception as error:  # noqa: BLE001  # keep trying, keep the gate shut
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
                    await self.call(lambda device: device.probe())

    async def _close(self) -> None:
        self._device = None
        try:
            await self._thread.call(self._leave)
        except Exception as error:  # noqa: BLE001  # leaving must never fail
            log.warning("device_release_failed", role=self.status.role, error=type(error).__name__)

    def _enter(self) -> D:
        """Open the device; nobody may wait for it any more, but it will be released."""
        self._held = self._build().__enter__()
        return self._held

    def _leave(self) -> None:
        device, self._held = self._held, None
        if device is not None:
            device.__exit__(None, None, None)

    def _lost_by(self, error: Exception) -> DeviceError:
        """A driver's bug takes its device out, not the gate down."""
        if isinstance(error, DeviceError):
            return error
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
