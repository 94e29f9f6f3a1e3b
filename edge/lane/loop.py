"""The loop of one lane: devices in, gate events, posture out.

Only this loop calls `step`, so there are no locks.  It knows nothing of documents and faces: what
is done about a scan is the business of whoever `attend`s the traveller.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Protocol

import structlog

from edge.checks import Result
from edge.devices.lane_devices import Devices
from edge.devices.supervisor import DeviceHealth, Status
from edge.errors import DeviceError
from edge.gate import events
from edge.gate.states import (
    Maintenance,
    OutOfService,
    Posture,
    Ready,
    State,
    Topology,
    posture,
)
from edge.gate.step import step
from edge.lane.sensors import Sensors, event_of
from edge.ports import GateHardware, LaneSignal, Scan

LISTEN_S = 1.0
PAUSE_S = 0.1
"""How soon a device that is not there is listened to again: it reports first who stands there."""

log = structlog.get_logger()


class Attendant(Protocol):
    """Attends travellers: is told what happens in the lane, and may `post` to it."""

    def attend(self, scan: Scan) -> tuple[str, Coroutine[None, None, None]]:
        """Begin a transaction: its id, and the work to be done until it is closed."""

    def moved(self, before: State, event: events.Event, after: State) -> None:
        """Hear that the gate went from one state to another."""

    def sensed(self, signal: LaneSignal) -> None:
        """Hear what the cabinet reported, before the gate acts on it."""

    def device_changed(self, status: Status) -> None:
        """Hear that a device came or went."""


class Loop:
    """Runs one lane until cancelled."""

    def __init__(self, topology: Topology, may_serve: Callable[[], bool]) -> None:
        self.topology = topology
        self._may_serve = may_serve
        self._devices: Devices | None = None
        self._runner: Attendant | None = None
        self._changed = asyncio.Event()
        self._posture_due = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._tasks: asyncio.TaskGroup | None = None
        self.state: State = OutOfService()
        self.maintenance = False
        """Somebody wants the gate out of service; see `maintain`."""
        self.restarting = False
        """The computer is about to be restarted; see `restart`."""
        self.sensors = Sensors(topology)

    def staff(self, devices: Devices, runner: Attendant) -> None:
        """Give the loop its devices and whoever attends travellers; once, before `run`."""
        self._devices = devices
        self._runner = runner

    @property
    def devices(self) -> Devices:
        """The devices, once the loop is staffed."""
        if self._devices is None:
            raise RuntimeError("the loop is not staffed")
        return self._devices

    @property
    def runner(self) -> Attendant:
        """Whoever attends travellers, once the loop is staffed."""
        if self._runner is None:
            raise RuntimeError("the loop is not staffed")
        return self._runner

    async def run(self) -> None:
        """Serve travellers until cancelled; the devices are released on the way out."""
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            self.reconsider()
            for device in self.devices.every():
                tasks.create_task(device.run())
            tasks.create_task(self._take_postures())
            tasks.create_task(self._hear_signals())
            tasks.create_task(self._watch_for_documents())

    async def until(self, reached: Callable[[State], bool]) -> State:
        """Wait until the state is as asked, return it."""
        while not reached(self.state):
            self._changed.clear()
            await self._changed.wait()
        return self.state

    async def until_counted(self, timeout_s: float) -> Result:
        """Wait until the sensors have counted the persons in the lane, or the time is over."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while self.sensors.presence is Result.NOT_PERFORMED:
                    self._changed.clear()
                    await self._changed.wait()
        return self.sensors.presence

    def post(self, event: events.Event) -> None:
        """Apply one event to the gate; everything else follows from the new state."""
        before = self.state
        after = step(before, event, self.topology)
        if isinstance(after, OutOfService):
            after = self._resumed(after)
        if after == before:
            return
        self.state = after
        log.info("gate", state=type(after).__name__, kind=type(event).__name__)
        self._restart_timer(posture(after))
        if posture(after) != posture(before):
            self._posture_due.set()
        self.runner.moved(before, event, after)
        self._changed.set()

    def maintain(self, *, wanted: bool) -> None:
        """Take the gate out of service once nobody is being attended, or put it back."""
        self.maintenance = wanted
        self.reconsider()

    def restart(self, *, wanted: bool) -> None:
        """Let nobody begin any more, or as before; what `maintain` wants stands meanwhile."""
        self.restarting = wanted
        self.reconsider()

    def release(self, transaction: str) -> bool:
        """Let a referred traveller pass by an officer's order; whether the gate does it.

        It does not when another is attended, or the sensors do not count exactly one person.
        """
        before = self.state
        self.post(events.OfficerRelease(transaction, alone=self.is_alone))
        return self.state != before

    @property
    def is_alone(self) -> bool:
        """Whether the sensors count exactly one person in the lane, and are there to do so."""
        return self.sensors.presence is Result.SUCCESSFUL and self.devices.gate.ready

    def reconsider(self) -> None:
        """Serve again, or stop serving, when what it rests on has changed."""
        if self.maintenance or self.restarting:
            self.post(events.MaintenanceBegun())
            return
        if isinstance(self.state, Maintenance):
            self.post(events.MaintenanceEnded())
        if not self._is_well():
            self.post(events.ServiceEnded())
        elif isinstance(self.state, OutOfService):
            self.post(events.DevicesReady())

    def on_device(self, status: Status) -> None:
        """Hear from a supervisor that its device came or went."""
        self.runner.device_changed(status)
        if status.health is DeviceHealth.LOST:
            cabinet = status.role == "gate"
            if cabinet:
                self.sensors.lose_count()
            self.post(events.DeviceMissing(cabinet=cabinet))
        elif status.health is DeviceHealth.READY:
            self._posture_due.set()
            self.reconsider()

    def _resumed(self, state: OutOfService) -> State:
        """Where a gate that just came out of service goes by itself."""
        if self.maintenance or self.restarting:
            return step(state, events.MaintenanceBegun(), self.topology)
        if self._is_well():
            return step(state, events.DevicesReady(), self.topology)
        return state

    def _is_well(self) -> bool:
        """A cabinet that has not said yet who stands there would speak of somebody else later."""
        ready = all(device.ready for device in self.devices.every())
        return self._may_serve() and ready and self.sensors.awake

    def _restart_timer(self, stance: Posture) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if stance.patience_s is not None:
            self._timer = asyncio.get_running_loop().call_later(
                stance.patience_s, self.post, events.TimedOut()
            )

    async def _take_postures(self) -> None:
        """Keep the hardware as the state says; only the newest posture counts."""
        while True:
            await self._posture_due.wait()
            self._posture_due.clear()
            self.sensors.expect(posture(self.state).free)
            with contextlib.suppress(DeviceError):
                await self.devices.gate.call(partial(_take, stance=posture(self.state)))

    async def _hear_signals(self) -> None:
        while True:
            try:
                signal = await self.devices.gate.listen(lambda g: g.wait_for_signal(LISTEN_S))
            except DeviceError:
                await asyncio.sleep(PAUSE_S)
                continue
            if signal is not None:
                self._hear(signal)

    def _hear(self, signal: LaneSignal) -> None:
        slept = not self.sensors.awake
        self.sensors.see(signal, posture(self.state).free)
        self.runner.sensed(signal)
        event = event_of(signal)
        if event is not None:
            self.post(event)
        if slept and self.sensors.awake:
            self.reconsider()
        self._changed.set()

    async def _watch_for_documents(self) -> None:
        """Read the scanner dry at all times: a document of an earlier moment must not linger."""
        while True:
            try:
                scan = await self.devices.scanner.call(lambda s: s.wait_for_document(LISTEN_S))
            except DeviceError:
                await asyncio.sleep(PAUSE_S)
                continue
            if scan is not None and isinstance(self.state, Ready):
                self._begin(scan)

    def _begin(self, scan: Scan) -> None:
        if self._tasks is None:
            raise RuntimeError("the loop does not run")
        transaction, work = self.runner.attend(scan)
        self.post(events.DocumentPresented(transaction))
        self._tasks.create_task(work, name=f"transaction {transaction}")


def _take(hardware: GateHardware, stance: Posture) -> None:
    hardware.take(stance.free, stance.sign)
